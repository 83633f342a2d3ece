//! Cases made by hand: the interpreter is tested on what a parser makes, not on a parser.

use crate::case::locator::Locator;
use crate::case::matcher::{Matcher, Matchers, Text};
use crate::case::model::{
    Action, Button, Case, Click, Condition, Flow, KeyChord, Row, Script, Step, Test, Until, ValueTest,
};
use crate::case::template::{Arg, Template, ValueTemplate};
use crate::id::CaseId;
use crate::source::{SourceFile, Span};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn text(text: &str) -> Template {
    Template::parse(text, Span::default()).unwrap()
}

pub(super) fn value(written: &str) -> ValueTemplate {
    ValueTemplate::Text(text(written))
}

pub(super) fn plain(value: impl Into<Value>) -> ValueTemplate {
    ValueTemplate::Plain(value.into())
}

pub(super) fn locator(written: &str) -> Locator {
    Locator::parse(text(written)).unwrap()
}

pub(super) fn goto(url: &str) -> Action {
    Action::Goto { url: text(url), until: Until::Load, status: None }
}

pub(super) fn click(target: &str) -> Action {
    Action::Click(left(target))
}

pub(super) fn left(target: &str) -> Click {
    Click {
        target: locator(target),
        button: Some(Button::Left),
        count: 1,
        modifiers: Vec::new(),
        at: None,
        force: false,
    }
}

pub(super) fn fill(target: &str, value: &str) -> Action {
    Action::Fill { target: locator(target), value: text(value), force: false }
}

pub(super) fn check(target: &str, on: bool) -> Action {
    Action::Check { target: locator(target), on, force: false }
}

pub(super) fn press(key: &str, on: Option<&str>) -> Action {
    Action::Press { keys: KeyChord { modifiers: Vec::new(), key: key.to_owned() }, on: on.map(locator) }
}

/// `expect = target`
pub(super) fn expect(target: &str) -> Action {
    Action::Expect { target: locator(target), matchers: Matchers::default() }
}

/// `expect = target, text = wanted`
pub(super) fn expect_text(target: &str, wanted: &str) -> Action {
    let matchers = Matchers::new(vec![("text", Matcher::Test(is(wanted)))]);
    Action::Expect { target: locator(target), matchers }
}

/// `expect = target, hidden = true`
pub(super) fn expect_hidden(target: &str) -> Action {
    Action::Expect { target: locator(target), matchers: Matchers::flag("hidden") }
}

pub(super) fn is(wanted: &str) -> Text {
    Text::Is(text(wanted))
}

pub(super) fn expect_var(name: &str, is: ValueTemplate) -> Action {
    Action::ExpectVar { name: name.to_owned(), is: ValueTest::Is(is) }
}

pub(super) fn set(name: &str, value: ValueTemplate) -> Action {
    Action::Set(vec![(name.to_owned(), value)])
}

pub(super) fn log(line: &str) -> Action {
    Action::Log(text(line))
}

pub(super) fn script(body: &str, args: Vec<ValueTemplate>) -> Script {
    Script { body: body.to_owned(), args }
}

pub(super) fn run_script(body: &str, name: Option<&str>) -> Action {
    Action::Script { script: script(body, Vec::new()), name: name.map(str::to_owned) }
}

pub(super) fn wait(time: Duration) -> Action {
    Action::Wait(Arg::Known(time))
}

pub(super) fn dialog(accept: bool, steps: Vec<Step>) -> Action {
    Action::Dialog { accept, value: None, kind: None, message: None, steps }
}

pub(super) fn var_is(name: &str, wanted: ValueTemplate) -> Condition {
    now(Test::Var { name: name.to_owned(), is: Some(ValueTest::Is(wanted)) })
}

pub(super) fn visible(target: &str) -> Condition {
    now(Test::Element { target: locator(target), matchers: Matchers::flag("visible") })
}

pub(super) fn now(test: Test) -> Condition {
    Condition { test, timeout: None }
}

/// A step that stands nowhere in particular.
pub(super) fn step(action: Action) -> Step {
    let source = SourceFile::new("testcases/a.toml", "steps = [\n]\n");
    let name = format!("{action:?}");
    let title = name.split([' ', '(', '{']).next().unwrap_or_default().to_lowercase();
    Step {
        span: (0..9).into(),
        source,
        title: Template::literal(&title),
        timeout: None,
        soft: false,
        sensitive: false,
        condition: None,
        action,
    }
}

pub(super) fn steps(actions: impl IntoIterator<Item = Action>) -> Vec<Step> {
    actions.into_iter().map(step).collect()
}

/// A step that stands in a file as `written`, under that title.
pub(super) fn placed(source: &Arc<SourceFile>, written: &str, action: Action) -> Step {
    let start = source.text.find(written).unwrap();
    Step {
        span: (start..start + written.len()).into(),
        source: Arc::clone(source),
        title: text(written.trim_matches(['{', '}', ' '])),
        ..step(action)
    }
}

/// A case of these steps.
pub(super) fn case(steps: Vec<Step>) -> Case {
    let source =
        steps.first().map_or_else(|| SourceFile::new("testcases/a.toml", ""), |it| Arc::clone(&it.source));
    Case {
        id: CaseId::new("testcases/a"),
        name: "a".to_owned(),
        span: Span::default(),
        source,
        content_hash: "".into(),
        tags: Vec::new(),
        priority: None,
        timeout: None,
        step_timeout: None,
        retries: None,
        slots: None,
        uses: Vec::new(),
        vars: BTreeMap::new(),
        rows: Vec::new(),
        before: Vec::new().into(),
        steps,
        after: Vec::new().into(),
        skip: None,
        only_browsers: Vec::new(),
        browser: None,
        viewport: None,
        base_url: None,
        state: None,
        http_auth: None,
        quarantine: None,
        expect_failure: None,
        meta: BTreeMap::new(),
    }
}

pub(super) fn row(name: &str, values: &[(&str, Value)]) -> Row {
    let values = values.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    Row { name: name.to_owned(), values }
}

pub(super) fn flow(params: &[&str], returns: &[&str], steps: Vec<Step>) -> Flow {
    let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    Flow {
        source: SourceFile::new("testcases/login.flow.toml", ""),
        params: owned(params),
        defaults: Vec::new(),
        needs: BTreeSet::new(),
        returns: owned(returns),
        steps,
    }
}

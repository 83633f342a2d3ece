//! The checks: `expect`, `expect_url`, `expect_title`, `expect_var`, `expect_script`.

use super::Interpreter;
use super::explain::{PAGE, not_ready};
use super::problem::{Outcome, Problem};
use super::take::shown;
use super::wait::Wait;
use crate::browser::engine::Call;
use crate::case::locator::Locator;
use crate::case::matcher::{self, Matchers, Text};
use crate::case::model::{Script, ValueTest};
use crate::case::template::look_up;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use crate::text::duration;
use serde_json::Value;
use std::time::Duration;

/// How often a script is asked again.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a document says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Url,
    Title,
}

impl Fact {
    /// Its name in the engine's answer.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Title => "title",
        }
    }
}

/// How a value compares with what it must be.
pub(super) struct Compared {
    pub(super) holds: bool,
    /// In words.
    pub(super) expected: String,
}

impl Interpreter<'_> {
    pub(super) async fn expect(
        &mut self,
        target: &Locator,
        matchers: &Matchers,
        deadline: Deadline,
    ) -> Outcome {
        let target = self.locate(target)?;
        let matchers = matchers.fill(&self.scope)?;
        let wait = Wait::to(deadline);
        let question = |query, wait_ms| Call::Check { query, matchers: matchers.clone(), wait_ms };
        if absence(&matchers) && !target.frames.is_empty() {
            // What is in a frame that is not there is not there either: no need to wait for the frame.
            let at_once = self.ask(&target, Wait::look(deadline), &question).await?;
            let missing = at_once.envelope.failure.as_ref().is_some_and(|it| it.code == "missing");
            if at_once.envelope.ok || (at_once.stopped_at_frame.is_some() && missing) {
                return Ok(());
            }
        }
        let answer = self.ask(&target, wait, &question).await?;
        if answer.envelope.ok { Ok(()) } else { Err(self.not_held(&target.text, &answer, wait).await.into()) }
    }

    pub(super) async fn expect_url(&mut self, test: &Text, deadline: Deadline) -> Outcome {
        let test = self.url_test(test)?;
        let question =
            |wait_ms| Call::Document { ready: None, url: Some(test.clone()), title: None, wait_ms };
        self.document_holds(Fact::Url, &test, deadline, &question).await
    }

    pub(super) async fn expect_title(&mut self, test: &Text, deadline: Deadline) -> Outcome {
        let test = test.fill(&self.scope)?;
        let question =
            |wait_ms| Call::Document { ready: None, url: None, title: Some(test.clone()), wait_ms };
        self.document_holds(Fact::Title, &test, deadline, &question).await
    }

    async fn document_holds(
        &mut self,
        fact: Fact,
        test: &Value,
        deadline: Deadline,
        question: &(dyn Fn(u64) -> Call + Send + Sync),
    ) -> Outcome {
        let wait = Wait::to(deadline);
        let answer = self.ask_document(wait, question).await?;
        if answer.envelope.ok {
            return Ok(());
        }
        let mut problem = not_ready(PAGE, &answer, wait, FailureKind::Assertion);
        problem.expected.get_or_insert_with(|| matcher::explain(test));
        if problem.actual.is_none() {
            problem.actual = answer.envelope.value[fact.key()].as_str().map(|it| format!("{it:?}"));
        }
        Err(problem.into())
    }

    pub(super) fn expect_var(&mut self, name: &str, is: &ValueTest) -> Outcome {
        let Some(value) = look_up(&self.scope, name) else {
            return Err(Box::new(Problem::assertion(format!("`{name}` is not set"))));
        };
        let compared = self.compare(&value, is)?;
        if compared.holds {
            return Ok(());
        }
        let problem = Problem::assertion(format!("`{name}` is {}", shown(&value)));
        let problem = problem.compared(compared.expected, shown(&value));
        Err(Box::new(match is {
            ValueTest::Is(_) => differ_in_type(problem),
            ValueTest::Text(_) => problem,
        }))
    }

    pub(super) async fn expect_script(
        &mut self,
        script: &Script,
        is: Option<&ValueTest>,
        deadline: Deadline,
    ) -> Outcome {
        let wait = Wait::to(deadline);
        loop {
            let problem = match self.run_script(script, wait).await {
                Ok(value) => match self.script_holds(&value, is)? {
                    None => return Ok(()),
                    Some(problem) => problem,
                },
                // What it looks for may not be there yet; what is no script now will never be one.
                Err(problem) if problem.kind == FailureKind::Script && !is_syntax(&problem) => *problem,
                Err(problem) => return Err(problem),
            };
            if deadline.is_missed() {
                let message =
                    format!("{}, asked again and again for {}", problem.message, duration(deadline.budget()));
                return Err(Box::new(Problem { message, ..problem }));
            }
            tokio::time::sleep(LOOK_EVERY.min(deadline.left())).await;
        }
    }

    fn script_holds(&mut self, value: &Value, is: Option<&ValueTest>) -> Outcome<Option<Problem>> {
        let what = format!("the script returned {}", shown(value));
        Ok(match is {
            Some(test) => {
                let compared = self.compare(value, test)?;
                (!compared.holds).then(|| Problem::assertion(what).compared(compared.expected, shown(value)))
            }
            None if truthy(value) => None,
            None => {
                let problem = Problem::assertion(what).compared("something truthy", shown(value));
                Some(if value.is_null() { problem.hint("does its body have a `return`?") } else { problem })
            }
        })
    }

    /// Compares a value with what it must be.
    pub(super) fn compare(&mut self, value: &Value, test: &ValueTest) -> Outcome<Compared> {
        Ok(match test {
            ValueTest::Is(wanted) => {
                let wanted = self.value(wanted)?;
                Compared { holds: equal(&wanted, value), expected: shown(&wanted) }
            }
            ValueTest::Text(wanted) => {
                let wanted = wanted.fill(&self.scope)?;
                let holds = match value {
                    Value::String(found) => matcher::passes(&wanted, found),
                    Value::Number(_) | Value::Bool(_) => matcher::passes(&wanted, &value.to_string()),
                    Value::Null | Value::Array(_) | Value::Object(_) => false,
                };
                Compared { holds, expected: matcher::explain(&wanted) }
            }
        })
    }
}

fn is_syntax(problem: &Problem) -> bool {
    problem.message.contains("SyntaxError")
}

/// Equal as JSON: `3` and `3.0` are one number, `3` and `"3"` are not one value.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|it| equal(value, it)))
        }
        (one, other) => one == other,
    }
}

fn differ_in_type(problem: Problem) -> Problem {
    let bare = |text: &Option<String>| text.as_deref().map(|it| it.trim_matches('"').to_owned());
    if bare(&problem.expected) == bare(&problem.actual) {
        problem.hint("one is text, the other is not: `is` compares without converting")
    } else {
        problem
    }
}

/// What JavaScript takes for true.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|it| it != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Whether these matchers hold where there is nothing at all.
pub(super) fn absence(matchers: &Value) -> bool {
    let flag = |word: &str| matchers[word].as_bool();
    let none = matchers["count"]["op"] == "==" && matchers["count"]["n"] == 0;
    none || flag("hidden") == Some(true)
        || flag("detached") == Some(true)
        || flag("visible") == Some(false)
        || flag("attached") == Some(false)
}

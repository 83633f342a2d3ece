//! What a case file means, as typed values: the output of parsing and the input of everything else.
//!
//! Nothing here is resolved: texts may hold variables ([`Template`]) until a step runs. Parsing lives beside this
//! file, running in `step`.

use super::locator::Locator;
use super::matcher::{Matchers, Text};
use super::template::{Arg, Template, ValueTemplate};
use crate::id::CaseId;
use crate::source::{SourceFile, Span};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// One test case as written, with what its file's top says merged in.
#[derive(Debug)]
pub struct Case {
    /// Its id, without a row.
    pub id: CaseId,
    /// Its name, by default the file's stem.
    pub name: String,
    /// The file it stands in.
    pub source: Arc<SourceFile>,
    /// Where it begins: the `[[case]]` line, or the whole file.
    pub span: Span,
    /// SHA-256 of the file's bytes, in hex.
    pub content_hash: Arc<str>,
    /// Tags of the file and of the case, without duplicates, in order.
    pub tags: Vec<String>,
    /// -100..=100; higher starts first.
    pub priority: Option<i8>,
    /// Limit for one attempt.
    pub timeout: Option<Duration>,
    /// Default limit for one step.
    pub step_timeout: Option<Duration>,
    /// How often a failure is tried again.
    pub retries: Option<Retries>,
    /// Shares it needs while it runs.
    pub uses: Vec<Use>,
    /// Variables of the file and the case, the case's winning.
    pub vars: BTreeMap<String, ValueTemplate>,
    /// Its data rows; empty for a case without `rows`.
    pub rows: Vec<Row>,
    /// Steps before the case's own: the file's, then the case's.
    pub before: Vec<Step>,
    /// The case itself.
    pub steps: Vec<Step>,
    /// Steps that run whatever happened: the case's, then the file's.
    pub after: Vec<Step>,
    /// Why it is skipped.
    pub skip: Option<String>,
    /// The only browsers it may run in; empty for all.
    pub only_browsers: Vec<String>,
    /// The browser it asks for.
    pub browser: Option<String>,
    /// Size of the page's viewport in CSS pixels.
    pub viewport: Option<Viewport>,
    /// What relative URLs are joined to.
    pub base_url: Option<Template>,
    /// The signed-in state it starts with.
    pub state: Option<String>,
    /// HTTP authentication (RFC 9110 section 11).
    pub http_auth: Option<HttpAuth>,
    /// Runs and is reported, but does not decide the exit code.
    pub quarantine: Option<Quarantine>,
    /// Why it is expected to fail.
    pub expect_failure: Option<String>,
    /// Free texts for reports.
    pub meta: BTreeMap<String, Value>,
}

/// One data row of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What stands in the brackets of the id.
    pub name: String,
    /// The values behind `${row.x}`.
    pub values: BTreeMap<String, Value>,
}

/// Size of the viewport in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Viewport {
    /// CSS pixels, 1..=10000.
    pub width: u32,
    /// CSS pixels, 1..=10000.
    pub height: u32,
}

/// User and password for HTTP authentication.
#[derive(Clone, Debug)]
pub struct HttpAuth {
    /// User name.
    pub user: Template,
    /// Password.
    pub password: Template,
}

/// Why and until when a case does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Who looks after it.
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day (UTC) on which it does not count.
    pub until: Option<jiff::civil::Date>,
}

/// How often a failed attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Further attempts after the first.
    pub count: u32,
}

/// A share that a case needs while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The share's name.
    pub share: String,
    /// Whether other readers may hold it, too.
    pub read: bool,
}

/// One line of a case.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it stands: the step's table.
    pub span: Span,
    /// The file it stands in (a flow's step stands in the flow's file).
    pub source: Arc<SourceFile>,
    /// What people see: its `name`, or the verb with its argument as written.
    pub title: Template,
    /// Its own limit.
    pub timeout: Option<Duration>,
    /// A failure is noted and the case goes on.
    pub soft: bool,
    /// No screenshot, values masked.
    pub sensitive: bool,
    /// Runs only where this holds.
    pub condition: Option<Condition>,
    /// What to do.
    pub action: Action,
}

/// What a step does. One variant a verb that runs; verbs that are only parsed never get here, they are refused.
#[derive(Clone, Debug)]
pub enum Action {
    /// `goto`
    Goto {
        /// Joined to the base URL.
        url: Template,
        /// What to wait for.
        until: Until,
        /// The HTTP status that the document must have.
        status: Option<u16>,
    },
    /// `back`, `forward`, `reload`
    History(History),
    /// `wait`
    Wait(Arg<Duration>),
    /// `viewport`
    Viewport(Viewport),
    /// `click`, `double_click`, `right_click`, `hover`
    Click(Click),
    /// `check`, `uncheck`
    Check {
        /// The checkbox, radio button or switch.
        target: Locator,
        /// The state to reach.
        on: bool,
        /// Skips the waiting for visible, stable, enabled and hit.
        force: bool,
    },
    /// `fill`; `clear` is a fill with nothing.
    Fill {
        /// The control.
        target: Locator,
        /// The text it holds afterwards.
        value: Template,
        /// Acts on an attached element at once.
        force: bool,
    },
    /// `type`
    Type {
        /// The control; gets the focus.
        target: Locator,
        /// Each character is a key press.
        value: Template,
        /// Pause between keys.
        delay: Duration,
    },
    /// `press`
    Press {
        /// Such as `Control+A`, `Enter`.
        keys: KeyChord,
        /// Gets the focus first; without it the focused element receives the key.
        on: Option<Locator>,
    },
    /// `select`
    Select {
        /// The select element.
        target: Locator,
        /// What to choose; several for a multiple select.
        choose: Vec<Choice>,
    },
    /// `scroll`
    Scroll {
        /// What is scrolled (`to`), or brought into view.
        target: Locator,
        /// Where to.
        to: ScrollTo,
    },
    /// `focus`, `blur`
    Focus {
        /// The element.
        target: Locator,
        /// Whether it gets (true) or loses the focus.
        on: bool,
    },
    /// `expect`
    Expect {
        /// What is looked at.
        target: Locator,
        /// What must hold, all at the same moment.
        matchers: Matchers,
    },
    /// `expect_url`
    ExpectUrl(Text),
    /// `expect_title`
    ExpectTitle(Text),
    /// `expect_var`
    ExpectVar {
        /// The variable's name.
        name: String,
        /// What it must be.
        is: ValueTest,
    },
    /// `expect_script`
    ExpectScript {
        /// The function body and its arguments.
        script: Script,
        /// What it must return; without it anything truthy.
        is: Option<ValueTest>,
    },
    /// `save`
    Save {
        /// What is read.
        target: Locator,
        /// What of it.
        what: Take,
        /// The variable.
        name: String,
    },
    /// `save_url`
    SaveUrl(String),
    /// `save_title`
    SaveTitle(String),
    /// `script`
    Script {
        /// The function body and its arguments.
        script: Script,
        /// The variable that takes the result.
        name: Option<String>,
    },
    /// `set`
    Set(Vec<(String, ValueTemplate)>),
    /// `screenshot`
    Screenshot {
        /// What the file is called in reports.
        name: Template,
        /// Only this element.
        of: Option<Locator>,
    },
    /// `log`
    Log(Template),
    /// `dialog`
    Dialog {
        /// How the next prompt is answered.
        accept: bool,
        /// What is typed into it (`prompt()` only).
        value: Option<Template>,
        /// The kind it must have: `alert`, `confirm`, `prompt`, `beforeunload`.
        kind: Option<String>,
        /// The message it must have.
        message: Option<Text>,
        /// Steps during which it must appear.
        steps: Vec<Step>,
    },
    /// `within`
    Within {
        /// A frame or an element: locators of the steps start there.
        target: Locator,
        /// The steps.
        steps: Vec<Step>,
    },
    /// `use`
    Use {
        /// The flow.
        flow: Arc<Flow>,
        /// Its parameters.
        with: Vec<(String, ValueTemplate)>,
    },
    /// `group`
    Group(Vec<Step>),
    /// `if` with `steps`
    If {
        /// Looked at once.
        condition: Condition,
        /// If it holds.
        steps: Vec<Step>,
        /// If it does not.
        otherwise: Vec<Step>,
    },
    /// `repeat`
    Repeat {
        /// How often.
        times: Arg<u32>,
        /// The steps.
        steps: Vec<Step>,
    },
    /// `each`
    Each {
        /// A list, or a variable that holds one.
        items: ValueTemplate,
        /// The variable that takes each.
        name: String,
        /// The steps.
        steps: Vec<Step>,
    },
    /// `each_match`
    EachMatch {
        /// The matches are counted once, at the start.
        target: Locator,
        /// The variable that takes a locator for each.
        name: String,
        /// The steps.
        steps: Vec<Step>,
    },
    /// `while`
    While {
        /// Looked at before each round.
        condition: Condition,
        /// The most rounds.
        limit: u32,
        /// The steps.
        steps: Vec<Step>,
    },
    /// `retry`
    Retry {
        /// Further tries after the first.
        tries: u32,
        /// The steps.
        steps: Vec<Step>,
    },
    /// `fail`
    Fail(Template),
    /// `skip`
    Skip(Template),
}

/// When a navigation counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// `DOMContentLoaded` has fired.
    Dom,
    /// `load` has fired.
    Load,
    /// `load` has fired and nothing was fetched for 500 ms.
    Idle,
}

/// A move in the session history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// `back`
    Back,
    /// `forward`
    Forward,
    /// `reload`
    Reload,
}

/// A press of the mouse, or the way there.
#[derive(Clone, Debug)]
pub struct Click {
    /// The element.
    pub target: Locator,
    /// Which button; `None` hovers.
    pub button: Option<Button>,
    /// Presses: 1, or 2 for a double click, or `count`.
    pub count: u32,
    /// Keys held down: `Shift`, `Control`, `Alt`, `Meta`.
    pub modifiers: Vec<Modifier>,
    /// CSS pixels from the element's top left corner; its middle without it.
    pub at: Option<(f64, f64)>,
    /// Acts on an attached element at once.
    pub force: bool,
}

/// A mouse button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The main one.
    Left,
    /// The wheel.
    Middle,
    /// The context menu's.
    Right,
}

/// A key that is held while another or a button is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// Alt, Option.
    Alt,
    /// Control.
    Control,
    /// Meta, Command, Windows.
    Meta,
    /// Shift.
    Shift,
}

/// A key with the modifiers held while it is pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChord {
    /// Held down, in this order.
    pub modifiers: Vec<Modifier>,
    /// A `KeyboardEvent.key` value: `a`, `Enter`, `ArrowLeft`.
    pub key: String,
}

/// An option of a select element.
#[derive(Clone, Debug)]
pub enum Choice {
    /// By its label, normalised.
    Label(Template),
    /// By its `value`.
    Value(Template),
    /// By its place, from 0.
    Index(u32),
}

/// Where to scroll to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScrollTo {
    /// The element itself comes into view.
    View,
    /// Its own content to the top.
    Top,
    /// Its own content to the bottom.
    Bottom,
    /// Its own content to these CSS pixels.
    Offset(f64, f64),
}

/// A script's body with its arguments. The body is never interpolated.
#[derive(Clone, Debug)]
pub struct Script {
    /// The body of a function that sees `args`; a promise it returns is awaited.
    pub body: String,
    /// The arguments.
    pub args: Vec<ValueTemplate>,
}

/// What a value must be.
#[derive(Clone, Debug)]
pub enum ValueTest {
    /// Equal as JSON, without coercion.
    Is(ValueTemplate),
    /// A text that fits.
    Text(Text),
}

/// What `save` takes from an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// Its text, normalised.
    Text,
    /// The texts of all matches.
    Texts,
    /// Its value.
    Value,
    /// How many match.
    Count,
    /// An attribute's value.
    Attribute(String),
}

/// Something that either holds now or does not.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What must hold.
    pub test: Test,
    /// How long it may take to become true; at once without it.
    pub timeout: Option<Duration>,
}

/// The test of a [`Condition`].
#[derive(Clone, Debug)]
pub enum Test {
    /// `visible`, `hidden`, `attached`, or `element` with matchers.
    Element {
        /// What is looked at.
        target: Locator,
        /// What must hold of it.
        matchers: Matchers,
    },
    /// `script`
    Script(Script),
    /// `url`
    Url(Text),
    /// `var`
    Var {
        /// The variable's name.
        name: String,
        /// What it must be; without it, it must be set and truthy.
        is: Option<ValueTest>,
    },
    /// `not`
    Not(Box<Condition>),
    /// `all`
    All(Vec<Condition>),
    /// `any`
    Any(Vec<Condition>),
}

/// Reusable steps with a scope of their own.
#[derive(Debug)]
pub struct Flow {
    /// The file.
    pub source: Arc<SourceFile>,
    /// Parameters that `with` must give.
    pub params: Vec<String>,
    /// Parameters that `with` may give, with their defaults.
    pub defaults: Vec<(String, ValueTemplate)>,
    /// Variables that the caller gets.
    pub returns: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
}

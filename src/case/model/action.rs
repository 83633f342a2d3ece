//! What a step does. One variant a verb that runs; verbs that are only parsed never get here, they are refused.

use super::{Condition, Flow, Step, Viewport};
use crate::case::locator::Locator;
use crate::case::matcher::{Matchers, Text};
use crate::case::template::{Arg, Template, ValueTemplate};
use std::sync::Arc;
use std::time::Duration;

/// What a step does.
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

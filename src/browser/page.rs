//! What steps act on: one page in a context of its own, behind whatever driver. The interpreter sees nothing else of
//! a browser; tests put a scripted twin here.
//!
//! Waiting is the engine's ([`super::engine`]), acting is native. Nothing here retries: a [`Fault::DocumentGone`]
//! tells the caller that asking again makes sense.

use super::engine::{Call, Element, Envelope, Landed};
use super::film::{Film, Look};
use crate::case::model::{Button, History, Modifier, Viewport};
use crate::deadline::{Deadline, Missed};
use crate::outcome::FailureKind;
use crate::text::Untrusted;
use async_trait::async_trait;
use serde_json::Value;

/// A document to work in: the top one, or that of a frame. Valid until the frame navigates or goes away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Frame {
    /// The top document.
    #[default]
    Top,
    /// A frame, by a name that only the page knows.
    Inner(String),
}

/// One page, leased to one attempt.
#[async_trait]
pub trait Page: Send {
    /// Navigates the top document and returns once the new document is committed (not loaded: ask the engine).
    /// Ends with [`Fault::Navigation`] when nothing could be loaded.
    async fn navigate(&mut self, to: &Destination, deadline: Deadline) -> Result<(), Fault>;

    /// Asks the engine in a document. To [`Call::Landed`] another document may answer than was asked before: then nobody
    /// knows, while [`Fault::DocumentGone`] means that nothing was hit. Installs it there first where it is not yet. A driver that can insert the text of a
    /// [`super::engine::Then::Fill`] on the way does so, and answers `"set"` instead of `"insert"`, or `"lost"` where the
    /// element went away before the text came.
    async fn ask(&mut self, frame: &Frame, call: &Call, deadline: Deadline) -> Result<Envelope, Fault>;

    /// Enters the frame element that [`super::engine::Then::Keep`] kept in `frame`.
    async fn enter(&mut self, frame: &Frame, element: &Element, deadline: Deadline) -> Result<Frame, Fault>;

    /// Runs the case's own script, the body of a function with `args`, in the page's own world and awaits its result.
    async fn script(
        &mut self,
        frame: &Frame,
        body: &str,
        args: &[Value],
        deadline: Deadline,
    ) -> Result<Value, Fault>;

    /// Moves the mouse to an element that the engine has confirmed, and presses. A driver that can ask what became of what
    /// was announced ([`Call::Landed`]) on the way answers that; then [`Fault::DocumentGone`] means that nothing was hit.
    async fn press(
        &mut self,
        frame: &Frame,
        on: &Element,
        press: &Press,
        deadline: Deadline,
    ) -> Result<Option<Landed>, Fault>;

    /// Inserts text at the caret of the focused element as one trusted input.
    async fn insert(
        &mut self,
        frame: &Frame,
        on: &Element,
        text: &str,
        deadline: Deadline,
    ) -> Result<(), Fault>;

    /// Presses and releases keys, one after the other, on whatever has the focus; says how many of them came there. A
    /// driver that can ask what became of what was announced for an element ([`super::engine::Then::Type`]) stops when the
    /// rest would go nowhere, and [`Fault::DocumentGone`] means then that they went with the document.
    async fn keys(
        &mut self,
        frame: &Frame,
        on: Option<&Element>,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<usize, Fault>;

    /// Waits until the navigations that have begun by now, of the top document and of the frame last asked, have led to a
    /// document or to nothing.
    async fn arrive(&mut self, deadline: Deadline) -> Result<(), Fault>;

    /// Sets the size of the viewport.
    async fn resize(&mut self, viewport: Viewport, deadline: Deadline) -> Result<(), Fault>;

    /// A PNG of the viewport, or of one element in it.
    async fn screenshot(
        &mut self,
        of: Option<(&Frame, &Element)>,
        deadline: Deadline,
    ) -> Result<Vec<u8>, Fault>;

    /// The markup of the top document as it stands.
    async fn source(&mut self, deadline: Deadline) -> Result<String, Fault>;

    /// Queues an answer for the next prompt that appears.
    fn answer_next_prompt(&mut self, answer: PromptAnswer);

    /// Takes back the answers that no prompt has used, newest first.
    fn withdraw_answers(&mut self) -> Vec<PromptAnswer>;

    /// The prompts that appeared since the last call, and what was done about them.
    fn take_prompts(&mut self) -> Vec<Prompt>;

    /// What the page wrote to its console since the attempt began, oldest first, and whether some was dropped.
    fn console(&self) -> Vec<ConsoleLine>;

    /// Begins to film the page, which is still blank. A driver that cannot film does nothing.
    async fn begin_film(&mut self, _deadline: Deadline) -> Result<(), Fault> {
        Ok(())
    }

    /// Notes how the page stands now; a document that is being read is given a moment. Does nothing where no film was begun.
    async fn look(&mut self, _look: Look, _deadline: Deadline) {}

    /// Waits until the page has begun to draw what the last look found: what is done to it next is not seen with that. Does
    /// nothing where no film was begun.
    async fn let_draw(&mut self, _deadline: Deadline) {}

    /// Waits for a picture of what the last look found: what comes next must not be seen, or this is wanted for sure.
    async fn catch_up(&mut self, _deadline: Deadline) {}

    /// What was filmed. Nothing more is.
    async fn end_film(&mut self, _deadline: Deadline) -> Film {
        Film::default()
    }
}

/// Where to navigate to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An absolute URL.
    Url(String),
    /// In the session history.
    History(History),
}

/// How the mouse is pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// Which button; `None` only moves there.
    pub button: Option<Button>,
    /// How often.
    pub count: u32,
    /// Held meanwhile.
    pub modifiers: Vec<Modifier>,
}

/// One stroke on the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Held meanwhile.
    pub modifiers: Vec<Modifier>,
    /// A `KeyboardEvent.key` value (UI Events, "`KeyboardEvent` key Values"): `a`, `é`, `Enter`, `ArrowLeft`.
    pub key: String,
    /// How long to wait afterwards.
    pub pause: std::time::Duration,
}

/// How a prompt is to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptAnswer {
    /// Accepts (OK) or dismisses (Cancel).
    pub accept: bool,
    /// What is typed into it first.
    pub text: Option<String>,
}

/// A prompt that appeared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    pub kind: String,
    /// What it said.
    pub message: Untrusted,
    /// The queued answer it took; `None`: nobody had asked for it, so it was dismissed.
    pub answer: Option<PromptAnswer>,
}

/// A line of the page's console.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsoleLine {
    /// When, in milliseconds since 1970 by the machine's clock, where the browser tells.
    pub at_ms: Option<f64>,
    /// `log`, `info`, `warning`, `error`, `debug`; an uncaught exception is `exception`.
    pub level: String,
    /// What it says.
    pub text: Untrusted,
    /// Where from: `url:line:column`.
    pub from: Untrusted,
}

/// What an operation on a page can end with besides an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The document (or frame) went away in the middle: asking again makes sense.
    DocumentGone,
    /// A deadline was missed and the page is to blame: the browser itself still answers. The context is spent.
    PageStuck(Missed),
    /// The page's renderer crashed. The context is spent.
    Crashed,
    /// Nothing could be loaded, in the browser's words: `net::ERR_CONNECTION_REFUSED`.
    Navigation(String),
    /// The case's script threw.
    Script {
        /// What it threw, with its stack.
        message: String,
    },
    /// The driver understood and cannot: the case asks for something this browser does not have.
    Refused(String),
    /// The infrastructure broke. The kind is one for which [`FailureKind::is_infrastructure`] holds.
    Infrastructure {
        /// Which kind.
        kind: FailureKind,
        /// What happened, with what was seen.
        message: String,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::DocumentGone => f.write_str("the document went away"),
            Self::PageStuck(missed) => write!(f, "the page does not answer: {missed}"),
            Self::Crashed => f.write_str("the page crashed"),
            Self::Navigation(why) => write!(f, "nothing could be loaded: {why}"),
            Self::Script { message } | Self::Refused(message) | Self::Infrastructure { message, .. } => {
                f.write_str(message)
            }
        }
    }
}

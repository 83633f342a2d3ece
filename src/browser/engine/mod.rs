//! The in-page engine, seen from outside: what it can be asked and what it answers.
//!
//! The engine (the files in `js/`, joined) resolves locators, waits and checks inside the page, so that a step is one
//! or two round trips. It is installed once a document, in an isolated world where the driver offers one, and called
//! with one [`Call`] as JSON; it answers one [`Envelope`], never null, also when it gives up. It never acts where a
//! native command can: clicks and keys are sent by the driver after the engine has found, scrolled to and confirmed
//! the element.
//!
//! A call is idempotent: it may be sent again when the document went away under it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

/// The source of the engine: an expression whose value is a function `(call) => Promise<Envelope>` that keeps its state
/// in its world. Evaluating it again in the same document and world is cheap to ask for and answers the same function,
/// which is also at `document[Symbol.for('batchrun.engine')]`. Its property `element(token)` is the element that a
/// token of an [`Element`] names, or null: for drivers that need the element itself. `came()` is the [`Landed`] of what was
/// announced last, for drivers that ask before they know the token.
pub const SOURCE: &str = concat!(
    include_str!("js/natives.js"),
    include_str!("js/tree.js"),
    include_str!("js/text.js"),
    include_str!("js/roles.js"),
    include_str!("js/query.js"),
    include_str!("js/checks.js"),
    include_str!("js/matchers.js"),
    include_str!("js/acts.js"),
    include_str!("js/input.js"),
    include_str!("js/near.js"),
    include_str!("js/calls.js"),
);

/// [`SOURCE`] as it is sent to browsers, a quarter shorter: without indentation and lines of comments.
pub static SENT: LazyLock<String> = LazyLock::new(|| {
    let lines = SOURCE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.fold(String::with_capacity(SOURCE.len()), |sent, line| sent + line + "\n")
});

/// A locator with its variables filled in: the steps from the document to the elements.
/// Frame hops are split off before a query gets here: the engine sees one document.
pub type Query = Vec<Value>;

/// What the engine is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Call {
    /// Waits until exactly one element matches and all `needs` hold, then does `then` in the same task.
    Act {
        /// Which element.
        query: Query,
        /// What must hold of it, all at the same moment.
        needs: Vec<Need>,
        /// Where it will be pressed, in CSS pixels from its top left corner; its middle without it.
        at: Option<(f64, f64)>,
        /// What to do once it is ready.
        then: Then,
        /// How long to wait. 0 looks once.
        wait_ms: u64,
    },
    /// Waits until `matchers` hold of what the query finds. Matchers of one element need exactly one match; beside
    /// `count` or `texts` they must hold of each. For conditions, which take any number of matches, there is a key of
    /// its own: `"any": true`, they hold when they hold of at least one (`hidden: false` and `detached: false` take
    /// any number as they are).
    Check {
        /// Which elements.
        query: Query,
        /// The matchers as JSON, see [`crate::case::matcher`].
        matchers: Value,
        /// How long to wait. 0 looks once.
        wait_ms: u64,
    },
    /// Waits for what is asked and answers it in `value`.
    Read {
        /// Which elements.
        query: Query,
        /// What of them.
        take: Reading,
        /// How long to wait. 0 looks once.
        wait_ms: u64,
    },
    /// Waits until the document itself is as asked; `value` is `{"url","title","ready_state",
    /// "status"}`, the status being that of HTTP or null.
    Document {
        /// The state of loading to reach.
        ready: Option<Ready>,
        /// A text test (as in matchers) of the URL without or with its fragment as it stands.
        url: Option<Value>,
        /// A text test of the title, normalised.
        title: Option<Value>,
        /// How long to wait. 0 looks once.
        wait_ms: u64,
    },
    /// Asks what became of the input that [`Then::Guard`], [`Then::Point`], [`Then::Type`] or [`Then::Fill`] announced,
    /// which is over then. `value` is a [`Landed`].
    Landed {
        /// The token of the element.
        token: String,
    },
}

/// What became of input that the engine watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Landed {
    /// It came to the element, or to what the locator finds in its place.
    Hit,
    /// None came.
    None,
    /// A press hit the element, which went away by itself before the release: nothing was clicked.
    Torn,
    /// It would have hit this instead, as described. A press was swallowed.
    Missed(String),
    /// Keys, by strokes that went down.
    #[serde(untagged)]
    Keys {
        /// How many came.
        arrived: usize,
        /// Whether the element went away with the focus, so that all further ones were swallowed.
        lost: bool,
    },
}

/// What must hold of an element before it is acted on. `Attached` is always implied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It has a box and is not `visibility: hidden`.
    Visible,
    /// Its box is the same in two frames that follow each other.
    Stable,
    /// It is not disabled, nor is a fieldset around it, nor `aria-disabled`.
    Enabled,
    /// It can be written to: not `readonly`, an input, textarea or contenteditable.
    Editable,
    /// The pointer at its point hits it or something inside it. Scrolls it into view first, also past sticky parts.
    Hit,
}

/// What the engine does with an element that is ready.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Then {
    /// Nothing.
    #[default]
    Nothing,
    /// Announces a press: it must hit this element, else it is swallowed. [`Call::Landed`] tells.
    Guard,
    /// Announces a move of the pointer: it must come to this element. [`Call::Landed`] tells.
    Point,
    /// Focuses it, with the caret at the end of its text.
    Focus,
    /// The same, and announces keys: they are swallowed once it is gone and nothing has the focus. [`Call::Landed`] tells.
    Type,
    /// Takes the focus away.
    Blur,
    /// Focuses it and selects all it holds, so that inserted text replaces it. For controls whose value cannot be
    /// typed (date, time, month, week, color, range) it sets `value` with input and change events instead, and an empty
    /// text deletes what is there. The envelope's `value` says which: `"insert"` (the text is still to be inserted,
    /// [`Call::Landed`] tells whether it came) or `"set"` (done).
    Fill {
        /// The text that it shall hold.
        value: String,
    },
    /// Chooses options of a select element, with input and change events if that changes anything. Waits for the
    /// options to be there (`missing` says which are). The envelope's `value` is the labels of the chosen ones.
    Select {
        /// `{"label": …}`, `{"value": …}` or `{"index": …}`, each.
        choose: Vec<Value>,
    },
    /// Scrolls: `"view"`, `"top"`, `"bottom"` or `[x, y]`.
    Scroll {
        /// Where to.
        to: Value,
    },
    /// Nothing, but the element is kept for [`super::page::Page::enter`]; `element.frame` says whether it is a frame.
    Keep,
}

/// What [`Call::Read`] takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The text of one match, normalised.
    Text,
    /// The texts of all matches.
    Texts,
    /// The value of one match.
    Value,
    /// The number of matches.
    Count,
    /// One attribute of one match; null without it.
    Attribute(String),
    /// Whether one match, a checkbox, radio button or switch (ARIA too), is checked: `true`, `false` or `"mixed"`.
    Checked,
}

impl Then {
    /// Whether it does more than announce what a native command will do.
    pub fn changes_the_page(&self) -> bool {
        matches!(
            self,
            Self::Focus | Self::Blur | Self::Fill { .. } | Self::Select { .. } | Self::Scroll { .. }
        )
    }
}

/// A state of loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// `readyState` is at least `interactive` and `DOMContentLoaded` has fired.
    Dom,
    /// `load` has fired.
    Load,
    /// `load` has fired and no resource was added for 500 ms.
    Idle,
}

/// What the engine answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Envelope {
    /// Whether what was asked came true.
    pub ok: bool,
    /// The identity of the document that answered; another one after each navigation.
    pub document: String,
    /// Why not, as of the last look. Always there when `ok` is false.
    pub failure: Option<NotReady>,
    /// What stood in the way while waiting: each distinct reason once, oldest first, at most 20.
    pub seen: Vec<Seen>,
    /// The element, where one was found.
    pub element: Option<Element>,
    /// The answer proper.
    pub value: Value,
    /// After how many milliseconds something was found at all.
    pub found_ms: Option<f64>,
    /// After how many milliseconds the answer was known.
    pub took_ms: f64,
}

/// Why the engine gave up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotReady {
    /// For programs: `missing`, `ambiguous`, `hidden`, `moving`, `disabled`, `readonly`, `covered`, `outside`,
    /// `mismatch`, `unsuitable` (an act that this element cannot take; waited out for a second at most), `invalid`
    /// (a selector the page refuses, a call superseded by the next act, a bug: told at once).
    pub code: String,
    /// For people, one line without a full stop: "is covered by `<div class=\"veil\">`".
    pub message: String,
    /// What was expected, where something was.
    pub expected: Option<String>,
    /// What was there instead.
    pub actual: Option<String>,
    /// The matches when there are several: a description and a locator that finds only it, each, at most 10. Where
    /// nothing matches, what is near, at most 3.
    pub candidates: Vec<Candidate>,
    /// How many matches there are.
    pub matches: u32,
}

/// One of several matches, or what is near where nothing matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Candidate {
    /// Its start tag, shortened, with its text.
    pub description: String,
    /// A locator that finds only it; of something near, how it may be meant, or empty.
    pub locator: String,
    /// What the locator had against something near, where that is not plain from the two.
    pub why: String,
}

/// Something that stood in the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Milliseconds since the call began.
    pub at_ms: u64,
    /// What, in the words of [`NotReady::message`].
    pub what: String,
}

/// An element that the engine found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Element {
    /// Names it for later calls in the same document.
    pub token: String,
    /// Its start tag, shortened.
    pub description: String,
    /// Where to press it: CSS pixels in the viewport of its own document.
    pub point: Option<(f64, f64)>,
    /// Its box: x, y, width, height in the same pixels.
    pub rect: Option<(f64, f64, f64, f64)>,
    /// Where that document's viewport lies in the topmost one that scripts can reach from here.
    pub offset: (f64, f64),
    /// Whether frames around this document lie beyond what scripts may see (another origin).
    pub foreign: bool,
    /// Whether it is an iframe or frame.
    pub frame: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// One letter beyond ASCII, and browsers keep two bytes of every letter, in every document.
    #[test]
    fn what_is_sent_is_ascii() {
        assert_eq!(SENT.lines().filter(|line| !line.is_ascii()).collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn no_two_files_declare_the_same_name() {
        let mut names = HashSet::new();
        for line in SOURCE.lines() {
            // What all files share is indented once; a second `function` would silently replace the first.
            let declared = ["  function ", "  async function ", "  const ", "  let "]
                .iter()
                .find_map(|keyword| line.strip_prefix(keyword));
            let Some(declared) = declared else { continue };
            let name = declared.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            assert!(name.is_empty() || names.insert(name), "{line}");
        }
        assert!(names.len() > 100);
    }
}

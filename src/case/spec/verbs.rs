//! The verbs: what a step may be. One table a section; a verb without `build` is checked and then refused.

mod act;
mod check;
mod flow;
mod go;
mod state;
mod take;
mod window;

pub(in crate::case) use go::viewport;

use super::{Argument, Form, Kind, optional};
use crate::case::model::Action;

/// A group of verbs, as the reference has them.
pub(in crate::case) struct Section {
    /// Its heading.
    pub(in crate::case) title: &'static str,
    /// What holds of all of them.
    pub(in crate::case) doc: &'static str,
    /// Its verbs.
    pub(in crate::case) verbs: &'static [Form<Action>],
}

/// All verbs.
pub(in crate::case) const SECTIONS: &[Section] = &[
    Section { title: "Go", doc: "Load pages and wait.", verbs: go::VERBS },
    Section {
        title: "Act",
        doc: "Each acts once its element is ready. Clicks wait until it is attached, visible, stable, enabled and hit \
              by the pointer; `fill`, `type`, `press`, `select` and `scroll` need no hit; `focus` and `blur` only need \
              it attached. `force = true` acts on an attached element at once.",
        verbs: act::VERBS,
    },
    Section {
        title: "Check",
        doc: "Each is tried again until it holds, then fails with what was expected and what was there.",
        verbs: check::VERBS,
    },
    Section { title: "Take", doc: "Read from the page, run scripts, keep evidence.", verbs: take::VERBS },
    Section { title: "Windows, prompts, frames", doc: "Where the steps look.", verbs: window::VERBS },
    Section {
        title: "State of the browser",
        doc: "What the browser remembers and pretends.",
        verbs: state::VERBS,
    },
    Section { title: "Flow", doc: "Which steps run, how often, and under which names.", verbs: flow::VERBS },
];

/// Keys that any step may have. `if` is the last: it is a verb, too.
pub(in crate::case) const COMMON: &[Argument] = &[
    optional(
        "timeout",
        Kind::Duration,
        "The step's limit (default `step_timeout`); a block's covers the block.",
    ),
    optional("name", Kind::Text, "Its title in reports."),
    optional("soft", Kind::Flag, "A failure is noted, the case goes on and fails at the end."),
    optional("sensitive", Kind::Flag, "No screenshot is taken and values are masked."),
    optional("if", Kind::Condition, "It runs only where this holds."),
];

/// Every verb, in the order of the reference.
pub(in crate::case) fn verbs() -> impl Iterator<Item = &'static Form<Action>> {
    SECTIONS.iter().flat_map(|section| section.verbs)
}

/// The verb of that word.
pub(in crate::case) fn verb(word: &str) -> Option<&'static Form<Action>> {
    verbs().find(|form| form.word == word)
}

/// A verb without matchers.
const fn form(
    word: &'static str,
    subject: Kind,
    doc: &'static str,
    arguments: &'static [Argument],
    build: super::Build<Action>,
) -> Form<Action> {
    Form { word, subject, arguments, matchers: false, doc, build: Some(build) }
}

/// A verb that does not run yet.
const fn later(
    word: &'static str,
    subject: Kind,
    doc: &'static str,
    arguments: &'static [Argument],
) -> Form<Action> {
    Form { word, subject, arguments, matchers: false, doc, build: None }
}

const FORCE: Argument = optional("force", Kind::Flag, "Acts on an attached element at once.");
const AS: Argument = super::required("as", Kind::Defines, "The variable that takes it.");
const STEPS: Argument = super::required("steps", Kind::Steps, "The steps.");

/// Names that a mouse button has.
const BUTTONS: Kind = Kind::Word(&["left", "middle", "right"]);
/// Keys that are held down.
const MODIFIERS: Kind = Kind::List(&Kind::Word(&["Alt", "Control", "Meta", "Shift"]));
/// Width and height.
pub(in crate::case) const VIEWPORT: Kind = Kind::Table(&[
    super::required("width", Kind::Whole(1, 10_000), "CSS pixels."),
    super::required("height", Kind::Whole(1, 10_000), "CSS pixels."),
]);

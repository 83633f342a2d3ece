//! The case format as data: every key, verb, argument, condition and matcher, once.
//!
//! Parsing, "did you mean", the JSON Schema, the reference and the refusal of what does not run yet are all made from
//! these tables; nothing else knows a word of the format.

pub(super) mod conditions;
pub(super) mod flows;
pub(super) mod keys;
pub(super) mod kind;
pub(super) mod matchers;
mod reference;
mod schema;
pub(super) mod verbs;
mod word;

pub(super) use kind::Kind;
pub use reference::reference;
pub use schema::schema;
pub use word::{UnknownWord, meaning};

use super::parse::given::{Arguments, Problem};

/// One key of a table with its value.
#[derive(Clone, Copy)]
pub(super) struct Argument {
    /// The key.
    pub(super) word: &'static str,
    /// What its value may be.
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) required: bool,
    /// Whether this version can run it; if not it is checked and then refused.
    pub(super) runs: bool,
    /// One line for the reference and for editors.
    pub(super) doc: &'static str,
}

/// A key that must be there.
pub(super) const fn required(word: &'static str, kind: Kind, doc: &'static str) -> Argument {
    Argument { word, kind, required: true, runs: true, doc }
}

/// A key that may be there.
pub(super) const fn optional(word: &'static str, kind: Kind, doc: &'static str) -> Argument {
    Argument { word, kind, required: false, runs: true, doc }
}

impl Argument {
    /// Not supported yet.
    pub(super) const fn later(self) -> Self {
        Self { runs: false, ..self }
    }
}

/// A table that one of its keys makes what it is: a step by its verb, a condition by its test.
pub(super) struct Form<T: 'static> {
    /// The key that makes it so.
    pub(super) word: &'static str,
    /// What the key's value may be.
    pub(super) subject: Kind,
    /// The other keys.
    pub(super) arguments: &'static [Argument],
    /// Whether matchers may stand beside it.
    pub(super) matchers: bool,
    /// One or two lines for the reference and for editors.
    pub(super) doc: &'static str,
    /// What it means; `None` for what does not run yet.
    pub(super) build: Option<Build<T>>,
}

/// Makes the typed value out of arguments that have been read.
pub(super) type Build<T> = fn(&mut Arguments) -> Result<T, Problem>;

impl<T> Form<T> {
    /// All keys that may stand beside the word.
    pub(super) fn all_arguments(&self) -> impl Iterator<Item = &'static Argument> {
        let matchers: &'static [Argument] = if self.matchers { matchers::MATCHERS } else { &[] };
        self.arguments.iter().chain(matchers)
    }
}

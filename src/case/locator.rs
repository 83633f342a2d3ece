//! Locators: how a case names elements. Parsing, and filling in variables to what the engine in the page is asked.
//! This file finds nothing.

use super::template::{FillError, Lookup, Template};
use serde_json::Value;

/// A locator as written, split into its parts before any variable is filled in.
#[derive(Clone, Debug)]
pub struct Locator {
    /// As written, for messages.
    pub template: Template,
}

/// A locator with its variables filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filled {
    /// For messages: the locator's text with variables filled in.
    pub text: String,
    /// Frames to enter, outermost first: each a query that finds one frame element in the document before it.
    pub frames: Vec<Vec<Value>>,
    /// The query in the innermost document; empty when the locator ends with a frame.
    pub query: Vec<Value>,
}

impl Filled {
    /// `inner` looked for inside of `self`, as `A >> B` is.
    #[must_use]
    pub fn join(&self, _inner: &Filled) -> Filled {
        todo!()
    }

    /// The nth (from 0) of its matches, as `A >> nth=n` is.
    #[must_use]
    pub fn nth(&self, _index: u32) -> Filled {
        todo!()
    }

    /// A locator text that parses to the same thing, for a variable that holds a locator.
    pub fn as_locator(&self) -> String {
        todo!()
    }
}

impl Locator {
    /// Fills in the variables. `test_id` is the attribute that `testid=` looks at.
    pub fn fill(&self, _scope: &dyn Lookup, _test_id: &str) -> Result<Filled, FillError> {
        todo!()
    }
}

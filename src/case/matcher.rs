//! Matchers: what an `expect` demands of elements and texts, and their JSON for the engine.
//!
//! The JSON of a text test is one of `{"is":s}`, `{"contains":s}`, `{"matches":{"pattern":p,"flags":f}}`,
//! `{"one_of":[s…]}`, `{"min":n}`, `{"max":n}` (both may stand together), `{"not":test}`. The JSON of matchers is an
//! object with the words of the case format: `visible hidden attached detached checked enabled disabled editable
//! focused empty in_viewport` (bool), `text` (test: whole), `contains` (string), `matches` ({pattern,flags}), `texts`
//! ([string…]), `value` (test), `count` ({"op":"==|>=|<=|>|<|!=","n":n}), `attribute` ({name: test|bool}), `class`
//! ([string…]), `css` ({name: test}), `selected` (string or [string…]: labels), `not` (matchers).

use super::template::{FillError, Lookup};
use serde_json::Value;

/// The matchers of one `expect` or condition.
#[derive(Clone, Debug, Default)]
pub struct Matchers {}

impl Matchers {
    /// Their JSON for the engine, variables filled in. `visible` is put in where it is implied.
    pub fn fill(&self, _scope: &dyn Lookup) -> Result<Value, FillError> {
        todo!()
    }
}

/// A text test (STR in the case format).
#[derive(Clone, Debug)]
pub struct Text {}

impl Text {
    /// Its JSON, variables filled in.
    pub fn fill(&self, _scope: &dyn Lookup) -> Result<Value, FillError> {
        todo!()
    }
}

/// Whether `actual` passes a filled text test; for texts that are not in a page.
pub fn passes(_test: &Value, _actual: &str) -> bool {
    todo!()
}

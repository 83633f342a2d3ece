//! Texts and values with `${variables}` in them, and the scope they are filled from.
//!
//! Parsed once at load; filled when a step runs. Scripts and keys are never templates.

use crate::source::Span;
use serde_json::Value;

/// A text that may hold `${name}` (`$${` is a literal `${`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Literal(String),
    /// `${name}`: the name with its dots, such as `row.user`.
    Variable(String),
}

/// A JSON value whose strings may be templates.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueTemplate {
    /// A string.
    Text(Template),
    /// An array.
    List(Vec<ValueTemplate>),
    /// An object, in the order of the file.
    Table(Vec<(String, ValueTemplate)>),
    /// Anything else.
    Plain(Value),
}

/// A typed argument that is known at load, or a single `${variable}` that is converted when the step runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg<T> {
    /// Known.
    Known(T),
    /// To be filled and converted.
    Variable(Template),
}

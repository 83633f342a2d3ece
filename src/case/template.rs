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

/// Where variables are looked up.
pub trait Lookup {
    /// The value of `name` (with its dots: `row.user`, `env.HOME`), or `None` where nothing defines it.
    fn get(&self, name: &str) -> Option<Value>;
}

/// A variable that nothing defines, or whose value does not convert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillError {
    /// One line for people.
    pub message: String,
    /// Where the template stands.
    pub span: Span,
}

impl Template {
    /// A template without variables.
    pub fn literal(text: &str) -> Self {
        Self { text: text.to_owned(), span: Span::default(), parts: vec![Part::Literal(text.to_owned())] }
    }

    /// The text with its variables filled in.
    pub fn fill(&self, _scope: &dyn Lookup) -> Result<String, FillError> {
        todo!()
    }
}

impl ValueTemplate {
    /// The value with its variables filled in; a string that is exactly one `${x}` becomes x's JSON value.
    pub fn fill(&self, _scope: &dyn Lookup) -> Result<Value, FillError> {
        todo!()
    }
}

/// What a variable's value can be converted to where a typed argument is wanted.
pub trait FromVariable: Sized + Clone {
    /// Converts, or says what was wanted: `"a whole number"`, `"a duration such as 500ms"`.
    fn from_variable(value: &Value) -> Result<Self, &'static str>;
}

impl<T: FromVariable> Arg<T> {
    /// The value itself.
    pub fn fill(&self, _scope: &dyn Lookup) -> Result<T, FillError> {
        todo!()
    }
}

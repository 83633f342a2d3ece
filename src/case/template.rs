//! Texts and values with `${variables}` in them, and the scope they are filled from.
//!
//! Parsed once at load; filled when a step runs. Scripts and keys are never templates. What a variable's value can be
//! converted to is said in [`super::convert`].

mod names;

pub use super::convert::FromVariable;
pub use names::is_variable_name;

use crate::source::Span;
use serde_json::{Map, Value};
use std::fmt;
use std::ops::Range;

/// A text that may hold `${name}` (`$${` is a literal `${`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Its parts, in order; none for a text without `${`, which most are.
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

impl fmt::Display for FillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FillError {}

/// A text that is not a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// Where in the text, in bytes.
    pub at: Range<usize>,
    /// What to do.
    pub help: &'static str,
}

/// A scope in which nothing is defined: for texts that were filled before.
#[derive(Clone, Copy, Debug)]
pub struct Empty;

impl Lookup for Empty {
    fn get(&self, _name: &str) -> Option<Value> {
        None
    }
}

impl Template {
    /// A template without variables; a `${` in it is text.
    pub fn literal(text: &str) -> Self {
        let parts = if text.contains("${") { vec![Part::Literal(text.to_owned())] } else { Vec::new() };
        Self { text: text.to_owned(), span: Span::default(), parts }
    }

    /// The template that `text` is, standing at `span`.
    pub fn parse(text: &str, span: Span) -> Result<Self, TemplateError> {
        let parts = if text.contains("${") { names::split(text)? } else { Vec::new() };
        Ok(Self { text: text.to_owned(), span, parts })
    }

    /// The text with its variables filled in.
    pub fn fill(&self, scope: &dyn Lookup) -> Result<String, FillError> {
        self.fill_with(scope, |name, value, text| {
            text.push_str(&value_as_text(name, value)?);
            Ok(())
        })
    }

    /// The text for people (`log`, titles, messages): lists and tables as JSON, `null` as `null`, and a variable that
    /// nothing defines as it was written. Never fails.
    pub fn show(&self, scope: &dyn Lookup) -> String {
        if self.parts.is_empty() {
            return self.text.clone();
        }
        let mut text = String::with_capacity(self.text.len());
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable(name) => match look_up(scope, name) {
                    Some(Value::String(value)) => text.push_str(&value),
                    Some(value) => text.push_str(&value.to_string()),
                    None => text.extend(["${", name, "}"]),
                },
            }
        }
        text
    }

    /// The names of its variables, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The variable's name, where the whole text is one `${name}`.
    pub fn single(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Variable(name)] => Some(name),
            _ => None,
        }
    }

    /// Whether it is a text without variables.
    pub fn is_plain(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The text where it holds no variable.
    pub fn plain(&self) -> Option<String> {
        self.is_plain().then(|| self.show(&Empty))
    }

    /// Fills it with each variable's value put in by `put`, which sees the text so far.
    pub(super) fn fill_with(
        &self,
        scope: &dyn Lookup,
        mut put: impl FnMut(&str, &Value, &mut String) -> Result<(), String>,
    ) -> Result<String, FillError> {
        if self.parts.is_empty() {
            return Ok(self.text.clone());
        }
        let mut text = String::with_capacity(self.text.len());
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable(name) => {
                    let value = self.value_of(name, scope)?;
                    put(name, &value, &mut text).map_err(|message| self.error(message))?;
                }
            }
        }
        Ok(text)
    }

    /// The value of its only variable.
    pub(super) fn single_value(&self, scope: &dyn Lookup) -> Option<Result<Value, FillError>> {
        self.single().map(|name| self.value_of(name, scope))
    }

    /// The value of one of its variables.
    pub(super) fn value_of(&self, name: &str, scope: &dyn Lookup) -> Result<Value, FillError> {
        look_up(scope, name).ok_or_else(|| self.error(format!("`${{{name}}}` is not set")))
    }

    /// An error that stands where the template stands.
    pub(super) fn error(&self, message: impl Into<String>) -> FillError {
        FillError { message: message.into(), span: self.span }
    }
}

impl ValueTemplate {
    /// The value with its variables filled in; a string that is exactly one `${x}` becomes x's JSON value.
    pub fn fill(&self, scope: &dyn Lookup) -> Result<Value, FillError> {
        Ok(match self {
            Self::Text(template) => match template.single_value(scope) {
                Some(value) => value?,
                None => Value::String(template.fill(scope)?),
            },
            Self::List(items) => {
                Value::Array(items.iter().map(|item| item.fill(scope)).collect::<Result<_, _>>()?)
            }
            Self::Table(entries) => {
                let mut table = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    table.insert(key.clone(), value.fill(scope)?);
                }
                Value::Object(table)
            }
            Self::Plain(value) => value.clone(),
        })
    }

    /// Calls `see` with each template in it.
    pub fn templates<'a>(&'a self, see: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Text(template) => see(template),
            Self::List(items) => items.iter().for_each(|item| item.templates(see)),
            Self::Table(entries) => entries.iter().for_each(|(_, value)| value.templates(see)),
            Self::Plain(_) => {}
        }
    }
}

impl<T: FromVariable> Arg<T> {
    /// The value itself.
    pub fn fill(&self, scope: &dyn Lookup) -> Result<T, FillError> {
        match self {
            Self::Known(value) => Ok(value.clone()),
            Self::Variable(template) => {
                let value = match template.single_value(scope) {
                    Some(value) => value?,
                    None => Value::String(template.fill(scope)?),
                };
                T::from_variable(&value).map_err(|expected| {
                    template.error(format!(
                        "`{}` is {}, expected {expected}",
                        template.text,
                        describe(&value)
                    ))
                })
            }
        }
    }
}

/// The value of a name with dots: as the scope has it, else what lies in the table or list of a shorter name
/// (`order.id` in `order`, `lines.0` in `lines`).
pub fn look_up(scope: &dyn Lookup, name: &str) -> Option<Value> {
    if let Some(value) = scope.get(name) {
        return Some(value);
    }
    let (mut short, mut rest) = name.rsplit_once('.')?;
    loop {
        if let Some(value) = scope.get(short) {
            return rest
                .split('.')
                .try_fold(&value, |value, key| match value {
                    Value::Object(table) => table.get(key),
                    Value::Array(items) => items.get(key.parse::<usize>().ok()?),
                    _ => None,
                })
                .cloned();
        }
        (short, _) = short.rsplit_once('.')?;
        rest = &name[short.len() + 1..];
    }
}

/// A variable's value where text is wanted: numbers and booleans convert, lists, tables and null do not.
pub(super) fn value_as_text(name: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(format!("`${{{name}}}` is {}, expected text", describe(value)))
        }
    }
}

/// What a value is, for messages: "a list", "the text `abc`".
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests;

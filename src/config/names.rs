//! Names that settings hold: of environment variables, of an attribute, of case variables.

use super::reading::{Given, Reading};
use super::setting::{Setting, read_each};
use serde_json::{Value, json};

/// Names of environment variables, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariableNames(Vec<String>);

impl VariableNames {
    /// The names.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl Setting for VariableNames {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let mut names = read_each("an array of names", given, reading, variable_name)?;
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Some(Self(names))
    }

    fn show(&self) -> Value {
        self.0.iter().map(String::as_str).collect()
    }

    fn schema() -> Value {
        json!({"type": "array", "items": {"type": "string", "minLength": 1}})
    }
}

/// Reads the name of an environment variable.
pub(super) fn variable_name(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<String> {
    let text = reading.text("the name of an environment variable", given)?;
    if text.is_empty() || text.contains(['=', '\0', '$', '{', '}']) {
        reading.bad_value(format!("must name an environment variable, found `{text}`"), given);
        return None;
    }
    Some(text.to_owned())
}

/// Whether cases can write `${name}`.
pub fn is_variable_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// The attribute that `testid=` looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeName(String);

impl AttributeName {
    /// The usual one.
    pub(super) fn usual() -> Self {
        Self("data-testid".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for AttributeName {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let text = reading.text("an attribute's name", given)?;
        // What an attribute's name may not hold: HTML Standard, 13.1.2.3.
        if text.is_empty() || text.chars().any(|c| c.is_control() || " \"'>/=".contains(c)) {
            reading.bad_value(format!("must be an attribute's name, found `{text}`"), given);
            return None;
        }
        Some(Self(text.to_owned()))
    }

    fn show(&self) -> Value {
        self.0.as_str().into()
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1})
    }
}

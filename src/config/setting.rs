//! What every setting can do: be read from TOML, and be shown. The plain types that settings are made of.

use super::reading::{Given, Reading};
use serde_json::{Value, json};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The type of a setting.
pub(super) trait Setting: Sized {
    /// Reads it; what is wrong is noted in `reading`, with its place.
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self>;

    /// As `batchrun config` shows it.
    fn show(&self) -> Value;

    /// What may be written, as JSON Schema (draft 7).
    fn schema() -> Value;
}

/// A schema with what it means.
pub(super) fn told(schema: &Value, meaning: &str) -> Value {
    let mut schema = schema.clone();
    schema["description"] = meaning.into();
    schema
}

/// Reads a setting that is written as one string.
pub(super) fn read_parsed<T>(expected: &str, given: &Given<'_>, reading: &mut Reading<'_>) -> Option<T>
where
    T: FromStr<Err: Display>,
{
    match reading.text(expected, given)?.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            reading.bad_value(error, given);
            None
        }
    }
}

/// Reads every element of an array; all that is wrong is noted.
pub(super) fn read_each<T>(
    expected: &str,
    given: &Given<'_>,
    reading: &mut Reading<'_>,
    mut read: impl FnMut(&Given<'_>, &mut Reading<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(array) = given.get_ref().as_array() else {
        reading.wrong_type(expected, given);
        return None;
    };
    let read: Vec<_> = array.iter().map(|element| read(element, reading)).collect();
    read.into_iter().collect()
}

impl Setting for bool {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let value = given.get_ref().as_bool();
        if value.is_none() {
            reading.wrong_type("`true` or `false`", given);
        }
        value
    }

    fn show(&self) -> Value {
        Value::Bool(*self)
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        T::read(given, reading).map(Some)
    }

    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::show)
    }

    fn schema() -> Value {
        T::schema()
    }
}

/// A path, made absolute against the folder of the file it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath(PathBuf);

impl FilePath {
    /// `path` as seen from `base`, which is absolute.
    pub fn new(base: &Path, path: impl AsRef<Path>) -> Self {
        Self(tidy(&base.join(path)))
    }

    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

/// Without `.` parts; `..` stays, since what it means depends on links.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

impl Setting for FilePath {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let text = reading.text("a path", given)?;
        if text.is_empty() {
            reading.bad_value("must be a path, found an empty one", given);
            return None;
        }
        Some(Self::new(reading.base, text))
    }

    fn show(&self) -> Value {
        Value::String(self.0.to_string_lossy().into_owned())
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1})
    }
}

/// A program: a path, or a bare name that is looked up in `PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(PathBuf);

impl Program {
    /// A path made absolute against `base`, or the bare name.
    pub fn new(base: &Path, text: &str) -> Self {
        if text.contains(std::path::is_separator) { Self(tidy(&base.join(text))) } else { Self(text.into()) }
    }

    /// The path or the bare name.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl Setting for Program {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let text = reading.text("a program's path or name", given)?;
        if text.is_empty() {
            reading.bad_value("must be a program's path or name, found an empty one", given);
            return None;
        }
        Some(Self::new(reading.base, text))
    }

    fn show(&self) -> Value {
        Value::String(self.0.to_string_lossy().into_owned())
    }

    fn schema() -> Value {
        json!({"type": "string", "minLength": 1})
    }
}

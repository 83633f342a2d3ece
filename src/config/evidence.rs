//! What is kept of an attempt, and when.

use super::reading::{Given, Reading};
use super::setting::Setting;
use serde_json::{Value, json};
use std::fmt;

/// When a piece of evidence is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Of attempts that did not pass.
    OnFailure,
    /// Never.
    Off,
}

impl Keep {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnFailure => "on-failure",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Setting for Keep {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        match reading.text("`on-failure` or `off`", given)? {
            "on-failure" => Some(Self::OnFailure),
            "off" => Some(Self::Off),
            word @ ("always" | "on") => {
                reading.not_yet(&format!("`{} = \"{word}\"`", reading.key), given.span());
                None
            }
            other => {
                reading.bad_value(format!("must be `on-failure` or `off`, found `{other}`"), given);
                None
            }
        }
    }

    fn show(&self) -> Value {
        self.as_str().into()
    }

    fn schema() -> Value {
        json!({"enum": ["on-failure", "off"]})
    }
}

/// Traces are not kept yet: `off` is all that can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTrace;

impl Setting for NoTrace {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        if reading.text("`off`", given)? == "off" {
            return Some(Self);
        }
        reading.not_yet(&format!("`{}` other than `off`", reading.key), given.span());
        None
    }

    fn show(&self) -> Value {
        "off".into()
    }

    fn schema() -> Value {
        json!({"enum": ["off"]})
    }
}

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

/// Of which attempts a trace is kept: what each step saw and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Of none.
    #[default]
    Off,
    /// Of those that did not pass. All are traced.
    OnFailure,
    /// Of each but the first of a case. Only those are traced.
    OnRetry,
    /// Of all.
    Always,
}

impl Trace {
    const ALL: [Self; 4] = [Self::Off, Self::OnFailure, Self::OnRetry, Self::Always];

    /// Whether an attempt is traced, by its number from 1.
    pub fn covers(self, attempt: u32) -> bool {
        match self {
            Self::Off => false,
            Self::OnFailure | Self::Always => true,
            Self::OnRetry => attempt > 1,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::OnFailure => "on-failure",
            Self::OnRetry => "on-retry",
            Self::Always => "always",
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Setting for Trace {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        const EXPECTED: &str = "`off`, `on-failure`, `on-retry` or `always`";
        let word = reading.text(EXPECTED, given)?;
        let found = Self::ALL.into_iter().find(|it| it.as_str() == word);
        if found.is_none() {
            reading.bad_value(format!("must be {EXPECTED}, found `{word}`"), given);
        }
        found
    }

    fn show(&self) -> Value {
        self.as_str().into()
    }

    fn schema() -> Value {
        json!({"enum": Self::ALL.map(Self::as_str)})
    }
}

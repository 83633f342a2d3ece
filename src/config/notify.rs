//! `[notify]`: who is told of a batch's end, and of its first failure. Tells nobody.

use super::address::Address;
use super::reading::{Given, Reading};
use super::server::read_command;
use super::setting::Setting;
use serde_json::{Value, json};
use std::fmt;
use std::path::PathBuf;
use url::Url;

/// A program that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyCommand {
    /// Program and arguments; no shell.
    pub command: Vec<String>,
    /// Where it is run: the folder of runner.toml.
    pub folder: PathBuf,
}

impl Setting for NotifyCommand {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let command = read_command(given, reading)?;
        Some(Self { command, folder: reading.base.to_owned() })
    }

    fn show(&self) -> Value {
        json!(self.command)
    }

    fn schema() -> Value {
        json!({"type": "array", "items": {"type": "string"}, "minItems": 1})
    }
}

/// An address that is told. Whoever knows such an address can write to it, so only its host is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook(Address);

impl Webhook {
    /// The URL, which is a secret.
    pub fn expose(&self) -> &Url {
        self.0.url()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Webhook").field(&self.show()).finish()
    }
}

impl Setting for Webhook {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        Address::read(given, reading).map(Self)
    }

    fn show(&self) -> Value {
        format!("{}/***", self.expose().origin().ascii_serialization()).into()
    }

    fn schema() -> Value {
        Address::schema()
    }
}

/// When somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyOn {
    /// At the end.
    End,
    /// At once when a first case has failed or errored, and at the end.
    FirstFailure,
    /// At the end of a batch that did not succeed.
    Failure,
}

impl NotifyOn {
    const ALL: [Self; 3] = [Self::End, Self::FirstFailure, Self::Failure];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::FirstFailure => "first-failure",
            Self::Failure => "failure",
        }
    }
}

impl Setting for NotifyOn {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let word = reading.text("`end`, `first-failure` or `failure`", given)?;
        let found = Self::ALL.into_iter().find(|it| it.as_str() == word);
        if found.is_none() {
            let message = format!("must be `end`, `first-failure` or `failure`, found `{word}`");
            reading.bad_value(message, given);
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

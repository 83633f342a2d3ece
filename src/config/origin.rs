//! Where a setting's value comes from. Ranks nothing; that is `layer`'s part.

use crate::source::Location;
use serde_json::{Value, json};
use std::fmt;
use std::ops::Deref;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag of its own, such as `--timeout`.
    Flag(&'static str),
    /// `--set KEY=VALUE`.
    Set,
    /// A variable of the environment, by its name.
    Variable(String),
    /// `[profile.NAME]`.
    Profile {
        /// The profile's name.
        name: String,
        /// The value's place.
        at: Location,
    },
    /// The top of runner.toml.
    File(Location),
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// Whether it was said for this one run, so that it wins over what cases say of themselves.
    pub fn is_for_this_run(&self) -> bool {
        match self {
            Self::Flag(_) | Self::Set | Self::Variable(_) => true,
            Self::Profile { .. } | Self::File(_) | Self::Default => false,
        }
    }

    /// For machines: `kind`, and what names it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Flag(flag) => json!({"kind": "command_line", "flag": flag}),
            Self::Set => json!({"kind": "command_line", "flag": "--set"}),
            Self::Variable(name) => json!({"kind": "variable", "name": name}),
            Self::Profile { name, at } => {
                json!({"kind": "profile", "name": name, "file": at.file, "line": at.line})
            }
            Self::File(at) => json!({"kind": "file", "file": at.file, "line": at.line}),
            Self::Default => json!({"kind": "default"}),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.pad(flag),
            Self::Set => f.pad("--set"),
            Self::Variable(name) => f.pad(name),
            Self::Profile { name, at } => write!(f, "{}:{} [profile.{name}]", at.file, at.line),
            Self::File(at) => write!(f, "{}:{}", at.file, at.line),
            Self::Default => f.pad("default"),
        }
    }
}

/// A value with its origin.
#[derive(Clone, Debug)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// A value that a flag gave.
    pub fn flag(flag: &'static str, value: T) -> Self {
        Self { value, origin: Origin::Flag(flag) }
    }

    /// A value that nobody gave.
    pub fn default(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

impl<T> Deref for Sourced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

//! Conditions: of `if`, `while`, and `if` beside any verb.

use super::{Script, ValueTest};
use crate::case::locator::Locator;
use crate::case::matcher::{Matchers, Text};
use std::time::Duration;

/// Something that either holds now or does not.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What must hold.
    pub test: Test,
    /// How long it may take to become true; at once without it.
    pub timeout: Option<Duration>,
}

/// The test of a [`Condition`].
#[derive(Clone, Debug)]
pub enum Test {
    /// `visible`, `hidden`, `attached`, or `element` with matchers.
    Element {
        /// What is looked at.
        target: Locator,
        /// What must hold of it.
        matchers: Matchers,
    },
    /// `script`
    Script(Script),
    /// `url`
    Url(Text),
    /// `var`
    Var {
        /// The variable's name.
        name: String,
        /// What it must be; without it, it must be set and truthy.
        is: Option<ValueTest>,
    },
    /// `not`
    Not(Box<Condition>),
    /// `all`
    All(Vec<Condition>),
    /// `any`
    Any(Vec<Condition>),
}

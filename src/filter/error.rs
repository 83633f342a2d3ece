//! What can be wrong with a filter expression, and where in it.

use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};
use std::fmt;
use std::sync::Arc;

/// A mistake in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// What is wrong.
    pub problem: Problem,
    /// Where, in bytes of the expression.
    pub span: Span,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A test was expected and something else, or nothing, stands there.
    NoTest,
    /// A complete expression is followed by something that joins nothing.
    NoOperator,
    /// No test has this name.
    UnknownTest {
        /// The name.
        found: String,
        /// What may have been meant.
        meant: Option<&'static str>,
    },
    /// The test's bracket is missing.
    NoBracket(&'static str),
    /// Nothing stands in the brackets.
    NoArgument(&'static str),
    /// A bracket, quote or pattern has no end.
    NotClosed(char),
    /// Something stands between the end of a quoted text or pattern and the closing bracket.
    AfterArgument,
    /// The glob cannot be read.
    Glob(String),
    /// The pattern cannot be read.
    Pattern(String),
    /// No verdict that a run may have ended with.
    NoVerdict(String),
    /// No duration, and why.
    NoDuration(String),
    /// Something stands in the brackets of a test that takes nothing.
    TakesNothing(&'static str),
    /// More brackets in brackets than anyone writes by hand.
    TooDeep,
}

impl FilterError {
    /// The error as a finding about `source`, which holds the expression from byte `offset` on.
    pub fn diagnostic(&self, source: &Arc<SourceFile>, offset: usize) -> Diagnostic {
        let span = self.span.start + offset..self.span.end + offset;
        let diagnostic = Diagnostic::error(self.to_string()).at(source, span, self.problem.expected());
        match self.problem.help() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

impl Problem {
    fn expected(&self) -> &'static str {
        match self {
            Self::NoTest => "expected a test such as `tag(smoke)`",
            Self::NoOperator => "expected `&`, `|` or the end",
            Self::NoBracket(_) => "expected `(`",
            Self::NotClosed(_) => "opened here",
            Self::AfterArgument => "expected `)`",
            _ => "",
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::UnknownTest { meant: Some(meant), .. } => Some(format!("did you mean `{meant}`?")),
            Self::UnknownTest { meant: None, .. } => {
                Some("tests are `tag(…)`, `file(…)`, `name(…)`, `id(…)`, `last(…)`, `flaky()`, `slow(…)` and `new()`".to_owned())
            }
            _ => None,
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::NoTest => write!(f, "the filter lacks a test here"),
            Problem::NoOperator => write!(f, "the filter goes on after its end"),
            Problem::UnknownTest { found, .. } => write!(f, "the filter has no test `{found}`"),
            Problem::NoBracket(test) => write!(f, "the test `{test}` lacks its bracket"),
            Problem::NoArgument(test) => write!(f, "the test `{test}` needs something in its brackets"),
            Problem::NotClosed(open) => write!(f, "`{open}` is never closed in the filter"),
            Problem::AfterArgument => write!(f, "the filter's test goes on after its argument"),
            Problem::Glob(why) => write!(f, "the filter's glob cannot be read: {why}"),
            Problem::Pattern(why) => write!(f, "the filter's pattern cannot be read: {why}"),
            Problem::NoVerdict(found) => {
                write!(f, "`last` takes `passed`, `flaky`, `failed` or `errored`, not `{found}`")
            }
            Problem::NoDuration(why) => write!(f, "what `slow` takes {why}"),
            Problem::TakesNothing(test) => write!(f, "the test `{test}` takes nothing in its brackets"),
            Problem::TooDeep => write!(f, "the filter has too many brackets in brackets"),
        }
    }
}

impl std::error::Error for FilterError {}

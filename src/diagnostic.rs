//! What is wrong with an input, where, and what to do: collected as values, shown in one place.

mod render;

pub use render::render;

use crate::source::{Location, SourceFile, Span};
use std::sync::Arc;

/// One finding about something a person wrote.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How serious.
    pub severity: Severity,
    /// What is wrong, lower case, names in backticks, found and expected.
    pub message: String,
    /// Where, most important first; the text beside the caret may be empty.
    pub labels: Vec<Label>,
    /// What to do, without a prefix.
    pub help: Option<String>,
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs.
    Error,
    /// Shown, nothing else.
    Warning,
    /// Nothing is wrong.
    Note,
}

/// A place in a text, with words for it.
#[derive(Clone, Debug)]
pub struct Label {
    /// The text.
    pub source: Arc<SourceFile>,
    /// The place.
    pub span: Span,
    /// Words beside the caret.
    pub text: String,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), labels: Vec::new(), help: None }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// What is good to know.
    pub fn note(message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(message) }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, source: &Arc<SourceFile>, span: impl Into<Span>, text: impl Into<String>) -> Self {
        self.labels.push(Label { source: Arc::clone(source), span: span.into(), text: text.into() });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The first place.
    pub fn location(&self) -> Option<Location> {
        self.labels.first().map(|label| label.source.location(label.span.start))
    }
}

//! The state of reading one file: its text, what was found wrong, and the variables it defines and reads.

use super::places;
use crate::case::model::Flow;
use crate::case::template::Template;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
pub(in crate::case) type Node<'i> = Spanned<DeValue<'i>>;

/// How a file gets at the files it names. Paths are as written, relative to the file.
pub(in crate::case) trait Files {
    /// The flow at `path`, named at `span`, or why it cannot be had. `Ok(None)`: it is not one, or uses itself, which
    /// is told elsewhere.
    fn flow(&self, path: &str, span: Span) -> Result<Option<Arc<Flow>>, String>;

    /// The text of a data file and its path as people know it, or why it cannot be had.
    fn data(&self, path: &str) -> Result<Arc<SourceFile>, String>;

    /// Whether a URL may have this scheme.
    fn allows_scheme(&self, scheme: &str) -> bool;
}

/// A variable that is read somewhere.
#[derive(Clone, Debug)]
pub(in crate::case) struct Reference {
    pub(in crate::case) name: String,
    /// The value that holds it.
    pub(in crate::case) span: Span,
}

/// What one file, case or flow has to do with variables.
#[derive(Clone, Debug, Default)]
pub(in crate::case) struct Names {
    /// Names that get a value in it: `vars`, `set`, `as`, returns of flows.
    pub(in crate::case) defines: BTreeSet<String>,
    /// Names that are read in it.
    pub(in crate::case) reads: Vec<Reference>,
    /// Flows that are used in it, with the place of the step.
    pub(in crate::case) flows: Vec<(Arc<Flow>, Span)>,
    /// Whether a flow could not be read at all, so that nobody knows what it returns.
    pub(in crate::case) blind: bool,
}

/// Reads one file.
pub(in crate::case) struct Reader<'a> {
    pub(in crate::case) source: Arc<SourceFile>,
    pub(in crate::case) files: &'a dyn Files,
    pub(in crate::case) findings: Vec<Diagnostic>,
    pub(in crate::case) names: Names,
    /// Unknown variables that have been told, with their places: what cases share is checked for each of them.
    pub(in crate::case) told: HashSet<(usize, String)>,
}

impl<'a> Reader<'a> {
    pub(in crate::case) fn new(source: Arc<SourceFile>, files: &'a dyn Files) -> Self {
        Self { source, files, findings: Vec::new(), names: Names::default(), told: HashSet::new() }
    }

    /// Reports an error at a place.
    pub(in crate::case) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.findings.push(Diagnostic::error(message).at(&self.source, span, ""));
    }

    /// Reports an error with what to do about it.
    pub(in crate::case) fn error_with_help(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: Option<impl Into<String>>,
    ) {
        let diagnostic = Diagnostic::error(message).at(&self.source, span, "");
        self.findings.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    /// Reports an error with two places.
    pub(in crate::case) fn error_at_both(
        &mut self,
        (span, text): (Span, &str),
        other: (Span, &str),
        message: String,
    ) {
        self.findings.push(Diagnostic::error(message).at(&self.source, span, text).at(
            &self.source,
            other.0,
            other.1,
        ));
    }

    /// Whether so much is wrong that nobody will read on: what costs time to find out is not worth it any more.
    pub(in crate::case) fn is_flooded(&self) -> bool {
        self.findings.len() > 1_000
    }

    /// Forgets what was found from `end` on, where the document could not be read: most of it would not be true.
    pub(in crate::case) fn keep_findings_before(&mut self, end: usize) {
        self.findings.retain(|finding| {
            finding.labels.first().is_some_and(|label| label.span.end <= end && label.span.end > 0)
        });
    }

    /// Starts a scope: returns the names so far, to be put back by [`Reader::end_scope`].
    pub(in crate::case) fn begin_scope(&mut self) -> Names {
        std::mem::take(&mut self.names)
    }

    /// Ends a scope and returns its names.
    pub(in crate::case) fn end_scope(&mut self, outer: Names) -> Names {
        std::mem::replace(&mut self.names, outer)
    }

    /// Notes which variables a template reads.
    pub(in crate::case) fn note(&mut self, template: &Template) {
        for name in template.variables() {
            self.names.reads.push(Reference { name: name.to_owned(), span: template.span });
        }
    }

    /// The place of a part of a string's text.
    pub(in crate::case) fn within(&self, span: Span, text: &str, part: Range<usize>) -> Span {
        places::within(&self.source.text, span, text, part)
    }
}

/// The entries of a table in the order of the file.
pub(in crate::case) fn entries<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t str, Span, &'t Node<'i>)> {
    let mut entries: Vec<_> =
        table.iter().map(|(key, value)| (key.get_ref().as_ref(), Span::from(key.span()), value)).collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    entries
}

/// What a value is, after "found": `the integer 5`, `the string "a"`, `a table`.
pub(in crate::case) fn found(node: &Node<'_>) -> String {
    match node.get_ref() {
        DeValue::String(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
        DeValue::String(_) => "a text".to_owned(),
        DeValue::Integer(number) => format!("the number `{number}`"),
        DeValue::Float(number) => format!("the number `{number}`"),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Datetime(date) => format!("the date `{date}`"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

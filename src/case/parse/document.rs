//! From text to a TOML document, with every syntax error a person can make something of.

use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};
use std::sync::Arc;
use toml::de::DeTable;

/// A document, as far as it could be read.
pub(in crate::case) struct Document<'i> {
    /// Its top table.
    pub(in crate::case) table: DeTable<'i>,
    /// What is wrong with its syntax, in the order of the file, at most one error a line.
    pub(in crate::case) errors: Vec<Diagnostic>,
    /// Where the first of them stands: what comes from here on may have been misread.
    pub(in crate::case) good_until: usize,
}

/// Reads a document.
pub(in crate::case) fn read(source: &Arc<SourceFile>) -> Document<'_> {
    let (table, found) = DeTable::parse_recoverable(&source.text);
    let mut errors: Vec<(Span, String)> = found
        .into_iter()
        .map(|error| (error.span().unwrap_or_default().into(), error.message().to_owned()))
        .collect();
    errors.sort_by_key(|(span, _)| span.start);
    let good_until = errors.first().map_or(usize::MAX, |(span, _)| line_start(&source.text, span.start));
    let mut last_line = usize::MAX;
    errors.retain(|(span, _)| {
        let line = line_start(&source.text, span.start);
        std::mem::replace(&mut last_line, line) != line
    });
    let errors = errors.into_iter().map(|(span, message)| diagnostic(source, span, &message)).collect();
    Document { table: table.into_inner(), errors, good_until }
}

/// Where the line of a position begins.
fn line_start(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

/// The parser's message in our words, with what to do where that is known.
fn diagnostic(source: &Arc<SourceFile>, span: Span, message: &str) -> Diagnostic {
    let mut chars = message.chars();
    let message: String =
        chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect());
    let at = source.text.get(span.start..span.end).unwrap_or_default();
    let (message, help) = if message == "duplicate key" {
        (format!("the key `{at}` is given twice"), None)
    } else if message.contains("recurse") {
        ("nested too deeply".to_owned(), None)
    } else if message.contains("string values must be quoted") {
        (message, Some(format!("write \"{at}\"")))
    } else if message.contains("escape") {
        (message, Some("a text in single quotes takes backslashes as they are: 'a\\b'".to_owned()))
    } else {
        (message, None)
    };
    let diagnostic = Diagnostic::error(message).at(source, span, "");
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

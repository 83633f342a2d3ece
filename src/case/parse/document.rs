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
    let good_until = errors.first().map_or(usize::MAX, |(span, _)| line_start(&source.text, 0, span.start));
    let mut line = usize::MAX;
    // From error to error: a file may be one long line with very many of them.
    let mut seen = 0;
    errors.retain(|(span, _)| {
        let start = match line_start(&source.text, seen, span.start) {
            start if start > seen || line == usize::MAX => start,
            _ => line,
        };
        seen = span.start;
        std::mem::replace(&mut line, start) != start
    });
    let errors = errors.into_iter().map(|(span, message)| diagnostic(source, span, &message)).collect();
    Document { table: table.into_inner(), errors, good_until }
}

/// Where the line of a position begins, looking back no further than to `from`.
fn line_start(text: &str, from: usize, at: usize) -> usize {
    let bytes = text.as_bytes();
    let from = from.min(bytes.len());
    let found = bytes[from..at.clamp(from, bytes.len())].iter().rposition(|byte| *byte == b'\n');
    found.map_or(from, |found| from + found + 1)
}

/// The parser's message in our words, with what to do where that is known.
fn diagnostic(source: &Arc<SourceFile>, span: Span, message: &str) -> Diagnostic {
    let at = source.text.get(span.start..span.end).unwrap_or_default();
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let (message, help) = match what {
        "duplicate key" => (format!("the key `{at}` is given twice"), None),
        "string values must be quoted" => ("a text needs quotes".to_owned(), Some(format!("write \"{at}\""))),
        "invalid basic string"
        | "invalid literal string"
        | "invalid multi-line basic string"
        | "invalid multi-line literal string"
            if !expected.is_empty() =>
        {
            (format!("the text is not closed, expected {expected}"), None)
        }
        "missing comma between array elements" | "missing comma between key-value pairs" => {
            ("a comma is missing before this".to_owned(), None)
        }
        "invalid inline table element" | "unclosed inline table" => {
            ("the table is not closed".to_owned(), Some("is a `}` missing before this?".to_owned()))
        }
        "unclosed array" => {
            ("the list is not closed".to_owned(), Some("is a `]` missing before this?".to_owned()))
        }
        "recursion limit" | "cannot recurse further; max recursion depth met" => {
            ("nested too deeply".to_owned(), None)
        }
        "key with no value" => (format!("`{at}` has no value"), Some("write `key = value`".to_owned())),
        _ => (lower(message), escape_help(what)),
    };
    let diagnostic = Diagnostic::error(message).at(source, span, "");
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn escape_help(what: &str) -> Option<String> {
    what.contains("escape")
        .then(|| "a text in single quotes takes backslashes as they are: 'a\\b'".to_owned())
}

/// Messages of ours begin in lower case.
fn lower(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

//! Reading TOML values where they stand: wrong types, unknown keys and bad values become findings, all of them at
//! once. Knows no setting by name.

use super::origin::Origin;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};
use crate::suggestion;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A TOML value with its place.
pub(super) type Given<'a> = Spanned<DeValue<'a>>;

/// One text that settings are read from, and what was found wrong in it so far.
pub(super) struct Reading<'a> {
    /// The text.
    pub(super) source: Arc<SourceFile>,
    /// Relative paths are joined to it.
    pub(super) base: &'a Path,
    /// Where a value at that place comes from.
    pub(super) origin: &'a dyn Fn(&Arc<SourceFile>, Span) -> Origin,
    /// The key that is being read, with its dots.
    pub(super) key: String,
    /// What is wrong.
    pub(super) findings: Vec<Diagnostic>,
}

impl Reading<'_> {
    /// Notes that a value is none of the expected kind.
    pub(super) fn wrong_type(&mut self, expected: &str, given: &Given<'_>) {
        let message = format!("`{}` must be {expected}, found {}", self.key, described(given.get_ref()));
        self.error(message, given.span(), format!("expected {expected}"));
    }

    /// Notes that a value of the right kind will not do.
    pub(super) fn bad_value(&mut self, why: impl std::fmt::Display, given: &Given<'_>) {
        self.error(format!("`{}` {why}", self.key), given.span(), "");
    }

    /// Notes something that is known but does not work yet.
    pub(super) fn not_yet(&mut self, what: &str, span: impl Into<Span>) {
        let message = format!("{what} is not supported yet");
        self.error(message, span, "");
    }

    /// Notes a key that nothing knows, with what may have been meant.
    pub(super) fn unknown_key(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str]) {
        let place = if self.key.is_empty() { String::new() } else { format!(" in `{}`", self.key) };
        let mut finding = Diagnostic::error(format!("unknown key `{}`{place}", key.get_ref())).at(
            &self.source,
            key.span(),
            "",
        );
        finding = match suggestion::closest(key.get_ref(), known.iter().copied()) {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None if known.len() <= 12 => finding.help(format!("known keys are {}", listed(known))),
            None => finding,
        };
        self.findings.push(finding);
    }

    /// Notes an error at a place.
    pub(super) fn error(
        &mut self,
        message: impl Into<String>,
        span: impl Into<Span>,
        label: impl Into<String>,
    ) {
        self.findings.push(Diagnostic::error(message).at(&self.source, span, label));
    }

    /// Reads something below the current key.
    pub(super) fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.key.clone();
        if !self.key.is_empty() {
            self.key.push('.');
        }
        self.key.push_str(key);
        let result = read(self);
        self.key = outer;
        result
    }

    /// The value as a table.
    pub(super) fn table<'t, 'v>(&mut self, given: &'t Given<'v>) -> Option<&'t DeTable<'v>> {
        let table = given.get_ref().as_table();
        if table.is_none() {
            self.wrong_type("a table", given);
        }
        table
    }

    /// The value as a text.
    pub(super) fn text<'t>(&mut self, expected: &str, given: &'t Given<'_>) -> Option<&'t str> {
        let text = given.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(expected, given);
        }
        text
    }

    /// The value as a whole number within limits.
    pub(super) fn number(&mut self, limits: std::ops::RangeInclusive<i64>, given: &Given<'_>) -> Option<i64> {
        let expected = format!("a whole number from {} to {}", limits.start(), limits.end());
        let Some(integer) = given.get_ref().as_integer() else {
            self.wrong_type(&expected, given);
            return None;
        };
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if limits.contains(&number) => Some(number),
            _ => {
                self.wrong_type(&expected, given);
                None
            }
        }
    }

    /// The entries of a table in the order in which they are written; keys that are not known are noted and left out.
    pub(super) fn entries<'t, 'v>(
        &mut self,
        table: &'t DeTable<'v>,
        known: &[&str],
    ) -> Vec<(&'t str, &'t Given<'v>)> {
        let mut entries = Vec::new();
        for (key, given) in in_order(table) {
            if known.contains(&key.get_ref().as_ref()) {
                entries.push((key.get_ref().as_ref(), given));
            } else {
                self.unknown_key(key, known);
            }
        }
        entries
    }
}

/// The entries of a table in the order in which they are written.
pub(super) fn in_order<'t, 'v>(
    table: &'t DeTable<'v>,
) -> Vec<(&'t Spanned<std::borrow::Cow<'v, str>>, &'t Given<'v>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Parses a whole text, noting every syntax error. What is left of a text with such errors is not looked at: most of
/// what would be said about it would be wrong.
pub(super) fn parse<'t>(source: &'t Arc<SourceFile>, findings: &mut Vec<Diagnostic>) -> Option<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        findings.push(Diagnostic::error(format!("not TOML: {}", error.message())).at(source, span, ""));
    }
    errors.is_empty().then(|| table.into_inner())
}

/// `a`, `b` and `c`, in backticks.
pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.chars().count() <= 40 => format!("the string {:?}", text.as_ref()),
        DeValue::String(_) => "a string".to_owned(),
        DeValue::Integer(integer) => format!("the integer `{integer}`"),
        DeValue::Float(float) => format!("the float `{float}`"),
        DeValue::Boolean(value) => format!("`{value}`"),
        DeValue::Datetime(datetime) => format!("the date `{datetime}`"),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

//! From positions in decoded strings to places in the file, and how far a table reaches.

use super::reader::{Node, entries};
use crate::source::Span;
use std::ops::Range;
use toml::de::DeValue;

/// The place of `part` of the string at `span` whose decoded text is `text`. The whole string where escapes make the
/// two differ.
pub(super) fn within(source: &str, span: Span, text: &str, part: Range<usize>) -> Span {
    let Some(raw) = source.get(span.start..span.end) else { return span };
    let quote =
        ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| raw.starts_with(quote)).unwrap_or_default();
    let Some(content) = raw.get(quote.len()..raw.len().saturating_sub(quote.len())) else { return span };
    // A line break right after three quotes is not part of the string.
    let dropped = if quote.len() == 3 {
        content.len() - content.strip_prefix("\r\n").or(content.strip_prefix('\n')).unwrap_or(content).len()
    } else {
        0
    };
    if &content[dropped..] != text || part.end > text.len() {
        return span;
    }
    let start = span.start + quote.len() + dropped;
    Span { start: start + part.start, end: start + part.end.max(part.start) }
}

/// A table from its header (or brace) to the end of its last value.
pub(super) fn extent(source: &str, node: &Node<'_>) -> Span {
    let span = Span::from(node.span());
    // An inline table and a list say themselves where they end.
    if source.get(span.start..span.end).is_some_and(|text| text.ends_with(['}'])) {
        return span;
    }
    let end = match node.get_ref() {
        DeValue::Table(table) => entries(table).iter().map(|(_, _, value)| extent(source, value).end).max(),
        DeValue::Array(items) => items.iter().map(|item| extent(source, item).end).max(),
        _ => None,
    };
    Span { start: span.start, end: end.unwrap_or(span.end).max(span.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_strings_are_places_in_the_file() {
        let place = |source: &str, text: &str, part: Range<usize>| {
            let span = within(source, Span { start: 4, end: source.len() }, text, part);
            source[span.start..span.end].to_owned()
        };
        assert_eq!(place("a = 'x ${y}'", "x ${y}", 2..6), "${y}");
        assert_eq!(place("a = \"\"\"\nx ${y}\"\"\"", "x ${y}", 2..6), "${y}");
        assert_eq!(place(r#"a = "x\n${y}""#, "x\n${y}", 2..6), r#""x\n${y}""#);
    }
}

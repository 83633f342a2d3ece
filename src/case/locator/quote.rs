//! Writing a variable's value into CSS and `XPath` so that it stays a value: CSSOM section 2.1, `XPath` 1.0 section 3.7.

use super::scan::trim_selector;
use crate::case::template::{FillError, Lookup, Part, Template, value_as_text};
use serde_json::Value;
use std::fmt::Write as _;

/// A CSS selector with its variables filled in: an identifier's part outside quotes, a string within them.
pub(super) fn css(template: &Template, scope: &dyn Lookup) -> Result<String, FillError> {
    if template.parts.is_empty() {
        return Ok(template.text.clone());
    }
    let mut place = CssPlace::default();
    let mut text = String::with_capacity(template.text.len());
    for (index, part) in template.parts.iter().enumerate() {
        match part {
            Part::Literal(literal) => {
                place.read(literal);
                text.push_str(literal);
            }
            Part::Variable(name) => {
                let value = template.value_of(name, scope)?;
                let value = value_as_text(name, &value).map_err(|message| template.error(message))?;
                let ends = matches!(template.parts.get(index + 1), Some(Part::Literal(next)) if next.starts_with([']', ' ']));
                place.put(&value, ends, &mut text);
            }
        }
    }
    // The space that ends a hexadecimal escape is not needed at the very end, where reading would drop it.
    text.truncate(trim_selector(&text).len());
    Ok(text)
}

/// Where in a selector a variable stands.
#[derive(Default)]
struct CssPlace {
    quote: Option<char>,
    escaped: bool,
    brackets: Vec<char>,
    last: Option<char>,
}

impl CssPlace {
    fn read(&mut self, literal: &str) {
        for c in literal.chars() {
            if std::mem::take(&mut self.escaped) {
                self.last = Some('a');
                continue;
            }
            match (self.quote, c) {
                (_, '\\') => self.escaped = true,
                (Some(quote), _) if c == quote => self.quote = None,
                (None, '"' | '\'') => self.quote = Some(c),
                (None, '(' | '[') => self.brackets.push(c),
                (None, ')' | ']') => {
                    self.brackets.pop();
                }
                _ => {}
            }
            self.last = Some(c);
        }
    }

    /// Puts a value in; `ends` says that the attribute's value or the word ends with it.
    fn put(&mut self, value: &str, ends: bool, text: &mut String) {
        let whole_attribute_value =
            self.brackets.last() == Some(&'[') && text.trim_end().ends_with('=') && ends;
        let number_in_parentheses = self.brackets.last() == Some(&'(')
            && !value.is_empty()
            && value.chars().all(|c| c.is_ascii_digit());
        if self.quote.is_some() {
            css_string(value, text);
        } else if whole_attribute_value {
            text.push('"');
            css_string(value, text);
            text.push('"');
        } else if number_in_parentheses {
            text.push_str(value);
        } else {
            let continues =
                self.last.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_' || !c.is_ascii());
            css_identifier(value, continues, text);
        }
        self.last = text.chars().next_back();
    }
}

fn css_string(value: &str, text: &mut String) {
    for c in value.chars() {
        match c {
            '\0' => text.push('\u{fffd}'),
            '\u{1}'..='\u{1f}' | '\u{7f}' => hex(c, text),
            '"' | '\'' | '\\' => text.extend(['\\', c]),
            _ => text.push(c),
        }
    }
}

fn css_identifier(value: &str, continues: bool, text: &mut String) {
    let mut start = !continues;
    let only = value == "-" && start;
    for (index, c) in value.chars().enumerate() {
        match c {
            '\0' => text.push('\u{fffd}'),
            '\u{1}'..='\u{1f}' | '\u{7f}' => hex(c, text),
            '0'..='9' if start => hex(c, text),
            '-' if only => text.push_str("\\-"),
            c if c.is_ascii_alphanumeric() || c == '-' || c == '_' || !c.is_ascii() => text.push(c),
            _ => text.extend(['\\', c]),
        }
        // A digit may not come first, nor after a single hyphen that comes first.
        start = start && index == 0 && c == '-';
    }
}

fn hex(c: char, text: &mut String) {
    let _ = write!(text, "\\{:x} ", u32::from(c));
}

/// An `XPath` with its variables filled in: a string literal that holds one is written anew, outside of literals a
/// number stays a number and a text becomes a literal.
pub(super) fn xpath(template: &Template, scope: &dyn Lookup) -> Result<String, FillError> {
    let mut text = String::new();
    let mut literal: Option<(char, String)> = None;
    let plain = [Part::Literal(template.text.clone())];
    let parts = if template.parts.is_empty() { &plain } else { template.parts.as_slice() };
    for part in parts {
        match part {
            Part::Literal(written) => {
                for c in written.chars() {
                    match &mut literal {
                        Some((quote, content)) if c == *quote => {
                            text.push_str(&xpath_literal(content, *quote));
                            literal = None;
                        }
                        Some((_, content)) => content.push(c),
                        None if c == '"' || c == '\'' => literal = Some((c, String::new())),
                        None => text.push(c),
                    }
                }
            }
            Part::Variable(name) => {
                let value = template.value_of(name, scope)?;
                let as_text = value_as_text(name, &value).map_err(|message| template.error(message))?;
                match (&mut literal, &value) {
                    (Some((_, content)), _) => content.push_str(&as_text),
                    (None, Value::Number(_)) => text.push_str(&as_text),
                    (None, _) => text.push_str(&xpath_literal(&as_text, '\'')),
                }
            }
        }
    }
    Ok(text)
}

/// A string literal; `XPath` 1.0 has no escapes, so a text with both quotes is put together by `concat`.
fn xpath_literal(text: &str, quote: char) -> String {
    let other = if quote == '"' { '\'' } else { '"' };
    if !text.contains(quote) {
        return format!("{quote}{text}{quote}");
    }
    if !text.contains(other) {
        return format!("{other}{text}{other}");
    }
    let pieces: Vec<String> = text.split('\'').map(|piece| format!("'{piece}'")).collect();
    format!("concat({})", pieces.join(", \"'\", "))
}

/// An `XPath` that looks below what was found before instead of in the whole document.
pub(super) fn relative_xpath(xpath: &str) -> String {
    let start = xpath.len() - xpath.trim_start_matches(|c: char| c == '(' || c.is_whitespace()).len();
    if xpath[start..].starts_with('/') {
        format!("{}.{}", &xpath[..start], &xpath[start..])
    } else {
        xpath.to_owned()
    }
}

//! A cursor over a locator's text that knows what may hold a `>>` without meaning it: quotes, brackets, patterns and
//! `${variables}`.

use super::LocatorError;
use std::ops::Range;

/// Where in the text the reader stands.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Whether `${…}` is a variable, so that nothing in it is looked at.
    pub(super) variables: bool,
    /// How many parentheses of `has=(…)` and `frame=(…)` are open.
    pub(super) nested: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Whether a part ends here: at the end, before `>>`, or before the parenthesis that closes a nested locator.
    pub(super) fn at_end_of_part(&self) -> bool {
        let rest = self.rest().trim_start();
        rest.is_empty() || rest.starts_with(">>") || (self.nested > 0 && rest.starts_with(')'))
    }

    fn skip_char(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// Steps over `${…}` (or `$${`), if one begins here.
    fn skip_variable(&mut self) -> bool {
        if !self.variables {
            return false;
        }
        if self.eat("$${") {
            return true;
        }
        if !self.rest().starts_with("${") {
            return false;
        }
        self.at += self.rest().find('}').map_or(self.rest().len(), |end| end + 1);
        true
    }

    /// Unquoted text to the end of the part, without the spaces around it. Parentheses in it count in pairs.
    pub(super) fn bare(&mut self) -> &'a str {
        let start = self.at;
        let mut open = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            if self.skip_variable() {
                continue;
            }
            match c {
                '>' if self.rest().starts_with(">>") => break,
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' if self.nested > 0 => break,
                _ => {}
            }
            self.skip_char();
        }
        self.text[start..self.at].trim()
    }

    /// Unquoted text up to a closing bracket (not taken).
    pub(super) fn until_bracket(&mut self) -> &'a str {
        let start = self.at;
        while let Some(c) = self.rest().chars().next() {
            if self.skip_variable() {
                continue;
            }
            if c == ']' {
                break;
            }
            self.skip_char();
        }
        self.text[start..self.at].trim()
    }

    /// A quoted text, its quotes taken off; a backslash before a quote or a backslash is taken off, too.
    pub(super) fn quoted(&mut self) -> Result<String, LocatorError> {
        let start = self.at;
        let quote = self.rest().chars().next().unwrap_or('"');
        self.skip_char();
        let mut text = String::new();
        loop {
            let from = self.at;
            if self.skip_variable() {
                text.push_str(&self.text[from..self.at]);
                continue;
            }
            let mut chars = self.rest().chars();
            match (chars.next(), chars.next()) {
                (None, _) => {
                    return Err(
                        self.error(start..self.text.len(), format!("the quote {quote} is not closed"))
                    );
                }
                (Some('\\'), Some(escaped @ ('"' | '\'' | '\\'))) => {
                    text.push(escaped);
                    self.at += 2;
                }
                (Some(c), _) => {
                    self.skip_char();
                    if c == quote {
                        return Ok(text);
                    }
                    text.push(c);
                }
            }
        }
    }

    /// What stands between two slashes, and the flags after them.
    pub(super) fn pattern(&mut self) -> Result<(&'a str, &'a str), LocatorError> {
        let start = self.at;
        self.at += 1;
        let mut class = false;
        loop {
            if self.skip_variable() {
                continue;
            }
            match self.rest().chars().next() {
                None => {
                    let error = self.error(start..self.text.len(), "the pattern's second `/` is missing");
                    return Err(LocatorError {
                        help: Some("quote a text that begins with `/`".to_owned()),
                        ..error
                    });
                }
                Some('\\') => self.skip_char(),
                Some('[') => class = true,
                Some(']') => class = false,
                Some('/') if !class => break,
                Some(_) => {}
            }
            self.skip_char();
        }
        let source = &self.text[start + 1..self.at];
        self.at += 1;
        let from = self.at;
        self.at +=
            self.rest().len() - self.rest().trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        Ok((source, &self.text[from..self.at]))
    }

    /// A CSS selector or an `XPath` to the end of the part: quotes are closed, brackets and parentheses come in pairs.
    pub(super) fn selector(&mut self, escapes: bool) -> Result<&'a str, LocatorError> {
        let start = self.at;
        let mut open: Vec<(char, usize)> = Vec::new();
        while let Some(c) = self.rest().chars().next() {
            if self.skip_variable() {
                continue;
            }
            match c {
                '"' | '\'' => {
                    self.skip_string(c, escapes)?;
                    continue;
                }
                '\\' if escapes => self.skip_char(),
                '(' | '[' => open.push((c, self.at)),
                ')' | ']' => {
                    let matching = if c == ')' { '(' } else { '[' };
                    match open.pop() {
                        Some((opened, _)) if opened == matching => {}
                        None if c == ')' && self.nested > 0 => break,
                        _ => return Err(self.error(self.at..self.at + 1, format!("`{c}` closes nothing"))),
                    }
                }
                '>' if open.is_empty() && self.rest().starts_with(">>") => break,
                _ => {}
            }
            self.skip_char();
        }
        match open.pop() {
            Some((c, at)) => Err(self.error(at..at + 1, format!("`{c}` is not closed"))),
            None => Ok(trim_selector(&self.text[start..self.at])),
        }
    }

    fn skip_string(&mut self, quote: char, escapes: bool) -> Result<(), LocatorError> {
        let start = self.at;
        self.at += 1;
        loop {
            if self.skip_variable() {
                continue;
            }
            match self.rest().chars().next() {
                None => {
                    return Err(
                        self.error(start..self.text.len(), format!("the quote {quote} is not closed"))
                    );
                }
                Some('\\') if escapes => self.skip_char(),
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {}
            }
            self.skip_char();
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the scanner's complaint wherever it is made")]
    pub(super) fn error(&self, at: Range<usize>, message: impl Into<String>) -> LocatorError {
        LocatorError { message: message.into(), at, help: None }
    }
}

/// Without the spaces around it; one that a backslash makes part of a name stays.
pub(super) fn trim_selector(selector: &str) -> &str {
    let space = |c: char| c.is_ascii_whitespace();
    let selector = selector.trim_start_matches(space);
    let trimmed = selector.trim_end_matches(space);
    let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    let kept = if backslashes % 2 == 1 {
        selector[trimmed.len()..].chars().next().map_or(0, char::len_utf8)
    } else {
        0
    };
    &selector[..trimmed.len() + kept]
}

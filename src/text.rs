//! Texts for people: durations, and text that nobody vouches for.
//!
//! [`Untrusted`] has one sink per medium and no `Display`, so that a page's title cannot reach a terminal raw.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::time::Duration;

/// A duration as a person writes it: `250ms`, `1.5s`, `30s`, `2m`, `1m 30s`, `1h 5m`.
pub fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        1_000..60_000 => {
            let text = format!("{:.3}", duration.as_secs_f64());
            format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => {
            let s = duration.as_secs();
            let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
            let parts = [(h, "h"), (m, "m"), (s, "s")];
            parts
                .iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, unit)| format!("{n}{unit}"))
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

/// Text from a page, a driver, a file name or a case: anything that may hold escape codes, markup or commands.
/// It is shown only through a sink of the medium it goes to. Serialization to JSON is a sink of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl<T: Into<String>> From<T> for Untrusted {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl Untrusted {
    /// The text as it came, for comparing and storing; never for showing.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For a terminal: ESC, C0 but newline and tab, C1 and bidirectional controls are shown as `\u{…}`.
    pub fn terminal(&self) -> String {
        let mut safe = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            if (c.is_control() && c != '\n' && c != '\t') || is_bidi_control(c) {
                let _ = write!(safe, "{}", c.escape_unicode());
            } else {
                safe.push(c);
            }
        }
        safe
    }

    /// Like [`Untrusted::terminal`], on one line: newlines and tabs become spaces.
    pub fn line(&self) -> String {
        self.terminal().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The characters that change the direction of the text around them (Unicode UAX #9).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_they_are_written() {
        let shown = |ms| duration(Duration::from_millis(ms));
        assert_eq!(
            [shown(0), shown(250), shown(1_000), shown(1_500), shown(59_999)].join(" "),
            "0ms 250ms 1s 1.5s 59.999s"
        );
        assert_eq!([shown(120_000), shown(90_000), shown(3_900_000)].join(", "), "2m, 1m 30s, 1h 5m");
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        let hostile = Untrusted::from("a\x1b[31mred\u{9b}2J\r\n\u{202e}b");
        assert_eq!(hostile.terminal(), "a\\u{1b}[31mred\\u{9b}2J\\u{d}\n\\u{202e}b");
        assert_eq!(hostile.line(), "a\\u{1b}[31mred\\u{9b}2J\\u{d} \\u{202e}b");
    }
}

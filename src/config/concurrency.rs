//! How many cases run at once.

use super::reading::{Given, Reading};
use super::setting::Setting;
use crate::control::{Limit, MOST_SLOTS as MOST};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// How many cases run at once: a number from 1 to 1000, as many as fit the machine, or that within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// So many.
    Fixed(u32),
    /// `auto`
    Auto,
    /// `A..B`
    Within {
        /// The fewest.
        lowest: u32,
        /// The most.
        highest: u32,
    },
}

/// Why a text is no concurrency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcurrencyError {
    /// `B..A`
    Reversed(u32, u32),
    /// Anything else.
    NotANumber(String),
}

impl fmt::Display for ConcurrencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reversed(from, to) => write!(f, "has its bounds reversed: `{to}..{from}`?"),
            Self::NotANumber(found) => {
                write!(f, "must be a whole number from 1 to {MOST}, `auto` or `A..B`, found `{found}`")
            }
        }
    }
}

impl std::error::Error for ConcurrencyError {}

impl Concurrency {
    /// The number where nobody says anything.
    pub(super) const DEFAULT: Self = Self::Fixed(5);

    /// The same as a wish.
    pub fn limit(self) -> Limit {
        match self {
            Self::Fixed(number) => Limit::To(number),
            Self::Auto => Limit::Auto,
            Self::Within { lowest, highest } => Limit::Within { lowest, highest },
        }
    }
}

impl FromStr for Concurrency {
    type Err = ConcurrencyError;

    fn from_str(text: &str) -> Result<Self, ConcurrencyError> {
        let number = |text: &str| text.parse().ok().filter(|number| (1..=MOST).contains(number));
        let bounds = text.split_once("..").map(|(from, to)| (number(from), number(to)));
        match (text, number(text), bounds) {
            ("auto", ..) => Ok(Self::Auto),
            (_, Some(number), _) => Ok(Self::Fixed(number)),
            (_, _, Some((Some(lowest), Some(highest)))) if lowest <= highest => {
                Ok(Self::Within { lowest, highest })
            }
            (_, _, Some((Some(from), Some(to)))) => Err(ConcurrencyError::Reversed(from, to)),
            _ => Err(ConcurrencyError::NotANumber(text.to_owned())),
        }
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(number) => number.fmt(f),
            Self::Auto => f.write_str("auto"),
            Self::Within { lowest, highest } => write!(f, "{lowest}..{highest}"),
        }
    }
}

impl Setting for Concurrency {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        if let Some(text) = given.get_ref().as_str() {
            return text.parse().map_err(|error: ConcurrencyError| reading.bad_value(error, given)).ok();
        }
        let number = reading.number(1..=i64::from(MOST), given)?;
        u32::try_from(number).ok().map(Self::Fixed)
    }

    fn show(&self) -> Value {
        match self {
            Self::Fixed(number) => (*number).into(),
            adaptive => adaptive.to_string().into(),
        }
    }

    fn schema() -> Value {
        let number = json!({"type": "integer", "minimum": 1, "maximum": MOST});
        json!({"anyOf": [number, {"type": "string", "pattern": r"^(auto|\d+|\d+\.\.\d+)$"}]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_as_it_is_shown() {
        for text in ["8", "1", "1000", "auto", "2..8", "4..4"] {
            assert_eq!(text.parse::<Concurrency>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let wrong = |text: &str| text.parse::<Concurrency>().unwrap_err().to_string();
        assert_eq!(wrong("8..2"), "has its bounds reversed: `2..8`?");
        for text in ["0", "-1", "1001", "five", "..", "", "0..3", "1..", "automatic"] {
            let expected = format!("must be a whole number from 1 to 1000, `auto` or `A..B`, found `{text}`");
            assert_eq!(wrong(text), expected);
        }
    }
}

//! How many cases run at once.

use super::reading::{Given, Reading};
use super::setting::Setting;
use serde_json::{Value, json};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// The number of slots: 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency(NonZeroU32);

const MOST: u32 = crate::control::MOST_SLOTS;

/// Why a text is no concurrency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcurrencyError {
    /// `auto` or `A..B`.
    NotSupportedYet(String),
    /// Anything else.
    NotANumber(String),
}

impl fmt::Display for ConcurrencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSupportedYet(found) => {
                write!(f, "must be a whole number for now: `{found}` is not supported yet")
            }
            Self::NotANumber(found) => write!(f, "must be a whole number from 1 to {MOST}, found `{found}`"),
        }
    }
}

impl std::error::Error for ConcurrencyError {}

impl Concurrency {
    /// The number where nobody says anything.
    pub(super) const DEFAULT: Self = Self(NonZeroU32::new(5).expect("five is not zero"));

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl FromStr for Concurrency {
    type Err = ConcurrencyError;

    fn from_str(text: &str) -> Result<Self, ConcurrencyError> {
        let is_number = |text: &str| text.parse::<u32>().is_ok();
        if text == "auto" || text.split_once("..").is_some_and(|(from, to)| is_number(from) && is_number(to))
        {
            return Err(ConcurrencyError::NotSupportedYet(text.to_owned()));
        }
        match text.parse() {
            Ok(number) if NonZeroU32::get(number) <= MOST => Ok(Self(number)),
            _ => Err(ConcurrencyError::NotANumber(text.to_owned())),
        }
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Setting for Concurrency {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        if let Some(text) = given.get_ref().as_str() {
            return text.parse().map_err(|error: ConcurrencyError| reading.bad_value(error, given)).ok();
        }
        let number = reading.number(1..=i64::from(MOST), given)?;
        u32::try_from(number).ok().and_then(NonZeroU32::new).map(Self)
    }

    fn show(&self) -> Value {
        self.get().into()
    }

    fn schema() -> Value {
        json!({"type": "integer", "minimum": 1, "maximum": MOST})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_works_for_now() {
        assert_eq!("8".parse::<Concurrency>().unwrap().get(), 8);
        let wrong = |text: &str| text.parse::<Concurrency>().unwrap_err().to_string();
        assert_eq!(wrong("auto"), "must be a whole number for now: `auto` is not supported yet");
        assert_eq!(wrong("2..8"), "must be a whole number for now: `2..8` is not supported yet");
        for text in ["0", "-1", "1001", "five", "..", ""] {
            assert_eq!(wrong(text), format!("must be a whole number from 1 to 1000, found `{text}`"));
        }
    }
}

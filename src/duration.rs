//! Durations as people write them: `500ms`, `1.5s`, `2m`, `1m 30s`, `1h`. Only the reading; [`crate::text`] writes them.

use std::fmt;
use std::time::Duration;

/// Longer than any run; far below what a clock can add.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The form of durations, for schemas.
pub const PATTERN: &str = r"^\s*(\d+(\.\d+)?(ms|s|m|h)\s*)+$";

/// What is said where something else stands.
pub const EXPECTED: &str = "a duration such as `500ms`, `30s` or `2m`";

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Nothing that reads as a duration.
    NotADuration(String),
    /// A number alone.
    NoUnit(String),
    /// A unit that is none.
    UnknownUnit(String),
    /// Nothing at all where some time is needed.
    Zero,
    /// More than 30 days.
    TooLong,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADuration(found) => write!(f, "must be {EXPECTED}, found `{found}`"),
            Self::NoUnit(found) => write!(f, "must have a unit, such as `{found}s` or `{found}ms`"),
            Self::UnknownUnit(unit) => write!(f, "must have a unit of `ms`, `s`, `m` or `h`, found `{unit}`"),
            Self::Zero => write!(f, "must be more than nothing"),
            Self::TooLong => write!(f, "must be at most 30 days"),
        }
    }
}

impl std::error::Error for DurationError {}

/// Reads numbers with units, joined by white space or nothing.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let not_a_duration = || DurationError::NotADuration(text.to_owned());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(not_a_duration());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let amount: f64 = number.parse().map_err(|_| not_a_duration())?;
        let seconds = match unit {
            "ms" => amount / 1_000.0,
            "s" => amount,
            "m" => amount * 60.0,
            "h" => amount * 3_600.0,
            "" => return Err(DurationError::NoUnit(number.to_owned())),
            other => return Err(DurationError::UnknownUnit(other.to_owned())),
        };
        total = Duration::try_from_secs_f64(seconds)
            .ok()
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LONGEST)
            .ok_or(DurationError::TooLong)?;
        rest = after.trim_start();
    }
    Ok(total)
}

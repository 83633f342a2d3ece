//! Durations with units, as settings and flags take them: `500ms`, `1.5s`, `2m`, `1m 30s`, `1h`.

use super::reading::{Given, Reading};
use super::setting::{Setting, read_parsed};
use crate::duration::{DurationError, EXPECTED, PATTERN, parse};
use crate::text;
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A time limit: more than nothing and at most 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeLimit(Duration);

/// A time that may also be nothing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pause(Duration);

impl TimeLimit {
    /// A limit of that many seconds, for defaults.
    pub(super) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The duration.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl Pause {
    /// A pause of that many seconds, for defaults.
    pub(super) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The duration.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for TimeLimit {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        match parse(text)? {
            Duration::ZERO => Err(DurationError::Zero),
            duration => Ok(Self(duration)),
        }
    }
}

impl FromStr for Pause {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        parse(text).map(Self)
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&text::duration(self.0))
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&text::duration(self.0))
    }
}

impl Setting for TimeLimit {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        read_parsed(EXPECTED, given, reading)
    }

    fn show(&self) -> Value {
        Value::String(self.to_string())
    }

    fn schema() -> Value {
        json!({"type": "string", "pattern": PATTERN})
    }
}

impl Setting for Pause {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        read_parsed(EXPECTED, given, reading)
    }

    fn show(&self) -> Value {
        Value::String(self.to_string())
    }

    fn schema() -> Value {
        json!({"type": "string", "pattern": PATTERN})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_they_are_shown() {
        for text in ["250ms", "1.5s", "30s", "2m", "1m 30s", "1h 5m"] {
            assert_eq!(text.parse::<TimeLimit>().unwrap().to_string(), text);
        }
        assert_eq!("1m30s".parse::<TimeLimit>().unwrap().get(), Duration::from_secs(90));
        assert_eq!("0s".parse::<Pause>().unwrap().get(), Duration::ZERO);
    }

    #[test]
    fn what_is_no_duration_says_why() {
        let wrong = |text: &str| text.parse::<TimeLimit>().unwrap_err().to_string();
        assert_eq!(wrong("30"), "must have a unit, such as `30s` or `30ms`");
        assert_eq!(wrong("30 s"), "must have a unit, such as `30s` or `30ms`");
        assert_eq!(wrong("3 days"), "must have a unit, such as `3s` or `3ms`");
        assert_eq!(wrong("3d"), "must have a unit of `ms`, `s`, `m` or `h`, found `d`");
        assert_eq!(wrong("0s"), "must be more than nothing");
        assert_eq!(wrong("9999h"), "must be at most 30 days");
        assert_eq!(wrong("soon"), "must be a duration such as `500ms`, `30s` or `2m`, found `soon`");
        assert_eq!(wrong("-1s"), "must be a duration such as `500ms`, `30s` or `2m`, found `-1s`");
        assert_eq!(wrong("1.2.3s"), "must be a duration such as `500ms`, `30s` or `2m`, found `1.2.3s`");
    }
}

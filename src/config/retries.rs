//! How often a failed attempt is tried again, after which delay, and when.

use super::duration::Pause;
use super::reading::{Given, Reading};
use super::setting::{Setting, told};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use toml::de::DeValue;

/// Further attempts after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retries {
    /// How many: at most 100.
    pub count: u32,
    /// How the delay grows.
    pub backoff: Backoff,
    /// The delay before the first further attempt.
    pub delay: Duration,
    /// What it grows to at most.
    pub max_delay: Duration,
    /// When they are made.
    pub placement: Placement,
}

/// How the delay grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backoff {
    /// Not at all.
    #[default]
    Fixed,
    /// Twice as long before each further attempt.
    Exponential,
}

/// When a further attempt is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Placement {
    /// As soon as its delay is over, in the job's own place.
    #[default]
    Now,
    /// After all that has not been run yet.
    End,
    /// After everything else, with nothing else running.
    Isolated,
}

const MOST: u32 = 100;

const KEYS: [&str; 5] = ["count", "backoff", "delay", "max_delay", "placement"];

/// A text that is no number of retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRetries(String);

impl fmt::Display for NotRetries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be a whole number from 0 to {MOST}, found `{}`", self.0)
    }
}

impl std::error::Error for NotRetries {}

impl Retries {
    /// So many further attempts, each at once.
    pub const fn new(count: u32) -> Self {
        Self {
            count,
            backoff: Backoff::Fixed,
            delay: Duration::ZERO,
            max_delay: Duration::from_secs(30),
            placement: Placement::Now,
        }
    }

    /// The number of further attempts.
    pub fn get(self) -> u32 {
        self.count
    }

    /// The same with another number.
    #[must_use]
    pub fn with_count(self, count: u32) -> Self {
        Self { count, ..self }
    }

    /// The delay before the `nth` further attempt, from 1. `chance` takes up to half of it away, so that those that
    /// failed together do not come back together.
    pub fn delay(self, nth: u32, chance: u32) -> Duration {
        let doublings = match self.backoff {
            Backoff::Fixed => 0,
            Backoff::Exponential => nth.saturating_sub(1).min(20),
        };
        let full = self.delay.saturating_mul(1 << doublings).min(self.max_delay.max(self.delay));
        full.mul_f64(1.0 - 0.5 * f64::from(chance) / f64::from(u32::MAX))
    }
}

impl FromStr for Retries {
    type Err = NotRetries;

    fn from_str(text: &str) -> Result<Self, NotRetries> {
        let count = text.parse().ok().filter(|count| *count <= MOST);
        count.map(Self::new).ok_or_else(|| NotRetries(text.to_owned()))
    }
}

impl fmt::Display for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.count.fmt(f)
    }
}

impl Backoff {
    const WORDS: [(&'static str, Self); 2] = [("fixed", Self::Fixed), ("exponential", Self::Exponential)];
}

impl Placement {
    const WORDS: [(&'static str, Self); 3] =
        [("now", Self::Now), ("end", Self::End), ("isolated", Self::Isolated)];
}

fn word<T: Copy>(words: &[(&str, T)], given: &Given<'_>, reading: &mut Reading<'_>) -> Option<T> {
    let expected: Vec<_> = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect();
    let expected = expected.join(" or ");
    let text = reading.text(&expected, given)?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        reading.wrong_type(&expected, given);
    }
    found
}

fn named<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, it)| it == value).map_or("", |(word, _)| word)
}

impl Setting for Retries {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let count = |given: &Given<'_>, reading: &mut Reading<'_>| {
            reading.number(0..=i64::from(MOST), given).and_then(|count| u32::try_from(count).ok())
        };
        let DeValue::Table(table) = given.get_ref() else { return count(given, reading).map(Self::new) };
        let (mut found, mut number) = (Self::new(0), None);
        for (key, value) in reading.entries(table, &KEYS) {
            reading.within(key, |reading| match key {
                "count" => number = count(value, reading),
                "backoff" => found.backoff = word(&Backoff::WORDS, value, reading).unwrap_or_default(),
                "delay" => found.delay = Pause::read(value, reading).map_or(found.delay, Pause::get),
                "max_delay" => {
                    found.max_delay = Pause::read(value, reading).map_or(found.max_delay, Pause::get);
                }
                _ => found.placement = word(&Placement::WORDS, value, reading).unwrap_or_default(),
            });
        }
        if !table.contains_key("count") {
            reading.bad_value("needs a `count`", given);
        }
        number.map(|count| found.with_count(count))
    }

    fn show(&self) -> Value {
        let plain = Self::new(self.count);
        if *self == plain {
            return self.count.into();
        }
        json!({
            "count": self.count,
            "backoff": named(&Backoff::WORDS, &self.backoff),
            "delay": crate::text::duration(self.delay),
            "max_delay": crate::text::duration(self.max_delay),
            "placement": named(&Placement::WORDS, &self.placement),
        })
    }

    fn schema() -> Value {
        let count = json!({"type": "integer", "minimum": 0, "maximum": MOST});
        let table = json!({
            "type": "object",
            "properties": {
                "count": told(&count, "How many."),
                "backoff": {
                    "enum": Backoff::WORDS.map(|(word, _)| word),
                    "description": "Whether every delay is the same, or each twice the one before.",
                },
                "delay": told(&Pause::schema(), "How long before the first one."),
                "max_delay": told(&Pause::schema(), "The longest delay."),
                "placement": {
                    "enum": Placement::WORDS.map(|(word, _)| word),
                    "description": "At once, after all others, or after all others and alone.",
                },
            },
            "required": ["count"],
            "additionalProperties": false,
        });
        json!({"oneOf": [count, table]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_few() {
        assert_eq!("2".parse::<Retries>().unwrap().to_string(), "2");
        assert_eq!(
            "-1".parse::<Retries>().unwrap_err().to_string(),
            "must be a whole number from 0 to 100, found `-1`"
        );
        assert_eq!(
            "101".parse::<Retries>().unwrap_err().to_string(),
            "must be a whole number from 0 to 100, found `101`"
        );
    }

    #[test]
    fn an_exponential_delay_doubles_up_to_its_maximum_and_chance_takes_at_most_half() {
        let retries = Retries {
            backoff: Backoff::Exponential,
            delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(5),
            ..Retries::new(9)
        };
        let delays = [1, 2, 3, 4, 100].map(|nth| retries.delay(nth, 0).as_secs());
        assert_eq!(delays, [1, 2, 4, 5, 5]);
        assert_eq!(retries.delay(3, u32::MAX), Duration::from_secs(2));
        assert_eq!(Retries::new(1).delay(1, 7), Duration::ZERO);
    }
}

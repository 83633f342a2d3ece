//! How often a failed attempt is tried again.

use super::reading::{Given, Reading};
use super::setting::Setting;
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use toml::de::DeValue;

/// Further attempts after the first: 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retries(u32);

const MOST: u32 = 100;

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
    /// So many further attempts, for defaults.
    pub(super) const fn new(count: u32) -> Self {
        Self(count)
    }

    /// The number of further attempts.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Retries {
    type Err = NotRetries;

    fn from_str(text: &str) -> Result<Self, NotRetries> {
        text.parse().ok().filter(|count| *count <= MOST).map(Self).ok_or_else(|| NotRetries(text.to_owned()))
    }
}

impl fmt::Display for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Setting for Retries {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let DeValue::Table(table) = given.get_ref() else {
            let number = reading.number(0..=i64::from(MOST), given)?;
            return u32::try_from(number).ok().map(Self);
        };
        let mut count = None;
        for (key, value) in reading.entries(table, &["count", "backoff", "delay", "max_delay", "placement"]) {
            match key {
                "count" => count = reading.within(key, |reading| reading.number(0..=i64::from(MOST), value)),
                "placement" if value.get_ref().as_str() == Some("now") => {}
                _ => reading.not_yet(&format!("`{}.{key}`", reading.key), value.span()),
            }
        }
        if !table.contains_key("count") {
            reading.bad_value("needs a `count`", given);
        }
        count.and_then(|count| u32::try_from(count).ok()).map(Self)
    }

    fn show(&self) -> Value {
        self.0.into()
    }

    fn schema() -> Value {
        let count = json!({"type": "integer", "minimum": 0, "maximum": MOST});
        let table = json!({
            "type": "object",
            "properties": {"count": count, "placement": {"const": "now"}},
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
}

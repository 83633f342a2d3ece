//! What a variable's value can be converted to where a typed argument is wanted, and how durations are written.

use serde_json::Value;
use std::time::Duration;

/// What a variable's value can be converted to where a typed argument is wanted.
pub trait FromVariable: Sized + Clone {
    /// Converts, or says what was wanted: `"a whole number"`, `"a duration such as 500ms"`.
    fn from_variable(value: &Value) -> Result<Self, &'static str>;
}

impl FromVariable for u32 {
    fn from_variable(value: &Value) -> Result<Self, &'static str> {
        let number = match value {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.and_then(|number| Self::try_from(number).ok()).ok_or("a whole number from 0")
    }
}

/// Scripts return 3 and 3.0 alike.
fn whole(number: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range and the fraction are checked before"
    )]
    (number.fract() == 0.0 && (0.0..=4_294_967_295.0).contains(&number)).then_some(number as u64)
}

impl FromVariable for f64 {
    fn from_variable(value: &Value) -> Result<Self, &'static str> {
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number: &f64| number.is_finite()).ok_or("a number")
    }
}

impl FromVariable for bool {
    fn from_variable(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            _ => Err("`true` or `false`"),
        }
    }
}

impl FromVariable for Duration {
    fn from_variable(value: &Value) -> Result<Self, &'static str> {
        let Value::String(text) = value else { return Err(DURATION) };
        parse_duration(text).map_err(|_| DURATION)
    }
}

const DURATION: &str = "a duration such as `500ms`";

/// A text that is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Digits without a unit.
    NoUnit,
    /// Neither digits nor a unit that is known.
    Malformed,
    /// More than a year.
    TooLong,
}

/// Reads `500ms`, `1.5s`, `30s`, `2m`, `1h`, and several with a space between: `1m 30s`.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    const YEAR: f64 = 366.0 * 24.0 * 3600.0;
    let text = text.trim();
    if text.is_empty() {
        return Err(DurationError::Malformed);
    }
    let mut seconds = 0.0;
    for word in text.split_whitespace() {
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, unit) = word.split_at(digits);
        let number: f64 = number.parse().map_err(|_| DurationError::Malformed)?;
        seconds += number
            * match unit {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "" => return Err(DurationError::NoUnit),
                _ => return Err(DurationError::Malformed),
            };
    }
    if seconds > YEAR { Err(DurationError::TooLong) } else { Ok(round(seconds)) }
}

/// Whole microseconds, so that `1.1s` is not 1.100000000000000088 s.
fn round(seconds: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a year, never negative"
    )]
    Duration::from_micros((seconds * 1e6).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn durations_need_units() {
        let ms = |text| parse_duration(text).map(|d| d.as_millis());
        assert_eq!(ms("500ms"), Ok(500));
        assert_eq!(ms("1.5s"), Ok(1500));
        assert_eq!(ms("2m"), Ok(120_000));
        assert_eq!(ms("1m 30s"), Ok(90_000));
        assert_eq!(ms("1h"), Ok(3_600_000));
        assert_eq!(ms("500"), Err(DurationError::NoUnit));
        assert_eq!(ms("1m 30"), Err(DurationError::NoUnit));
        assert_eq!(ms("9999999h"), Err(DurationError::TooLong));
        for text in ["", "s", "5 s", "-5s", "5sec", "1..5s", "5S", "1e3s"] {
            assert!(matches!(ms(text), Err(DurationError::Malformed | DurationError::NoUnit)), "{text}");
        }
    }

    #[test]
    fn numbers_and_truths_convert_from_text() {
        assert_eq!(u32::from_variable(&json!("7")), Ok(7));
        assert_eq!(u32::from_variable(&json!(7.0)), Ok(7));
        assert_eq!(u32::from_variable(&json!(7.5)), Err("a whole number from 0"));
        assert_eq!(u32::from_variable(&json!(-1)), Err("a whole number from 0"));
        assert_eq!(f64::from_variable(&json!(" 7.5 ")), Ok(7.5));
        assert_eq!(f64::from_variable(&json!("NaN")), Err("a number"));
        assert_eq!(bool::from_variable(&json!("true")), Ok(true));
        assert_eq!(bool::from_variable(&json!(1)), Err("`true` or `false`"));
    }
}

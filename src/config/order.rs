//! In which order cases start.

use super::reading::{Given, Reading};
use super::setting::{Setting, read_parsed};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// The order among cases of the same priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What failed last time or is new, then what takes longest.
    #[default]
    Smart,
    /// As the files have it.
    File,
    /// Any; with a seed always the same.
    Random(Option<u64>),
    /// What takes longest first.
    Longest,
    /// What failed last time first, else as the files have it.
    Failed,
}

/// Why a text is no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnOrder(String);

impl fmt::Display for NotAnOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(found) = self;
        write!(f, "must be `smart`, `file`, `random`, `random:SEED`, `longest` or `failed`, found `{found}`")
    }
}

impl std::error::Error for NotAnOrder {}

impl FromStr for Order {
    type Err = NotAnOrder;

    fn from_str(text: &str) -> Result<Self, NotAnOrder> {
        match text {
            "smart" => Ok(Self::Smart),
            "file" => Ok(Self::File),
            "random" => Ok(Self::Random(None)),
            "longest" => Ok(Self::Longest),
            "failed" => Ok(Self::Failed),
            other => match other.strip_prefix("random:").map(str::parse) {
                Some(Ok(seed)) => Ok(Self::Random(Some(seed))),
                _ => Err(NotAnOrder(other.to_owned())),
            },
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smart => f.write_str("smart"),
            Self::File => f.write_str("file"),
            Self::Random(None) => f.write_str("random"),
            Self::Random(Some(seed)) => write!(f, "random:{seed}"),
            Self::Longest => f.write_str("longest"),
            Self::Failed => f.write_str("failed"),
        }
    }
}

impl Setting for Order {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        read_parsed("an order such as `smart`", given, reading)
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }

    fn schema() -> Value {
        json!({"type": "string", "pattern": r"^(smart|file|random(:\d+)?|longest|failed)$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_read_as_it_is_shown() {
        for text in ["smart", "file", "random", "random:17", "longest", "failed"] {
            assert_eq!(text.parse::<Order>().unwrap().to_string(), text);
        }
        let wrong = "random:x".parse::<Order>().unwrap_err().to_string();
        assert!(wrong.ends_with("`longest` or `failed`, found `random:x`"), "{wrong}");
    }
}

//! Which browsers cases run in, and how the local one is started.

use super::reading::{Given, Reading};
use super::setting::{Setting, read_each};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// A browser that cases run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Browser {
    /// Chrome, Chromium or the headless shell.
    Chrome,
}

/// A name that is no browser's, or that of one that does not work yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowserError {
    /// Will work one day.
    NotSupportedYet(String),
    /// No browser.
    Unknown(String),
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSupportedYet(found) => {
                write!(f, "must be `chrome` for now: `{found}` is not supported yet")
            }
            Self::Unknown(found) => write!(f, "must be `chrome`, found `{found}`"),
        }
    }
}

impl std::error::Error for BrowserError {}

impl Browser {
    /// The word for it in files, flags and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
        }
    }
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Browser {
    type Err = BrowserError;

    fn from_str(text: &str) -> Result<Self, BrowserError> {
        match text {
            "chrome" => Ok(Self::Chrome),
            "firefox" | "edge" | "safari" => Err(BrowserError::NotSupportedYet(text.to_owned())),
            _ => Err(BrowserError::Unknown(text.to_owned())),
        }
    }
}

/// The browsers of a batch: at least one, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browsers(Vec<Browser>);

impl Browsers {
    /// Each of them once; chrome if there is none.
    pub fn new(browsers: impl IntoIterator<Item = Browser>) -> Self {
        let mut each_once = Vec::new();
        for browser in browsers {
            if !each_once.contains(&browser) {
                each_once.push(browser);
            }
        }
        if each_once.is_empty() {
            each_once.push(Browser::Chrome);
        }
        Self(each_once)
    }

    /// The browsers.
    pub fn as_slice(&self) -> &[Browser] {
        &self.0
    }
}

const EXPECTED: &str = "a browser's name or an array of them";

impl Setting for Browsers {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let one = |given: &Given<'_>, reading: &mut Reading<'_>| {
            let text = reading.text(EXPECTED, given)?;
            text.parse().map_err(|error: BrowserError| reading.bad_value(error, given)).ok()
        };
        if given.get_ref().is_str() {
            return one(given, reading).map(|browser| Self(vec![browser]));
        }
        let browsers = read_each(EXPECTED, given, reading, one)?;
        if browsers.is_empty() {
            reading.bad_value("must name a browser, found none", given);
            return None;
        }
        Some(Self::new(browsers))
    }

    fn show(&self) -> Value {
        self.0.iter().map(|browser| browser.as_str()).collect()
    }

    fn schema() -> Value {
        let one = json!({"enum": ["chrome"]});
        json!({"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]})
    }
}

/// Arguments for the local browser beyond those that batchrun gives it itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowserArguments(Vec<String>);

/// Switches that are batchrun's own: with others, browsers would outlive the run or see each other.
const RESERVED: [(&str, &str); 5] = [
    ("--headless", "use `headless` instead"),
    ("--user-data-dir", "every run has a profile of its own"),
    ("--remote-debugging-pipe", "batchrun needs it itself"),
    ("--remote-debugging-port", "batchrun needs it itself"),
    ("--remote-debugging-address", "batchrun needs it itself"),
];

impl BrowserArguments {
    /// The arguments, each with its dashes.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl Setting for BrowserArguments {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        read_each("an array of switches such as `[\"--lang=de-DE\"]`", given, reading, |element, reading| {
            let text = reading.text("a switch such as `--lang=de-DE`", element)?;
            let name = text.split_once('=').map_or(text, |(name, _)| name);
            if !text.starts_with("--") || name.len() < 3 {
                reading
                    .bad_value(format!("must hold switches such as `--lang=de-DE`, found `{text}`"), element);
                return None;
            }
            if let Some((_, why)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
                reading.bad_value(format!("must not hold `{name}`: {why}"), element);
                return None;
            }
            Some(text.to_owned())
        })
        .map(Self)
    }

    fn show(&self) -> Value {
        self.0.iter().map(String::as_str).collect()
    }

    fn schema() -> Value {
        json!({"type": "array", "items": {"type": "string", "pattern": "^--."}})
    }
}

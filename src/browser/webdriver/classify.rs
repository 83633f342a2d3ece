//! What a driver's answer means: the one table from error codes and broken connections to failure kinds.
//!
//! fantoccini loses the message of an error whose code is not in the standard, so the table goes by codes first.

use super::connector::{NOT_UTF_8, TOO_LARGE, UNAUTHORIZED};
use crate::deadline::Missed;
use crate::outcome::FailureKind;
use fantoccini::error::CmdError;
use std::fmt;

/// What a call on the wire can end with besides an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// Its deadline passed without an answer. The driver may still be at it.
    Missed(Missed),
    /// The remote end answered with an error of its own (WebDriver 6.6).
    Answered {
        /// The error code: `no such window`, `tab crashed`.
        code: String,
        /// The message; empty where the code is not in the standard.
        message: String,
    },
    /// The credentials were refused: the HTTP status, 401 or 403 (RFC 9110 section 15.5).
    Unauthorized(u16),
    /// No connection could be made.
    Unreachable(String),
    /// The connection broke before the answer was there.
    Lost(String),
    /// The answer is not what WebDriver says: HTML, not UTF-8, too large, no `value`.
    NotWebDriver(String),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed(missed) => write!(f, "no answer from the driver: {missed}"),
            Self::Answered { code, message } if message.is_empty() => {
                write!(f, "the driver answered `{code}`")
            }
            Self::Answered { code, message } => {
                write!(f, "the driver answered `{code}`: {}", message.lines().next().unwrap_or_default())
            }
            Self::Unauthorized(status) => write!(f, "the credentials were refused (HTTP status {status})"),
            Self::Unreachable(why) => write!(f, "the driver cannot be reached: {why}"),
            Self::Lost(why) => write!(f, "the connection to the driver broke: {why}"),
            Self::NotWebDriver(what) => write!(f, "the answer is not WebDriver: {what}"),
        }
    }
}

impl std::error::Error for WireError {}

impl WireError {
    /// The kind of an attempt that ends with this error, when nothing more is known about it.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Missed(_) => FailureKind::Hung,
            Self::Answered { code, message } => kind_of(code, message),
            Self::Unauthorized(_) | Self::Unreachable(_) => FailureKind::Endpoint,
            Self::Lost(_) => FailureKind::Driver,
            Self::NotWebDriver(_) => FailureKind::Protocol,
        }
    }

    /// Whether the error code is this one.
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Answered { code, .. } if code == wanted)
    }

    /// Whether the message of the remote end has this in it.
    pub fn mentions(&self, text: &str) -> bool {
        matches!(self, Self::Answered { message, .. } if message.contains(text))
    }
}

/// The table. Codes of WebDriver 6.6 first, then those that chromedriver has beside them.
fn kind_of(code: &str, message: &str) -> FailureKind {
    match code {
        "timeout" | "script timeout" => FailureKind::Timeout,
        "javascript error" => FailureKind::Script,
        "unexpected alert open" | "no such alert" => FailureKind::Prompt,
        "insecure certificate" => FailureKind::Navigation,
        "invalid session id" | "no such window" => FailureKind::SessionLost,
        "session not created" if message.contains("user data directory is already in use") => {
            FailureKind::BrowserCrash
        }
        "session not created" if message.contains("DevToolsActivePort") => FailureKind::BrowserCrash,
        "session not created" => FailureKind::NoSlot,
        "tab crashed" | "chrome not reachable" | "disconnected" => FailureKind::BrowserCrash,
        "unknown error" if message.contains("net::ERR_") => FailureKind::Navigation,
        "unknown error" if mentions_a_dead_browser(message) => FailureKind::BrowserCrash,
        "unknown error" | "unknown command" | "unknown method" => FailureKind::Driver,
        _ => FailureKind::Step,
    }
}

fn mentions_a_dead_browser(message: &str) -> bool {
    [
        "tab crashed",
        "not connected to DevTools",
        "unable to connect to renderer",
        "Failed to send",
        "disconnected",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

impl From<CmdError> for WireError {
    fn from(error: CmdError) -> Self {
        match error {
            CmdError::Standard(answer) => Self::Answered {
                code: answer.error.description().to_owned(),
                message: answer.message.to_string(),
            },
            CmdError::NotW3C(serde_json::Value::String(code)) => {
                Self::Answered { code, message: String::new() }
            }
            CmdError::NotW3C(value) => Self::NotWebDriver(first(&value.to_string())),
            CmdError::NotJson(body) if body.trim().is_empty() => {
                Self::NotWebDriver("an empty body".to_owned())
            }
            CmdError::NotJson(body) => Self::NotWebDriver(first(&body)),
            CmdError::Json(error) if error.is_eof() && error.column() == 0 => {
                Self::NotWebDriver("an empty body".to_owned())
            }
            CmdError::Json(error) => Self::NotWebDriver(error.to_string()),
            CmdError::FailedC(error) if error.is_connect() => Self::Unreachable(innermost(&error)),
            CmdError::FailedC(error) => Self::from_transport(innermost(&error)),
            CmdError::Failed(error) => Self::from_transport(innermost(&error)),
            CmdError::Lost(error) => Self::Lost(error.to_string()),
            // The named errors of fantoccini (`NoSuchElement` …) are commands of its own that the wire never sends.
            other => Self::Lost(other.to_string()),
        }
    }
}

impl WireError {
    fn from_transport(why: String) -> Self {
        if let Some(status) = why.strip_prefix(UNAUTHORIZED).and_then(|status| status.trim().parse().ok()) {
            Self::Unauthorized(status)
        } else if why.contains(TOO_LARGE) || why.contains(NOT_UTF_8) {
            Self::NotWebDriver(why)
        } else {
            Self::Lost(why)
        }
    }
}

/// The last error of the chain: the one that says what happened and not what it stopped.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The beginning of a text, for a message.
fn first(text: &str) -> String {
    let text = text.trim();
    let short: String = text.chars().take(120).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

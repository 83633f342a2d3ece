//! Why a command to the browser has no result. Judges nothing: that is for those who know what they asked.

use super::framing::MAX_MESSAGE;
use crate::deadline::Missed;
use std::fmt;

/// Why a command has no result.
#[derive(Debug)]
pub enum CdpError {
    /// No answer in time.
    Missed {
        /// The command.
        method: String,
        /// Which deadline.
        missed: Missed,
    },
    /// The browser refused it.
    Refused {
        /// The command.
        method: String,
        /// The browser's words.
        message: String,
    },
    /// The answer exceeds what is accepted.
    TooLarge {
        /// The command.
        method: String,
        /// The size of the answer.
        bytes: usize,
    },
    /// The answer is not what the protocol says.
    Unexpected {
        /// The command.
        method: String,
        /// What is wrong with it.
        message: String,
    },
    /// The browser is gone.
    Closed {
        /// The command.
        method: String,
    },
}

impl fmt::Display for CdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed { method, missed } => write!(f, "`{method}`: {missed}"),
            Self::Refused { method, message } => write!(f, "the browser refuses `{method}`: {message}"),
            Self::TooLarge { method, bytes } => {
                let (size, most) = (bytes >> 20, MAX_MESSAGE >> 20);
                write!(
                    f,
                    "the answer to `{method}` has {size} MiB, more than the {most} MiB that are accepted"
                )
            }
            Self::Unexpected { method, message } => write!(f, "unexpected answer to `{method}`: {message}"),
            Self::Closed { method } => write!(f, "the browser was gone before it answered `{method}`"),
        }
    }
}

impl std::error::Error for CdpError {}

//! What people should know of a decision, said once.

use crate::event::Level;
use std::fmt;
use std::time::Duration;

/// Something that people should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Between two chunks.
    Pause {
        /// How long.
        pause: Duration,
        /// Jobs that have ended.
        done: usize,
        /// Jobs there are.
        all: usize,
    },
    /// So many failed that the batch ends.
    FailFast {
        /// How many.
        failed: u32,
        /// Whether what runs is interrupted.
        now: bool,
    },
    /// So many cases in a row ended in infrastructure errors that the batch ends.
    GivenUp(u32),
    /// Infrastructure errors came one after the other.
    Doubt,
    /// The first case after that got through.
    GotThrough,
}

impl Notice {
    /// How much it matters.
    pub fn level(self) -> Level {
        match self {
            Self::Pause { .. } | Self::GotThrough => Level::Info,
            Self::FailFast { .. } | Self::GivenUp(_) | Self::Doubt => Level::Warning,
        }
    }

    /// Whether infrastructure errors are the reason, so that the last of them helps to understand it.
    pub fn is_about_errors(self) -> bool {
        matches!(self, Self::GivenUp(_) | Self::Doubt)
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause { pause, done, all } => {
                write!(f, "{done} of {all} done: pause of {} before the next chunk", crate::text::duration(*pause))
            }
            Self::FailFast { failed, now } => {
                let what = if *now { "what runs is interrupted" } else { "nothing more is started" };
                write!(f, "{failed} failed, so {what} (--fail-fast)")
            }
            Self::GivenUp(cases) => write!(
                f,
                "{cases} cases in a row ended in infrastructure errors with every retry, so nothing more is started"
            ),
            Self::Doubt => f.write_str(
                "infrastructure errors, one after the other: from now on one case at a time is tried, with pauses, \
                 until one gets through",
            ),
            Self::GotThrough => f.write_str("a case got through: as many as before are started again"),
        }
    }
}

//! What may be asked of a running batch, by signals, keys, `ctl` or the live API. Only the words; the runner obeys.

use serde::{Deserialize, Serialize};

/// A wish of whoever watches the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Command {
    /// Start nothing more and end in good order; each further one is harder. See [`Stop`].
    Stop {
        /// How hard.
        how: Stop,
        /// What asked for it, as people know it: `Ctrl-C`, `SIGTERM`, `batch timeout`.
        why: String,
    },
    /// As many cases may run at once from now on.
    Concurrency {
        /// How many.
        limit: Limit,
        /// What asked for it.
        why: String,
    },
    /// Start nothing until [`Command::Resume`]; running cases go on.
    Pause {
        /// What asked for it.
        why: String,
    },
    /// The end of a pause.
    Resume {
        /// What asked for it.
        why: String,
    },
}

/// How many cases may run at once. Never fewer than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// So many.
    To(u32),
    /// So many more than now.
    More(u32),
    /// So many fewer than now.
    Fewer(u32),
    /// As many as fit the machine.
    Auto,
    /// As many as fit the machine, within bounds.
    Within {
        /// The fewest.
        lowest: u32,
        /// The most.
        highest: u32,
    },
}

/// The most that may be asked for: more than any machine's browser can serve, and few enough that a typing error shows.
pub const MOST_SLOTS: u32 = 1_000;

impl Limit {
    /// The number, given how many it is `now`; `None` where the machine decides.
    pub fn fixed(self, now: u32) -> Option<u32> {
        let wanted = match self {
            Self::To(limit) => limit,
            Self::More(more) => now.saturating_add(more),
            Self::Fewer(fewer) => now.saturating_sub(fewer),
            Self::Auto | Self::Within { .. } => return None,
        };
        Some(wanted.clamp(1, MOST_SLOTS))
    }
}

/// How hard a batch is stopped. A later wish can only be harder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Start nothing more, wait for the running ones however long they take.
    Drain,
    /// Start nothing more, give the running ones `grace`, then interrupt them.
    Grace,
    /// Interrupt the running ones now.
    Now,
}

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
        /// 1 or more.
        limit: u32,
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

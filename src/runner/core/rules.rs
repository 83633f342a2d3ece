//! What the core is told before a batch begins: of each job, and of the batch.

use super::adapt::{Pressure, Range};
use crate::config::Retries;
use crate::id::JobId;
use crate::plan::{Share, Terms};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// What the core knows of a job.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Higher starts first; the order of the entries decides among equals.
    pub priority: i8,
    /// On which terms it runs.
    pub terms: Arc<Terms>,
}

/// What a job came to before its batch was resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Attempts that it had.
    pub attempts: u16,
    /// Those of them that failed.
    pub failures: u16,
    /// Whether it has its verdict and does not run again.
    pub ended: bool,
}

/// The rules of a batch.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How many attempts may run at the beginning.
    pub limit: u32,
    /// The machine decides how many, within these bounds; the limit is where it begins.
    pub adaptive: Option<Range>,
    /// Beyond this nothing more is started where the machine decides.
    pub pressure: Pressure,
    /// From nothing to the limit in this time.
    pub ramp: Option<Duration>,
    /// Not all at once, but in chunks.
    pub chunks: Option<Chunks>,
    /// The shares that entries speak of.
    pub shares: Vec<Share>,
    /// Further attempts after an infrastructure error, for each job.
    pub infra_retries: Retries,
    /// When failures stop the batch.
    pub fail_fast: Option<FailFast>,
    /// Errored jobs in a row, with none that got through, after which the infrastructure is given up.
    pub give_up_after: u32,
    /// Makes the delays of retries differ.
    pub seed: u64,
    /// What jobs came to before the batch was resumed; of those that are not here, nothing.
    pub before: HashMap<JobId, Before>,
}

/// Jobs in chunks: so many, all of them finished, a pause, the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunks {
    /// Jobs in each.
    pub size: NonZeroU32,
    /// Between two.
    pub pause: Duration,
}

/// When failures stop the batch, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailFast {
    /// Failed jobs.
    pub after: NonZeroU32,
    /// What runs is interrupted, not waited for.
    pub now: bool,
}

#[cfg(test)]
impl Entry {
    /// A job that asks for nothing.
    pub(in crate::runner) fn plain() -> Self {
        Self::on(Terms::plain())
    }

    /// A job on these terms.
    pub(in crate::runner) fn on(terms: Terms) -> Self {
        Self { priority: 0, terms: Arc::new(terms) }
    }
}

#[cfg(test)]
impl Rules {
    /// A limit, and nothing else that holds anybody back.
    pub(in crate::runner) fn plain(limit: u32) -> Self {
        Self {
            limit,
            adaptive: None,
            pressure: Pressure { cpu: 85.0, memory_free: 500 << 20, some_avg10: 40.0 },
            ramp: None,
            chunks: None,
            shares: Vec::new(),
            infra_retries: Retries::new(2),
            fail_fast: None,
            give_up_after: 10,
            seed: 1,
            before: HashMap::new(),
        }
    }
}

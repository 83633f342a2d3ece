//! The integer keys that the database gave to what a batch is made of. Asks it for none.

use crate::id::JobId;
use std::collections::HashMap;

/// The integer keys of what may still change. Little for each job, and nothing for attempts that have ended.
#[derive(Default)]
pub(super) struct Keys {
    /// By the jobs' numbers, which are dense; `None` where there is none yet.
    pub(super) case_runs: Vec<Option<std::num::NonZeroI64>>,
    pub(super) attempts: HashMap<(JobId, u32), i64>,
    /// Attempts that end with the transaction, if it is committed.
    pub(super) ended: Vec<(JobId, u32)>,
}

impl Keys {
    pub(super) fn case_run(&self, job: JobId) -> Option<i64> {
        self.case_runs.get(job.0 as usize).copied().flatten().map(std::num::NonZeroI64::get)
    }
}

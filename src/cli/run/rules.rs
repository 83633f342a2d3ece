//! What the core is told of a batch, for those that run it and for those that only explain it.

use super::super::prepare::Prepared;
use crate::plan::Job;
use crate::runner::core::{Core, Entry, Rules};
use std::sync::Arc;

/// Jobs in a row that end in infrastructure errors, with every retry, before the batch is given up.
const GIVE_UP_AFTER: u32 = 5;

/// The rules of a batch of so many slots.
pub(super) fn rules(prepared: &Prepared, limit: u32, seed: u64) -> Rules {
    Rules {
        limit,
        ramp: prepared.pace.ramp,
        chunks: prepared.pace.chunks,
        shares: prepared.plan.shares.clone(),
        infra_retries: prepared.settings.infra_retries.value,
        fail_fast: prepared.pace.fail_fast,
        give_up_after: GIVE_UP_AFTER,
        seed,
    }
}

/// What the core needs to know of each job.
pub(super) fn entries(prepared: &Prepared) -> Vec<Entry> {
    let entry = |job: &Job| Entry { priority: job.priority, terms: Arc::clone(&job.terms) };
    prepared.plan.jobs.iter().map(entry).collect()
}

/// A core that has not begun yet.
pub(in crate::cli) fn core(prepared: &Prepared) -> Core {
    let limit = prepared.settings.concurrency.value.get();
    Core::new(rules(prepared, limit, 0), entries(prepared))
}

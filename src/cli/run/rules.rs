//! What the core is told of a batch, for those that run it and for those that only explain it.

use super::super::prepare::Prepared;
use crate::config::{Concurrency, Settings};
use crate::id::JobId;
use crate::load;
use crate::plan::Job;
use crate::runner::core::{Before, Core, Entry, Pressure, Range, Rules};
use std::collections::HashMap;
use std::sync::Arc;

/// Jobs in a row that end in infrastructure errors, with every retry, before the batch is given up.
const GIVE_UP_AFTER: u32 = 5;

/// How many cases run at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many at the beginning.
    pub(super) start: u32,
    /// The bounds within which it moves by itself, if it does.
    pub(super) adaptive: Option<Range>,
    /// The bounds that `auto` has on this machine.
    pub(super) machine: Range,
    /// More at once than this are said to be too many; `None` where the browsers are not on this machine.
    pub(super) ample: Option<u32>,
}

impl Limits {
    /// What the settings say, where no more than `capacity` can be had.
    pub(super) fn new(settings: &Settings, capacity: u32) -> Self {
        let machine = Range::of_machine(load::processors(), load::memory_free()).at_most(capacity);
        let adaptive = match settings.concurrency.value {
            Concurrency::Fixed(_) => None,
            Concurrency::Auto => Some(machine),
            Concurrency::Within { lowest, highest } => {
                Some(machine.within(lowest, highest).at_most(capacity))
            }
        };
        let fixed = settings.concurrency.value.limit().fixed(0);
        let start = fixed.or(adaptive.map(|range| range.start)).unwrap_or(machine.start).min(capacity);
        let ample = (capacity == u32::MAX).then(|| machine.highest.saturating_mul(2));
        Self { start, adaptive, machine, ample }
    }
}

/// How many cases run at once at the beginning, as far as the settings alone tell.
pub(in crate::cli) fn slots(settings: &Settings) -> u32 {
    of_settings(settings).start
}

/// The limits as far as the settings alone tell: nobody has been asked how many there are yet.
fn of_settings(settings: &Settings) -> Limits {
    let endpoints = settings.endpoints.as_slice();
    let capacity = endpoints.iter().map(|endpoint| endpoint.capacity).fold(0, u32::saturating_add);
    Limits::new(settings, if endpoints.is_empty() { u32::MAX } else { capacity })
}

/// The rules of a batch.
pub(super) fn rules(prepared: &Prepared, limits: Limits, seed: u64) -> Rules {
    let settings = &prepared.settings;
    Rules {
        limit: limits.start,
        adaptive: limits.adaptive,
        pressure: Pressure {
            cpu: settings.pressure_cpu.value.get(),
            memory_free: settings.pressure_memory_free.value.bytes(),
            some_avg10: settings.pressure_some_avg10.value.get(),
        },
        ramp: prepared.pace.ramp,
        chunks: prepared.pace.chunks,
        shares: prepared.plan.shares.clone(),
        infra_retries: settings.infra_retries.value,
        fail_fast: prepared.pace.fail_fast,
        give_up_after: GIVE_UP_AFTER,
        seed,
        before: before(prepared),
    }
}

/// What jobs come to before the batch begins.
fn before(prepared: &Prepared) -> HashMap<JobId, Before> {
    let mut before = prepared.resumed.as_ref().map(|resumed| resumed.before.clone()).unwrap_or_default();
    let never = Before { ended: true, ..Before::default() };
    before.extend(prepared.plan.left_out.iter().map(|job| (*job, never)));
    before
}

/// The jobs that have no verdict yet, with the attempts that they had before.
pub(super) fn open(prepared: &Prepared) -> Vec<(JobId, u32)> {
    let before = before(prepared);
    let of = |job: &Job| before.get(&job.id).copied().unwrap_or_default();
    let open = prepared.plan.jobs.iter().filter(|job| !of(job).ended);
    open.map(|job| (job.id, of(job).attempts.into())).collect()
}

/// How many jobs are tried at least once.
pub(super) fn attempted(prepared: &Prepared) -> usize {
    let skipped = |job: JobId| prepared.plan.job(job).terms.skip.is_some();
    open(prepared).into_iter().filter(|(job, _)| !skipped(*job)).count()
}

/// What the core needs to know of each job.
pub(super) fn entries(prepared: &Prepared) -> Vec<Entry> {
    let entry = |job: &Job| Entry { priority: job.priority, terms: Arc::clone(&job.terms) };
    let Some(any) = prepared.plan.jobs.first() else { return Vec::new() };
    if prepared.plan.jobs.len() == prepared.plan.size {
        return prepared.plan.jobs.iter().map(entry).collect();
    }
    // What has ended before the batch was resumed never starts, on whatever terms.
    let mut entries = vec![entry(any); prepared.plan.size];
    for job in &prepared.plan.jobs {
        entries[job.id.0 as usize] = entry(job);
    }
    entries
}

/// A core that has not begun yet.
pub(in crate::cli) fn core(prepared: &Prepared) -> Core {
    Core::new(rules(prepared, of_settings(&prepared.settings), 0), entries(prepared))
}

//! The order of a plan: highest priority first, then what the [`Order`] says, then as the files have it.

use super::Job;
use super::shard::{self, Shard, ShardBy};
use crate::config::Order;
use crate::history::{History, median};
use crate::id::{CaseId, JobId};
use crate::random;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// What decides about the order of a plan.
#[derive(Clone, Copy)]
pub struct Ordering<'a> {
    /// The order that is asked for.
    pub order: Order,
    /// What random orders follow from.
    pub seed: u64,
    /// What is remembered.
    pub history: &'a dyn History,
    /// The part of the jobs that is meant, and how they are split.
    pub shard: Option<(Shard, ShardBy)>,
    /// What is left of a batch that is resumed, whose order it keeps.
    pub left: Option<&'a Left>,
}

/// What is left of a batch.
#[derive(Debug)]
pub struct Left {
    /// How many jobs the batch has.
    pub size: usize,
    /// The numbers of those that are left, by id and browser.
    pub numbers: HashMap<(CaseId, String), Vec<JobId>>,
}

impl Left {
    /// The numbers of a case in a browser.
    pub fn of(&self, case: &CaseId, browser: &str) -> &[JobId] {
        self.numbers.get(&(case.clone(), browser.to_owned())).map_or(&[], Vec::as_slice)
    }
}

/// How long a job usually takes, in whole milliseconds: the median of its last attempts that passed.
pub(super) type Typical = Option<NonZeroU32>;

/// Sorts the jobs and numbers them; answers with the time that each usually takes.
pub(super) fn ordered(jobs: Vec<Job>, by: Ordering<'_>) -> (Vec<Job>, Vec<Typical>) {
    let known = |job: Job| {
        let past = by.history.past(job.case_id.as_str(), job.browser.as_str());
        (typical(past.median), past.is_new(), past.failed(), job)
    };
    if let Some(left) = by.left {
        return left_over(jobs, left, |job| known(job).0);
    }
    let mut known: Vec<_> = jobs.into_iter().map(known).collect();
    let usual = median(known.iter().filter_map(|(typical, ..)| *typical).collect());
    if let Some((shard, split)) = by.shard {
        let all: Vec<(Typical, &Job)> = known.iter().map(|(typical, .., job)| (*typical, job)).collect();
        let mut parts = shard::parts(&all, usual, shard.of(), split).into_iter();
        known.retain(|_| parts.next().is_some_and(|part| shard.is(part)));
    }
    let longest = |typical: Typical| Reverse(typical.or(usual));
    // The sorts are stable: equals stay in the order of the files.
    match by.order {
        Order::File => {}
        Order::Random(_) => {
            let mut shuffled: Vec<_> = (0..).zip(known).collect();
            shuffled.sort_by_key(|(place, _)| random::number(by.seed, *place));
            known = shuffled.into_iter().map(|(_, job)| job).collect();
        }
        Order::Longest => known.sort_by_key(|(typical, ..)| longest(*typical)),
        Order::Failed => known.sort_by_key(|(_, _, failed, _)| !failed),
        Order::Smart => {
            known.sort_by_key(|(typical, new, failed, _)| (!(*new || *failed), longest(*typical)));
        }
    }
    known.sort_by_key(|(.., job)| Reverse(job.priority));
    let mut typical = Vec::with_capacity(known.len());
    let mut jobs = Vec::with_capacity(known.len());
    for (number, (time, _, _, job)) in (0..).zip(known) {
        typical.push(time);
        jobs.push(Job { id: JobId(number), ..job });
    }
    (jobs, typical)
}

/// The jobs with the numbers that they had.
fn left_over(jobs: Vec<Job>, left: &Left, typical: impl Fn(Job) -> Typical) -> (Vec<Job>, Vec<Typical>) {
    let numbered = jobs.into_iter().flat_map(|job| {
        let time = typical(job.clone());
        let numbers = left.of(&job.case_id, job.browser.as_str());
        numbers.iter().map(move |number| (time, Job { id: *number, ..job.clone() }))
    });
    let mut numbered: Vec<_> = numbered.collect();
    numbered.sort_by_key(|(_, job)| job.id);
    let (typical, jobs) = numbered.into_iter().unzip();
    (jobs, typical)
}

fn typical(median: Option<Duration>) -> Typical {
    let time = u32::try_from(median?.as_millis()).unwrap_or(u32::MAX);
    NonZeroU32::new(time.max(1))
}

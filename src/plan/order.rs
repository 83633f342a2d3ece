//! The order of a plan: highest priority first, then what the [`Order`] says, then as the files have it.

use super::Job;
use super::budget::{Budget, Candidate};
use super::shard::{Portion, Sharding};
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
    pub shard: Option<Sharding<'a>>,
    /// How often each job runs.
    pub repeat: NonZeroU32,
    /// The time that is predicted to be enough for those that run.
    pub budget: Option<Budget>,
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

/// Jobs in their order.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    pub(super) jobs: Vec<Job>,
    /// The time that each usually takes.
    pub(super) typical: Vec<Typical>,
    pub(super) portion: Option<Portion>,
    pub(super) left_out: Vec<JobId>,
    pub(super) predicted: Option<Duration>,
}

/// A job, with what matters of its past.
#[derive(Clone)]
struct Known {
    job: Job,
    typical: Typical,
    new: bool,
    failed: bool,
    recency: u64,
}

impl Known {
    fn new(job: Job, history: &dyn History) -> Self {
        let past = history.past(job.case_id.as_str(), job.browser.as_str());
        let (new, failed) = (past.is_new(), past.failed());
        Self { job, typical: typical(past.median), new, failed, recency: past.recency }
    }

    fn is_risky(&self) -> bool {
        self.new || self.failed
    }

    fn candidate(&self, usual: NonZeroU32) -> Candidate {
        // What is skipped takes no time.
        let time = if self.job.terms.skip.is_some() { 0 } else { self.typical.unwrap_or(usual).get() };
        Candidate {
            time: time.into(),
            places: self.job.terms.places,
            priority: self.job.priority,
            risky: self.is_risky(),
            recency: self.recency,
        }
    }
}

/// Chooses among the jobs, sorts and numbers them.
pub(super) fn ordered(jobs: Vec<Job>, by: Ordering<'_>) -> Ordered {
    let mut known: Vec<Known> = jobs.into_iter().map(|job| Known::new(job, by.history)).collect();
    if let Some(left) = by.left {
        let (jobs, typical) = left_over(known, left);
        return Ordered { jobs, typical, ..Ordered::default() };
    }
    let usual = median(known.iter().filter_map(|it| it.typical).collect());
    let mut ordered = Ordered::default();
    if let Some(sharding) = by.shard {
        let all: Vec<(Typical, &Job)> = known.iter().map(|it| (it.typical, &it.job)).collect();
        let (mine, portion) = sharding.split(&all, usual);
        let mut mine = mine.into_iter();
        known.retain(|_| mine.next().unwrap_or(false));
        ordered.portion = Some(portion);
    }
    let longest = |typical: Typical| Reverse(typical.or(usual));
    // The sorts are stable: equals stay in the order of the files.
    match by.order {
        Order::File => {}
        Order::Random(_) => {
            let mut shuffled: Vec<_> = (0..).zip(known).collect();
            shuffled.sort_by_key(|(place, _)| random::number(by.seed, *place));
            known = shuffled.into_iter().map(|(_, it)| it).collect();
        }
        Order::Longest => known.sort_by_key(|it| longest(it.typical)),
        Order::Failed => known.sort_by_key(|it| !it.failed),
        Order::Smart => known.sort_by_key(|it| (!it.is_risky(), longest(it.typical))),
    }
    if by.repeat.get() > 1 {
        // Round after round, so that all have run once as early as possible.
        known = (0..by.repeat.get()).flat_map(|_| known.iter().cloned()).collect();
    }
    known.sort_by_key(|it| Reverse(it.job.priority));
    if let (Some(budget), Some(usual)) = (by.budget, usual) {
        let candidates: Vec<Candidate> = known.iter().map(|it| it.candidate(usual)).collect();
        let (chosen, predicted) = budget.choose(&candidates);
        ordered.left_out =
            (0..).map(JobId).zip(chosen).filter(|(_, chosen)| !chosen).map(|(job, _)| job).collect();
        ordered.predicted = Some(predicted);
    }
    ordered.typical.reserve_exact(known.len());
    ordered.jobs.reserve_exact(known.len());
    for (number, it) in (0..).zip(known) {
        ordered.typical.push(it.typical);
        ordered.jobs.push(Job { id: JobId(number), ..it.job });
    }
    ordered
}

/// The jobs with the numbers that they had.
fn left_over(jobs: Vec<Known>, left: &Left) -> (Vec<Job>, Vec<Typical>) {
    let numbered = jobs.into_iter().flat_map(|it| {
        let numbers = left.of(&it.job.case_id, it.job.browser.as_str());
        numbers.iter().map(move |number| (Job { id: *number, ..it.job.clone() }, it.typical))
    });
    let mut numbered: Vec<_> = numbered.collect();
    numbered.sort_by_key(|(job, _)| job.id);
    numbered.into_iter().unzip()
}

fn typical(median: Option<Duration>) -> Typical {
    let time = u32::try_from(median?.as_millis()).unwrap_or(u32::MAX);
    NonZeroU32::new(time.max(1))
}

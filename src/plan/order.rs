//! The order of a plan: highest priority first, and where that is equal as the files have it.

use super::Job;
use crate::id::JobId;
use std::cmp::Reverse;

/// Sorts the jobs and numbers them.
pub(super) fn ordered(mut jobs: Vec<Job>) -> Vec<Job> {
    // The sort is stable: equal priorities stay in the order of the files.
    jobs.sort_by_key(|job| Reverse(job.priority));
    for (number, job) in (0..).zip(&mut jobs) {
        job.id = JobId(number);
    }
    jobs
}

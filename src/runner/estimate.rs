//! How long a batch will still take, by what its jobs usually take. Knows no clock.

use crate::event::Eta;
use crate::id::JobId;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// What jobs usually take, and how that compares with this batch.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    /// Milliseconds by the job's number; 0 where nothing is known.
    typical: Vec<u32>,
    /// What is taken for those of which nothing is known.
    usual: u32,
    /// Of the jobs that ended lately in this batch: what they took with all their attempts, and what they usually take.
    took: f64,
    expected: f64,
    /// What a job took of which nothing was known, as a mean of those that ended lately.
    unknown: Option<f64>,
    /// How many of those ended.
    unknown_ended: u32,
}

/// How many jobs of which nothing was known say enough about the others.
const ENOUGH: u32 = 10;

/// How much of the mean the job that ended last makes. The machine and the limit may change within a batch, so that
/// what ended long ago says little.
const WEIGHT: f64 = 1.0 / 16.0;

impl Estimate {
    pub(super) fn new(typical: Vec<u32>) -> Self {
        let known: Vec<u32> = typical.iter().copied().filter(|it| *it > 0).collect();
        Self { usual: crate::history::median(known).unwrap_or(0), typical, ..Self::default() }
    }

    /// A job ended, whatever came of it, after so long.
    pub(super) fn ended(&mut self, job: JobId, took: Duration) {
        let took = took.as_secs_f64() * 1_000.0;
        if let Some(typical) = self.typical.get(job.0 as usize).filter(|it| **it > 0) {
            self.took = self.took * (1.0 - WEIGHT) + took;
            self.expected = self.expected * (1.0 - WEIGHT) + f64::from(*typical);
            return;
        }
        self.unknown_ended += 1;
        // The first few make a plain mean: one of them alone would decide for long.
        let weight = WEIGHT.max(1.0 / f64::from(self.unknown_ended));
        self.unknown = Some(self.unknown.map_or(took, |mean| mean + (took - mean) * weight));
    }

    /// From when on an attempt of a job takes unusually long: three times its usual time, and a second longer at least.
    pub(super) fn slow_after(&self, job: JobId) -> Option<Duration> {
        let typical = self.typical.get(job.0 as usize).copied().filter(|it| *it > 0)?;
        let usual = Duration::from_millis(typical.into());
        Some((usual * 3).max(usual + Duration::from_secs(1)))
    }

    /// How long it will take until `queued`, in their order, and `running`, for so long already, have ended, so many at
    /// once: as fast as in the past, and as fast as this batch so far. `None` where too little is known.
    pub(super) fn left(&self, running: &[(JobId, Duration)], queued: &[JobId], limit: u32) -> Option<Eta> {
        let told_by_others = self.unknown_ended >= ENOUGH;
        let known =
            |job: &JobId| told_by_others || self.typical.get(job.0 as usize).is_some_and(|it| *it > 0);
        let all = running.iter().map(|(job, _)| job).chain(queued);
        let (count, of_known) =
            all.fold((0, 0), |(all, some), job| (all + 1, some + usize::from(known(job))));
        if count == 0 || of_known * 2 < count {
            return None;
        }
        let pace = if self.expected > 0.0 { self.took / self.expected } else { 1.0 };
        let as_before = self.simulated(running, queued, limit, 1.0);
        let as_now = self.simulated(running, queued, limit, pace);
        Some(Eta { least_ms: as_before.min(as_now), most_ms: as_before.max(as_now) })
    }

    /// Gives each job in turn to the slot that is free first; when the last one ends.
    fn simulated(&self, running: &[(JobId, Duration)], queued: &[JobId], limit: u32, pace: f64) -> u64 {
        let time = |job: &JobId| match self.typical.get(job.0 as usize).filter(|it| **it > 0) {
            Some(typical) => whole(f64::from(*typical) * pace),
            None => whole(self.unknown.unwrap_or(f64::from(self.usual) * pace)),
        };
        let mut free: BinaryHeap<Reverse<u64>> = running
            .iter()
            .map(|(job, since)| {
                Reverse(time(job).saturating_sub(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
            })
            .collect();
        // After the limit fell more may run than it says: the first of them to end make room for nobody.
        while free.len() > limit.max(1) as usize {
            free.pop();
        }
        while free.len() < limit as usize {
            free.push(Reverse(0));
        }
        let mut last = free.iter().map(|Reverse(at)| *at).max().unwrap_or(0);
        for job in queued {
            let Reverse(at) = free.pop().unwrap_or(Reverse(last));
            let end = at + time(job);
            last = last.max(end);
            free.push(Reverse(end));
        }
        last
    }
}

/// Milliseconds without their fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no time is negative, and none so long"
)]
fn whole(ms: f64) -> u64 {
    ms as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eta(least_ms: u64, most_ms: u64) -> Eta {
        Eta { least_ms, most_ms }
    }

    #[test]
    fn slots_take_one_job_after_the_other() {
        let estimate = Estimate::new(vec![400, 100, 100, 100]);
        let jobs = [0, 1, 2, 3].map(JobId);
        assert_eq!(estimate.left(&[], &jobs, 1), Some(eta(700, 700)));
        assert_eq!(estimate.left(&[], &jobs, 2), Some(eta(400, 400)));
        let running = [(JobId(0), Duration::from_millis(350))];
        assert_eq!(estimate.left(&running, &jobs[1..], 2), Some(eta(200, 200)));
    }

    #[test]
    fn a_batch_that_is_slower_than_the_past_makes_a_range() {
        let mut estimate = Estimate::new(vec![100, 100, 100]);
        estimate.ended(JobId(0), Duration::from_millis(150));
        assert_eq!(estimate.left(&[], &[JobId(1), JobId(2)], 1), Some(eta(200, 300)));
    }

    #[test]
    fn slow_is_three_times_as_long_as_usual_and_a_second_longer() {
        let estimate = Estimate::new(vec![100, 2_000, 0]);
        let after = |job| estimate.slow_after(JobId(job)).map(|it| it.as_millis());
        assert_eq!([after(0), after(1), after(2)], [Some(1_100), Some(6_000), None]);
    }

    #[test]
    fn what_is_not_known_is_taken_for_usual_and_too_much_of_it_for_no_answer() {
        let estimate = Estimate::new(vec![100, 0, 0]);
        assert_eq!(estimate.left(&[], &[JobId(0), JobId(1)], 1), Some(eta(200, 200)));
        assert_eq!(estimate.left(&[], &[JobId(0), JobId(1), JobId(2)], 1), None);
        assert_eq!(Estimate::default().left(&[], &[JobId(0)], 1), None);
    }

    #[test]
    fn cases_that_never_passed_take_what_such_ones_took_in_this_batch() {
        let mut estimate = Estimate::new(vec![100, 100, 0, 0]);
        estimate.ended(JobId(2), Duration::from_secs(9));
        assert_eq!(estimate.left(&[], &[JobId(0), JobId(3)], 1), Some(eta(9_100, 9_100)));
    }

    #[test]
    fn a_first_batch_is_told_by_its_own_first_jobs() {
        let mut estimate = Estimate::new(vec![0; 12]);
        for (job, took) in (0..ENOUGH).zip([100, 300].into_iter().cycle()) {
            assert_eq!(estimate.left(&[], &[JobId(10), JobId(11)], 1), None);
            estimate.ended(JobId(job), Duration::from_millis(took));
        }
        assert_eq!(estimate.left(&[], &[JobId(10), JobId(11)], 1), Some(eta(400, 400)));
    }

    #[test]
    fn the_first_to_end_above_a_limit_that_fell_make_room_for_nobody() {
        let estimate = Estimate::new(vec![100, 200, 300, 100]);
        let running = [0, 1, 2].map(|job| (JobId(job), Duration::ZERO));
        assert_eq!(estimate.left(&running, &[JobId(3)], 1), Some(eta(400, 400)));
    }
}

//! Whole batches in simulated time: a queue of what ends when stands for everything outside of the core.

use super::*;
use crate::plan::{Mode, Need, Share, ShareId};
use crate::runner::core::Chunks;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// What happened to a job.
#[derive(Clone, Copy, Debug)]
struct Ran {
    began: Duration,
    ended: Duration,
    verdict: Verdict,
}

/// A batch that has been simulated.
struct Simulated {
    jobs: HashMap<JobId, Ran>,
    /// The most attempts that ran at once.
    most: usize,
    took: Duration,
}

/// Plays a batch to its end: `outcome` says how long an attempt takes, and how it ends.
fn simulate(
    rules: Rules,
    entries: Vec<Entry>,
    outcome: impl Fn(JobId, u32) -> (Duration, AttemptVerdict),
) -> Simulated {
    let mut core = Core::new(rules, entries);
    let mut now = Duration::ZERO;
    let mut running: BinaryHeap<Reverse<(Duration, JobId, u32)>> = BinaryHeap::new();
    let mut began = HashMap::new();
    let mut batch = Simulated { jobs: HashMap::new(), most: 0, took: now };
    let mut effects = core.handle(now, &Input::Begin);
    loop {
        for start in &effects.start {
            began.entry(start.job).or_insert(now);
            let (takes, _) = outcome(start.job, start.attempt);
            running.push(Reverse((now + takes, start.job, start.attempt)));
        }
        batch.most = batch.most.max(running.len());
        if effects.finished.is_some() {
            batch.took = now;
            return batch;
        }
        let next = running.peek().map(|Reverse((at, ..))| *at);
        effects = match (next, effects.look_at) {
            (Some(end), look) if look.is_none_or(|look| end <= look) => {
                let Reverse((at, job, attempt)) = running.pop().unwrap();
                now = at;
                let (_, verdict) = outcome(job, attempt);
                let kind = (verdict == AttemptVerdict::Failed).then_some(FailureKind::Assertion);
                let effects = core.handle(now, &Input::Ended { job, verdict, kind, crashed_at: None });
                if let Some(verdict) = settled(&effects) {
                    let ran = Ran { began: began[&job], ended: now, verdict };
                    assert!(batch.jobs.insert(job, ran).is_none(), "a job ends once");
                }
                effects
            }
            (_, Some(look)) => {
                now = now.max(look);
                core.handle(now, &Input::Look)
            }
            (None | Some(_), None) => {
                unreachable!("something is always to come until the batch has ended")
            }
        };
    }
}

/// A time that differs from job to job.
fn uneven(job: JobId, attempt: u32) -> Duration {
    let number = crate::random::number(7, u64::from(job.0) << 8 | u64::from(attempt));
    Duration::from_millis(50 + number % 1_000)
}

#[test]
fn a_hundred_thousand_jobs_with_shares_and_retries_leave_no_slot_idle() {
    const JOBS: usize = 100_000;
    const SLOTS: u32 = 50;
    let share = |name: usize| Share { name: name.to_string(), max: 4, values: Vec::new(), interval: None };
    let entries = (0..JOBS).map(|job| {
        let share = u32::try_from(job % 40).unwrap();
        let needs = job.is_multiple_of(3).then_some(Need { share: ShareId(share), mode: Mode::Write });
        Entry::on(Terms { needs: needs.into_iter().collect(), retries: Retries::new(1), ..Terms::plain() })
    });
    let rules = Rules { shares: (0..40).map(share).collect(), ..rules(SLOTS) };
    let outcome = |job: JobId, attempt: u32| {
        let fails = job.0.is_multiple_of(100) && attempt == 1;
        (uneven(job, attempt), if fails { AttemptVerdict::Failed } else { AttemptVerdict::Passed })
    };
    let batch = simulate(rules, entries.collect(), outcome);
    assert_eq!((batch.jobs.len(), batch.most), (JOBS, SLOTS as usize));
    let flaky = batch.jobs.values().filter(|ran| ran.verdict == Verdict::Flaky).count();
    assert_eq!(flaky, JOBS / 100);
    let attempts = (0..).map(JobId).take(JOBS).map(|job| {
        let again = if job.0.is_multiple_of(100) { uneven(job, 2) } else { Duration::ZERO };
        uneven(job, 1) + again
    });
    let work: Duration = attempts.sum();
    let least = work / SLOTS;
    assert!(
        batch.took >= least && batch.took < least + Duration::from_secs(5),
        "{:?} of {least:?}",
        batch.took
    );
}

#[test]
fn chunks_never_overlap_however_uneven_their_jobs_are() {
    let chunks = Chunks { size: NonZeroU32::new(100).unwrap(), pause: Duration::from_secs(30) };
    let rules = Rules { chunks: Some(chunks), ..rules(20) };
    let batch =
        simulate(rules, vec![entry(); 1_000], |job, attempt| (uneven(job, attempt), AttemptVerdict::Passed));
    for chunk in 1..10 {
        let of = |chunk: u32| (chunk * 100..(chunk + 1) * 100).map(|job| batch.jobs[&JobId(job)]);
        let before = of(chunk - 1).map(|ran| ran.ended).max().unwrap();
        let after = of(chunk).map(|ran| ran.began).min().unwrap();
        assert!(after >= before + chunks.pause, "chunk {chunk}: {before:?}, {after:?}");
    }
}

#[test]
fn two_jobs_of_one_exclusive_share_never_overlap_in_a_thousand_batches() {
    let lock = Share { name: "lock".to_owned(), max: 1, values: Vec::new(), interval: None };
    let needs = || Box::from([Need { share: ShareId(0), mode: Mode::Write }]);
    for seed in 0..1_000_u64 {
        let holds = |job: u32| crate::random::number(seed, u64::from(job)).is_multiple_of(4);
        let entries = (0..20).map(|job| {
            Entry::on(Terms { needs: if holds(job) { needs() } else { Box::default() }, ..Terms::plain() })
        });
        let rules = Rules { shares: vec![lock.clone()], ..rules(6) };
        let batch =
            simulate(rules, entries.collect(), |job, attempt| (uneven(job, attempt), AttemptVerdict::Passed));
        let mut holders: Vec<Ran> =
            batch.jobs.iter().filter(|(job, _)| holds(job.0)).map(|(_, ran)| *ran).collect();
        holders.sort_by_key(|ran| ran.began);
        assert!(holders.windows(2).all(|pair| pair[0].ended <= pair[1].began), "seed {seed}: {holders:?}");
    }
}

//! What may start now, what is tried again, when the batch is over: plain synchronous decisions over plain values.
//!
//! No clock, no runtime, no I/O. The dispatcher tells it what happened ([`Input`]) and performs what it answers
//! ([`Effects`]). It never waits for the semaphore: it decides, the dispatcher takes the permits.

use crate::control::Stop;
use crate::id::JobId;
use crate::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What the core knows of a job.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Higher starts first; the order of the entries decides among equals.
    pub priority: i8,
    /// Further attempts after a failure.
    pub retries: u32,
    /// The case is expected to fail: a failure passes it, a pass fails it.
    pub expect_failure: bool,
    /// It is skipped without being started.
    pub skip: bool,
    /// It does not decide about `fail_fast`.
    pub quarantined: bool,
}

/// The rules of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Slots.
    pub limit: u32,
    /// Further attempts after an infrastructure error, for each job.
    pub infra_retries: u32,
    /// Stop starting after this many failed jobs.
    pub fail_fast: Option<u32>,
    /// Errored jobs in a row, with none that got through, after which the infrastructure is given up.
    pub give_up_after: u32,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The batch begins.
    Begin,
    /// A started attempt ended and its slot is free again.
    Ended {
        /// The job.
        job: JobId,
        /// How.
        verdict: AttemptVerdict,
        /// Why, unless it passed.
        kind: Option<FailureKind>,
        /// The step at which the page crashed, when it did.
        crashed_at: Option<u32>,
    },
    /// Somebody wants the batch to stop.
    Stop(Stop),
    /// The batch's own time is up.
    TimedOut,
}

/// An attempt to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The job.
    pub job: JobId,
    /// From 1.
    pub attempt: u32,
    /// From 1; no two running attempts have the same.
    pub slot: u32,
    /// Attempts that run, with this one.
    pub running: u32,
}

/// What became of an attempt that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: u32,
    /// The slot it held.
    pub slot: u32,
    /// How it ended, with what the case expects and the page's earlier crashes taken into account.
    pub verdict: AttemptVerdict,
    /// Why, likewise.
    pub kind: Option<FailureKind>,
    /// The job's verdict; `None`: another attempt follows.
    pub job_verdict: Option<Verdict>,
}

/// What the dispatcher is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The attempt that just ended.
    pub settled: Option<Settled>,
    /// Jobs that got their verdict without an attempt: skipped, or never to be started.
    pub closed: Vec<(JobId, Verdict)>,
    /// Attempts to start now.
    pub start: Vec<Start>,
    /// Running attempts get their grace from now on.
    pub grace: bool,
    /// Running attempts are to be interrupted now.
    pub interrupt: bool,
    /// Why nothing more is started, said once.
    pub notice: Option<String>,
    /// Everything has ended.
    pub finished: Option<BatchStatus>,
}

#[derive(Debug)]
struct Job {
    entry: Entry,
    attempts: u32,
    failures: u32,
    errors: u32,
    crashed_at: Option<u32>,
    slot: Option<u32>,
    verdict: Option<Verdict>,
}

/// The state of a batch that runs.
#[derive(Debug)]
pub struct Core {
    rules: Rules,
    jobs: Vec<Job>,
    /// What waits, best first: by falling priority, then by place.
    queue: BTreeMap<(i16, u32), JobId>,
    free_slots: BTreeSet<u32>,
    running: u32,
    open: usize,
    failed: u32,
    errored_in_a_row: u32,
    stop: Option<Stop>,
    status: BatchStatus,
}

impl Core {
    /// A batch of these jobs, in this order.
    pub fn new(rules: Rules, entries: Vec<Entry>) -> Self {
        let jobs: Vec<Job> = entries
            .into_iter()
            .map(|entry| Job {
                entry,
                attempts: 0,
                failures: 0,
                errors: 0,
                crashed_at: None,
                slot: None,
                verdict: None,
            })
            .collect();
        Self {
            open: jobs.len(),
            jobs,
            queue: BTreeMap::new(),
            free_slots: (1..=rules.limit).collect(),
            running: 0,
            failed: 0,
            errored_in_a_row: 0,
            stop: None,
            status: BatchStatus::Finished,
            rules,
        }
    }

    /// Takes in what happened and says what to do.
    pub fn handle(&mut self, input: &Input) -> Effects {
        let mut effects = Effects::default();
        match input {
            Input::Begin => self.begin(&mut effects),
            Input::Ended { job, verdict, kind, crashed_at } => {
                self.settle(*job, (*verdict, *kind), *crashed_at, &mut effects);
            }
            Input::Stop(how) => self.stop(*how, BatchStatus::Interrupted, &mut effects),
            Input::TimedOut => self.stop(Stop::Now, BatchStatus::TimedOut, &mut effects),
        }
        self.fill_slots(&mut effects);
        if self.running == 0 && self.open > 0 && self.stop.is_some() {
            self.close_the_rest(&mut effects);
        }
        if self.open == 0 {
            effects.finished = Some(self.status);
        }
        effects
    }

    /// Attempts that run now.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// Whether nothing more is started.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// Jobs that run now.
    pub fn running_jobs(&self) -> impl Iterator<Item = JobId> + '_ {
        (0_u32..).zip(&self.jobs).filter(|(_, job)| job.slot.is_some()).map(|(at, _)| JobId(at))
    }

    fn begin(&mut self, effects: &mut Effects) {
        for (at, job) in (0_u32..).zip(&mut self.jobs) {
            if job.entry.skip {
                job.verdict = Some(Verdict::Skipped);
                self.open -= 1;
                effects.closed.push((JobId(at), Verdict::Skipped));
            } else {
                self.queue.insert((-i16::from(job.entry.priority), at), JobId(at));
            }
        }
    }

    fn fill_slots(&mut self, effects: &mut Effects) {
        if self.stop.is_some() {
            return;
        }
        while let Some(slot) = self.free_slots.first().copied() {
            let Some((_, id)) = self.queue.pop_first() else { return };
            self.free_slots.remove(&slot);
            self.running += 1;
            let job = &mut self.jobs[id.0 as usize];
            job.attempts += 1;
            job.slot = Some(slot);
            effects.start.push(Start { job: id, attempt: job.attempts, slot, running: self.running });
        }
    }

    fn settle(
        &mut self,
        id: JobId,
        ended: (AttemptVerdict, Option<FailureKind>),
        crashed_at: Option<u32>,
        effects: &mut Effects,
    ) {
        let stopping = self.stop.is_some();
        let job = &mut self.jobs[id.0 as usize];
        let Some(slot) = job.slot.take() else { return };
        self.free_slots.insert(slot);
        self.running -= 1;
        let (verdict, kind) = judge(job, ended, crashed_at);
        let again = !stopping
            && match verdict {
                AttemptVerdict::Failed => {
                    job.failures += 1;
                    job.failures <= job.entry.retries
                }
                // What is wrong with the run itself is no better the next time.
                AttemptVerdict::Errored if kind == Some(FailureKind::Internal) => false,
                AttemptVerdict::Errored => {
                    job.errors += 1;
                    job.errors <= self.rules.infra_retries
                }
                AttemptVerdict::Passed | AttemptVerdict::Skipped | AttemptVerdict::Interrupted => false,
            };
        let job_verdict = (!again).then_some(match verdict {
            AttemptVerdict::Passed if job.failures > 0 => Verdict::Flaky,
            AttemptVerdict::Passed => Verdict::Passed,
            AttemptVerdict::Failed => Verdict::Failed,
            AttemptVerdict::Errored => Verdict::Errored,
            AttemptVerdict::Skipped => Verdict::Skipped,
            AttemptVerdict::Interrupted => Verdict::Interrupted,
        });
        let attempt = job.attempts;
        job.verdict = job_verdict;
        let counts = !job.entry.quarantined;
        if again {
            // A retry keeps its priority and its place.
            self.queue.insert((-i16::from(job.entry.priority), id.0), id);
        } else {
            self.open -= 1;
        }
        effects.settled = Some(Settled { job: id, attempt, slot, verdict, kind, job_verdict });
        match job_verdict {
            Some(Verdict::Failed) if counts => self.count_failure(effects),
            Some(Verdict::Errored) => self.count_error(effects),
            _ => {}
        }
        if !matches!(verdict, AttemptVerdict::Errored | AttemptVerdict::Interrupted) {
            self.errored_in_a_row = 0;
        }
    }

    fn count_failure(&mut self, effects: &mut Effects) {
        self.failed += 1;
        if self.rules.fail_fast.is_some_and(|most| self.failed >= most) && self.stop.is_none() {
            effects.notice =
                Some(format!("{} failed, so nothing more is started (--fail-fast)", self.failed));
            self.stop(Stop::Drain, BatchStatus::Finished, effects);
        }
    }

    fn count_error(&mut self, effects: &mut Effects) {
        self.errored_in_a_row += 1;
        if self.errored_in_a_row >= self.rules.give_up_after && self.stop.is_none() {
            effects.notice = Some(format!(
                "{} cases in a row ended in infrastructure errors with every retry, so nothing more is started",
                self.errored_in_a_row
            ));
            self.stop(Stop::Drain, BatchStatus::Finished, effects);
        }
    }

    fn stop(&mut self, how: Stop, status: BatchStatus, effects: &mut Effects) {
        if self.open == 0 || self.stop.is_some_and(|now| now >= how) {
            return;
        }
        self.stop = Some(how);
        if status != BatchStatus::Finished && self.status == BatchStatus::Finished {
            self.status = status;
        }
        effects.grace = how == Stop::Grace;
        effects.interrupt = how == Stop::Now;
    }

    fn close_the_rest(&mut self, effects: &mut Effects) {
        self.queue.clear();
        for (at, job) in (0_u32..).zip(&mut self.jobs) {
            if job.verdict.is_none() {
                // A job between two attempts has begun: it was interrupted, not never run.
                let verdict = if job.attempts > 0 { Verdict::Interrupted } else { Verdict::NotRun };
                job.verdict = Some(verdict);
                effects.closed.push((JobId(at), verdict));
            }
        }
        self.open = 0;
    }
}

/// How an attempt counts, given what its case expects and where its page crashed before.
fn judge(
    job: &mut Job,
    ended: (AttemptVerdict, Option<FailureKind>),
    crashed_at: Option<u32>,
) -> (AttemptVerdict, Option<FailureKind>) {
    let (verdict, kind) = ended;
    if let Some(step) = crashed_at {
        let again_here = job.crashed_at == Some(step);
        job.crashed_at = Some(step);
        if again_here {
            return (AttemptVerdict::Failed, Some(FailureKind::PageCrash));
        }
    }
    match verdict {
        AttemptVerdict::Failed if job.entry.expect_failure => (AttemptVerdict::Passed, None),
        AttemptVerdict::Passed if job.entry.expect_failure => {
            (AttemptVerdict::Failed, Some(FailureKind::UnexpectedPass))
        }
        other => (other, kind),
    }
}

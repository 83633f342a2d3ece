//! A builder of plausible event streams, for tests of whatever consumes events. Its clock moves only when told to.

use super::samples::evidence;
use super::{
    AttemptFinished, AttemptStarted, BatchFinished, BatchStarted, CaseFinished, CaseQueued, Event, Failure,
    Level, Load, Stamped, StepFinished, StepStarted,
};
use crate::id::{BatchId, CaseId, JobId};
use crate::outcome::{AttemptVerdict, BatchStatus, ExitCode, StepVerdict, Verdict};
use crate::source::Location;
use jiff::{Timestamp, ToSpan};
use std::collections::HashMap;

/// The start of every story.
pub(crate) const START: &str = "2027-01-02T03:04:05.678Z";

/// The batch of every story that does not say otherwise.
pub(crate) const BATCH: &str = "20270102-030405-7k2m9qxd";

/// A batch being told.
pub(crate) struct Story {
    events: Vec<Stamped>,
    clock_ms: u64,
    jobs: HashMap<JobId, Told>,
    limit: u32,
}

#[derive(Default)]
struct Told {
    attempts: u32,
    slot: u32,
    first_ms: u64,
    started_ms: u64,
    position: u32,
    open: Vec<(StepStarted, u64)>,
}

impl Story {
    /// A batch that has started.
    pub(crate) fn new(total: usize, concurrency: u32) -> Self {
        Self::named(BATCH, total, concurrency)
    }

    /// A batch with an id of its own.
    pub(crate) fn named(batch: &str, total: usize, concurrency: u32) -> Self {
        let mut story = Self { events: Vec::new(), clock_ms: 0, jobs: HashMap::new(), limit: concurrency };
        story.push(Event::BatchStarted(Box::new(BatchStarted {
            batch: BatchId::from_stored(batch),
            total: u32::try_from(total).unwrap(),
            concurrency,
            host: "build-7".to_owned(),
            boot_id: Some("3f1c".to_owned()),
            seed: u64::MAX,
            shard: None,
            version: "0.1.0".to_owned(),
            git_commit: Some("bb347f6".to_owned()),
            command_line: vec!["batchrun".into(), "-c".into(), "3".into(), "my cases".into()],
            settings: serde_json::json!({ "concurrency": { "value": 3, "from": "command line" } }),
        })));
        story
    }

    /// The events so far.
    pub(crate) fn events(&self) -> Vec<Stamped> {
        self.events.clone()
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, ms: u64) -> &mut Self {
        self.clock_ms += ms;
        self
    }

    pub(crate) fn push(&mut self, event: Event) {
        let start: Timestamp = START.parse().unwrap();
        self.events.push(Stamped {
            seq: self.events.len() as u64 + 1,
            at: start.checked_add(i64::try_from(self.clock_ms).unwrap().milliseconds()).unwrap(),
            elapsed_ms: self.clock_ms,
            event,
        });
    }

    pub(crate) fn queue(&mut self, id: &str) -> JobId {
        self.queue_with(id, |_| ())
    }

    pub(crate) fn queue_with(&mut self, id: &str, change: impl FnOnce(&mut CaseQueued)) -> JobId {
        let job = JobId(u32::try_from(self.jobs.len()).unwrap());
        let stem = id.split([':', '[']).next().unwrap();
        let mut queued = CaseQueued {
            job,
            case: CaseId::new(id),
            name: id.rsplit('/').next().unwrap().into(),
            location: Location { file: format!("{stem}.toml"), line: 1, column: 1 },
            content_hash: "5e884898da28047151d0e56f8dc62927".into(),
            browser: "chrome".to_owned(),
            row: None,
            tags: vec!["smoke".to_owned()],
            priority: 0,
            quarantined: false,
            quarantine: None,
            tries: 2,
        };
        change(&mut queued);
        self.jobs.insert(job, Told::default());
        self.push(Event::CaseQueued(Box::new(queued)));
        job
    }

    pub(crate) fn start(&mut self, job: JobId, slot: u32) {
        let now = self.clock_ms;
        let told = self.jobs.get_mut(&job).unwrap();
        if told.attempts == 0 {
            told.first_ms = now;
        }
        *told = Told {
            attempts: told.attempts + 1,
            slot,
            first_ms: told.first_ms,
            started_ms: now,
            ..Told::default()
        };
        let attempt = told.attempts;
        let running = self.jobs.values().filter(|told| told.slot > 0).count();
        let load = Load { cpu: Some(42.5), memory_free_mb: Some(2048), ..Load::default() };
        self.push(Event::AttemptStarted(AttemptStarted {
            job,
            attempt,
            slot,
            running: u32::try_from(running).unwrap(),
            limit: self.limit,
            steps: 3,
            load,
        }));
    }

    pub(crate) fn enter(&mut self, job: JobId, depth: u32, title: &str) {
        let told = self.jobs.get_mut(&job).unwrap();
        told.position += 1;
        let step = StepStarted {
            job,
            attempt: told.attempts,
            position: told.position,
            depth,
            title: title.into(),
            location: Location {
                file: "testcases/a.toml".to_owned(),
                line: told.position as usize + 3,
                column: 3,
            },
        };
        told.open.push((step.clone(), self.clock_ms));
        self.push(Event::StepStarted(step));
    }

    /// The innermost step passes.
    pub(crate) fn leave(&mut self, job: JobId) {
        self.leave_with(job, StepVerdict::Passed, None);
    }

    fn leave_with(&mut self, job: JobId, verdict: StepVerdict, message: Option<&str>) {
        let (step, started_ms) = self.jobs.get_mut(&job).unwrap().open.pop().unwrap();
        self.push(Event::StepFinished(StepFinished {
            job,
            attempt: step.attempt,
            position: step.position,
            depth: step.depth,
            title: step.title,
            line: u32::try_from(step.location.line).unwrap(),
            verdict,
            started_ms,
            duration_ms: self.clock_ms - started_ms,
            message: message.map(Into::into),
        }));
    }

    pub(crate) fn step(&mut self, job: JobId, title: &str, ms: u64) {
        self.enter(job, 0, title);
        self.wait(ms).leave(job);
    }

    fn end_attempt(
        &mut self,
        job: JobId,
        verdict: AttemptVerdict,
        failure: Option<Failure>,
        will_retry: bool,
    ) {
        let step = match verdict {
            AttemptVerdict::Passed => StepVerdict::Passed,
            AttemptVerdict::Failed => StepVerdict::Failed,
            AttemptVerdict::Errored => StepVerdict::Errored,
            AttemptVerdict::Skipped => StepVerdict::Skipped,
            AttemptVerdict::Interrupted => StepVerdict::Interrupted,
        };
        while !self.jobs[&job].open.is_empty() {
            self.leave_with(job, step, failure.as_ref().map(|it| it.message.raw()));
        }
        let now = self.clock_ms;
        let told = self.jobs.get_mut(&job).unwrap();
        let evidence = if failure.is_some() { evidence(told.attempts) } else { Vec::new() };
        let (attempt, slot, duration_ms) =
            (told.attempts, std::mem::take(&mut told.slot), now - told.started_ms);
        self.push(Event::AttemptFinished(Box::new(AttemptFinished {
            job,
            attempt,
            slot,
            verdict,
            duration_ms,
            cpu_mean: Some(55.0),
            failure,
            evidence,
            will_retry,
        })));
    }

    /// The attempt passes and so does the job: flaky if it is not the first one.
    pub(crate) fn pass(&mut self, job: JobId) {
        self.end_attempt(job, AttemptVerdict::Passed, None, false);
        self.end(job, if self.jobs[&job].attempts > 1 { Verdict::Flaky } else { Verdict::Passed });
    }

    /// The attempt and the job fail or error.
    pub(crate) fn fail(&mut self, job: JobId, failure: Failure) {
        let (verdict, kind) = (failure.kind.attempt_verdict(), failure.kind);
        let message = failure.message.clone();
        self.end_attempt(job, verdict, Some(failure), false);
        let verdict = if kind.is_infrastructure() { Verdict::Errored } else { Verdict::Failed };
        self.end_saying(job, verdict, Some(message.raw()));
    }

    /// The attempt fails or errors and will be followed by another.
    pub(crate) fn retry(&mut self, job: JobId, failure: Failure) {
        self.end_attempt(job, failure.kind.attempt_verdict(), Some(failure), true);
    }

    pub(crate) fn interrupt(&mut self, job: JobId) {
        self.end_attempt(job, AttemptVerdict::Interrupted, None, false);
        self.end(job, Verdict::Interrupted);
    }

    /// The job ends, whatever its attempts say.
    pub(crate) fn end(&mut self, job: JobId, verdict: Verdict) {
        let message = match verdict {
            Verdict::Skipped => Some("not on this browser"),
            Verdict::NotRun => Some("stopped by Ctrl-C"),
            _ => None,
        };
        self.end_saying(job, verdict, message);
    }

    fn end_saying(&mut self, job: JobId, verdict: Verdict, message: Option<&str>) {
        let told = &self.jobs[&job];
        let duration_ms = if told.attempts == 0 { 0 } else { self.clock_ms - told.first_ms };
        let attempts = told.attempts;
        self.push(Event::CaseFinished(CaseFinished {
            job,
            verdict,
            attempts,
            duration_ms,
            message: message.map(Into::into),
            slow_after_ms: None,
        }));
    }

    pub(crate) fn message(&mut self, level: Level, text: &str) {
        self.push(Event::Message { level, text: text.into() });
    }

    pub(crate) fn finish(&mut self, status: BatchStatus, exit: ExitCode) {
        self.push(Event::BatchFinished(BatchFinished {
            status,
            exit,
            duration_ms: self.clock_ms,
            peak_memory_bytes: Some(312 << 20),
            mean_cpu_percent: Some(140.4),
            leftovers: 0,
        }));
    }
}

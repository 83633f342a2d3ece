//! One fold over the events of a batch: counts, what runs now, what failed. Reporters and the summary all read this one,
//! so that they cannot disagree. It performs nothing and knows no clock but the events' own.

use super::facts::{
    AttemptFinished, AttemptStarted, BatchFinished, CaseFinished, CaseQueued, StepFinished, StepStarted,
};
use super::verdicts::Verdicts;
use super::{Eta, Event, Evidence, Failure, Stamped};
use crate::id::{BatchId, CaseId, JobId};
use crate::outcome::{FailureKind, Verdict};
use crate::text::Untrusted;
use std::collections::{BTreeMap, HashMap};

/// Failures that are kept in full; of the others only the number is known, the rest stands in the database.
pub const FAILURES_KEPT: usize = 100;

/// Jobs that there is room for at once.
const MOST_AT_ONCE: usize = 1 << 16;

/// What the events so far amount to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The number of the last event.
    pub seq: u64,
    /// How old the batch was at the last event, in milliseconds.
    pub elapsed_ms: u64,
    /// The batch.
    pub batch: Option<BatchId>,
    /// Jobs in the plan.
    pub total: u32,
    /// Slots there are.
    pub limit: u32,
    /// How jobs ended.
    pub verdicts: Verdicts,
    /// Attempts that run, by slot.
    pub running: BTreeMap<u32, Running>,
    /// Failed and errored jobs, in the order in which they ended; at most [`FAILURES_KEPT`].
    pub failures: Vec<FailedJob>,
    /// Attempts that the infrastructure broke and after which another one followed, by kind.
    pub broken: BTreeMap<FailureKind, u32>,
    /// Jobs that passed and were slow.
    pub slow: u32,
    /// Why nothing is started, while nothing is.
    pub paused: Option<String>,
    /// Why nothing is started any more, once that is so.
    pub stopping: Option<String>,
    /// How long it will still take, by the last sample; unknown while nothing is started.
    pub eta: Option<Eta>,
    /// How the batch ended.
    pub finished: Option<BatchFinished>,
    /// Names of the browsers in the plan, in the order in which they came.
    pub browsers: Vec<String>,
    /// By their numbers, which are dense.
    jobs: Vec<Option<Job>>,
    /// The last failure of jobs that have not ended.
    failing: HashMap<JobId, (Failure, Vec<Evidence>)>,
}

/// What reporters need to know of a job for as long as the batch runs: little, since there may be many.
#[derive(Clone, Debug)]
pub struct Job {
    /// The case's id, with its row.
    pub case: CaseId,
    /// The browser's place in [`Tally::browsers`].
    browser: u16,
    /// Whether it does not decide the exit code.
    pub quarantined: bool,
    /// Attempts it may have, infrastructure retries not counted.
    pub tries: u32,
}

/// An attempt that runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// The job.
    pub job: JobId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Its start, in milliseconds since the batch started.
    pub started_ms: u64,
    /// Steps at the case's top level.
    pub steps: u32,
    /// Steps of the top level that have started.
    pub reached: u32,
    /// The titles of the steps that run, the innermost last.
    pub titles: Vec<Untrusted>,
}

/// A job that failed or errored, with its last failure.
#[derive(Clone, Debug)]
pub struct FailedJob {
    /// The job.
    pub job: JobId,
    /// `failed` or `errored`.
    pub verdict: Verdict,
    /// Attempts there were.
    pub attempts: u32,
    /// How long its attempts held their slots, all together.
    pub duration_ms: u64,
    /// One line, when there is no [`FailedJob::failure`].
    pub message: Option<Untrusted>,
    /// The failure of its last attempt that failed.
    pub failure: Option<Failure>,
    /// What was kept of that attempt.
    pub evidence: Vec<Evidence>,
}

impl Tally {
    /// Takes in the next event.
    pub fn apply(&mut self, stamped: &Stamped) {
        self.seq = stamped.seq;
        self.elapsed_ms = stamped.elapsed_ms;
        match &stamped.event {
            Event::BatchStarted(batch) => {
                self.batch = Some(batch.batch.clone());
                self.total = batch.total;
                self.limit = batch.concurrency;
            }
            Event::BatchResumed(batch) => self.resume(batch.started.concurrency),
            Event::CaseQueued(queued) => self.queue(queued),
            Event::AttemptStarted(started) => self.start(started, stamped.elapsed_ms),
            Event::StepStarted(step) => self.enter(step),
            Event::StepFinished(step) => self.leave(step),
            Event::AttemptFinished(finished) => self.end_attempt(finished),
            Event::CaseFinished(finished) => self.end(finished),
            Event::ConcurrencyChanged { to, .. } => self.limit = *to,
            Event::Paused { why } => (self.paused, self.eta) = (Some(why.clone()), None),
            Event::Resumed => self.paused = None,
            Event::Stopping { why } => (self.stopping, self.eta) = (Some(why.clone()), None),
            Event::Sample(sample) => self.eta = sample.eta,
            Event::Message { .. } => {}
            Event::BatchFinished(finished) => self.finished = Some(finished.clone()),
        }
    }

    /// Failed and errored jobs that are not in [`Tally::failures`].
    pub fn failures_dropped(&self) -> u32 {
        let bad = self.verdicts.ended.of(Verdict::Failed) + self.verdicts.ended.of(Verdict::Errored);
        bad - u32::try_from(self.failures.len()).unwrap_or(bad)
    }

    /// A job of the plan.
    pub fn job(&self, job: JobId) -> Option<&Job> {
        self.jobs.get(job.0 as usize)?.as_ref()
    }

    /// The name of a job's browser.
    pub fn browser(&self, job: &Job) -> &str {
        self.browsers.get(usize::from(job.browser)).map_or("", String::as_str)
    }

    /// The id of a job's case as people see it: with `@browser` when the batch has several browsers.
    pub fn title(&self, job: JobId) -> Untrusted {
        match self.job(job) {
            Some(it) if self.browsers.len() > 1 => format!("{} @{}", it.case, self.browser(it)).into(),
            Some(it) => it.case.as_str().into(),
            None => format!("job {}", job.0).into(),
        }
    }

    fn resume(&mut self, limit: u32) {
        self.limit = limit;
        self.verdicts.resume();
        self.running.clear();
        self.failing.clear();
        self.failures.retain(|failed| !failed.verdict.is_resumed());
        self.paused = None;
        self.stopping = None;
        self.eta = None;
        self.finished = None;
    }

    fn queue(&mut self, queued: &CaseQueued) {
        let known = self.browsers.iter().position(|browser| *browser == queued.browser);
        let browser = known.unwrap_or_else(|| {
            self.browsers.push(queued.browser.clone());
            self.browsers.len() - 1
        });
        self.verdicts.queue(queued.job, queued.quarantined);
        let place = queued.job.0 as usize;
        if self.jobs.len() <= place {
            // What a record says of its size may be anything.
            let room = (self.total as usize).saturating_sub(self.jobs.len()).min(MOST_AT_ONCE);
            self.jobs.reserve_exact(room);
            self.jobs.resize_with(place + 1, || None);
        }
        self.jobs[place] = Some(Job {
            case: queued.case.clone(),
            browser: u16::try_from(browser).unwrap_or(u16::MAX),
            quarantined: queued.quarantined,
            tries: queued.tries,
        });
    }

    fn start(&mut self, started: &AttemptStarted, elapsed_ms: u64) {
        self.limit = started.limit;
        self.running.insert(
            started.slot,
            Running {
                job: started.job,
                attempt: started.attempt,
                started_ms: elapsed_ms,
                steps: started.steps,
                reached: 0,
                titles: Vec::new(),
            },
        );
    }

    fn attempt_of(&mut self, job: JobId) -> Option<&mut Running> {
        self.running.values_mut().find(|running| running.job == job)
    }

    fn enter(&mut self, step: &StepStarted) {
        let Some(running) = self.attempt_of(step.job) else { return };
        running.reached += u32::from(step.depth == 0);
        running.titles.truncate(step.depth as usize);
        running.titles.push(step.title.clone());
    }

    fn leave(&mut self, step: &StepFinished) {
        let Some(running) = self.attempt_of(step.job) else { return };
        // The last step of the top level stays to be seen: the next one starts at once, or the attempt ends.
        running.titles.truncate((step.depth as usize).max(1));
    }

    fn end_attempt(&mut self, finished: &AttemptFinished) {
        self.running.retain(|_, running| running.job != finished.job);
        if let Some(failure) = &finished.failure {
            if finished.will_retry && failure.kind.is_infrastructure() {
                *self.broken.entry(failure.kind).or_default() += 1;
            }
            self.failing.insert(finished.job, (failure.clone(), finished.evidence.clone()));
        }
    }

    fn end(&mut self, finished: &CaseFinished) {
        self.running.retain(|_, running| running.job != finished.job);
        self.verdicts.end(finished.job, finished.verdict);
        self.slow += u32::from(finished.slow_after_ms.is_some());
        let failure = self.failing.remove(&finished.job);
        match finished.verdict {
            Verdict::Failed | Verdict::Errored if self.failures.len() < FAILURES_KEPT => {
                let (failure, evidence) =
                    failure.map_or((None, Vec::new()), |(it, evidence)| (Some(it), evidence));
                self.failures.push(FailedJob {
                    job: finished.job,
                    verdict: finished.verdict,
                    attempts: finished.attempts,
                    duration_ms: finished.duration_ms,
                    message: finished.message.clone(),
                    failure,
                    evidence,
                });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::failure;
    use super::super::story::Story;
    use super::*;

    fn tally(events: &[Stamped]) -> Tally {
        events.iter().fold(Tally::default(), |mut tally, event| {
            tally.apply(event);
            tally
        })
    }

    #[test]
    fn every_job_is_counted_once_under_its_verdict() {
        let tally = tally(&Story::mixed().events());
        let counts: Vec<_> = Verdict::ALL.iter().map(|it| tally.verdicts.ended.of(*it)).collect();
        assert_eq!(counts, [2, 1, 2, 1, 1, 1, 1]);
        assert_eq!((tally.verdicts.ended.sum(), tally.total), (9, 9));
        assert_eq!(tally.verdicts.deciding(Verdict::Failed), 1);
        assert!(tally.running.is_empty());
        assert_eq!(tally.failures.len(), 3);
    }

    #[test]
    fn a_running_attempt_shows_its_innermost_step() {
        let mut story = Story::new(1, 1);
        let job = story.queue("testcases/a");
        story.start(job, 1);
        story.enter(job, 0, "fill");
        story.leave(job);
        story.enter(job, 0, "use sign-in");
        story.enter(job, 1, "click");
        let seen = tally(&story.events());
        let running = &seen.running[&1];
        assert_eq!((running.reached, running.steps), (2, 3));
        assert_eq!(running.titles.last().unwrap().raw(), "click");
        story.leave(job);
        assert_eq!(tally(&story.events()).running[&1].titles.last().unwrap().raw(), "use sign-in");
    }

    #[test]
    fn failures_are_kept_up_to_a_bound_and_counted_beyond_it() {
        let mut story = Story::new(FAILURES_KEPT + 5, 1);
        for i in 0..FAILURES_KEPT + 5 {
            let job = story.queue(&format!("testcases/{i}"));
            story.start(job, 1);
            story.fail(job, failure(FailureKind::Assertion));
        }
        let tally = tally(&story.events());
        assert_eq!((tally.failures.len(), tally.failures_dropped()), (FAILURES_KEPT, 5));
        assert!(tally.failing.is_empty());
    }

    #[test]
    fn the_browser_is_shown_when_there_are_several() {
        let mut story = Story::new(2, 1);
        let first = story.queue("testcases/a");
        assert_eq!(tally(&story.events()).title(first).raw(), "testcases/a");
        story.queue_with("testcases/a", |case| case.browser = "firefox".to_owned());
        assert_eq!(tally(&story.events()).title(first).raw(), "testcases/a @chrome");
    }
}

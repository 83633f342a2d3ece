//! What a client must know that sees a batch for the first time: the fold behind the snapshot. A case takes a line.

use super::Standing;
use crate::event::tally::Tally;
use crate::event::{BatchStarted, CaseQueued, Event, Level, Stamped, millis};
use crate::id::{CaseId, JobId};
use crate::outcome::{AttemptVerdict, BatchStatus, Verdict};
use crate::text::{Untrusted, shell_word};
use serde::Serialize;
use std::collections::VecDeque;

/// Samples that are kept: half an hour of them.
pub(super) const SAMPLES: usize = 1_800;

/// Messages that are kept.
const MESSAGES: usize = 50;

/// What the events so far amount to.
#[derive(Debug, Default, Serialize)]
pub struct Picture {
    #[serde(skip)]
    tally: Tally,
    #[serde(skip)]
    elapsed_ms: u64,
    /// When it began, RFC 3339.
    started_at: String,
    /// Where and what it was; `None` until it has begun.
    about: Option<About>,
    /// How it ended; `running` until then.
    status: String,
    exit_code: Option<u8>,
    /// Why the limit is what it is, once it has changed.
    limit_why: Option<String>,
    /// Of the last half hour, oldest first.
    samples: VecDeque<Point>,
    messages: VecDeque<Note>,
    /// Attempts that have ended.
    timeline: Vec<Bar>,
    /// In the order of the plan.
    cases: Vec<Case>,
}

/// Where a batch ran, and what ran there.
#[derive(Debug, Serialize)]
struct About {
    host: String,
    version: String,
    git_commit: Option<String>,
    shard: Option<String>,
    /// Quoted for a shell.
    command_line: String,
}

/// An attempt in its slot: slot, beginning and length in milliseconds, job, attempt, verdict. There are many: it is a list
/// in JSON, without names.
#[derive(Clone, Copy, Debug, Serialize)]
struct Bar(u32, u64, u64, JobId, u32, AttemptVerdict);

/// A second of the batch.
#[derive(Clone, Copy, Debug, Serialize)]
struct Point {
    elapsed_ms: u64,
    cpu: Option<f64>,
    memory_mb: Option<u64>,
    net_rx: Option<u64>,
    net_tx: Option<u64>,
    running: u32,
    limit: u32,
    /// Jobs that had ended.
    ended: u32,
}

#[derive(Debug, Serialize)]
struct Note {
    elapsed_ms: u64,
    level: Level,
    text: Untrusted,
}

/// A job of the plan.
#[derive(Debug, Serialize)]
struct Case {
    job: JobId,
    #[serde(rename = "case")]
    id: CaseId,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    quarantined: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<Untrusted>,
    /// `None` until it has ended.
    verdict: Option<Verdict>,
    attempts: u32,
    duration_ms: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    slow: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Untrusted>,
}

impl Case {
    fn queued(queued: &CaseQueued) -> Self {
        Self {
            job: queued.job,
            id: queued.case.clone(),
            browser: Some(queued.browser.clone()).filter(|browser| browser != "chrome"),
            tags: queued.tags.clone(),
            quarantined: queued.quarantined,
            quarantine: queued.quarantine.clone(),
            verdict: None,
            attempts: 0,
            duration_ms: 0,
            slow: false,
            message: None,
        }
    }
}

impl About {
    fn of(batch: &BatchStarted) -> Self {
        let words: Vec<_> = batch.command_line.iter().map(|word| shell_word(&word.line())).collect();
        Self {
            host: batch.host.clone(),
            version: batch.version.clone(),
            git_commit: batch.git_commit.clone(),
            shard: batch.shard.clone(),
            command_line: words.join(" "),
        }
    }
}

impl Picture {
    /// Takes over what only events say that were not recalled: the steps of what runs, and the time left.
    pub fn catch_up(&mut self, tally: &Tally) {
        self.tally.running.clone_from(&tally.running);
        self.tally.eta.clone_from(&tally.eta);
    }

    /// Takes in the next event.
    pub fn apply(&mut self, stamped: &Stamped) {
        // Before the tally forgets who runs.
        match &stamped.event {
            Event::AttemptFinished(it) => self.bar(it.slot, it.job, it.verdict, stamped.elapsed_ms),
            Event::BatchResumed(_) => self.cut_off(),
            _ => {}
        }
        self.tally.apply(stamped);
        self.elapsed_ms = stamped.elapsed_ms;
        match &stamped.event {
            Event::BatchStarted(batch) => {
                self.about = Some(About::of(batch));
                self.started_at = millis::text(stamped.at);
                "running".clone_into(&mut self.status);
            }
            Event::BatchResumed(_) => {
                "running".clone_into(&mut self.status);
                self.limit_why = None;
                self.exit_code = None;
                for case in &mut self.cases {
                    if case.verdict.is_some_and(Verdict::is_resumed) {
                        (case.verdict, case.message) = (None, None);
                    }
                }
            }
            Event::CaseQueued(queued) => self.cases.push(Case::queued(queued)),
            Event::CaseFinished(finished) => {
                if let Some(case) = self.case(finished.job) {
                    case.verdict = Some(finished.verdict);
                    case.attempts = finished.attempts;
                    case.duration_ms = finished.duration_ms;
                    case.slow = finished.slow_after_ms.is_some();
                    case.message.clone_from(&finished.message);
                }
            }
            Event::ConcurrencyChanged { why, .. } => self.limit_why = Some(why.clone()),
            Event::Sample(sample) => {
                let point = Point {
                    elapsed_ms: stamped.elapsed_ms,
                    cpu: sample.cpu,
                    memory_mb: sample.memory_mb,
                    net_rx: sample.net_rx,
                    net_tx: sample.net_tx,
                    running: sample.running,
                    limit: sample.limit,
                    ended: self.tally.verdicts.ended.sum(),
                };
                keep(&mut self.samples, point, SAMPLES);
            }
            Event::Message { level, text } => {
                let note = Note { elapsed_ms: stamped.elapsed_ms, level: *level, text: text.clone() };
                keep(&mut self.messages, note, MESSAGES);
            }
            Event::BatchFinished(finished) => {
                finished.status.as_str().clone_into(&mut self.status);
                self.exit_code = Some(finished.exit.code());
            }
            Event::AttemptStarted(_)
            | Event::StepStarted(_)
            | Event::StepFinished(_)
            | Event::AttemptFinished(_)
            | Event::Paused { .. }
            | Event::Stopping { .. }
            | Event::Resumed => {}
        }
    }

    /// Draws the attempt that ends in a slot.
    fn bar(&mut self, slot: u32, job: JobId, verdict: AttemptVerdict, now_ms: u64) {
        let Some(ran) = self.tally.running.get(&slot).filter(|ran| ran.job == job) else { return };
        let took_ms = now_ms.saturating_sub(ran.started_ms);
        self.timeline.push(Bar(slot, ran.started_ms, took_ms, job, ran.attempt, verdict));
    }

    /// What ran when the runner died has an end, too: the last that was heard of the batch.
    fn cut_off(&mut self) {
        let running: Vec<_> = self.tally.running.iter().map(|(slot, ran)| (*slot, ran.job)).collect();
        for (slot, job) in running {
            self.bar(slot, job, AttemptVerdict::Interrupted, self.elapsed_ms);
        }
    }

    /// Takes what the record says of a batch whose runner could not say it any more.
    pub(super) fn ends_as(&mut self, status: BatchStatus) {
        if status == BatchStatus::Aborted {
            status.as_str().clone_into(&mut self.status);
            self.cut_off();
        }
    }

    /// Jobs come in the order of their numbers, of which some may be missing.
    fn case(&mut self, job: JobId) -> Option<&mut Case> {
        let place = self.cases.partition_point(|case| case.job < job);
        self.cases.get_mut(place).filter(|case| case.job == job)
    }

    /// The first message of a client; `seq` is the last event that is in it.
    pub fn json(&self, seq: u64) -> String {
        #[derive(Serialize)]
        struct Snapshot<'a> {
            event: &'static str,
            seq: u64,
            /// The job that failed or errored first, if it counts; else the first that does not.
            first_failure: Option<JobId>,
            #[serde(flatten)]
            standing: Standing,
            #[serde(flatten)]
            picture: &'a Picture,
        }
        let standing = Standing::of(&self.tally, self.elapsed_ms);
        let failures = &self.tally.failures;
        let counts = |job: JobId| self.tally.job(job).is_some_and(|it| !it.quarantined);
        let first_failure = failures.iter().find(|it| counts(it.job)).or(failures.first()).map(|it| it.job);
        let snapshot = Snapshot { event: "snapshot", seq, first_failure, standing, picture: self };
        // Nothing in it has keys that are no texts, which is all that could fail.
        serde_json::to_string(&snapshot).unwrap_or_default()
    }
}

fn keep<T>(all: &mut VecDeque<T>, one: T, most: usize) {
    if all.len() == most {
        all.pop_front();
    }
    all.push_back(one);
}

//! The one event enum: what happened in a batch, as facts, for the record, the reporters and the live socket.
//!
//! Events hold no policy and no borrowed data. Texts in them are already masked; the untrusted ones say so by type.

use crate::id::{BatchId, CaseId, JobId};
use crate::outcome::{AttemptVerdict, BatchStatus, ExitCode, FailureKind, StepVerdict, Verdict};
use crate::source::Location;
use crate::text::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An event with its place in the batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stamped {
    /// From 1, without gaps.
    pub seq: u64,
    /// Wall time, RFC 3339 UTC with milliseconds: for people.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// Monotonic milliseconds since the batch started: for arithmetic.
    pub elapsed_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// RFC 3339 with exactly three digits of milliseconds.
pub mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// The text form.
    pub fn text(at: Timestamp) -> String {
        at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first event of a batch; its record exists before any browser starts.
    BatchStarted(Box<BatchStarted>),
    /// A job of the plan; all come before the first attempt.
    CaseQueued(Box<CaseQueued>),
    /// A job got a slot and a page is being leased.
    AttemptStarted(AttemptStarted),
    /// A step began.
    StepStarted(StepStarted),
    /// A step ended.
    StepFinished(StepFinished),
    /// An attempt ended; the job may be tried again.
    AttemptFinished(Box<AttemptFinished>),
    /// A job has its verdict.
    CaseFinished(CaseFinished),
    /// The limit changed.
    ConcurrencyChanged {
        /// Slots before.
        from: u32,
        /// Slots now.
        to: u32,
        /// The reason, for people.
        why: String,
    },
    /// Nothing more is started until `resumed`.
    Paused {
        /// The reason, for people.
        why: String,
    },
    /// Jobs are started again.
    Resumed,
    /// Something a person should know, once.
    Message {
        /// How serious.
        level: Level,
        /// One or more lines.
        text: Untrusted,
    },
    /// The last event.
    BatchFinished(BatchFinished),
}

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// May explain trouble.
    Warning,
    /// Is trouble.
    Error,
}

/// See [`Event::BatchStarted`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchStarted {
    /// The batch.
    pub batch: BatchId,
    /// Jobs in the plan.
    pub total: u32,
    /// Slots.
    pub concurrency: u32,
    /// The machine's name.
    pub host: String,
    /// The kernel's boot id, where there is one.
    pub boot_id: Option<String>,
    /// Seed of everything random in the batch.
    pub seed: u64,
    /// batchrun's version.
    pub version: String,
    /// The commit that is checked out in the project root.
    pub git_commit: Option<String>,
    /// The arguments, masked.
    pub command_line: Vec<Untrusted>,
    /// Settings with their origins, masked.
    pub settings: serde_json::Value,
}

/// See [`Event::CaseQueued`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaseQueued {
    /// The job.
    pub job: JobId,
    /// The case's id, with its row.
    pub case: CaseId,
    /// The case's name.
    pub name: Untrusted,
    /// Where it stands.
    pub location: Location,
    /// SHA-256 of the file.
    pub content_hash: std::sync::Arc<str>,
    /// The browser's name.
    pub browser: String,
    /// The row's name.
    pub row: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Priority.
    pub priority: i8,
    /// Whether it does not decide the exit code.
    pub quarantined: bool,
}

/// See [`Event::AttemptStarted`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// The job.
    pub job: JobId,
    /// From 1; infrastructure retries count, too.
    pub attempt: u32,
    /// The slot, from 1.
    pub slot: u32,
    /// Attempts that run, with this one.
    pub running: u32,
    /// Slots there are.
    pub limit: u32,
    /// Steps that the case has at its top level, `before` and `after` included.
    pub steps: u32,
}

/// See [`Event::StepStarted`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepStarted {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: u32,
    /// From 1, in the order in which steps start.
    pub position: u32,
    /// How deep it stands in blocks; 0 is the case itself.
    pub depth: u32,
    /// What people see.
    pub title: Untrusted,
    /// Where it stands.
    pub location: Location,
}

/// See [`Event::StepFinished`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepFinished {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: u32,
    /// As in `step_started`.
    pub position: u32,
    /// As in `step_started`.
    pub depth: u32,
    /// As in `step_started`.
    pub title: Untrusted,
    /// The line it stands in.
    pub line: u32,
    /// How it ended.
    pub verdict: StepVerdict,
    /// Its start, in milliseconds since the batch started.
    pub started_ms: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it did not pass.
    pub message: Option<Untrusted>,
}

/// See [`Event::AttemptFinished`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttemptFinished {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: u32,
    /// The slot it held.
    pub slot: u32,
    /// How it ended.
    pub verdict: AttemptVerdict,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it did not pass.
    pub failure: Option<Failure>,
    /// What was kept of it.
    pub evidence: Vec<Evidence>,
    /// Whether another attempt follows.
    pub will_retry: bool,
}

/// Why an attempt did not pass, in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind.
    pub kind: FailureKind,
    /// One line: what happened.
    pub message: Untrusted,
    /// Where: the step's place in its file.
    pub location: Option<Location>,
    /// The step's title.
    pub step: Option<Untrusted>,
    /// The step's position.
    pub position: Option<u32>,
    /// What was expected, where something was.
    pub expected: Option<Untrusted>,
    /// What was found instead.
    pub actual: Option<Untrusted>,
    /// What was seen while waiting, oldest first.
    pub seen: Vec<Untrusted>,
    /// What to do about it.
    pub hints: Vec<Untrusted>,
    /// The step's lines as they stand in the file, for the report.
    pub excerpt: Option<Untrusted>,
    /// Further failures of soft steps and of `after` steps: place and message.
    pub further: Vec<Untrusted>,
}

/// A file that was kept, or a note why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `screenshot`, `source`, `console`, `log`.
    pub kind: String,
    /// The step it belongs to.
    pub position: Option<u32>,
    /// Relative to the database's folder.
    pub path: Option<String>,
    /// Size of the file.
    pub bytes: u64,
    /// Its name, or why there is no file.
    pub note: Option<Untrusted>,
}

/// See [`Event::CaseFinished`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaseFinished {
    /// The job.
    pub job: JobId,
    /// The verdict.
    pub verdict: Verdict,
    /// Attempts there were.
    pub attempts: u32,
    /// From the first attempt's start to the last one's end; 0 if it never started.
    pub duration_ms: u64,
    /// Why it did not pass, in one line.
    pub message: Option<Untrusted>,
}

/// See [`Event::BatchFinished`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchFinished {
    /// How it ended.
    pub status: BatchStatus,
    /// What the process will exit with.
    pub exit: ExitCode,
    /// The whole time.
    pub duration_ms: u64,
    /// Largest resident memory of everything the batch started and the runner itself, where known.
    pub peak_memory_bytes: Option<u64>,
    /// Mean use of the processors by the same, in percent of one core, where known.
    pub mean_cpu_percent: Option<f64>,
    /// Processes and folders that were found left over and removed.
    pub leftovers: u32,
}

//! What each event states: the structs inside of [`Event`](super::Event). Facts only, nothing borrowed, no policy.

use crate::id::{BatchId, CaseId, JobId};
use crate::outcome::{AttemptVerdict, BatchStatus, ExitCode, FailureKind, StepVerdict, Verdict};
use crate::source::Location;
use crate::text::Untrusted;
use serde::{Deserialize, Serialize};

/// See [`Event::BatchStarted`](super::Event::BatchStarted).
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
    #[serde(with = "seed")]
    pub seed: u64,
    /// Which part of the whole this is, as given: `2/5`.
    pub shard: Option<String>,
    /// batchrun's version.
    pub version: String,
    /// The commit that is checked out in the project root.
    pub git_commit: Option<String>,
    /// The arguments, masked.
    pub command_line: Vec<Untrusted>,
    /// Settings with their origins, masked.
    pub settings: serde_json::Value,
}

/// See [`Event::BatchResumed`](super::Event::BatchResumed).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchResumed {
    /// Jobs that it had left: interrupted, errored, or never run.
    pub left: u32,
    /// Where and how it goes on, as of one that begins.
    #[serde(flatten)]
    pub started: BatchStarted,
}

/// See [`Event::CaseQueued`](super::Event::CaseQueued).
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
    /// Why, who looks after it, and until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Untrusted>,
    /// Attempts it may have, infrastructure retries not counted: `retries` + 1.
    pub tries: u32,
}

/// See [`Event::AttemptStarted`](super::Event::AttemptStarted).
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
    /// What the machine was doing at that moment.
    pub load: Load,
}

/// What the machine was doing at a moment; what is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Use of all processors, in percent of all of them.
    pub cpu: Option<f64>,
    /// Share of the last ten seconds in which something waited for a processor, in percent (PSI `some avg10`).
    pub cpu_pressure: Option<f64>,
    /// The same for memory.
    pub memory_pressure: Option<f64>,
    /// Memory that can be had without swapping, in MiB.
    pub memory_free_mb: Option<u64>,
}

/// See [`Event::Sample`](super::Event::Sample).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Use of all processors, in percent of all of them.
    pub cpu: Option<f64>,
    /// Resident memory of everything that the batch started, in MiB.
    pub memory_mb: Option<u64>,
    /// Bytes received since the sample before.
    pub net_rx: Option<u64>,
    /// Bytes sent since the sample before.
    pub net_tx: Option<u64>,
    /// Attempts that run.
    pub running: u32,
    /// Jobs that have not started.
    pub queued: u32,
    /// Slots there are.
    pub limit: u32,
    /// How long the batch will still take, where past runs tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Eta>,
}

/// How long a batch will still take, if its jobs take as long as in the past, and as this batch did so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eta {
    /// The shorter of the two.
    pub least_ms: u64,
    /// The longer one.
    pub most_ms: u64,
}

/// See [`Event::StepStarted`](super::Event::StepStarted).
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

/// See [`Event::StepFinished`](super::Event::StepFinished).
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

/// See [`Event::AttemptFinished`](super::Event::AttemptFinished).
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
    /// Use of all processors while it ran, in percent of all of them, where known.
    pub cpu_mean: Option<f64>,
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

impl Failure {
    /// One of which no more is known than this.
    pub fn new(kind: FailureKind, message: impl Into<Untrusted>) -> Self {
        Self {
            kind,
            message: message.into(),
            location: None,
            step: None,
            position: None,
            expected: None,
            actual: None,
            seen: Vec::new(),
            hints: Vec::new(),
            excerpt: None,
            further: Vec::new(),
        }
    }

    /// What there is to say beside the message, in the order in which it is told: words and texts.
    pub fn more(&self) -> impl Iterator<Item = (&'static str, &Untrusted)> {
        let values = [("expected", &self.expected), ("actual", &self.actual)];
        let values = values.into_iter().filter_map(|(word, text)| Some((word, text.as_ref()?)));
        let lists = [("seen", &self.seen), ("hint", &self.hints), ("further", &self.further)];
        values.chain(lists.into_iter().flat_map(|(word, texts)| texts.iter().map(move |text| (word, text))))
    }

    /// The message in one line, with what was expected where it does not say so itself.
    pub fn in_short(&self) -> Untrusted {
        let message = self.message.raw();
        match &self.expected {
            Some(expected) if !message.contains(expected.raw()) => {
                let expected = expected.line();
                let cut = expected
                    .char_indices()
                    .nth(LONGEST_EXPECTED)
                    .map(|(at, _)| format!("{}…", &expected[..at]));
                format!("{message}; expected: {}", cut.unwrap_or(expected)).into()
            }
            _ => self.message.clone(),
        }
    }
}

/// Characters of what was expected that stand in one line with the message.
const LONGEST_EXPECTED: usize = 80;

/// A file that was kept, or a note why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `screenshot`, `source`, `console`, `trace`.
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

/// See [`Event::CaseFinished`](super::Event::CaseFinished).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaseFinished {
    /// The job.
    pub job: JobId,
    /// The verdict.
    pub verdict: Verdict,
    /// Attempts there were.
    pub attempts: u32,
    /// How long its attempts held their slots, all together, without the time between them; 0 if it never started.
    pub duration_ms: u64,
    /// Why it did not pass, or that it failed as expected, in one line.
    pub message: Option<Untrusted>,
    /// Of one that passed and took longer than this: from here on it counts as slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_after_ms: Option<u64>,
}

impl CaseFinished {
    /// Of a job that ends without a further attempt, after so many.
    pub fn without_attempt(job: JobId, verdict: Verdict, attempts: u32, message: Option<Untrusted>) -> Self {
        Self { job, verdict, attempts, duration_ms: 0, message, slow_after_ms: None }
    }
}

/// See [`Event::BatchFinished`](super::Event::BatchFinished).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchFinished {
    /// How it ended.
    pub status: BatchStatus,
    /// What the process will exit with, as far as the runner knows: a record or report that could not be written
    /// comes on top of it.
    #[serde(rename = "exit_code", with = "exit_code")]
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

/// An exit code as the number that the process exits with.
mod exit_code {
    use crate::outcome::ExitCode;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(exit: &ExitCode, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(exit.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ExitCode, D::Error> {
        let code = u8::deserialize(deserializer)?;
        ExitCode::from_code(code)
            .ok_or_else(|| serde::de::Error::custom(format_args!("unknown exit code `{code}`")))
    }
}

/// As a text: it is more than a number of JavaScript holds exactly (RFC 8259, section 6). Older records have a number.
mod seed {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(seed)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let seed = serde_json::Value::deserialize(deserializer)?;
        let seed = seed.as_u64().or_else(|| seed.as_str()?.parse().ok());
        seed.ok_or_else(|| serde::de::Error::custom("a seed is a whole number"))
    }
}

//! The rows of the database as values, one struct a table. Times are texts, as they are stored.

use crate::id::{BatchId, CaseId};
use crate::outcome::{AttemptVerdict, BatchStatus, FailureKind, StepVerdict, Verdict};
use crate::text::Untrusted;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use std::str::FromStr;

/// One batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchRow {
    /// Its id.
    pub id: BatchId,
    /// When it started.
    pub started_at: String,
    /// When it ended; of an aborted one, when it was last heard of.
    pub finished_at: Option<String>,
    /// Its state; `aborted` also when its runner has died and nobody has written that down yet.
    pub status: BatchStatus,
    /// What its runner exited with.
    pub exit_code: Option<u8>,
    /// Slots it started with.
    pub concurrency: u32,
    /// Jobs in its plan.
    pub total: u32,
    /// Jobs that passed at once.
    pub passed: u32,
    /// Jobs that passed later.
    pub flaky: u32,
    /// Jobs that failed.
    pub failed: u32,
    /// Jobs that errored.
    pub errored: u32,
    /// Jobs that were skipped.
    pub skipped: u32,
    /// Jobs that were interrupted.
    pub interrupted: u32,
    /// Jobs that never started.
    pub not_run: u32,
    /// The machine.
    pub host: String,
    /// The machine's boot id.
    pub boot_id: Option<String>,
    /// Seed of everything random.
    pub seed: String,
    /// Which part of the whole it was.
    pub shard: Option<String>,
    /// batchrun's version.
    pub version: String,
    /// The commit that was checked out.
    pub git_commit: Option<String>,
    /// The command line, quoted for a shell.
    pub command_line: String,
    /// The settings with their origins.
    pub settings_json: String,
}

impl BatchRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: BatchId::from_stored(row.get::<_, String>("id")?),
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
            status: word(row, "status")?,
            exit_code: row.get("exit_code")?,
            concurrency: row.get("concurrency")?,
            total: row.get("total")?,
            passed: row.get("passed")?,
            flaky: row.get("flaky")?,
            failed: row.get("failed")?,
            errored: row.get("errored")?,
            skipped: row.get("skipped")?,
            interrupted: row.get("interrupted")?,
            not_run: row.get("not_run")?,
            host: row.get("host")?,
            boot_id: row.get("boot_id")?,
            seed: row.get("seed")?,
            shard: row.get("shard")?,
            version: row.get("version")?,
            git_commit: row.get("git_commit")?,
            command_line: row.get("command_line")?,
            settings_json: row.get("settings_json")?,
        })
    }
}

/// One job: a case with its row and browser in one batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseRow {
    /// Its key, for [`super::Reader::attempts`].
    pub id: i64,
    /// The batch.
    pub batch_id: BatchId,
    /// The case's id, with its row.
    pub case_id: CaseId,
    /// The case's name.
    pub name: Untrusted,
    /// The file it stands in.
    pub file: String,
    /// The line.
    pub line: u32,
    /// SHA-256 of the file.
    pub content_hash: String,
    /// The browser.
    pub browser: String,
    /// The row's name.
    pub row: Option<String>,
    /// Its tags, a JSON array.
    pub tags: String,
    /// Its priority.
    pub priority: i8,
    /// How it ended; `None` until then.
    pub verdict: Option<Verdict>,
    /// Whether it does not decide the exit code.
    pub quarantined: bool,
    /// When the plan was made.
    pub queued_at: String,
    /// When its first attempt started.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// Attempts so far.
    pub attempts: u32,
    /// Why it did not pass.
    pub message: Option<Untrusted>,
}

impl CaseRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            batch_id: BatchId::from_stored(row.get::<_, String>("batch_id")?),
            case_id: CaseId::new(&row.get::<_, String>("case_id")?),
            name: row.get::<_, String>("name")?.into(),
            file: row.get("file")?,
            line: row.get("line")?,
            content_hash: row.get("content_hash")?,
            browser: row.get("browser")?,
            row: row.get("row")?,
            tags: row.get("tags")?,
            priority: row.get("priority")?,
            verdict: maybe_word(row, "verdict")?,
            quarantined: row.get("quarantined")?,
            queued_at: row.get("queued_at")?,
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
            duration_ms: row.get("duration_ms")?,
            attempts: row.get("attempts")?,
            message: row.get::<_, Option<String>>("message")?.map(Untrusted::from),
        })
    }
}

/// One try of a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptRow {
    /// Its key, for [`super::Reader::steps`] and [`super::Reader::evidence`].
    pub id: i64,
    /// From 1.
    pub number: u32,
    /// The slot it ran in.
    pub slot: u32,
    /// How it ended; `None` until then.
    pub verdict: Option<AttemptVerdict>,
    /// Why it did not pass.
    pub failure_kind: Option<FailureKind>,
    /// The same in one line.
    pub message: Option<Untrusted>,
    /// When it started.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// Attempts that ran when it started, with it.
    pub running: u32,
    /// Slots there were then.
    pub slot_limit: u32,
    /// Use of all processors then, in percent.
    pub cpu: Option<f64>,
    /// Pressure on the processors then (PSI some avg10).
    pub cpu_pressure: Option<f64>,
    /// Pressure on the memory then (PSI some avg10).
    pub memory_pressure: Option<f64>,
    /// Free memory then, in MiB.
    pub memory_free_mb: Option<i64>,
    /// Mean use of all processors while it ran, in percent.
    pub cpu_mean: Option<f64>,
}

impl AttemptRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            number: row.get("number")?,
            slot: row.get("slot")?,
            verdict: maybe_word(row, "verdict")?,
            failure_kind: maybe_word(row, "failure_kind")?,
            message: row.get::<_, Option<String>>("message")?.map(Untrusted::from),
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
            duration_ms: row.get("duration_ms")?,
            running: row.get("running")?,
            slot_limit: row.get("slot_limit")?,
            cpu: row.get("cpu")?,
            cpu_pressure: row.get("cpu_pressure")?,
            memory_pressure: row.get("memory_pressure")?,
            memory_free_mb: row.get("memory_free_mb")?,
            cpu_mean: row.get("cpu_mean")?,
        })
    }
}

/// One step of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRow {
    /// From 1, in the order in which steps started.
    pub position: u32,
    /// What people see.
    pub title: Untrusted,
    /// How it ended; `None` if it did not.
    pub verdict: Option<StepVerdict>,
    /// When it started.
    pub started_at: String,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// The line it stands in.
    pub line: u32,
    /// Why it did not pass.
    pub message: Option<Untrusted>,
}

impl StepRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            position: row.get("position")?,
            title: row.get::<_, String>("title")?.into(),
            verdict: maybe_word(row, "verdict")?,
            started_at: row.get("started_at")?,
            duration_ms: row.get("duration_ms")?,
            line: row.get("line")?,
            message: row.get::<_, Option<String>>("message")?.map(Untrusted::from),
        })
    }
}

/// A file that was kept, or a note why not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvidenceRow {
    /// The step it belongs to.
    pub step_position: Option<u32>,
    /// `screenshot`, `source`, `console`, `log`.
    pub kind: String,
    /// The file, relative to the database's folder.
    pub path: Option<String>,
    /// Its size.
    pub bytes: i64,
    /// Its name, or why there is no file.
    pub note: Option<Untrusted>,
}

impl EvidenceRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            step_position: row.get("step_position")?,
            kind: row.get("kind")?,
            path: row.get("path")?,
            bytes: row.get("bytes")?,
            note: row.get::<_, Option<String>>("note")?.map(Untrusted::from),
        })
    }
}

/// What the machine and the batch were doing at a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SampleRow {
    /// When.
    pub at: String,
    /// Use of all processors, in percent.
    pub cpu: Option<f64>,
    /// Memory of all that the batch started, in MiB.
    pub memory_mb: Option<i64>,
    /// Bytes received since the sample before.
    pub net_rx: Option<i64>,
    /// Bytes sent since the sample before.
    pub net_tx: Option<i64>,
    /// Attempts that ran.
    pub running: u32,
    /// Jobs that had not started.
    pub queued: u32,
    /// Slots there were.
    pub slot_limit: u32,
}

impl SampleRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get("at")?,
            cpu: row.get("cpu")?,
            memory_mb: row.get("memory_mb")?,
            net_rx: row.get("net_rx")?,
            net_tx: row.get("net_tx")?,
            running: row.get("running")?,
            queued: row.get("queued")?,
            slot_limit: row.get("slot_limit")?,
        })
    }
}

/// How a case ended last, and how long it takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Past {
    /// The case's id, with its row.
    pub case_id: CaseId,
    /// The browser.
    pub browser: String,
    /// Its last verdict that says something: passed, flaky, failed or errored.
    pub verdict: Verdict,
    /// When that was.
    pub finished_at: String,
    /// How long it took then.
    pub duration_ms: i64,
    /// How long it takes on the mean; `None` if it always errored.
    pub mean_ms: Option<i64>,
}

impl Past {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            case_id: CaseId::new(&row.get::<_, String>("case_id")?),
            browser: row.get("browser")?,
            verdict: word(row, "verdict")?,
            finished_at: row.get("finished_at")?,
            duration_ms: row.get("duration_ms")?,
            mean_ms: row.get("mean_ms")?,
        })
    }
}

/// A word of [`crate::outcome`].
fn word<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    parse(&row.get::<_, String>(column)?)
}

fn maybe_word<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?.as_deref().map(parse).transpose()
}

fn parse<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(word: &str) -> rusqlite::Result<T> {
    word.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

//! The rows of the database as values, one struct a table; those of attempts are in [`super::attempt_rows`]. Times are
//! texts, as they are stored.

use crate::event::Sample;
use crate::id::{BatchId, CaseId};
use crate::outcome::{BatchStatus, Verdict};
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
    /// How long it took, in milliseconds, by the clock of its events: without the time between two runs of one that was
    /// resumed.
    pub duration_ms: Option<u64>,
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
    /// All columns of batches, for what comes behind `FROM batch`.
    pub(super) const SELECT: &str = "
        SELECT *, (SELECT elapsed_ms FROM event WHERE batch_id = batch.id ORDER BY seq DESC LIMIT 1) AS duration_ms
        FROM batch";

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: BatchId::from_stored(row.get::<_, String>("id")?),
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
            duration_ms: row.get::<_, Option<i64>>("duration_ms")?.and_then(|ms| u64::try_from(ms).ok()),
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
    /// How long the attempt took that passed.
    pub passed_ms: Option<i64>,
    /// Mean use of the processors, in percent, during the attempt that says most.
    pub cpu: Option<f64>,
    /// Whether an attempt has begun that has not ended; between two attempts there is none.
    pub under_way: bool,
}

impl CaseRow {
    /// What [`CaseRow::read`] reads.
    pub(super) const SELECT: &str = "SELECT case_run.*, EXISTS (
        SELECT 1 FROM attempt WHERE attempt.case_run_id = case_run.id AND attempt.verdict IS NULL) AS under_way
        FROM case_run";

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
            passed_ms: row.get("passed_ms")?,
            cpu: row.get("cpu")?,
            under_way: row.get("under_way")?,
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

impl From<&SampleRow> for Sample {
    /// What was told of it, but for the time left, which is not kept.
    fn from(row: &SampleRow) -> Self {
        let whole = |number: Option<i64>| number.and_then(|it| u64::try_from(it).ok());
        Self {
            cpu: row.cpu,
            memory_mb: whole(row.memory_mb),
            net_rx: whole(row.net_rx),
            net_tx: whole(row.net_tx),
            running: row.running,
            queued: row.queued,
            limit: row.slot_limit,
            eta: None,
        }
    }
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

/// A word of [`crate::outcome`].
pub(super) fn word<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    parse(&row.get::<_, String>(column)?)
}

pub(super) fn maybe_word<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?.as_deref().map(parse).transpose()
}

fn parse<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(word: &str) -> rusqlite::Result<T> {
    word.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

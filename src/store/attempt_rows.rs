//! The rows of attempts, their steps and their evidence, as they are read back. Asks for nothing itself.

use super::rows::maybe_word;
use crate::outcome::{AttemptVerdict, FailureKind, StepVerdict};
use crate::text::Untrusted;
use rusqlite::Row;
use serde::Serialize;

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

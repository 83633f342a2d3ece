//! How a batch begins, or begins again: what died before is written down as dead, and its own lock is taken.

use super::lock::{self, BatchLock};
use super::open::Store;
use super::unusable::{OpenError, open_error};
use crate::id::BatchId;
use rusqlite::{Connection, Row, TransactionBehavior};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A batch that may start.
#[derive(Debug)]
pub struct Begun {
    /// Shows for as long as it lives that the runner is alive.
    pub lock: BatchLock,
    /// Batches whose runner had died, now `aborted`.
    pub aborted: Vec<BatchId>,
    /// Number and time of the last event of a batch that is resumed; zero for a new one.
    pub(super) last: (u64, Duration),
}

impl Store {
    /// Takes the lock of a new batch, and writes down as `aborted` what died without saying so.
    pub fn begin(&mut self, batch: &BatchId) -> Result<Begun, OpenError> {
        self.take(batch, (0, Duration::ZERO))
    }

    /// The same for a batch that has run, as it was when `last` was the number of its last event.
    pub fn resume(&mut self, batch: &BatchId, last: u64) -> Result<Begun, ResumeError> {
        if lock::is_held(&self.place().run(), batch) {
            return Err(ResumeError::Running { batch: batch.clone() });
        }
        let begun = self.take(batch, (0, Duration::ZERO))?;
        let spool = self.place().spool(batch);
        if spool.exists() {
            return Err(ResumeError::Unsaved { batch: batch.clone(), spool });
        }
        let sql = "SELECT max(seq), max(elapsed_ms) FROM event WHERE batch_id = ?1";
        let number = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let read = |row: &Row<'_>| Ok((number(row, 0)?, Duration::from_millis(number(row, 1)?)));
        let found = self.connection.query_row(sql, [batch.as_str()], read);
        let found = found.map_err(|cause| open_error(self.place().database(), cause))?;
        if found.0 == last {
            Ok(Begun { last: found, ..begun })
        } else {
            Err(ResumeError::Changed { batch: batch.clone() })
        }
    }

    fn take(&mut self, batch: &BatchId, last: (u64, Duration)) -> Result<Begun, OpenError> {
        let run = self.place().run();
        let in_folder = |cause| OpenError::Folder { path: run.clone(), cause };
        let lock = BatchLock::take(&run, batch).map_err(in_folder)?;
        let path = self.place().database().to_owned();
        let aborted = abort_dead(&mut self.connection, &run).map_err(|cause| open_error(&path, cause))?;
        for dead in &aborted {
            lock::forget(&run, dead);
        }
        Ok(Begun { lock, aborted, last })
    }
}

/// Why a batch cannot be resumed.
#[derive(Debug)]
pub enum ResumeError {
    /// Its runner lives.
    Running {
        /// The batch.
        batch: BatchId,
    },
    /// Somebody else has resumed it meanwhile.
    Changed {
        /// The batch.
        batch: BatchId,
    },
    /// Part of its record is not in the database.
    Unsaved {
        /// The batch.
        batch: BatchId,
        /// Where it is.
        spool: PathBuf,
    },
    /// The database cannot be used.
    Open(OpenError),
}

impl fmt::Display for ResumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running { batch } => write!(f, "batch {batch} is still running"),
            Self::Changed { batch } => write!(f, "batch {batch} was resumed by another run meanwhile"),
            Self::Unsaved { batch, spool } => write!(
                f,
                "the record of batch {batch} is not whole: a part of it lies in `{0}`; `batchrun merge {0}` brings it in",
                spool.display()
            ),
            Self::Open(error) => error.fmt(f),
        }
    }
}

// Its text says the cause already: a `source` would have it said twice.
impl std::error::Error for ResumeError {}

impl From<OpenError> for ResumeError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

/// Marks as aborted every running batch whose lock is free. Its end is the last that is known of it.
fn abort_dead(connection: &mut Connection, run: &Path) -> rusqlite::Result<Vec<BatchId>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let running: Vec<String> = transaction
        .prepare("SELECT id FROM batch WHERE status = 'running'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let dead: Vec<BatchId> =
        running.into_iter().map(BatchId::from_stored).filter(|batch| !lock::is_held(run, batch)).collect();
    for batch in &dead {
        let last = "(SELECT max(at) FROM event WHERE batch_id = ?1)";
        let abort = format!("UPDATE batch SET status = 'aborted', finished_at = {last} WHERE id = ?1");
        transaction.execute(&abort, [batch.as_str()])?;
    }
    transaction.commit()?;
    Ok(dead)
}

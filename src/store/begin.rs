//! How a batch begins: what died before is written down as dead, and its own lock is taken.

use super::lock::{self, BatchLock};
use super::open::Store;
use super::unusable::{OpenError, open_error};
use crate::id::BatchId;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// A batch that may start.
#[derive(Debug)]
pub struct Begun {
    /// Shows for as long as it lives that the runner is alive.
    pub lock: BatchLock,
    /// Batches whose runner had died, now `aborted`.
    pub aborted: Vec<BatchId>,
}

impl Store {
    /// Takes the lock of a batch, and writes down as `aborted` what died without saying so.
    pub fn begin(&mut self, batch: &BatchId) -> Result<Begun, OpenError> {
        let run = self.place().run();
        let in_folder = |cause| OpenError::Folder { path: run.clone(), cause };
        let lock = BatchLock::take(&run, batch).map_err(in_folder)?;
        let path = self.place().database().to_owned();
        let aborted = abort_dead(&mut self.connection, &run).map_err(|cause| open_error(&path, cause))?;
        for dead in &aborted {
            lock::forget(&run, dead);
        }
        Ok(Begun { lock, aborted })
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

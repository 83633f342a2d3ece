//! Writing: one transaction for whatever queued, whole or not at all. What an event changes is in
//! [`super::statements`]. Knows no threads and no reporters.

use super::keys::Keys;
use super::open::Store;
use super::replay::events;
use super::statements::Rows;
use crate::event::Stamped;
use crate::id::{BatchId, JobId};
use crate::outcome::ExitCode;
use rusqlite::{TransactionBehavior, params};
use std::fmt;

/// Writes one batch.
pub(super) struct Writer {
    store: Store,
    batch: BatchId,
    keys: Keys,
}

/// Why something was not written; the transaction was rolled back.
#[derive(Debug)]
pub(super) enum WriteError {
    /// The database says so.
    Database(rusqlite::Error),
    /// The file at the database's path is another one, or there is none.
    Replaced,
    /// The spool, from which it should come, cannot be read.
    Spool(std::io::Error),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::Replaced => f.write_str("the file was deleted or replaced"),
            Self::Spool(error) => error.fmt(f),
        }
    }
}

impl Writer {
    pub(super) fn new(store: Store, batch: BatchId) -> Self {
        Self { store, batch, keys: Keys::default() }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Learns the keys of a batch that is resumed, and hands over its events so far, in order.
    pub(super) fn recall(&mut self, each: impl FnMut(Stamped)) -> rusqlite::Result<()> {
        let connection = &self.store.connection;
        let sql = "SELECT id FROM case_run WHERE batch_id = ?1 ORDER BY id";
        let keys = connection
            .prepare(sql)?
            .query_map([self.batch.as_str()], |row| row.get::<_, i64>(0))?
            .map(|key| Ok(std::num::NonZeroI64::new(key?)))
            .collect::<rusqlite::Result<_>>();
        self.keys.case_runs = keys?;
        self.past(each)
    }

    /// Learns the keys of a batch whose attempts go on, as those of a runner that could not write them down. Answers the
    /// number of its last event; 0 if there is none.
    pub(super) fn go_on(&mut self) -> rusqlite::Result<u64> {
        let mut last = 0;
        self.recall(|event| last = event.seq)?;
        let sql = "
            SELECT attempt.id, attempt.number, case_run_id FROM attempt JOIN case_run ON case_run.id = case_run_id
            WHERE batch_id = ?1 AND attempt.finished_at IS NULL";
        let mut statement = self.store.connection.prepare(sql)?;
        let mut rows = statement.query([self.batch.as_str()])?;
        while let Some(row) = rows.next()? {
            let case_run = std::num::NonZeroI64::new(row.get(2)?);
            let job = self.keys.case_runs.iter().position(|key| *key == case_run);
            if let Some(job) = job.and_then(|job| u32::try_from(job).ok()) {
                self.keys.attempts.insert((JobId(job), row.get(1)?), row.get(0)?);
            }
        }
        Ok(last)
    }

    /// Hands over the events that have been written.
    pub(super) fn past(&self, each: impl FnMut(Stamped)) -> rusqlite::Result<()> {
        events(&self.store.connection, &self.batch, each)
    }

    /// Writes the events in one transaction.
    pub(super) fn write<'a>(&mut self, events: impl Iterator<Item = &'a Stamped>) -> Result<(), WriteError> {
        self.transact(|rows| events.into_iter().try_for_each(|event| Ok(rows.add(event)?)))
    }

    /// The same for events that have yet to be read.
    pub(super) fn replay(
        &mut self,
        events: impl Iterator<Item = std::io::Result<Stamped>>,
    ) -> Result<(), WriteError> {
        self.transact(|rows| {
            for event in events {
                rows.add(&event.map_err(WriteError::Spool)?)?;
            }
            Ok(())
        })
    }

    /// Corrects the exit code of a batch that has ended.
    pub(super) fn set_exit_code(&mut self, exit: ExitCode) -> Result<(), WriteError> {
        let code = exit.code();
        self.transact(|rows| {
            rows.run("UPDATE batch SET exit_code = ?2 WHERE id = ?1", params![rows.batch.as_str(), code])?;
            Ok(())
        })
    }

    fn transact(
        &mut self,
        fill: impl FnOnce(&mut Rows<'_>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        if !self.store.is_in_place() {
            return Err(WriteError::Replaced);
        }
        self.keys.ended.clear();
        // Dropped without a commit, it rolls back.
        let transaction = self.store.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut rows = Rows::of(&transaction, &self.batch, &mut self.keys);
        fill(&mut rows)?;
        rows.count()?;
        transaction.commit()?;
        for ended in self.keys.ended.drain(..) {
            self.keys.attempts.remove(&ended);
        }
        Ok(())
    }
}

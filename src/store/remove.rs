//! Batches that are removed from the record, with their evidence and logs.

use super::open::Store;
use super::place::Place;
use super::query::QueryError;
use crate::id::BatchId;
use rusqlite::TransactionBehavior;
use std::fs;
use std::io;
use std::path::Path;

/// What removing brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Bytes that are free now: of the database, evidence and logs.
    pub bytes: u64,
    /// Whether the database could not be made smaller, since another process uses it. What is free in it is used again.
    pub database_kept: bool,
}

impl Store {
    /// Removes batches, the files of each before its rows: what a killed process left undone, the next one finds again.
    /// One that cannot be removed keeps its rows, and no other from being removed.
    pub fn remove(&mut self, batches: &[BatchId]) -> Result<Removed, QueryError> {
        let place = self.place().clone();
        let size = |path: &Path| fs::metadata(path).map_or(0, |it| it.len());
        let before = size(place.database());
        let (mut removed, mut first) = (Removed::default(), None);
        for batch in batches {
            // No path is made of an id that is none.
            let files = if is_plain(batch) { remove_files(&place, batch) } else { Ok(0) };
            match files {
                Ok(bytes) => removed.bytes += bytes,
                Err(cause) => {
                    first.get_or_insert(QueryError::File { path: place.evidence(batch), cause });
                    continue;
                }
            }
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM batch WHERE id = ?1", [batch.as_str()])?;
            transaction.commit()?;
        }
        let smaller = self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
        removed.database_kept = smaller.is_err();
        removed.bytes += before.saturating_sub(size(place.database()));
        first.map_or(Ok(removed), Err)
    }
}

/// Whether an id can be a part of a path: a database from elsewhere may hold anything.
pub(super) fn is_plain(batch: &BatchId) -> bool {
    let id = batch.as_str();
    !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn remove_files(place: &Place, batch: &BatchId) -> io::Result<u64> {
    let mut bytes = 0;
    let evidence = place.evidence(batch);
    match size_of(&evidence) {
        Ok(size) => {
            bytes += size;
            fs::remove_dir_all(&evidence)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    for file in place.logs(batch)?.into_iter().chain([place.spool(batch)]) {
        match fs::metadata(&file) {
            Ok(it) => {
                bytes += it.len();
                fs::remove_file(&file)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

/// Bytes of all files below a folder.
fn size_of(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        bytes += if kind.is_dir() { size_of(&entry.path())? } else { kind.len() };
    }
    Ok(bytes)
}

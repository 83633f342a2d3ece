//! Batches of other databases brought into this one, with their evidence and logs. Doing it again changes nothing.

use super::open::Store;
use super::place::Place;
use super::query::{QueryError, Reader, Which};
use super::remove;
use super::rows::BatchRow;
use crate::id::BatchId;
use crate::outcome::BatchStatus;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What became of the batches of another database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Those that are here now and were not before, or not as complete.
    pub added: Vec<BatchId>,
    /// Those that were here already.
    pub known: Vec<BatchId>,
    /// Those that still run: only what has ended is brought here.
    pub running: Vec<BatchId>,
}

/// A table below a batch.
struct Table {
    name: &'static str,
    /// Which of its rows are the batch's.
    whose: &'static str,
    /// The columns that hold a key of ours.
    keys: &'static [(&'static str, Key)],
}

/// The upper ones first.
const TABLES: [Table; 6] = [
    Table { name: "case_run", whose: OF_BATCH, keys: &[("id", Key::CaseRun)] },
    Table {
        name: "attempt",
        whose: "case_run_id IN (SELECT id FROM other.case_run WHERE batch_id = ?1)",
        keys: &[("id", Key::Attempt), ("case_run_id", Key::CaseRun)],
    },
    Table { name: "step", whose: OF_ATTEMPT, keys: &[("attempt_id", Key::Attempt)] },
    Table { name: "evidence", whose: OF_ATTEMPT, keys: &[("attempt_id", Key::Attempt)] },
    Table { name: "sample", whose: OF_BATCH, keys: &[] },
    Table { name: "event", whose: OF_BATCH, keys: &[] },
];

const OF_BATCH: &str = "batch_id = ?1";
const OF_ATTEMPT: &str =
    "attempt_id IN (SELECT a.id FROM other.attempt a JOIN other.case_run c ON c.id = a.case_run_id
    WHERE c.batch_id = ?1)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    CaseRun,
    Attempt,
}

impl Store {
    /// Brings the batches of `other` here: those that are not here yet, and those of which it knows more.
    pub fn merge(&mut self, other: &Reader) -> Result<Merged, QueryError> {
        let batches = other.batches(u32::MAX)?;
        if same_file(self.place().database(), other.place().database()) {
            let known = batches.into_iter().map(|batch| batch.id).collect();
            return Ok(Merged { known, ..Merged::default() });
        }
        self.attached(other, |store, merged| {
            batches.into_iter().rev().try_for_each(|batch| store.bring(other, batch, merged))
        })
    }

    /// Brings one batch here.
    pub(super) fn merge_one(&mut self, other: &Reader, batch: &BatchId) -> Result<(), QueryError> {
        if same_file(self.place().database(), other.place().database()) {
            return Ok(());
        }
        let batch = other.batch(&Which::Prefix(batch.to_string()))?;
        self.attached(other, |store, merged| store.bring(other, batch, merged)).map(|_| ())
    }

    /// Does something while the other database can be spoken of.
    fn attached(
        &mut self,
        other: &Reader,
        bring: impl FnOnce(&mut Self, &mut Merged) -> Result<(), QueryError>,
    ) -> Result<Merged, QueryError> {
        let path = other.place().database().to_string_lossy().into_owned();
        self.connection.execute("ATTACH ?1 AS other", [path])?;
        let mut merged = Merged::default();
        let done = bring(self, &mut merged);
        self.connection.execute("DETACH other", [])?;
        done.map(|()| merged)
    }

    fn bring(&mut self, other: &Reader, batch: BatchRow, merged: &mut Merged) -> Result<(), QueryError> {
        if batch.status == BatchStatus::Running {
            merged.running.push(batch.id);
            return Ok(());
        }
        let events = other.last_event(&batch.id)?;
        if last_event(&self.connection, &batch.id)?.is_some_and(|here| here >= events) {
            merged.known.push(batch.id);
            return Ok(());
        }
        // Files first: rows that speak of files which are not there would be worse than the other way round.
        copy_files(other.place(), self.place(), &batch.id)
            .map_err(|cause| QueryError::File { path: other.place().evidence(&batch.id), cause })?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM batch WHERE id = ?1", [batch.id.as_str()])?;
        copy_rows(&transaction, &batch)?;
        transaction.commit()?;
        merged.added.push(batch.id);
        Ok(())
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The number of the last event of a batch that is here.
fn last_event(connection: &Connection, batch: &BatchId) -> rusqlite::Result<Option<u64>> {
    let sql = "
        SELECT (SELECT coalesce(max(seq), 0) FROM main.event WHERE batch_id = ?1) FROM main.batch WHERE id = ?1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query_map([batch.as_str()], |row| row.get::<_, i64>(0))?;
    rows.next().transpose().map(|found| found.map(i64::unsigned_abs))
}

fn copy_rows(transaction: &Transaction<'_>, batch: &BatchRow) -> rusqlite::Result<()> {
    let highest = |table: &str| {
        let sql = format!("SELECT coalesce(max(id), 0) FROM main.{table}");
        transaction.query_row(&sql, [], |row| row.get::<_, i64>(0))
    };
    let (case_run, attempt) = (highest("case_run")?, highest("attempt")?);
    let names = columns(transaction, "batch")?.join(", ");
    let own = format!("INSERT INTO main.batch ({names}) SELECT {names} FROM other.batch WHERE id = ?1");
    transaction.execute(&own, [batch.id.as_str()])?;
    // Its runner may have died before it could write down how it ended.
    transaction.execute(
        "UPDATE main.batch SET status = ?2,
            finished_at = coalesce(finished_at, (SELECT max(at) FROM other.event WHERE batch_id = ?1))
         WHERE id = ?1",
        params![batch.id.as_str(), batch.status.as_str()],
    )?;
    for Table { name: table, whose, keys } in TABLES {
        let names = columns(transaction, table)?;
        let moved: Vec<String> = names
            .iter()
            .map(|name| match keys.iter().find(|(column, _)| column == name) {
                Some((_, Key::CaseRun)) => format!("{name} + {case_run}"),
                Some((_, Key::Attempt)) => format!("{name} + {attempt}"),
                None => name.clone(),
            })
            .collect();
        let sql = format!(
            "INSERT INTO main.{table} ({}) SELECT {} FROM other.{table} WHERE {whose}",
            names.join(", "),
            moved.join(", ")
        );
        transaction.execute(&sql, [batch.id.as_str()])?;
    }
    Ok(())
}

/// The columns of a table of ours, which both databases have: both are of this version.
fn columns(transaction: &Transaction<'_>, table: &str) -> rusqlite::Result<Vec<String>> {
    transaction
        .prepare_cached("SELECT name FROM pragma_table_info(?1, 'main')")?
        .query_map([table], |row| row.get(0))?
        .collect()
}

/// Copies a batch's evidence and logs. The other record may have been made by anybody: its links may lead anywhere, and
/// are not followed.
fn copy_files(from: &Place, to: &Place, batch: &BatchId) -> io::Result<()> {
    if !remove::is_plain(batch) {
        let text = format!("`{batch}` is no id of a batch");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let evidence = from.evidence(batch);
    if is_folder(&from.folder().join("evidence"))? && is_folder(&evidence)? {
        copy_folder(&evidence, &to.evidence(batch))?;
    }
    if is_folder(&from.folder().join("log"))? {
        for log in from.logs(batch)? {
            copy_file(&log, &to.folder().join("log").join(log.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// Whether a folder is there; what is something else in its place is an error.
fn is_folder(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(io::Error::other(format!("`{}` is a link, not a folder", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Copies the plain files of a folder and those below it. Links are left out.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if kind.is_file() {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Copies a plain file; anything else is left out, whatever it was a moment ago.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = match rustix::fs::open(from, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if file.metadata()?.is_file() {
        // For its owner only, whatever it was.
        let mut copy = File::options().write(true).create(true).truncate(true).mode(0o600).open(to)?;
        io::copy(&mut file, &mut copy)?;
    }
    Ok(())
}

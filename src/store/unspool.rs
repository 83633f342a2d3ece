//! What a run could not write into the database while it ran, brought into it later: a spool is a batch's events from
//! where the database stopped taking them.

use super::lock;
use super::open::Store;
use super::query::QueryError;
use super::remove::is_plain;
use super::spool::Spool;
use super::unusable::OpenError;
use super::write::{WriteError, Writer};
use crate::event::{Event, Stamped};
use crate::id::BatchId;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How the name of a spool ends.
const SUFFIX: &str = ".spool.jsonl";

/// What was brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unspooled {
    /// The batch.
    pub batch: BatchId,
    /// How many events there were that the database did not have.
    pub events: u64,
}

/// Why it was not.
#[derive(Debug)]
pub enum UnspoolError {
    /// Its runner still writes to it.
    Running(BatchId),
    /// The database is another one: it does not have what came before.
    Unknown(BatchId),
    /// The spool cannot be read.
    Spool {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The database cannot be used.
    Query(QueryError),
}

impl fmt::Display for UnspoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(batch) => {
                write!(f, "batch `{batch}` still runs: it brings its events in by itself")
            }
            Self::Unknown(batch) => {
                write!(
                    f,
                    "the database has nothing of batch `{batch}`: name the one that it began in by `--db`"
                )
            }
            Self::Spool { path, cause } => write!(f, "cannot read `{}`: {cause}", path.display()),
            Self::Query(error) => error.fmt(f),
        }
    }
}

// Its text says the cause already: a `source` would have it said twice.
impl std::error::Error for UnspoolError {}

impl From<QueryError> for UnspoolError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<rusqlite::Error> for UnspoolError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Query(error.into())
    }
}

/// The batch that a spool is of, by its name: `batchrun.db.20270102-030405-7k2m9qxd.spool.jsonl`. `None` for any other
/// file.
pub fn spool_of(path: &Path) -> Option<BatchId> {
    let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    let batch = BatchId::from_stored(name.rsplit_once('.')?.1);
    is_plain(&batch).then_some(batch)
}

impl Store {
    /// Brings the spool of a batch into the database that has its beginning, and removes it.
    pub fn unspool(mut self, path: &Path, batch: &BatchId) -> Result<Unspooled, UnspoolError> {
        if lock::is_held(&self.place().run(), batch) {
            return Err(UnspoolError::Running(batch.clone()));
        }
        let begun = self.begin(batch).map_err(|error: OpenError| QueryError::Open(error))?;
        let unread = |cause| UnspoolError::Spool { path: path.to_owned(), cause };
        let spool = Spool::existing(path).map_err(unread)?;
        let mut writer = Writer::new(self, batch.clone());
        let last = writer.go_on()?;
        // What is in both was committed, though the runner could not know it.
        let is_new = |event: &io::Result<Stamped>| event.as_ref().map_or(true, |event| event.seq > last);
        let events =
            spool.read().map_err(unread)?.filter(is_new).collect::<io::Result<Vec<_>>>().map_err(unread)?;
        if last == 0 && !matches!(events.first(), Some(Stamped { event: Event::BatchStarted(_), .. })) {
            return Err(UnspoolError::Unknown(batch.clone()));
        }
        writer.write(events.iter()).map_err(|error| match error {
            WriteError::Spool(cause) => unread(cause),
            WriteError::Database(cause) => cause.into(),
            WriteError::Replaced => unread(io::Error::other(error.to_string())),
        })?;
        spool.remove();
        drop(begun);
        Ok(Unspooled { batch: batch.clone(), events: events.len() as u64 })
    }
}

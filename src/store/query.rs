//! Reading the record: what `show` and its like print, as plain rows. Changes nothing.

use super::attempt_rows::{AttemptRow, EvidenceRow, StepRow};
use super::lock;
use super::open::{BUSY_TIMEOUT, Store, check_sqlite};
use super::place::Place;
use super::replay;
use super::rows::{BatchRow, CaseRow, SampleRow};
use super::schema::{self, Content, MIGRATIONS};
use super::unusable::{OpenError, open_error};
use crate::event::Stamped;
use crate::id::{BatchId, CaseId};
use crate::outcome::BatchStatus;
use rusqlite::{Connection, OpenFlags, Row, params};
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// The database, open to read.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    place: Place,
}

/// Which batch is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that started last.
    Last,
    /// The one whose id begins with this.
    Prefix(String),
}

impl Which {
    /// `last`, or the beginning of an id.
    pub fn parse(text: &str) -> Self {
        if text == "last" { Self::Last } else { Self::Prefix(text.to_owned()) }
    }
}

/// Why something cannot be read.
#[derive(Debug)]
pub enum QueryError {
    /// There is no database.
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It cannot be used.
    Open(OpenError),
    /// No batch is the one that was meant.
    NoBatch {
        /// The one that was meant.
        which: Which,
    },
    /// Several batches may be meant.
    Ambiguous {
        /// What their ids begin with.
        prefix: String,
        /// Their ids, at most ten.
        matches: Vec<BatchId>,
    },
    /// A file beside it cannot be read, copied or removed.
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It is damaged, or something else went wrong.
    Database(rusqlite::Error),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => {
                write!(f, "there is no database `{}`: nothing has run yet", path.display())
            }
            Self::Open(error) => error.fmt(f),
            Self::NoBatch { which: Which::Last } => f.write_str("nothing has run yet"),
            Self::NoBatch { which: Which::Prefix(prefix) } => write!(f, "no batch begins with `{prefix}`"),
            Self::Ambiguous { prefix, matches } => {
                write!(f, "several batches begin with `{prefix}`:")?;
                matches.iter().try_for_each(|batch| write!(f, " `{batch}`"))
            }
            Self::File { path, cause } => write!(f, "`{}`: {cause}", path.display()),
            Self::Database(cause) => write!(f, "cannot read the database: {cause}"),
        }
    }
}

// Its text says the cause already: a `source` would have it said twice.
impl std::error::Error for QueryError {}

impl From<rusqlite::Error> for QueryError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Database(cause)
    }
}

impl Reader {
    /// Opens the database at `path`; makes none where there is none.
    pub fn open(path: &Path) -> Result<Self, QueryError> {
        check_sqlite().map_err(QueryError::Open)?;
        let place = Place::of(path)
            .map_err(|cause| QueryError::Open(OpenError::Folder { path: path.to_owned(), cause }))?;
        if !place.database().exists() {
            return Err(QueryError::Missing { path: path.to_owned() });
        }
        // Opened to write where that is allowed: a database in WAL mode that was left by a crash cannot be read
        // otherwise. `query_only` sees to it that nothing is written.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |cause| QueryError::Open(open_error(place.database(), cause));
        let connection = Connection::open_with_flags(place.database(), flags).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        connection.pragma_update(None, "query_only", true).map_err(failed)?;
        let path = place.database().to_owned();
        match schema::content(&connection).map_err(failed)? {
            Content::Ours(found) if found > MIGRATIONS.len() => {
                return Err(QueryError::Open(OpenError::Newer { path, found }));
            }
            Content::Ours(found) if found < MIGRATIONS.len() => {
                drop(Store::open(&path).map_err(QueryError::Open)?);
            }
            Content::Ours(_) => {}
            Content::Nothing => return Err(QueryError::Missing { path }),
            Content::Foreign => {
                let found = "a database of another program";
                return Err(QueryError::Open(OpenError::NotOurs { path, found }));
            }
        }
        Ok(Self { connection, place })
    }

    /// Lets whatever is read from now on be of the same moment, which also spares taking the database for each row.
    pub fn hold(&self) -> Result<(), QueryError> {
        Ok(self.connection.execute_batch("BEGIN")?)
    }

    /// Where the database lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The last batches, at most `limit`, the latest first.
    pub fn batches(&self, limit: u32) -> Result<Vec<BatchRow>, QueryError> {
        let sql = format!("{} ORDER BY started_at DESC, rowid DESC LIMIT ?1", BatchRow::SELECT);
        self.rows(&sql, params![limit], BatchRow::read)
            .map(|rows| rows.into_iter().map(|it| self.live(it)).collect())
    }

    /// One batch.
    pub fn batch(&self, which: &Which) -> Result<BatchRow, QueryError> {
        let mut found = match which {
            Which::Last => self.batches(1)?,
            Which::Prefix(prefix) => {
                let of_these = "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id DESC LIMIT 10";
                let sql = format!("{} {of_these}", BatchRow::SELECT);
                self.rows(&sql, params![prefix], BatchRow::read)?
            }
        };
        match (found.pop(), which) {
            (None, _) => Err(QueryError::NoBatch { which: which.clone() }),
            (Some(only), _) if found.is_empty() => Ok(self.live(only)),
            (Some(first), Which::Prefix(prefix)) => {
                let matches = found.into_iter().chain([first]).map(|it| it.id).collect();
                Err(QueryError::Ambiguous { prefix: prefix.clone(), matches })
            }
            (Some(only), Which::Last) => Ok(self.live(only)),
        }
    }

    /// The batch that started last before another one.
    pub fn batch_before(&self, batch: &BatchRow) -> Result<Option<BatchRow>, QueryError> {
        let before = "WHERE (started_at, id) < (?1, ?2) ORDER BY started_at DESC, id DESC LIMIT 1";
        let sql = format!("{} {before}", BatchRow::SELECT);
        let found = self.rows(&sql, params![batch.started_at, batch.id.as_str()], BatchRow::read)?.pop();
        Ok(found.map(|it| self.live(it)))
    }

    /// The jobs of a batch, in the order of its plan.
    pub fn case_runs(&self, batch: &BatchId) -> Result<Vec<CaseRow>, QueryError> {
        let sql = format!("{} WHERE batch_id = ?1 ORDER BY id", CaseRow::SELECT);
        self.rows(&sql, [batch.as_str()], CaseRow::read)
    }

    /// The runs of one case in all batches, at most `limit`, the latest first.
    pub fn case_history(&self, case: &CaseId, limit: u32) -> Result<Vec<CaseRow>, QueryError> {
        let sql = format!("{} WHERE case_id = ?1 ORDER BY queued_at DESC, id DESC LIMIT ?2", CaseRow::SELECT);
        self.rows(&sql, params![case.as_str(), limit], CaseRow::read)
    }

    /// The attempts of a job; `case_run` is [`CaseRow::id`].
    pub fn attempts(&self, case_run: i64) -> Result<Vec<AttemptRow>, QueryError> {
        self.rows(
            "SELECT * FROM attempt WHERE case_run_id = ?1 ORDER BY number",
            [case_run],
            AttemptRow::read,
        )
    }

    /// The ids of all cases that any batch had.
    pub fn case_ids(&self) -> Result<Vec<CaseId>, QueryError> {
        let sql = "SELECT DISTINCT case_id FROM case_run ORDER BY case_id";
        self.rows(sql, [], |row| Ok(CaseId::new(&row.get::<_, String>(0)?)))
    }

    /// The steps of an attempt; `attempt` is [`AttemptRow::id`].
    pub fn steps(&self, attempt: i64) -> Result<Vec<StepRow>, QueryError> {
        self.rows("SELECT * FROM step WHERE attempt_id = ?1 ORDER BY position", [attempt], StepRow::read)
    }

    /// The evidence of an attempt; `attempt` is [`AttemptRow::id`].
    pub fn evidence(&self, attempt: i64) -> Result<Vec<EvidenceRow>, QueryError> {
        self.rows("SELECT * FROM evidence WHERE attempt_id = ?1 ORDER BY rowid", [attempt], EvidenceRow::read)
    }

    /// The samples of a batch.
    pub fn samples(&self, batch: &BatchId) -> Result<Vec<SampleRow>, QueryError> {
        self.rows("SELECT * FROM sample WHERE batch_id = ?1 ORDER BY at", [batch.as_str()], SampleRow::read)
    }

    /// Hands over the events of a batch in order, all but those of steps and samples. Fed to reporters, they make the
    /// reports of a batch anew.
    pub fn events(&self, batch: &BatchId, each: impl FnMut(Stamped)) -> Result<(), QueryError> {
        Ok(replay::events(&self.connection, batch, each)?)
    }

    /// The number of a batch's last event.
    pub fn last_event(&self, batch: &BatchId) -> Result<u64, QueryError> {
        let sql = "SELECT coalesce(max(seq), 0) FROM event WHERE batch_id = ?1";
        Ok(self.connection.query_row(sql, [batch.as_str()], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// When a batch was last heard of.
    pub(super) fn last_at(&self, batch: &BatchId) -> Result<Option<String>, QueryError> {
        let sql = "SELECT max(at) FROM event WHERE batch_id = ?1";
        Ok(self.connection.query_row(sql, [batch.as_str()], |row| row.get(0))?)
    }

    /// The jobs of a batch that failed or errored: their ids, each with its browser.
    pub fn failed(&self, batch: &BatchId) -> Result<HashSet<(CaseId, String)>, QueryError> {
        let sql = "
            SELECT case_id, browser FROM case_run WHERE batch_id = ?1 AND verdict IN ('failed', 'errored')";
        let read = |row: &Row<'_>| Ok((CaseId::new(&row.get::<_, String>(0)?), row.get(1)?));
        Ok(self.rows(sql, [batch.as_str()], read)?.into_iter().collect())
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, QueryError> {
        Ok(self.connection.prepare_cached(sql)?.query_map(values, read)?.collect::<Result<_, _>>()?)
    }

    /// A batch whose runner has died is shown as what it is, also before the next run writes it down.
    pub(super) fn live(&self, mut batch: BatchRow) -> BatchRow {
        if batch.status == BatchStatus::Running && !lock::is_held(&self.place.run(), &batch.id) {
            batch.status = BatchStatus::Aborted;
        }
        batch
    }
}

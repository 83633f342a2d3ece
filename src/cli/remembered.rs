//! What the database remembers of past runs, for those that plan. A database that cannot be read remembers nothing here:
//! whoever writes to it says what is wrong with it.

use crate::diagnostic::Diagnostic;
use crate::history::{History, Past};
use crate::id::{BatchId, CaseId};
use crate::store::{QueryError, Reader, Which};
use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The past runs.
pub(super) struct Remembered(Mutex<Option<Reader>>);

impl Remembered {
    /// Those of a database, if there is one.
    pub(super) fn of(database: &Path) -> Self {
        Self(Mutex::new(Reader::open(database).ok()))
    }

    /// Whether there is nothing that could be remembered.
    pub(super) fn is_blank(&self) -> bool {
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reader.as_ref().is_none_or(|reader| reader.batches(1).is_ok_and(|batches| batches.is_empty()))
    }

    /// The machine of the latest past run.
    pub(super) fn host(&self) -> Option<String> {
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reader.as_ref()?.batches(1).ok()?.into_iter().next().map(|batch| batch.host)
    }
}

impl History for Remembered {
    fn past(&self, case: &str, browser: &str) -> Past {
        let mut reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = reader.as_ref() else { return Past::default() };
        open.past(case, browser).unwrap_or_else(|error| {
            tracing::warn!("past runs are not known: {error}");
            *reader = None;
            Past::default()
        })
    }
}

/// What failed or errored in a batch.
pub(super) struct Failed {
    /// The batch.
    pub(super) batch: BatchId,
    /// The ids, each with its browser.
    pub(super) jobs: HashSet<(CaseId, String)>,
}

impl Failed {
    /// Whether a case in a browser is among them.
    pub(super) fn has(&self, case: &CaseId, browser: &str) -> bool {
        self.jobs.contains(&(case.clone(), browser.to_owned()))
    }

    /// Of the batch that is meant by `last` or the beginning of an id.
    pub(super) fn of(database: &Path, batch: &str) -> Result<Self, Vec<Diagnostic>> {
        let read = || {
            let reader = Reader::open(database)?;
            let batch = reader.batch(&Which::parse(batch))?.id;
            Ok(Self { jobs: reader.failed(&batch)?, batch })
        };
        read().map_err(|error: QueryError| vec![Diagnostic::error(format!("`--rerun-failed`: {error}"))])
    }
}

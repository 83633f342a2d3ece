//! The trait of whoever is told of a batch's events, and what it answers. The recorder calls it, `reporter` holds the
//! implementations; it stands here since both must know it.

use super::Stamped;
use super::tally::Tally;
use crate::outcome::{BatchStatus, ExitCode};
use std::fmt;
use std::io;
use std::path::PathBuf;

/// A consumer of events. It is told of an event only after it has been recorded, always from the same thread.
///
/// One that fails, or panics, is dropped with one message; the others go on. A reporter for people never fails: a
/// closed terminal must not change the result of a batch.
pub trait Reporter: Send {
    /// What messages call it: `junit=out/junit.xml`.
    fn name(&self) -> String;

    /// Whether it also wants the steps and samples of an old batch. The record has no events of theirs: they are made
    /// from their rows, without their files and without numbers of their own, and `tally` does not hold them.
    fn wants_rows(&self) -> bool {
        false
    }

    /// Takes in one event; `tally` holds it already.
    fn on(&mut self, event: &Stamped, tally: &Tally) -> Result<(), ReportError>;

    /// Takes in an event of a batch that is resumed, from before it was: to know of, not to tell people again.
    fn recall(&mut self, event: &Stamped, tally: &Tally) -> Result<(), ReportError> {
        self.on(event, tally)
    }

    /// Comes after each group of events, and about once a second when there are none. `elapsed_ms` is the batch's age.
    fn refresh(&mut self, _tally: &Tally, _elapsed_ms: u64) -> Result<(), ReportError> {
        Ok(())
    }

    /// Comes last, once, in the order in which reporters were given: one for people stands last and tells of the rest.
    fn finish(&mut self, closing: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError>;
}

/// What became of the record and of the reporters that have finished.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    /// Whether everything is in the database.
    pub saved: bool,
    /// Where the runner has not said how the batch ended: how the record has it, `aborted` or still `running`.
    pub status: Option<BatchStatus>,
    /// The database.
    pub database: PathBuf,
    /// Where the events lie that are not in it.
    pub spool: Option<PathBuf>,
    /// What has been written.
    pub artifacts: Vec<Artifact>,
    /// Reporters that failed, in the order in which they did.
    pub failures: Vec<ReporterFailure>,
}

impl Closing {
    /// How the batch ended, or how it is if it has not.
    pub fn status(&self, tally: &Tally) -> BatchStatus {
        let said = tally.finished.as_ref().map(|it| it.status);
        said.or(self.status).unwrap_or(BatchStatus::Aborted)
    }

    /// What to exit with once everything has been written, given what the runner says.
    pub fn exit_code(&self, runner: ExitCode) -> ExitCode {
        let record = if self.saved { ExitCode::Success } else { ExitCode::NotSaved };
        self.failures.iter().fold(runner.or(record), |exit, failure| exit.or(failure.exit_code()))
    }
}

/// A file that a reporter has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What it is, in one word: `junit`, `log`.
    pub kind: &'static str,
    /// Where it is.
    pub path: PathBuf,
}

/// A reporter that could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReporterFailure {
    /// Its name.
    pub reporter: String,
    /// What happened.
    pub message: String,
    /// Whether it panicked, which is a bug.
    pub cause: FailureCause,
}

/// Why a reporter could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// What it writes to did not take it.
    Output,
    /// A bug in batchrun.
    Panic,
}

impl ReporterFailure {
    fn exit_code(&self) -> ExitCode {
        match self.cause {
            FailureCause::Output => ExitCode::NotSaved,
            FailureCause::Panic => ExitCode::Bug,
        }
    }
}

impl fmt::Display for ReporterFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            FailureCause::Output => write!(f, "report `{}`: {}", self.reporter, self.message),
            FailureCause::Panic => {
                write!(f, "report `{}`: a bug in batchrun: {}", self.reporter, self.message)
            }
        }
    }
}

/// A report could not be written.
#[derive(Debug)]
pub struct ReportError {
    /// What was written to, as people know it.
    pub target: String,
    /// Why it could not be.
    pub cause: io::Error,
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write `{}`: {}", self.target, self.cause)
    }
}

// Its text says the cause already: a `source` would have it said twice.
impl std::error::Error for ReportError {}

//! The record, opened to read by every command that looks back, and why it cannot be read. Writes nothing to it.

use super::arguments::ProjectArguments;
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use crate::store::{QueryError, Reader, Which};
use std::path::PathBuf;

/// The record, and the folder from which people look at it.
pub(crate) struct Record {
    pub(crate) reader: Reader,
    pub(crate) working_directory: PathBuf,
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// The use of the processors, in percent, beyond which a run was under load.
    pub(crate) busy: f64,
}

/// Opens the database that the settings name.
pub(crate) fn open(project: &ProjectArguments, console: &mut Console) -> Result<Record, Failure> {
    let environment = prepare::environment()?;
    let settings = prepare::settings(project, None, None, &environment, console)?;
    let reader = Reader::open(settings.database.value.as_path()).map_err(unreadable)?;
    let busy = settings.pressure_cpu.value.get();
    let root = settings.project.root;
    Ok(Record { reader, working_directory: environment.working_directory, root, busy })
}

/// Why nothing can be read, and what to do.
pub(crate) fn unreadable(error: QueryError) -> Failure {
    let told = Diagnostic::error(error.to_string());
    match error {
        QueryError::Missing { .. } => {
            Failure::Input(vec![told.help("`batchrun` runs cases; `--db FILE` names another database")])
        }
        QueryError::NoBatch { which: Which::Last } => {
            Failure::Input(vec![told.help("`batchrun` runs cases")])
        }
        QueryError::NoBatch { which: Which::Prefix(_) } => {
            Failure::Input(vec![told.help("`last` is the latest one")])
        }
        QueryError::Ambiguous { .. } => Failure::Input(vec![told.help("give more of its id")]),
        QueryError::Open(cause) => match (cause.exit_code(), cause.hint()) {
            (ExitCode::Usage, Some(hint)) => Failure::Input(vec![told.help(hint)]),
            (exit, _) => Failure::Other(exit, anyhow::anyhow!("{cause}")),
        },
        error @ (QueryError::File { .. } | QueryError::Database(_)) => {
            Failure::Other(ExitCode::Usage, anyhow::anyhow!("{error}"))
        }
    }
}

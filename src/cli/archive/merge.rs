//! `merge`: the batches of other databases come into the project's own, and what a run could not write there itself.

use super::super::arguments::MergeArguments;
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record::unreadable;
use super::{database, open};
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use crate::store::{Reader, UnspoolError, Which, spool_of};
use crate::text::Untrusted;
use std::path::PathBuf;

/// Brings them here.
pub(crate) fn run(arguments: &MergeArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let path = database(&arguments.project, console)?;
    let (spools, databases): (Vec<&PathBuf>, Vec<&PathBuf>) =
        arguments.databases.iter().partition(|path| spool_of(path).is_some());
    // All of them can be read, or none is touched.
    let readers: Vec<Reader> =
        databases.iter().map(|path| Reader::open(path)).collect::<Result<_, _>>().map_err(unreadable)?;
    for spool in spools {
        let Some(batch) = spool_of(spool) else { continue };
        let brought = open(&path, console)?.unspool(spool, &batch).map_err(|error| match error {
            UnspoolError::Query(error) => unreadable(error),
            other => Failure::input(other.to_string()),
        })?;
        console.say(&format!("batch {batch}: {} events were brought in", brought.events));
    }
    if readers.is_empty() {
        return Ok(ExitCode::Success);
    }
    let mut store = open(&path, console)?;
    if arguments.join {
        let mut shards = Vec::new();
        for reader in &readers {
            shards.push((reader, reader.batch(&Which::Last).map_err(unreadable)?));
        }
        let joined = store.join(&shards).map_err(|error| Failure::input(error.to_string()))?;
        let what = if joined.known { "is here already" } else { "is here" };
        console.say(&format!("batch {} {what}: {} shards", joined.batch, shards.len()));
        console.data(&format!("{}\n", joined.batch))?;
        return Ok(ExitCode::Success);
    }
    for (reader, path) in readers.iter().zip(databases) {
        let merged = store.merge(reader).map_err(unreadable)?;
        let path = Untrusted::from(path.to_string_lossy().as_ref()).line();
        let (added, known) = (merged.added.len(), merged.known.len());
        console.say(&format!("{path}: {added} added, {known} here already"));
        let running = merged.running.iter().map(|batch| {
            Diagnostic::warning(format!("batch `{batch}` of `{path}` still runs: it was left out"))
                .help("`merge` it when it has ended")
        });
        console.warnings(&running.collect::<Vec<_>>());
    }
    Ok(ExitCode::Success)
}

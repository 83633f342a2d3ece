//! `report`: the reports of a batch that has run, made from its record.

use super::arguments::ReportArguments;
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use super::record::{self, unreadable};
use crate::config::Environment;
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use crate::reporter::terminal::{below, label};
use crate::reporter::{JOB_SUMMARY, ReportSpec};
use crate::store::Which;
use crate::text::Untrusted;
use std::path::Path;

/// Writes the reports.
pub(crate) fn run(arguments: &ReportArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let reports = with_places(&arguments.reports, arguments.single_file, &prepare::environment()?)?;
    let record = record::open(&arguments.project, console)?;
    let batch = record.reader.batch(&Which::parse(&arguments.batch)).map_err(unreadable)?;
    let reporters = reports.iter().map(|it| it.open(&record.root)).collect::<Result<Vec<_>, _>>();
    let reporters =
        reporters.map_err(|error| Failure::Other(ExitCode::NotSaved, anyhow::anyhow!("{error}")))?;
    let closing = record.reader.replay(&batch.id, reporters).map_err(unreadable)?;
    for artifact in &closing.artifacts {
        let path = Untrusted::from(below(&artifact.path, &record.working_directory)).line();
        console.say(&format!("{} {} {path}", label("Report"), artifact.kind));
    }
    let failures: Vec<_> = closing.failures.iter().map(|it| Diagnostic::error(it.to_string())).collect();
    if !failures.is_empty() {
        console.findings(&failures);
    }
    Ok(closing.exit_code(ExitCode::Success))
}

/// The reports that were asked for, each with its place.
pub(crate) fn with_places(
    specs: &[ReportSpec],
    single_file: bool,
    environment: &Environment,
) -> Result<Vec<ReportSpec>, Failure> {
    let summary = environment.variables.get(JOB_SUMMARY).filter(|path| !path.is_empty()).map(Path::new);
    ReportSpec::resolve(specs, single_file, summary).map_err(|error| Failure::input(error.to_string()))
}

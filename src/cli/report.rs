//! `report`: the reports of a batch that has run, made from its record.

use super::arguments::ReportArguments;
use super::console::Console;
use super::failure::Failure;
use super::record::{self, unreadable};
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use crate::reporter::ReportSpec;
use crate::reporter::terminal::{below, label};
use crate::store::Which;
use crate::text::Untrusted;

/// Writes the reports.
pub(crate) fn run(arguments: &ReportArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    ReportSpec::check(&arguments.reports).map_err(|error| Failure::input(error.to_string()))?;
    let record = record::open(&arguments.project, console)?;
    let batch = record.reader.batch(&Which::parse(&arguments.batch)).map_err(unreadable)?;
    let reporters = arguments.reports.iter().map(|it| it.open(&record.root)).collect::<Result<Vec<_>, _>>();
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

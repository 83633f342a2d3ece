//! Stand-in until the runner is merged: prepares everything and runs nothing.

use super::arguments::RunArguments;
use super::console::Console;
use super::failure::Failure;
use super::list;
use super::prepare::prepare;
use crate::outcome::ExitCode;

/// Prepares a batch.
pub(crate) fn run(arguments: &RunArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let prepared =
        prepare(&arguments.selection, &arguments.project, &arguments.browser, Some(&arguments.limits), console)?;
    if arguments.dry_run {
        console.data(&list::text(&prepared.plan))?;
        return Ok(ExitCode::Success);
    }
    Err(Failure::Other(ExitCode::Bug, anyhow::anyhow!("this build has no runner")))
}

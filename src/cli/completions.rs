//! `completions`: a script that teaches a shell the command line.

use super::arguments::{Arguments, CompletionsArguments};
use super::console::Console;
use super::failure::Failure;
use crate::outcome::ExitCode;
use clap::CommandFactory as _;

/// Prints the script.
pub(crate) fn run(arguments: &CompletionsArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "batchrun", &mut script);
    console.data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Success)
}

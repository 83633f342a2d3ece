//! `check`: reads runner.toml and the case files, and says what is wrong with them. No browser.

use super::arguments::CheckArguments;
use super::cases::{self, Found};
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use crate::outcome::ExitCode;

/// Checks the files.
pub(crate) fn run(arguments: &CheckArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let environment = prepare::environment()?;
    let settings = prepare::settings(&arguments.project, None, None, &environment, console)?;
    let Found { cases, warnings, files } = cases::load(&arguments.paths, &settings, &environment)?;
    if !warnings.is_empty() {
        console.findings(&warnings);
    }
    let verb = if cases.len() == 1 { "is" } else { "are" };
    console.say(&format!("{} in {} {verb} fine", counted(cases.len(), "case"), counted(files, "file")));
    Ok(ExitCode::Success)
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

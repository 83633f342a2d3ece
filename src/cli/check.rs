//! `check`: reads runner.toml and the case files, and says what is wrong with them. No browser.

use super::arguments::CheckArguments;
use super::cases;
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use crate::outcome::ExitCode;
use crate::text::counted;

/// Checks the files.
pub(crate) fn run(arguments: &CheckArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let environment = prepare::environment()?;
    let read = prepare::read_settings(&arguments.project, None, None, &environment);
    let loaded = prepare::both(read, console, |settings| {
        cases::load(&arguments.paths, settings, &environment, |_, _| ())
    });
    let (_, loaded) = loaded?;
    let (cases, files) = (loaded.cases.len(), loaded.files);
    let verb = if cases == 1 { "is" } else { "are" };
    console.say(&format!("{} in {} {verb} fine", counted(cases, "case"), counted(files, "file")));
    Ok(ExitCode::Success)
}

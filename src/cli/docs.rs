//! `docs`: the reference of the case format, whole or one word of it.

use super::arguments::DocsArguments;
use super::console::Console;
use super::failure::Failure;
use crate::case;
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;

/// Prints it.
pub(crate) fn run(arguments: &DocsArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    match &arguments.word {
        None => console.data(&case::reference())?,
        Some(word) => match case::meaning(word) {
            Ok(meaning) => console.data(&meaning)?,
            Err(unknown) => {
                let hint = match unknown.nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => "`batchrun docs` has them all".to_owned(),
                };
                return Err(Failure::Input(vec![Diagnostic::error(unknown.to_string()).help(hint)]));
            }
        },
    }
    Ok(ExitCode::Success)
}

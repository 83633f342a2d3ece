//! `docs`: the reference of the case format, whole or one word of it, and what the settings of runner.toml mean.

use super::arguments::DocsArguments;
use super::console::Console;
use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use crate::{case, config, suggestion};

/// Prints it.
pub(crate) fn run(arguments: &DocsArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let Some(word) = &arguments.word else {
        console.data(&case::reference())?;
        return Ok(ExitCode::Success);
    };
    // A word may be both: `timeout` is a key of a case and a setting.
    let setting = config::docs::meaning(word);
    match case::meaning(word) {
        Ok(meaning) => console.data(&(meaning + &setting))?,
        Err(_) if !setting.is_empty() => console.data(&setting)?,
        Err(unknown) => {
            let near = unknown.nearest.or_else(|| suggestion::closest(word, config::docs::words()));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "`batchrun docs` has all words of case files, `batchrun config` all settings".to_owned()
                }
            };
            return Err(Failure::Input(vec![Diagnostic::error(unknown.to_string()).help(hint)]));
        }
    }
    Ok(ExitCode::Success)
}

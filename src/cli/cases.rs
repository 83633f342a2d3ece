//! From paths on the command line to cases: what the loader needs of the settings, and what is said when there is
//! nothing to load.

use super::arguments::Arguments;
use super::failure::Failure;
use crate::case::model::Case;
use crate::case::{self, LoadOptions, SettingNames};
use crate::config::{Environment, Settings};
use crate::diagnostic::Diagnostic;
use clap::CommandFactory as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where cases are when nobody says so, below the project root.
const USUAL_FOLDER: &str = "testcases";

/// Cases without errors, with what is worth a warning.
pub(crate) struct Found {
    pub(crate) cases: Vec<Arc<Case>>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// How many files were read.
    pub(crate) files: usize,
}

/// Loads the cases. All that is wrong with any of them is reported at once.
pub(crate) fn load(
    paths: &[PathBuf],
    settings: &Settings,
    environment: &Environment,
) -> Result<Found, Failure> {
    let options = LoadOptions {
        root: settings.project.root.clone(),
        directory: environment.working_directory.clone(),
        names: names(settings),
        allowed_schemes: Vec::new(),
    };
    let usual = [settings.project.root.join(USUAL_FOLDER)];
    let paths = match paths {
        [] if usual[0].is_dir() => &usual[..],
        [] => return Err(Failure::Input(vec![no_folder(&settings.project.root)])),
        named => named,
    };
    let misplaced: Vec<_> = paths.iter().filter_map(|path| misplaced_command(path, environment)).collect();
    if !misplaced.is_empty() {
        return Err(Failure::Input(misplaced));
    }
    let loaded = case::load(paths, &options);
    if loaded.has_errors() {
        return Err(Failure::Input(loaded.diagnostics));
    }
    Ok(Found { cases: loaded.cases, warnings: loaded.diagnostics, files: loaded.files })
}

/// The names that settings give to cases.
fn names(settings: &Settings) -> SettingNames {
    SettingNames {
        vars: settings.vars.keys().cloned().collect(),
        env: settings.env.as_slice().iter().cloned().collect(),
        secrets: settings.secrets.names().map(str::to_owned).collect(),
        shares: std::collections::BTreeSet::new(),
        server: !settings.servers.as_slice().is_empty(),
    }
}

fn no_folder(root: &Path) -> Diagnostic {
    Diagnostic::error(format!("there is no folder `{USUAL_FOLDER}` in `{}`", root.display()))
        .help("name folders or files, or write a first case with `batchrun init`")
}

/// A command that stands where a path is expected: after flags, everything is a path.
fn misplaced_command(path: &Path, environment: &Environment) -> Option<Diagnostic> {
    let word = path.to_str()?;
    let is_command = Arguments::command().get_subcommands().any(|command| command.get_name() == word);
    (is_command && !environment.working_directory.join(path).exists()).then(|| {
        Diagnostic::error(format!("`{word}` is a command and stands where a path is expected"))
            .help(format!("a command comes before everything else: `batchrun {word} …`"))
    })
}

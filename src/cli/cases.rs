//! From paths on the command line to cases: what the loader needs of the settings, and what is said when there is
//! nothing to load.

use super::arguments::Arguments;
use crate::case::model::Case;
use crate::case::{self, CaseKey, LoadOptions, Loaded, SettingNames};
use crate::config::{Environment, Settings};
use crate::diagnostic::Diagnostic;
use crate::suggestion::closest;
use clap::CommandFactory as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where cases are when nobody says so, below the project root.
const USUAL_FOLDER: &str = "testcases";

/// How far the settings can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// They are right.
    Whole,
    /// Something in them is wrong: what they lack may be what could not be read.
    Partial,
}

/// Loads the cases that are meant by the command line's paths, and keeps of each what `look` makes of it. All that is
/// wrong with any of them is told at once.
pub(crate) fn load<T: Send>(
    paths: &[PathBuf],
    (settings, trust): (&Settings, Trust),
    environment: &Environment,
    look: impl Fn(&Arc<Case>, CaseKey) -> T + Sync,
) -> Result<Loaded<T>, Vec<Diagnostic>> {
    let usual = [settings.project.root.join(USUAL_FOLDER)];
    let paths = match paths {
        [] if usual[0].is_dir() => &usual[..],
        // Where the settings are wrong, the root may be, too.
        [] if trust == Trust::Partial => return Err(Vec::new()),
        [] => return Err(vec![no_folder(&settings.project.root)]),
        named => named,
    };
    let misplaced: Vec<_> = paths.iter().filter_map(|path| misplaced_command(path, environment)).collect();
    if !misplaced.is_empty() {
        return Err(misplaced);
    }
    load_only(paths, (settings, trust), environment, look).map_err(|mut findings| {
        let root = &settings.project.root;
        findings.extend(paths.iter().filter_map(|path| mistyped_command(path, root, environment)));
        findings
    })
}

/// The same for these paths, which may be none.
pub(crate) fn load_only<T: Send>(
    paths: &[PathBuf],
    (settings, trust): (&Settings, Trust),
    environment: &Environment,
    look: impl Fn(&Arc<Case>, CaseKey) -> T + Sync,
) -> Result<Loaded<T>, Vec<Diagnostic>> {
    let options = LoadOptions {
        root: settings.project.root.clone(),
        directory: environment.working_directory.clone(),
        names: names(settings, trust),
        allowed_schemes: Vec::new(),
    };
    let loaded = case::load_each(paths, &options, look);
    if loaded.has_errors() { Err(loaded.diagnostics) } else { Ok(loaded) }
}

/// The names that settings give to cases.
fn names(settings: &Settings, trust: Trust) -> SettingNames {
    let with_values = settings.shares.value.iter().filter(|(_, share)| !share.values.is_empty());
    SettingNames {
        vars: settings.vars.keys().cloned().collect(),
        env: settings.env.as_slice().iter().cloned().collect(),
        secrets: settings.secrets.names().map(str::to_owned).collect(),
        shares: with_values.map(|(name, _)| name.to_owned()).collect(),
        server: !settings.servers.as_slice().is_empty(),
        uncertain: trust == Trust::Partial,
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

/// A word that is no path and nearly a command.
fn mistyped_command(path: &Path, root: &Path, environment: &Environment) -> Option<Diagnostic> {
    let word = path.to_str().filter(|word| word.chars().all(|it| it.is_alphanumeric() || it == '-'))?;
    if environment.working_directory.join(path).exists() || root.join(format!("{word}.toml")).exists() {
        return None;
    }
    let arguments = Arguments::command();
    let near = closest(word, arguments.get_subcommands().map(clap::Command::get_name))?;
    Some(Diagnostic::note(format!("there is a command that is written like that: `batchrun {near}`")))
}

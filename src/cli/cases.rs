//! The cases that the command line names, with what the settings say about the names they may use.

use super::failure::Failure;
use crate::case::load::{LoadOptions, SettingNames, load as load_files};
use crate::case::model::Case;
use crate::config::{Environment, Settings};
use crate::diagnostic::Diagnostic;
use std::path::PathBuf;
use std::sync::Arc;

/// Where cases are looked for when nobody says.
const USUAL_FOLDER: &str = "testcases";

/// Loads the cases, or says everything that is wrong with any of them; warnings come with the cases.
pub(crate) fn load(
    paths: &[PathBuf],
    settings: &Settings,
    environment: &Environment,
) -> Result<(Vec<Arc<Case>>, Vec<Diagnostic>), Failure> {
    let usual = [settings.project.root.join(USUAL_FOLDER)];
    let paths = if paths.is_empty() { &usual[..] } else { paths };
    let options = LoadOptions {
        root: settings.project.root.clone(),
        directory: environment.working_directory.clone(),
        names: SettingNames {
            vars: settings.vars.keys().cloned().collect(),
            env: settings.env.value.as_slice().iter().cloned().collect(),
            secrets: settings.secrets.names().map(str::to_owned).collect(),
            shares: std::collections::BTreeSet::new(),
            server: !settings.servers.value.as_slice().is_empty(),
        },
        allowed_schemes: Vec::new(),
    };
    let loaded = load_files(paths, &options);
    if loaded.has_errors() { Err(Failure::Input(loaded.diagnostics)) } else { Ok((loaded.cases, loaded.diagnostics)) }
}

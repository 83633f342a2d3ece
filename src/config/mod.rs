//! Settings in two stages: layers as they are written (command line, `BATCHRUN_*` variables, a profile, the top of
//! runner.toml), and the resolved [`Settings`] with the origin of each value. After that nothing looks at a layer again.
//!
//! `[[override]]`s stay beside the settings, since whom they match is known only when there are cases; `plan` applies
//! them. What a case says of itself wins over the file and its overrides, but not over what was said for this run
//! ([`Origin::is_for_this_run`]).
//!
//! | source | wins over |
//! |---|---|
//! | a flag, then `--set` | all below |
//! | `BATCHRUN_*` variables | what cases say of themselves, and all below |
//! | `[[override]]` that matches (the last one) | all below |
//! | `[profile.NAME]` | the top of runner.toml |
//! | the top of runner.toml | the defaults |

mod address;
mod browser;
mod concurrency;
pub mod docs;
mod duration;
mod endpoint;
mod evidence;
mod file;
mod later;
mod layer;
mod names;
mod notify;
mod order;
mod origin;
mod overrides;
mod pair;
mod pressure;
mod project;
mod reading;
mod retries;
mod schema;
mod secret;
mod server;
mod setting;
mod share;

pub use address::{Address, AddressError};
pub use browser::{Browser, BrowserArguments, BrowserError, Browsers};
pub use concurrency::{Concurrency, ConcurrencyError};
pub use duration::{Pause, TimeLimit};
pub use endpoint::{Credentials, Endpoint, Endpoints, Login};
pub use evidence::{Keep, Trace};
pub use layer::{Entry, Layer, Settings};
pub use names::{AttributeName, VariableNames, is_variable_name};
pub use notify::{NotifyCommand, NotifyOn, Webhook};
pub use order::{NotAnOrder, Order};
pub use origin::{Origin, Sourced};
pub use overrides::{Override, Quarantine};
pub use pressure::{Percent, Size};
pub use project::{Environment, FILE_NAME, Project, above};
pub use retries::{Backoff, NotRetries, Placement, Retries};
pub use schema::schema;
pub use secret::{Blank, NoValue, Secret, Secrets, TooShort};
pub use server::{Server, Servers};
pub use setting::{FilePath, Program};
pub use share::{Share, Shares};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceFile, Span};
use crate::suggestion;
use file::Top;
use reading::Reading;
use std::path::PathBuf;
use std::sync::Arc;
use toml::de::DeTable;

/// What the command line says about settings.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--set`, in order; the later one wins.
    pub set: Vec<String>,
    /// What flags of their own say.
    pub flags: Layer,
}

/// Settings, and what is worth a warning.
#[derive(Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Settings with errors in them.
#[derive(Clone)]
pub struct Wrong {
    /// All that is wrong, with warnings among it.
    pub findings: Vec<Diagnostic>,
    /// What could be made out all the same: enough to look at cases, never to run any.
    pub settings: Box<Settings>,
}

/// Reads and resolves all settings. All that is wrong is reported at once.
pub fn load(request: Request, environment: &Environment) -> Result<Loaded, Wrong> {
    let mut findings = Vec::new();
    let variable = |name: &str| environment.variables.get(name).filter(|value| !value.is_empty()).cloned();
    let config = request.config.or_else(|| variable(pair::CONFIG_VARIABLE).map(PathBuf::from));
    let mut project = match config {
        Some(path) => project::named(environment, &path),
        None => project::find(environment),
    };
    project.profile = request.profile.or_else(|| variable(pair::PROFILE_VARIABLE));

    let mut layers = vec![request.flags];
    layers.extend(request.set.iter().rev().map(|text| pair::read_set(text, environment, &mut findings)));
    layers.extend(pair::read_variables(environment, &mut findings));
    let (from_file, top) = read_file(&project, &mut findings);
    layers.extend(from_file);

    let mut settings = Settings::resolve(project, &layers, top.overrides);
    // A profile may speak of one share and leave the others as they are.
    settings.shares.value =
        Shares::merged(layers.iter().filter_map(|layer| layer.shares.as_ref()).map(|it| &it.value));
    settings.secrets = secret::load(&settings, environment, &mut findings);
    settings.environment = allowed(&settings, environment);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(Wrong { findings, settings: Box::new(settings) });
    }
    Ok(Loaded { settings, warnings: findings })
}

/// Whether `BATCHRUN_CONFIG` names a file.
pub fn is_named(environment: &Environment) -> bool {
    environment.variables.get(pair::CONFIG_VARIABLE).is_some_and(|path| !path.is_empty())
}

/// The variables that cases may read, as far as they are set.
fn allowed(settings: &Settings, environment: &Environment) -> std::collections::BTreeMap<String, String> {
    let names = settings.env.as_slice().iter();
    names.filter_map(|name| Some((name.clone(), environment.variables.get(name)?.clone()))).collect()
}

/// Reads runner.toml: the profile in use, then the top.
fn read_file(project: &Project, findings: &mut Vec<Diagnostic>) -> (Vec<Layer>, Top) {
    let Some(path) = &project.file else {
        if let Some(profile) = &project.profile {
            findings.push(Diagnostic::error(format!("no profile `{profile}`: there is no `{FILE_NAME}`")));
        }
        return (Vec::new(), Top::default());
    };
    let source = match project::read_text(path, &project.shown(path)) {
        Ok(source) => source,
        Err(error) => {
            findings.push(error.diagnostic());
            return (Vec::new(), Top::default());
        }
    };
    let Some(table) = reading::parse(&source, findings) else { return (Vec::new(), Top::default()) };
    let mut reading = Reading {
        source: Arc::clone(&source),
        base: &project.root,
        origin: &|source, span| Origin::File(source.location(span.start)),
        key: String::new(),
        findings: Vec::new(),
    };
    let (top_layer, top) = file::read_top(&table, &mut reading);
    findings.append(&mut reading.findings);
    let mut layers: Vec<Layer> = read_profiles(project, &source, &table, findings).into_iter().collect();
    layers.push(top_layer);
    (layers, top)
}

/// Reads every profile, so that mistakes show whichever is in use, and returns the one that is.
fn read_profiles(
    project: &Project,
    source: &Arc<SourceFile>,
    table: &DeTable<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Layer> {
    let mut in_use = None;
    let mut names = Vec::new();
    let profiles = table.get("profile");
    if let Some(given) = profiles.filter(|given| !given.get_ref().is_table()) {
        findings.push(Diagnostic::error("`profile` must hold tables such as `[profile.ci]`").at(
            source,
            given.span(),
            "",
        ));
    }
    for (name, given) in
        profiles.and_then(|given| given.get_ref().as_table()).map_or_else(Vec::new, reading::in_order)
    {
        let name = name.get_ref().as_ref();
        let origin = |source: &Arc<SourceFile>, span: Span| Origin::Profile {
            name: name.to_owned(),
            at: source.location(span.start),
        };
        let mut reading = Reading {
            source: Arc::clone(source),
            base: &project.root,
            origin: &origin,
            key: String::new(),
            findings: Vec::new(),
        };
        let layer = reading.table(given).map(|table| file::read_layer(table, &mut reading));
        findings.append(&mut reading.findings);
        if project.profile.as_deref() == Some(name) {
            in_use = layer;
        }
        names.push(name);
    }
    if let Some(wanted) = project.profile.as_deref().filter(|wanted| !names.contains(wanted)) {
        findings.push(no_profile(wanted, &names, source));
    }
    in_use
}

fn no_profile(wanted: &str, names: &[&str], source: &SourceFile) -> Diagnostic {
    let finding = Diagnostic::error(format!("no profile `{wanted}` in `{}`", source.path));
    match suggestion::closest(wanted, names.iter().copied()) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None if names.is_empty() => finding.help(format!("add a table `[profile.{wanted}]`")),
        None => finding.help(format!("profiles are {}", reading::listed(names))),
    }
}

#[cfg(test)]
mod tests;

//! Single settings as texts: `--set KEY=VALUE` and `BATCHRUN_KEY` variables. Each becomes a small TOML text of its
//! own, so that it is read, and refused, exactly as runner.toml is.

use super::Environment;
use super::file::read_layer;
use super::layer::Layer;
use super::origin::Origin;
use super::reading::{self, Reading};
use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;
use crate::suggestion;
use toml::de::DeValue;

/// What variables begin with.
const PREFIX: &str = "BATCHRUN_";

/// Variables that name no setting but say where settings are.
pub(super) const CONFIG_VARIABLE: &str = "BATCHRUN_CONFIG";
/// Names a profile.
pub(super) const PROFILE_VARIABLE: &str = "BATCHRUN_PROFILE";

/// Keys that have no variable: their values are tables.
const NOT_IN_VARIABLES: [&str; 2] = ["server", "endpoint"];

/// Reads one `--set`.
pub(super) fn read_set(text: &str, environment: &Environment, findings: &mut Vec<Diagnostic>) -> Layer {
    let Some((key, value)) = text.split_once('=') else {
        findings.push(Diagnostic::error(format!("`--set` must be `KEY=VALUE`, found `{text}`")));
        return Layer::default();
    };
    read_pair(&Pair { from: "--set", key: key.trim(), value, origin: Origin::Set }, environment, findings)
}

/// Reads all variables. Those that begin like ours but name nothing get a warning.
pub(super) fn read_variables(environment: &Environment, findings: &mut Vec<Diagnostic>) -> Vec<Layer> {
    let known: Vec<(String, &str)> = Layer::KEYS
        .iter()
        .filter(|key| !NOT_IN_VARIABLES.contains(key))
        .map(|key| (format!("{PREFIX}{}", key.replace('.', "_").to_uppercase()), *key))
        .collect();
    let mut layers = Vec::new();
    for (name, value) in environment.variables.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        if let Some((_, key)) = known.iter().find(|(variable, _)| variable == name) {
            let pair = Pair { from: name, key, value, origin: Origin::Variable(name.clone()) };
            layers.push(read_pair(&pair, environment, findings));
        } else if ![CONFIG_VARIABLE, PROFILE_VARIABLE].contains(&name.as_str()) {
            let warning = Diagnostic::warning(format!("the variable `{name}` names no setting"));
            // What all of them begin with says nothing about which is meant.
            let ends = known.iter().map(|(name, _)| name.as_str()).chain([CONFIG_VARIABLE, PROFILE_VARIABLE]);
            let ends = ends.map(|name| name.trim_start_matches(PREFIX));
            findings.push(match suggestion::closest(name.trim_start_matches(PREFIX), ends) {
                Some(meant) => warning.help(format!("did you mean `{PREFIX}{meant}`?")),
                None => warning,
            });
        }
    }
    layers
}

/// A key with its value, and where they were written.
struct Pair<'a> {
    from: &'a str,
    key: &'a str,
    value: &'a str,
    origin: Origin,
}

fn read_pair(pair: &Pair<'_>, environment: &Environment, findings: &mut Vec<Diagnostic>) -> Layer {
    let (key, value) = (pair.key, pair.value);
    // A value that is no TOML is a text: `--set timeout=30s` needs no quotes.
    let text = match DeValue::parse(value) {
        Ok(_) => format!("{key} = {value}"),
        Err(_) => format!("{key} = {}", toml::Value::String(value.to_owned())),
    };
    let source = SourceFile::new(pair.from, text);
    let Some(table) = reading::parse(&source, findings) else { return Layer::default() };
    let mut reading = Reading {
        source: source.clone(),
        base: &environment.working_directory,
        origin: &|_, _| pair.origin.clone(),
        key: String::new(),
        findings: Vec::new(),
    };
    let layer = read_layer(&table, &mut reading);
    findings.append(&mut reading.findings);
    layer
}

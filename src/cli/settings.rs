//! `config`: every setting with its value and where that comes from.

use super::arguments::{ConfigArguments, Format};
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use crate::config::Settings;
use crate::outcome::ExitCode;
use crate::text::Untrusted;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints the settings.
pub(crate) fn run(arguments: &ConfigArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let environment = prepare::environment()?;
    let (browser, limits) = (Some(&arguments.browser), Some(&arguments.limits));
    let settings = prepare::settings(&arguments.print.project, browser, limits, &environment, console)?;
    match arguments.print.format.format {
        Format::Text => console.data(&text(&settings))?,
        Format::Json => console.json(&json(&settings))?,
    }
    Ok(ExitCode::Success)
}

fn text(settings: &Settings) -> String {
    let project = &settings.project;
    let mut text = format!("# project root: {}\n", Untrusted::from(project.root.to_string_lossy()).line());
    if let Some(file) = &project.file {
        let _ = writeln!(text, "# settings: {}", Untrusted::from(project.shown(file)).line());
    }
    if let Some(profile) = &project.profile {
        let _ = writeln!(text, "# profile: {}", Untrusted::from(profile.as_str()).line());
    }
    let rows: Vec<(String, String)> = settings
        .entries()
        .into_iter()
        .map(|entry| {
            let value = if entry.value.is_null() { "-".to_owned() } else { entry.value.to_string() };
            let left = Untrusted::from(format!("{} = {value}", entry.key)).line();
            (left, Untrusted::from(entry.origin.to_string()).line())
        })
        .collect();
    // One long value must not push every origin out of sight.
    let width =
        rows.iter().map(|(left, _)| left.chars().count()).filter(|width| *width <= 48).max().unwrap_or(0);
    for (left, origin) in rows {
        let _ = writeln!(text, "{left:width$}  # {origin}");
    }
    for entry in &settings.overrides {
        let _ = writeln!(text, "# override for {} at {}:{}", entry.filter, entry.at.file, entry.at.line);
    }
    text
}

fn json(settings: &Settings) -> Value {
    let project = &settings.project;
    let entries = settings.entries();
    let values: serde_json::Map<_, _> = entries
        .into_iter()
        .map(|entry| (entry.key, json!({"value": entry.value, "origin": entry.origin.to_json()})))
        .collect();
    json!({
        "root": project.root.to_string_lossy(),
        "file": project.file.as_ref().map(|file| file.to_string_lossy()),
        "profile": project.profile,
        "settings": values,
    })
}

//! What every command that looks at cases begins with: settings, cases, filter, plan. Starts nothing.

use super::arguments::{BrowserArguments, LimitArguments, Pace, ProjectArguments, SelectionArguments};
use super::cases::{self, Found};
use super::console::Console;
use super::failure::Failure;
use crate::config::{self, Environment, Layer, Settings};
use crate::filter::Filter;
use crate::outcome::ExitCode;
use crate::plan::{self, Plan};
use crate::source::SourceFile;
use anyhow::Context as _;

/// Everything that is known before the first browser starts.
pub(crate) struct Prepared {
    /// What is around the process.
    pub(crate) environment: Environment,
    /// The settings.
    pub(crate) settings: Settings,
    /// The jobs. Never empty, unless the command line allows that.
    pub(crate) plan: Plan,
    /// How starts are spread.
    pub(crate) pace: Pace,
}

/// The environment of this process.
pub(crate) fn environment() -> Result<Environment, Failure> {
    Environment::of_this_process()
        .context("the working directory cannot be found")
        .map_err(|error| Failure::Other(ExitCode::Usage, error))
}

/// The settings that the arguments, the environment and runner.toml make together.
pub(crate) fn settings(
    project: &ProjectArguments,
    browser: Option<&BrowserArguments>,
    limits: Option<&LimitArguments>,
    environment: &Environment,
    console: &mut Console,
) -> Result<Settings, Failure> {
    let mut layer = Layer::default();
    if let Some(browser) = browser {
        browser.write_to(&mut layer);
    }
    if let Some(limits) = limits {
        limits.write_to(&mut layer);
    }
    let loaded = config::load(project.request(layer, environment), environment).map_err(Failure::Input)?;
    if !loaded.warnings.is_empty() {
        console.findings(&loaded.warnings);
    }
    Ok(loaded.settings)
}

/// Settings, cases and plan. All that is wrong with the settings, or else with the cases, is reported at once.
pub(crate) fn prepare(
    selection: &SelectionArguments,
    project: &ProjectArguments,
    browser: &BrowserArguments,
    limits: Option<&LimitArguments>,
    console: &mut Console,
) -> Result<Prepared, Failure> {
    let environment = environment()?;
    let filter = filter(selection)?;
    let settings = settings(project, Some(browser), limits, &environment, console)?;
    let Found { cases, warnings, .. } = cases::load(&selection.paths, &settings, &environment)?;
    if !warnings.is_empty() {
        console.findings(&warnings);
    }
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let plan = plan::plan(&cases, &filter, &settings, today).map_err(Failure::Input)?;
    if plan.jobs.is_empty() && !selection.allow_empty {
        return Err(Failure::NothingSelected { cases: cases.len() });
    }
    let pace = limits.map(LimitArguments::pace).unwrap_or_default();
    Ok(Prepared { environment, settings, plan, pace })
}

/// All that selects by expression, as one filter.
fn filter(selection: &SelectionArguments) -> Result<Filter, Failure> {
    let mut findings = Vec::new();
    let mut parse =
        |flag: &str, text: &str, parse: fn(&str) -> Result<Filter, crate::filter::FilterError>| {
            parse(text).map_err(|error| findings.push(error.diagnostic(&SourceFile::new(flag, text), 0))).ok()
        };
    let mut all: Vec<Filter> =
        selection.filters.iter().filter_map(|text| parse("--filter", text, Filter::parse)).collect();
    let tags: Vec<Filter> =
        selection.tags.iter().filter_map(|tag| parse("--tag", tag, Filter::tag)).collect();
    if !tags.is_empty() {
        all.push(Filter::any(tags));
    }
    let skipped = selection.skip_tags.iter().filter_map(|tag| parse("--skip-tag", tag, Filter::tag));
    all.extend(skipped.map(Filter::negated).collect::<Vec<_>>());
    if findings.is_empty() { Ok(Filter::all(all)) } else { Err(Failure::Input(findings)) }
}

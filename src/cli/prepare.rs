//! What every command that looks at cases begins with: settings, cases, filter, plan. Starts nothing.

use super::arguments::{BrowserArguments, LimitArguments, Pace, ProjectArguments, SelectionArguments};
use super::cases::{self, Trust};
use super::console::Console;
use super::failure::Failure;
use super::remembered::{Failed, Remembered};
use super::resumed::Resumed;
use super::{remarks, run, shard_plan};
use crate::case::Loaded;
use crate::config::{self, Environment, Layer, Order, Settings, Wrong};
use crate::diagnostic::Diagnostic;
use crate::filter::Filter;
use crate::history::{Blank, History};
use crate::id::CaseId;
use crate::outcome::ExitCode;
use crate::plan::{Budget, Ordering, Plan, Planner, Shard, Sharding};
use crate::random;
use crate::source::SourceFile;
use anyhow::Context as _;
use std::num::NonZeroU32;

/// Everything that is known before the first browser starts.
pub(crate) struct Prepared {
    /// What is around the process.
    pub(crate) environment: Environment,
    /// The settings.
    pub(crate) settings: Settings,
    /// The jobs. Never empty, unless the command line allows that.
    pub(crate) plan: Plan,
    /// Which part of the jobs they are.
    pub(crate) shard: Option<Shard>,
    /// What everything random follows from.
    pub(crate) seed: u64,
    /// How starts are spread.
    pub(crate) pace: Pace,
    /// The batch that goes on, where none begins.
    pub(crate) resumed: Option<Resumed>,
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
    match read_settings(project, browser, limits, environment) {
        Ok(loaded) => {
            console.warnings(&loaded.warnings);
            Ok(loaded.settings)
        }
        Err(wrong) => Err(Failure::Input(wrong.findings)),
    }
}

/// The same, before anybody is told what is wrong with them.
pub(crate) fn read_settings(
    project: &ProjectArguments,
    browser: Option<&BrowserArguments>,
    limits: Option<&LimitArguments>,
    environment: &Environment,
) -> Result<config::Loaded, Wrong> {
    let mut layer = Layer::default();
    if let Some(browser) = browser {
        browser.write_to(&mut layer);
    }
    if let Some(limits) = limits {
        limits.write_to(&mut layer);
    }
    config::load(project.request(layer, environment), environment)
}

/// Settings and cases. Cases are looked at also where the settings are wrong, so that all mistakes are told at once.
pub(crate) fn both<T>(
    read: Result<config::Loaded, Wrong>,
    console: &mut Console,
    load: impl FnOnce((&Settings, Trust)) -> Result<Loaded<T>, Vec<Diagnostic>>,
) -> Result<(Settings, Loaded<T>), Failure> {
    match read {
        Ok(config::Loaded { settings, warnings }) => {
            console.warnings(&warnings);
            let loaded = load((&settings, Trust::Whole)).map_err(Failure::Input)?;
            console.warnings(&loaded.diagnostics);
            Ok((settings, loaded))
        }
        Err(Wrong { mut findings, settings }) => {
            findings.extend(load((&settings, Trust::Partial)).err().unwrap_or_default());
            Err(Failure::Input(findings))
        }
    }
}

/// Settings, cases and plan. All that is wrong with any of them is reported at once.
pub(crate) fn prepare(
    selection: &SelectionArguments,
    project: &ProjectArguments,
    browser: &BrowserArguments,
    limits: Option<&LimitArguments>,
    console: &mut Console,
) -> Result<Prepared, Failure> {
    let environment = environment()?;
    let filter = filter(selection)?;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let read = read_settings(project, Some(browser), limits, &environment);
    let mut shares = Vec::new();
    let (mut history, mut failed, mut resumed) = (None, None, None);
    let (settings, loaded) = both(read, console, |settings| {
        let database = settings.0.database.value.as_path();
        let history = history.insert(Remembered::of(database));
        if let Some(batch) = &selection.rerun_failed {
            failed = Some(Failed::of(database, batch)?);
        }
        if let Some(batch) = &selection.resume {
            resumed = Some(Resumed::of(database, batch)?);
        }
        let wanted = |case: &CaseId, browser: &str| {
            let failed = failed.as_ref().is_none_or(|failed| failed.has(case, browser));
            failed && resumed.as_ref().is_none_or(|resumed| resumed.has(case, browser))
        };
        let planner = Planner::new(&filter, settings.0, today, history).only(&wanted);
        let loaded = match &resumed {
            Some(resumed) => {
                cases::load_only(&resumed.paths(settings.0), settings, &environment, |case, key| {
                    resumed.look_at(case);
                    planner.jobs(case, key)
                })
            }
            None => {
                cases::load(&selection.paths, settings, &environment, |case, key| planner.jobs(case, key))
            }
        };
        shares = planner.into_shares();
        loaded
    })?;
    let cases = loaded.cases.len();
    let order = settings.order.value;
    let seed = match (&resumed, order) {
        (Some(resumed), _) => resumed.seed,
        (None, Order::Random(Some(seed))) => seed,
        (None, _) => random::seed(),
    };
    let asks_for_past = matches!(order, Order::Longest | Order::Failed) || filter.asks_for_the_past();
    console.warnings(remarks::of_past(history.as_ref(), asks_for_past, selection, &settings).as_slice());
    let history: &dyn History = history.as_ref().map_or(&Blank, |history| history);
    let split = match (&selection.shard_plan, selection.shard) {
        (Some(path), Some(shard)) => shard_plan::read(path, shard)?,
        _ => None,
    };
    let sharding = |shard| Sharding { shard, by: selection.shard_by.into(), given: split.as_ref() };
    let by = Ordering {
        order,
        seed,
        history,
        shard: selection.shard.map(sharding),
        repeat: selection.repeat.unwrap_or(NonZeroU32::MIN),
        budget: selection.budget.map(|time| Budget { time: time.get(), slots: run::slots(&settings) }),
        left: resumed.as_ref().map(|it| &it.left),
    };
    let mut plan = Plan::new(loaded.cases, shares, loaded.library, by).map_err(Failure::Input)?;
    let portion = plan.portion.take();
    if let (Some(path), None, Some(portion)) = (&selection.shard_plan, &split, &portion) {
        shard_plan::write(path, &portion.split)?;
    }
    console.warnings(&remarks::of(&plan, portion.as_ref(), selection, &settings));
    crate::memory::give_back();
    if let Some(resumed) = &mut resumed {
        console.warnings(&resumed.compare(&plan, &settings).map_err(Failure::Input)?);
    }
    if plan.jobs.is_empty() && !selection.allow_empty {
        let failed = failed.filter(|failed| failed.jobs.is_empty());
        let failed = failed.map(|failed| format!("nothing failed or errored in batch {}", failed.batch));
        let left = || resumed.map(|resumed| format!("nothing is left of batch {}", resumed.batch));
        let shard = || selection.shard.map(|shard| format!("shard {shard} has none of {cases}"));
        return Err(Failure::NothingSelected { cases, why: failed.or_else(left).or_else(shard) });
    }
    let pace = limits.map(LimitArguments::pace).unwrap_or_default();
    let shard = resumed.as_ref().map_or(selection.shard, |resumed| resumed.shard);
    Ok(Prepared { environment, settings, plan, shard, seed, pace, resumed })
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

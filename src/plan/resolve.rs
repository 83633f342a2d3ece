//! What holds for one job: this run's settings, what the case says, what overrides say, what the file says.

use crate::case::model::{Case, Quarantine};
use crate::config::{Override, Retries, Settings, Sourced, TimeLimit};
use crate::filter::Subject;
use jiff::civil::Date;
use std::time::Duration;

/// The settings of one job.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// -100..=100.
    pub priority: i8,
    /// Limit for one attempt.
    pub timeout: Duration,
    /// Default limit for one step.
    pub step_timeout: Duration,
    /// Further attempts after a failed one.
    pub retries: Retries,
    /// The quarantine that is in force.
    pub quarantine: Option<Quarantine>,
}

impl Resolved {
    /// Resolves the settings of the case that `subject` describes.
    pub fn new(case: &Case, subject: &Subject<'_>, settings: &Settings, today: Date) -> Self {
        let overrides: Vec<&Override> =
            settings.overrides.iter().filter(|it| it.filter.matches(subject)).rev().collect();
        Self {
            priority: case.priority.or(first(&overrides, |it| it.priority)).unwrap_or(0),
            timeout: pick(
                &settings.timeout,
                TimeLimit::get,
                case.timeout.or(first(&overrides, |it| it.timeout.map(TimeLimit::get))),
            ),
            step_timeout: pick(
                &settings.step_timeout,
                TimeLimit::get,
                case.step_timeout.or(first(&overrides, |it| it.step_timeout.map(TimeLimit::get))),
            ),
            retries: retries(case, &overrides, settings),
            quarantine: case
                .quarantine
                .clone()
                .or_else(|| overrides.iter().find_map(|it| it.quarantine.as_ref()).map(quarantine))
                .filter(|quarantine| quarantine.until.is_none_or(|last| last >= today)),
        }
    }
}

/// How often comes from where everything else does; when and after which delay is no word of cases.
fn retries(case: &Case, overrides: &[&Override], settings: &Settings) -> Retries {
    if settings.retries.origin.is_for_this_run() {
        return settings.retries.value;
    }
    let of_project = first(overrides, |it| it.retries).unwrap_or(settings.retries.value);
    case.retries.map_or(of_project, |retries| of_project.with_count(retries.count))
}

/// What the last override that says something says; `overrides` begins with the last one.
fn first<T>(overrides: &[&Override], of: impl Fn(&Override) -> Option<T>) -> Option<T> {
    overrides.iter().find_map(|it| of(it))
}

/// The setting where it was said for this run, else what is closer to the case, else the setting.
fn pick<S: Copy, T>(setting: &Sourced<S>, value: fn(S) -> T, closer: Option<T>) -> T {
    match closer {
        Some(closer) if !setting.origin.is_for_this_run() => closer,
        _ => value(setting.value),
    }
}

fn quarantine(of: &crate::config::Quarantine) -> Quarantine {
    Quarantine { owner: of.owner.clone(), reason: of.reason.clone(), until: of.until }
}

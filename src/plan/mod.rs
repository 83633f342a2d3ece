//! The plan of a batch: which jobs there are and in which order they should start, as data. Starts nothing, and reads
//! neither files nor clocks.

mod order;
mod resolve;
mod share;

pub use resolve::Resolved;
pub use share::{Mode, Need, Share, ShareId};

use share::Shares;

use crate::case::model::{Case, Quarantine, Row};
use crate::config::{Browser, Retries, Settings};
use crate::diagnostic::Diagnostic;
use crate::filter::{Filter, Subject};
use crate::id::{CaseId, JobId};
use jiff::civil::Date;
use std::sync::Arc;
use std::time::Duration;

/// What a batch will run.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order in which they should start; each job's id is its place.
    pub jobs: Vec<Job>,
    /// The shares that they need.
    pub shares: Vec<Share>,
}

/// A case, with one of its rows, in one browser: the unit that is scheduled.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its place in the plan.
    pub id: JobId,
    /// The case.
    pub case: Arc<Case>,
    /// Which of the case's rows, from 0.
    pub row: Option<usize>,
    /// The case's id, with the row.
    pub case_id: CaseId,
    /// Where it runs.
    pub browser: Browser,
    /// -100..=100; higher starts first.
    pub priority: i8,
    /// Limit for one attempt.
    pub timeout: Duration,
    /// Limit for a step that says nothing of its own.
    pub step_timeout: Duration,
    /// Further attempts after a failed one.
    pub retries: Retries,
    /// The shares that it holds while it runs, each once.
    pub needs: Vec<Need>,
    /// Places below the limit that it takes.
    pub places: u32,
    /// The quarantine that is in force: it runs and is reported, but does not decide the exit code.
    pub quarantine: Option<Quarantine>,
    /// Why it is not run at all.
    pub skip: Option<String>,
}

impl Job {
    /// The data row, if the case has rows.
    pub fn row(&self) -> Option<&Row> {
        self.row.and_then(|row| self.case.rows.get(row))
    }
}

/// Makes the plan: the cases' rows in each browser that `filter` finds, in order. `today` (UTC) decides which
/// quarantines are still in force.
pub fn plan(
    cases: &[Arc<Case>],
    filter: &Filter,
    settings: &Settings,
    today: Date,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let mut jobs = Vec::new();
    let mut shares = Shares::new(settings);
    for case in cases {
        let browsers = match browsers(case, settings) {
            Ok(browsers) => browsers,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        let mut refused = shares.refusal(case);
        for (row, case_id) in rows(case) {
            let subject = Subject {
                id: case_id.as_str(),
                case_id: case.id.as_str(),
                name: &case.name,
                file: &case.source.path,
                tags: &case.tags,
            };
            if !filter.matches(&subject) {
                continue;
            }
            findings.extend(refused.take());
            let resolved = Resolved::new(case, &subject, settings, today);
            let needs = shares.needs(case, &subject);
            jobs.extend(browsers.iter().map(|browser| Job {
                id: JobId(0),
                case: Arc::clone(case),
                row,
                case_id: case_id.clone(),
                browser: *browser,
                priority: resolved.priority,
                timeout: resolved.timeout,
                step_timeout: resolved.step_timeout,
                retries: resolved.retries,
                needs: needs.clone(),
                places: case.slots.unwrap_or(1),
                quarantine: resolved.quarantine.clone(),
                skip: skip(case, *browser),
            }));
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(Plan { jobs: order::ordered(jobs), shares: shares.into_vec() })
}

/// The rows of a case with their ids; a case without rows counts once.
fn rows(case: &Case) -> Vec<(Option<usize>, CaseId)> {
    if case.rows.is_empty() {
        return vec![(None, case.id.clone())];
    }
    case.rows.iter().enumerate().map(|(index, row)| (Some(index), case.id.with_row(&row.name))).collect()
}

/// The browsers a case runs in: those of this run, else the one it asks for, else those of the settings.
fn browsers(case: &Case, settings: &Settings) -> Result<Vec<Browser>, Diagnostic> {
    let asked = match &case.browser {
        Some(name) => Some(name.parse::<Browser>().map_err(|error| {
            let message = format!("`browser` of `{}` {error}", case.id);
            Diagnostic::error(message).at(&case.source, case.span.start..case.span.start, "")
        })?),
        None => None,
    };
    Ok(match asked {
        Some(asked) if !settings.browsers.origin.is_for_this_run() => vec![asked],
        _ => settings.browsers.as_slice().to_vec(),
    })
}

fn skip(case: &Case, browser: Browser) -> Option<String> {
    let elsewhere = || {
        let only = &case.only_browsers;
        let runs_here = only.is_empty() || only.iter().any(|name| name == browser.as_str());
        (!runs_here).then(|| format!("runs only in {}", only.join(", ")))
    };
    case.skip.clone().or_else(elsewhere)
}

#[cfg(test)]
mod tests;

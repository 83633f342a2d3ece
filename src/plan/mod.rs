//! The plan of a batch: which jobs there are and in which order they should start, as data. Starts nothing, and reads
//! neither files nor clocks.

mod budget;
mod order;
mod resolve;
mod shard;
mod share;
mod terms;

pub use budget::Budget;
pub use order::{Left, Ordering};
pub use resolve::Resolved;
pub use shard::{NotAShard, Portion, Shard, ShardBy, Sharding, Split};
pub use share::{Mode, Need, Share, ShareId};
pub use terms::Terms;

use crate::case::model::Case;
use crate::case::{CaseKey, Library, Unreadable};
use crate::config::{Browser, Settings};
use crate::diagnostic::Diagnostic;
use crate::filter::{Filter, Subject};
use crate::history::{History, Past};
use crate::id::{CaseId, JobId};
use jiff::civil::Date;
use share::Shares;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// What a batch will run.
#[derive(Debug)]
pub struct Plan {
    /// In the order in which they should start; each job's id is its number in the batch. A batch that is resumed has
    /// numbers that are not here.
    pub jobs: Vec<Job>,
    /// How many numbers there are.
    pub size: usize,
    /// Those of the jobs that do not fit into the budget, and do not run.
    pub left_out: Vec<JobId>,
    /// How long the others take by past runs, where there is a budget and something is known.
    pub predicted: Option<Duration>,
    /// What the shard is of the whole.
    pub portion: Option<Portion>,
    /// The shares that they need.
    pub shares: Vec<Share>,
    /// How long each of the jobs usually takes.
    typical: Vec<order::Typical>,
    library: Library,
}

/// A case, with one of its rows, in one browser: the unit that is scheduled. There may be many and all of them are there
/// from the beginning, so each one holds little; the case itself is read again when it is wanted ([`Plan::case`]).
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number in the batch.
    pub id: JobId,
    /// Which case.
    pub case: CaseKey,
    /// Which of the case's rows, from 0.
    pub row: Option<u32>,
    /// The case's id, with the row.
    pub case_id: CaseId,
    /// Where it runs.
    pub browser: Browser,
    /// -100..=100; higher starts first.
    pub priority: i8,
    /// The same for most jobs.
    pub terms: Arc<Terms>,
}

impl Plan {
    /// The jobs that cases were found to have, which come in the order of `library`, or all that is wrong with any of
    /// them.
    pub fn new(
        planned: impl IntoIterator<Item = Result<Vec<Job>, Diagnostic>>,
        shares: Vec<Share>,
        library: Library,
        by: Ordering<'_>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (mut jobs, mut findings) = (Vec::new(), Vec::new());
        for planned in planned {
            match planned {
                Ok(more) => jobs.extend(more),
                Err(finding) => findings.push(finding),
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let order::Ordered { mut jobs, typical, portion, left_out, predicted } = order::ordered(jobs, by);
        let ids = CaseId::gathered(jobs.iter().map(|job| &job.case_id));
        jobs.iter_mut().zip(ids).for_each(|(job, id)| job.case_id = id);
        let size = by.left.map_or(jobs.len(), |left| left.size);
        Ok(Self { jobs, size, left_out, predicted, portion, shares, typical, library })
    }

    /// What each job usually takes, in milliseconds, by its number; 0 where nothing is known.
    pub fn typical(&self) -> Vec<u32> {
        let mut typical = vec![0; self.size];
        for (job, time) in self.jobs.iter().zip(&self.typical) {
            typical[job.id.0 as usize] = time.map_or(0, NonZeroU32::get);
        }
        typical
    }

    /// A job, by its number.
    pub fn job(&self, id: JobId) -> &Job {
        let at = self.jobs.binary_search_by_key(&id, |job| job.id);
        &self.jobs[at.expect("only jobs of the plan are asked for")]
    }

    /// The case of a job, as it was loaded.
    pub fn case(&self, job: &Job) -> Result<Arc<Case>, Unreadable> {
        self.library.case(job.case)
    }
}

/// Says whether a case, by its id, is wanted in a browser.
pub type Only<'a> = dyn Fn(&CaseId, &str) -> bool + Sync + 'a;

/// Makes jobs of cases, in any order and from several threads.
pub struct Planner<'a> {
    filter: &'a Filter,
    settings: &'a Settings,
    today: Date,
    history: &'a dyn History,
    /// Whether an id is wanted in a browser.
    only: &'a Only<'a>,
    shares: Shares<'a>,
    known: terms::Known,
}

impl<'a> Planner<'a> {
    /// For the cases that `filter` finds; `settings` hold for all of them. `today` (UTC) decides which quarantines are
    /// still in force.
    pub fn new(filter: &'a Filter, settings: &'a Settings, today: Date, history: &'a dyn History) -> Self {
        let (shares, known) = (Shares::new(settings), terms::Known::default());
        Self { filter, settings, today, history, only: &|_, _| true, shares, known }
    }

    /// Leaves out all but what this says is wanted.
    #[must_use]
    pub fn only(self, only: &'a Only<'a>) -> Self {
        Self { only, ..self }
    }

    /// The shares that the jobs made so far speak of.
    pub fn into_shares(self) -> Vec<Share> {
        self.shares.into_vec()
    }

    /// The jobs of a case: its rows in each browser that the filter finds.
    pub fn jobs(&self, case: &Case, key: CaseKey) -> Result<Vec<Job>, Diagnostic> {
        let all = browsers(case, self.settings)?;
        let asks = self.filter.asks_for_the_past();
        let mut jobs = Vec::new();
        for (row, case_id) in rows(case) {
            let subject = Subject {
                id: case_id.as_str(),
                case_id: case.id.as_str(),
                name: &case.name,
                file: &case.source.path,
                tags: &case.tags,
                past: Past::default(),
            };
            let is_meant = |browser: &&Browser| {
                let name = browser.as_str();
                let past = if asks { self.history.past(case_id.as_str(), name) } else { Past::default() };
                (self.only)(&case_id, name) && self.filter.matches(&Subject { past, ..subject })
            };
            let browsers: Vec<Browser> = all.iter().filter(is_meant).copied().collect();
            if browsers.is_empty() {
                continue;
            }
            if let Some(refused) = self.shares.refusal(case) {
                return Err(refused);
            }
            let resolved = Resolved::new(case, &subject, self.settings, self.today);
            let needs = self.shares.needs(case, &subject);
            let terms = Terms {
                timeout: resolved.timeout,
                step_timeout: resolved.step_timeout,
                retries: resolved.retries,
                needs,
                places: case.slots.unwrap_or(1),
                expect_failure: case.expect_failure.clone(),
                quarantine: resolved.quarantine,
                skip: None,
            };
            jobs.extend(browsers.iter().map(|browser| Job {
                id: JobId(0),
                case: key,
                row,
                case_id: case_id.clone(),
                browser: *browser,
                priority: resolved.priority,
                terms: self.known.shared(Terms { skip: skip(case, *browser), ..terms.clone() }),
            }));
        }
        Ok(jobs)
    }
}

/// The rows of a case with their ids; a case without rows counts once.
fn rows(case: &Case) -> Vec<(Option<u32>, CaseId)> {
    if case.rows.is_empty() {
        return vec![(None, case.id.clone())];
    }
    (0..).zip(&case.rows).map(|(index, row)| (Some(index), case.id.with_row(&row.name))).collect()
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

//! Shares: what jobs must not all have at once. A lock, a group with a limit, an account to borrow, kindness to a host
//! are one thing here: a name with a number. Only the words; the runner's core keeps them.

use crate::case::model::Case;
use crate::config::Settings;
use crate::diagnostic::Diagnostic;
use crate::filter::Subject;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Names a share of a plan: its place in [`super::Plan::shares`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShareId(pub u32);

impl ShareId {
    /// The place.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// What cases call it.
    pub name: String,
    /// How many jobs may hold it at once; all that only read count as one.
    pub max: u32,
    /// What its holders get, one each: as many as `max`, or none.
    pub values: Vec<String>,
    /// The least time between two attempts that hold it.
    pub interval: Option<Duration>,
}

/// How a job holds a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// As one of `max`.
    Write,
    /// Together with all others that read, as one.
    Read,
}

/// A share that a job must hold while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Need {
    /// Which.
    pub share: ShareId,
    /// How.
    pub mode: Mode,
}

/// Collects the shares of a plan and finds out which a case needs.
pub(super) struct Shares<'a> {
    settings: &'a Settings,
    found: Mutex<Vec<Share>>,
}

impl<'a> Shares<'a> {
    /// Those that are declared.
    pub(super) fn new(settings: &'a Settings) -> Self {
        let declared = settings.shares.value.iter().map(|(name, share)| Share {
            name: name.to_owned(),
            max: share.max,
            values: share.values.clone(),
            interval: share.interval(),
        });
        Self { settings, found: Mutex::new(declared.collect()) }
    }

    pub(super) fn into_vec(self) -> Vec<Share> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self) -> MutexGuard<'_, Vec<Share>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a case asks of a share that cannot be had.
    pub(super) fn refusal(&self, case: &Case) -> Option<Diagnostic> {
        let finding = |message: String| {
            Diagnostic::error(message).at(&case.source, case.span.start..case.span.start, "")
        };
        case.uses.iter().find(|wanted| wanted.read).and_then(|wanted| {
            let found = self.found();
            let share = found.iter().find(|share| share.name == wanted.share)?;
            (!share.values.is_empty()).then(|| {
                let name = &wanted.share;
                finding(format!(
                    "`{}` only reads share `{name}`, whose `values` are for one holder each",
                    case.id
                ))
                .help("leave out `mode = \"read\"`")
            })
        })
    }

    /// What a job needs: what its case says, then what the shares say.
    pub(super) fn needs(&self, case: &Case, subject: &Subject<'_>) -> Box<[Need]> {
        let mut found = self.found();
        let mut needs: Vec<Need> = Vec::new();
        for wanted in &case.uses {
            let mode = if wanted.read { Mode::Read } else { Mode::Write };
            needs.push(Need { share: id(&mut found, &wanted.share), mode });
        }
        let host = self.host(case);
        for (name, share) in self.settings.shares.value.iter() {
            let is_meant = share.filter.as_ref().is_some_and(|filter| filter.matches(subject))
                || (share.host.is_some() && share.host == host);
            let share = id(&mut found, name);
            if is_meant && needs.iter().all(|need| need.share != share) {
                needs.push(Need { share, mode: Mode::Write });
            }
        }
        // By name: which number a share has depends on which thread met it first.
        needs.sort_by(|one, other| found[one.share.index()].name.cmp(&found[other.share.index()].name));
        needs.into()
    }

    /// The host that a case is about, as far as it is written out.
    fn host(&self, case: &Case) -> Option<String> {
        let of_case = || url::Url::parse(&case.base_url.as_ref()?.text).ok()?.host_str().map(str::to_owned);
        let of_project = || self.settings.base_url.value.as_ref()?.url().host_str().map(str::to_owned);
        if case.base_url.is_some() { of_case() } else { of_project() }
    }
}

/// The share of that name; one that nobody declared is a lock.
fn id(found: &mut Vec<Share>, name: &str) -> ShareId {
    let at = found.iter().position(|share| share.name == name).unwrap_or_else(|| {
        found.push(Share { name: name.to_owned(), max: 1, values: Vec::new(), interval: None });
        found.len() - 1
    });
    ShareId(u32::try_from(at).unwrap_or(u32::MAX))
}

//! On which terms a job runs: most jobs of a batch have the same ones, so each set of them is there once.

use super::Need;
use crate::case::model::Quarantine;
use crate::config::Retries;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a job may take, how often it is tried, what it needs, and how its end counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Limit for one attempt.
    pub timeout: Duration,
    /// Limit for a step that says nothing of its own.
    pub step_timeout: Duration,
    /// Further attempts after a failed one.
    pub retries: Retries,
    /// The shares that it holds while it runs, each once.
    pub needs: Box<[Need]>,
    /// Places below the limit that it takes.
    pub places: u32,
    /// Why it is expected to fail.
    pub expect_failure: Option<String>,
    /// The quarantine that is in force: it runs and is reported, but does not decide the exit code.
    pub quarantine: Option<Quarantine>,
    /// Why it is not run at all.
    pub skip: Option<String>,
}

/// The terms that jobs were found to have so far.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashSet<Arc<Terms>>>);

impl Known {
    /// These terms, the same ones for all jobs that have them.
    pub(super) fn shared(&self, terms: Terms) -> Arc<Terms> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = known.get(&terms) {
            return Arc::clone(same);
        }
        let terms = Arc::new(terms);
        known.insert(Arc::clone(&terms));
        terms
    }
}

#[cfg(test)]
impl Terms {
    /// Nothing is asked for.
    pub(crate) fn plain() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            timeout: minute,
            step_timeout: minute,
            retries: Retries::new(0),
            needs: Box::default(),
            places: 1,
            expect_failure: None,
            quarantine: None,
            skip: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_terms_are_there_once() {
        let known = Known::default();
        let (one, same) = (known.shared(Terms::plain()), known.shared(Terms::plain()));
        let other = known.shared(Terms { places: 2, ..Terms::plain() });
        assert!(Arc::ptr_eq(&one, &same));
        assert_eq!((one.places, other.places), (1, 2));
    }
}

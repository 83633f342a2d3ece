//! What is remembered of a case: plain data about its past runs. Reads no database; whoever has one answers
//! [`History`].

mod compare;
mod figures;

pub use compare::{Difference, Ended};
pub use figures::{Flakiness, Pace, Rate, Shift};

use crate::outcome::Verdict;
use std::time::Duration;

/// How many past runs of a case count.
pub const RUNS: u32 = 10;

/// The last [`RUNS`] runs of a case in one browser, as far as they say something: those that passed, were flaky, failed
/// or errored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// How the last one ended; `None` if there was none.
    pub last: Option<Verdict>,
    /// Whether one of them was flaky.
    pub flaky: bool,
    /// The median time of their attempts that passed.
    pub median: Option<Duration>,
    /// When the last one was queued: the higher, the later; 0 if there was none.
    pub recency: u64,
}

/// A run of a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastRun {
    /// How it ended.
    pub verdict: Verdict,
    /// How long its attempt took that passed.
    pub time: Option<Duration>,
    /// Mean use of the processors, in percent, while the attempt ran that says most: the first one that failed, or else
    /// the one that passed.
    pub cpu: Option<f64>,
    /// A number that is higher for later runs: when it was queued.
    pub number: u64,
}

impl Past {
    /// What runs, the latest first, come to.
    pub fn of(runs: impl IntoIterator<Item = PastRun>) -> Self {
        let mut past = Self::default();
        let mut times = Vec::new();
        for run in runs {
            past.last = past.last.or(Some(run.verdict));
            past.flaky |= run.verdict == Verdict::Flaky;
            past.recency = past.recency.max(run.number);
            times.extend(run.time);
        }
        past.median = median(times);
        past
    }

    /// Whether it never ran.
    pub fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// Whether it failed or errored last time.
    pub fn failed(&self) -> bool {
        self.last.is_some_and(Verdict::is_bad)
    }
}

/// The median; of an even number the lower one of the two in the middle.
pub fn median<T: Ord>(mut of: Vec<T>) -> Option<T> {
    let middle = of.len().checked_sub(1)? / 2;
    of.select_nth_unstable(middle);
    Some(of.swap_remove(middle))
}

/// Who remembers.
pub trait History: Sync {
    /// The past of a case, by its id with the row, in a browser.
    fn past(&self, case: &str, browser: &str) -> Past;
}

/// Nothing has run yet.
#[derive(Clone, Copy, Debug)]
pub struct Blank;

impl History for Blank {
    fn past(&self, _: &str, _: &str) -> Past {
        Past::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_run_comes_first_and_only_passes_are_timed() {
        let ms = |ms| Some(Duration::from_millis(ms));
        let runs = [(Verdict::Failed, None, 7), (Verdict::Flaky, ms(30), 5), (Verdict::Passed, ms(10), 2)];
        let past = Past::of(runs.map(|(verdict, time, number)| PastRun { verdict, time, cpu: None, number }));
        assert_eq!(past, Past { last: Some(Verdict::Failed), flaky: true, median: ms(10), recency: 7 });
        assert!(past.failed() && !past.is_new());
        assert!(Past::of([]).is_new());
    }

    #[test]
    fn the_median_is_one_of_the_values() {
        assert_eq!(median(vec![5, 1, 9]), Some(5));
        assert_eq!(median(vec![9, 1, 5, 2]), Some(2));
        assert_eq!(median::<u8>(vec![]), None);
    }
}

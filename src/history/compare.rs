//! What differs between two runs of a case.

use super::Shift;
use crate::outcome::Verdict;

/// How a case ended in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The verdict.
    pub verdict: Verdict,
    /// How long the attempt took that passed, in milliseconds.
    pub passed_ms: Option<u64>,
}

/// What is different in the newer run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Difference {
    /// It fails or errors, and did not.
    NewlyFailing,
    /// It was not there before, and fails or errors.
    NewFailing,
    /// It passes only after it has failed, and passed at once.
    NewlyFlaky,
    /// It failed or errored in both.
    StillFailing,
    /// It passes, and did not.
    Fixed,
    /// It takes longer.
    Slower(Shift),
    /// It takes less time.
    Faster(Shift),
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
}

impl Difference {
    /// The words for all of them, the worst first.
    pub const KINDS: [&str; 9] = [
        "newly_failing",
        "new_failing",
        "newly_flaky",
        "still_failing",
        "fixed",
        "slower",
        "faster",
        "new",
        "gone",
    ];

    /// The word for it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly_failing",
            Self::NewFailing => "new_failing",
            Self::NewlyFlaky => "newly_flaky",
            Self::StillFailing => "still_failing",
            Self::Fixed => "fixed",
            Self::Slower(_) => "slower",
            Self::Faster(_) => "faster",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }

    /// Whether it makes the newer batch worse.
    pub fn is_worse(self) -> bool {
        matches!(self, Self::NewlyFailing | Self::NewFailing | Self::NewlyFlaky | Self::Slower(_))
    }

    /// Between two batches; `past` are the times of the case's runs before the newer one, asked for only where they
    /// matter: by how much they usually differ tells whether a difference means anything. `None` for nothing worth
    /// telling.
    pub fn between(
        before: Option<Ended>,
        after: Option<Ended>,
        past: impl FnOnce() -> Vec<u64>,
    ) -> Option<Self> {
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (Some(_), None) => return Some(Self::Gone),
            (None, Some(after)) if after.verdict.is_bad() => return Some(Self::NewFailing),
            (None, Some(_)) => return Some(Self::New),
            (None, None) => return None,
        };
        match (before.verdict.is_bad(), after.verdict.is_bad()) {
            (true, true) => Some(Self::StillFailing),
            (false, true) => Some(Self::NewlyFailing),
            (true, false) => is_good(after.verdict).then_some(Self::Fixed),
            (false, false) if before.verdict == Verdict::Passed && after.verdict == Verdict::Flaky => {
                Some(Self::NewlyFlaky)
            }
            (false, false) => {
                let shift = Shift::of_two(before.passed_ms?, after.passed_ms?, &past());
                let real = shift.is_real();
                (real && shift.now_ms > shift.before_ms)
                    .then_some(Self::Slower(shift))
                    .or((real && shift.now_ms < shift.before_ms).then_some(Self::Faster(shift)))
            }
        }
    }
}

fn is_good(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Passed | Verdict::Flaky)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(verdict: Verdict, passed_ms: Option<u64>) -> Ended {
        Ended { verdict, passed_ms }
    }

    fn plain(before: impl Into<Option<Ended>>, after: impl Into<Option<Ended>>) -> Option<Difference> {
        Difference::between(before.into(), after.into(), Vec::new)
    }

    #[test]
    fn verdicts_say_what_is_new_and_what_is_mended() {
        use Verdict::{Errored, Failed, Flaky, NotRun, Passed};
        let of = |before, after| plain(ended(before, None), ended(after, None));
        assert_eq!(of(Passed, Failed), Some(Difference::NewlyFailing));
        assert_eq!(of(NotRun, Errored), Some(Difference::NewlyFailing));
        assert_eq!(of(Failed, Errored), Some(Difference::StillFailing));
        assert_eq!(of(Failed, Flaky), Some(Difference::Fixed));
        assert_eq!(of(Failed, NotRun), None, "nobody knows");
        assert_eq!(of(Passed, Flaky), Some(Difference::NewlyFlaky));
        assert_eq!(of(Flaky, Flaky), None);
        assert_eq!(of(Flaky, Passed), None, "once says nothing");
        assert_eq!(plain(None, ended(Passed, None)), Some(Difference::New));
        assert_eq!(plain(None, ended(Failed, None)), Some(Difference::NewFailing));
        assert_eq!(plain(ended(Passed, None), None), Some(Difference::Gone));
    }

    #[test]
    fn times_of_two_runs_differ_where_the_past_says_that_they_rarely_do() {
        let (quick, slow) = (ended(Verdict::Passed, Some(600)), ended(Verdict::Passed, Some(1_000)));
        assert_eq!(plain(ended(Verdict::Passed, Some(900)), slow), None);
        let steady = || vec![600, 605, 595, 600, 602, 603];
        let slower = Difference::between(Some(quick), Some(slow), steady);
        assert!(
            matches!(slower, Some(Difference::Slower(shift)) if (shift.before_ms, shift.now_ms) == (600, 1_000)),
            "{slower:?}"
        );
        // Whichever of the two its past was like.
        let faster = Difference::between(Some(slow), Some(quick), steady);
        assert!(matches!(faster, Some(Difference::Faster(shift)) if shift.before_ms == 1_000), "{faster:?}");
        assert_eq!(Difference::between(Some(slow), Some(slow), steady), None, "it was slow before");
        let wild = Difference::between(Some(quick), Some(slow), || vec![600, 1_200, 300, 900, 1_500]);
        assert_eq!(wild, None);
        let twice = plain(quick, ended(Verdict::Passed, Some(1_300)));
        assert!(matches!(twice, Some(Difference::Slower(_))), "{twice:?}");
    }
}

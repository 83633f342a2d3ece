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
    /// It failed or errored in both.
    StillFailing,
    /// It passes, and did not.
    Fixed,
    /// It takes longer than its past runs did.
    Slower(Shift),
    /// It takes less time than its past runs did.
    Faster(Shift),
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
}

impl Difference {
    /// The words for all of them, the worst first.
    pub const KINDS: [&str; 7] =
        ["newly_failing", "still_failing", "fixed", "slower", "faster", "new", "gone"];

    /// The word for it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly_failing",
            Self::StillFailing => "still_failing",
            Self::Fixed => "fixed",
            Self::Slower(_) => "slower",
            Self::Faster(_) => "faster",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }

    /// Between two batches; `past` are the times of the case's runs other than the newer one, asked for only where they
    /// matter. `None` for nothing worth telling.
    pub fn between(
        before: Option<Ended>,
        after: Option<Ended>,
        past: impl FnOnce() -> Vec<u64>,
    ) -> Option<Self> {
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (Some(_), None) => return Some(Self::Gone),
            (None, Some(after)) if is_bad(after.verdict) => return Some(Self::NewlyFailing),
            (None, Some(_)) => return Some(Self::New),
            (None, None) => return None,
        };
        match (is_bad(before.verdict), is_bad(after.verdict)) {
            (true, true) => Some(Self::StillFailing),
            (false, true) => Some(Self::NewlyFailing),
            (true, false) => is_good(after.verdict).then_some(Self::Fixed),
            (false, false) => {
                let (was, is) = (before.passed_ms?, after.passed_ms?);
                // Without a past of its own, only what is plain to see: half as much again, and a quarter of a second.
                let shift = Shift::between(&past(), &[is]).unwrap_or_else(|| Shift::alone(was, is));
                let real = shift.is_real();
                (real && shift.now_ms > shift.before_ms)
                    .then_some(Self::Slower(shift))
                    .or((real && shift.now_ms < shift.before_ms).then_some(Self::Faster(shift)))
            }
        }
    }
}

fn is_bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Failed | Verdict::Errored)
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
        assert_eq!(of(Passed, Flaky), None);
        assert_eq!(plain(None, ended(Passed, None)), Some(Difference::New));
        assert_eq!(plain(None, ended(Failed, None)), Some(Difference::NewlyFailing));
        assert_eq!(plain(ended(Passed, None), None), Some(Difference::Gone));
    }

    #[test]
    fn a_time_is_compared_with_the_past_where_there_is_one() {
        let (before, after) = (ended(Verdict::Passed, Some(900)), ended(Verdict::Passed, Some(1_000)));
        assert_eq!(plain(before, after), None);
        let steady = Difference::between(Some(before), Some(after), || vec![600, 605, 595, 600, 602]);
        assert!(matches!(steady, Some(Difference::Slower(shift)) if shift.before_ms == 600), "{steady:?}");
        let wild = Difference::between(Some(before), Some(after), || vec![600, 1_200, 300, 900, 1_500]);
        assert_eq!(wild, None);
        let twice = plain(before, ended(Verdict::Passed, Some(1_800)));
        assert!(matches!(twice, Some(Difference::Slower(_))), "{twice:?}");
    }
}

//! How an attempt counts, and what follows for its job. Knows one job, no queue.

use crate::config::{Placement, Retries};
use crate::outcome::{AttemptVerdict, FailureKind, Verdict};
use crate::plan::Terms;
use std::time::Duration;

/// What the attempts of a job have come to so far.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) attempts: u16,
    pub(super) failures: u16,
    errors: u16,
    crashed_at: Option<u32>,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// The job has ended.
    End(Verdict),
    /// It is tried again.
    Again { after: Duration, placement: Placement },
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) verdict: AttemptVerdict,
    pub(super) kind: Option<FailureKind>,
    pub(super) crashed_at: Option<u32>,
}

impl Past {
    /// How an attempt counts, given what its case expects and where its page crashed before.
    pub(super) fn judge(&mut self, terms: &Terms, ended: Ending) -> (AttemptVerdict, Option<FailureKind>) {
        if let Some(step) = ended.crashed_at {
            let again_here = self.crashed_at == Some(step);
            self.crashed_at = Some(step);
            if again_here {
                return (AttemptVerdict::Failed, Some(FailureKind::PageCrash));
            }
        }
        match ended.verdict {
            AttemptVerdict::Failed if terms.expect_failure.is_some() => (AttemptVerdict::Passed, None),
            AttemptVerdict::Passed if terms.expect_failure.is_some() => {
                (AttemptVerdict::Failed, Some(FailureKind::UnexpectedPass))
            }
            other => (other, ended.kind),
        }
    }

    /// What follows from an attempt that counts like this. `chance` spreads delays.
    pub(super) fn follows(
        &mut self,
        judged: (AttemptVerdict, Option<FailureKind>),
        retries: Retries,
        infra_retries: Retries,
        chance: u32,
    ) -> Follows {
        let again = |nth: u32, retries: Retries| {
            (nth <= retries.get())
                .then(|| Follows::Again { after: retries.delay(nth, chance), placement: retries.placement })
        };
        match judged {
            (AttemptVerdict::Failed, _) => {
                self.failures += 1;
                again(self.failures.into(), retries).unwrap_or(Follows::End(Verdict::Failed))
            }
            // What is wrong with the run itself is no better the next time.
            (AttemptVerdict::Errored, Some(FailureKind::Internal)) => Follows::End(Verdict::Errored),
            (AttemptVerdict::Errored, _) => {
                self.errors += 1;
                again(self.errors.into(), infra_retries).unwrap_or(Follows::End(Verdict::Errored))
            }
            (AttemptVerdict::Passed, _) if self.failures > 0 => Follows::End(Verdict::Flaky),
            (AttemptVerdict::Passed, _) => Follows::End(Verdict::Passed),
            (AttemptVerdict::Skipped, _) => Follows::End(Verdict::Skipped),
            (AttemptVerdict::Interrupted, _) => Follows::End(Verdict::Interrupted),
        }
    }
}

/// The verdict of a job whose last attempt counts like this when there is no further one.
pub(super) fn last(verdict: AttemptVerdict) -> Verdict {
    match verdict {
        AttemptVerdict::Passed => Verdict::Passed,
        AttemptVerdict::Failed => Verdict::Failed,
        AttemptVerdict::Errored => Verdict::Errored,
        AttemptVerdict::Skipped => Verdict::Skipped,
        AttemptVerdict::Interrupted => Verdict::Interrupted,
    }
}

//! How far something has come, also where its row holds no verdict: it runs, waits, or was left behind by a runner that
//! died. Only words and their order; reads nothing.

use crate::outcome::{AttemptVerdict, BatchStatus, StepVerdict, Verdict};
use crate::reporter::terminal::{Paint, tinted, word, word_of_count};
use crate::store::CaseRow;

/// How far a job, an attempt or a step has come. Ordered as they are shown: what went wrong stands last, where the eye
/// is when all has been printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has ended.
    Ended(Verdict),
    /// It runs.
    Running,
    /// It does not run, and will: for the first time, or again.
    Queued,
    /// It had begun, and will not go on.
    Aborted,
}

/// Every standing, in the order in which they are shown.
pub(super) const ALL: [Standing; 10] = [
    Standing::Ended(Verdict::Passed),
    Standing::Ended(Verdict::Skipped),
    Standing::Ended(Verdict::NotRun),
    Standing::Queued,
    Standing::Running,
    Standing::Ended(Verdict::Interrupted),
    Standing::Aborted,
    Standing::Ended(Verdict::Flaky),
    Standing::Ended(Verdict::Errored),
    Standing::Ended(Verdict::Failed),
];

impl Standing {
    /// That of a job in a batch with this status.
    pub(super) fn of_case(case: &CaseRow, status: BatchStatus) -> Self {
        match (case.verdict, status == BatchStatus::Running) {
            (Some(verdict), _) => Self::Ended(verdict),
            (None, true) if case.under_way => Self::Running,
            (None, true) => Self::Queued,
            (None, false) if case.started_at.is_some() => Self::Aborted,
            (None, false) => Self::Ended(Verdict::NotRun),
        }
    }

    /// That of an attempt; `within` is that of its job.
    pub(super) fn of_attempt(verdict: Option<AttemptVerdict>, within: Self) -> Self {
        verdict.map_or_else(
            || within.of_part(),
            |verdict| {
                Self::Ended(match verdict {
                    AttemptVerdict::Passed => Verdict::Passed,
                    AttemptVerdict::Failed => Verdict::Failed,
                    AttemptVerdict::Errored => Verdict::Errored,
                    AttemptVerdict::Skipped => Verdict::Skipped,
                    AttemptVerdict::Interrupted => Verdict::Interrupted,
                })
            },
        )
    }

    /// That of a step; `within` is that of its attempt.
    pub(super) fn of_step(verdict: Option<StepVerdict>, within: Self) -> Self {
        verdict.map_or_else(
            || within.of_part(),
            |verdict| {
                Self::Ended(match verdict {
                    StepVerdict::Passed => Verdict::Passed,
                    StepVerdict::Failed => Verdict::Failed,
                    StepVerdict::Errored => Verdict::Errored,
                    StepVerdict::Skipped => Verdict::Skipped,
                    StepVerdict::Interrupted => Verdict::Interrupted,
                })
            },
        )
    }

    /// That of a part that began and has no verdict.
    fn of_part(self) -> Self {
        if self == Self::Running { Self::Running } else { Self::Aborted }
    }

    /// At the beginning of a line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ended(verdict) => word(verdict),
            Self::Running => "RUNNING",
            Self::Queued => "QUEUED",
            Self::Aborted => "ABORTED",
        }
    }

    /// In a sentence, or behind a number.
    pub(super) fn adjective(self) -> &'static str {
        match self {
            Self::Ended(verdict) => word_of_count(verdict),
            Self::Running => "running",
            Self::Queued => "queued",
            Self::Aborted => "aborted",
        }
    }

    /// A text in its colour.
    pub(super) fn tinted(self, text: &str, paint: Paint) -> String {
        match self {
            Self::Ended(verdict) => tinted(verdict, text, paint),
            Self::Running => paint.strong(text),
            Self::Queued => paint.faint(text),
            Self::Aborted => tinted(Verdict::Interrupted, text, paint),
        }
    }
}

//! How the jobs of a batch ended, in numbers, and the exit code that they amount to. The terminal's summary and the exit
//! code both read it, so that they cannot disagree.

use super::Event;
use crate::id::JobId;
use crate::outcome::{ExitCode, Verdict};
use std::collections::HashSet;

/// How jobs ended.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    /// Jobs that have ended, the quarantined ones included.
    pub ended: Counts,
    /// Those among them that do not decide the exit code.
    pub quarantined: Counts,
    /// Jobs that do not decide.
    undecisive: HashSet<JobId>,
}

/// How many jobs ended with each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u32; Verdict::ALL.len()]);

impl Counts {
    /// How many ended with `verdict`.
    pub fn of(&self, verdict: Verdict) -> u32 {
        self.0[verdict as usize]
    }

    /// How many have ended.
    pub fn sum(&self) -> u32 {
        self.0.iter().sum()
    }

    fn add(&mut self, verdict: Verdict) {
        self.0[verdict as usize] += 1;
    }

    fn forget(&mut self, verdict: Verdict) {
        self.0[verdict as usize] = 0;
    }
}

/// What flaky cases count as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlakyCounts {
    /// The default.
    AsPassed,
    /// `fail_on_flaky`.
    AsFailed,
}

impl Verdicts {
    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::CaseQueued(queued) => self.queue(queued.job, queued.quarantined),
            Event::CaseFinished(finished) => self.end(finished.job, finished.verdict),
            Event::BatchResumed(_) => self.resume(),
            _ => {}
        }
    }

    /// What a batch that is resumed runs again counts as not ended.
    pub(super) fn resume(&mut self) {
        for verdict in Verdict::ALL.iter().copied().filter(|verdict| verdict.is_resumed()) {
            self.ended.forget(verdict);
            self.quarantined.forget(verdict);
        }
    }

    /// A job of the plan; one in quarantine does not decide.
    pub fn queue(&mut self, job: JobId, quarantined: bool) {
        if quarantined {
            self.undecisive.insert(job);
        }
    }

    /// A job has its verdict.
    pub fn end(&mut self, job: JobId, verdict: Verdict) {
        self.ended.add(verdict);
        if self.undecisive.contains(&job) {
            self.quarantined.add(verdict);
        }
    }

    /// How many jobs in quarantine ended badly, which does not decide.
    pub fn quarantined_bad(&self) -> u32 {
        let bad = Verdict::ALL.iter().filter(|verdict| verdict.is_bad());
        bad.map(|verdict| self.quarantined.of(*verdict)).sum()
    }

    /// How many of the jobs that decide ended with `verdict`.
    pub fn deciding(&self, verdict: Verdict) -> u32 {
        self.ended.of(verdict) - self.quarantined.of(verdict)
    }

    /// The exit code that the verdicts alone amount to. What else there is (a signal, a bug, nothing selected, a record
    /// that could not be saved) is joined to it by [`ExitCode::or`].
    pub fn exit_code(&self, flaky: FlakyCounts) -> ExitCode {
        let any = |verdict| self.deciding(verdict) > 0;
        let failed = any(Verdict::Failed) || (flaky == FlakyCounts::AsFailed && any(Verdict::Flaky));
        let incomplete = any(Verdict::NotRun) || any(Verdict::Interrupted);
        [
            (failed, ExitCode::Failed),
            (any(Verdict::Errored), ExitCode::Errored),
            (incomplete, ExitCode::Incomplete),
        ]
        .into_iter()
        .filter(|(applies, _)| *applies)
        .fold(ExitCode::Success, |exit, (_, code)| exit.or(code))
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::Story;
    use super::*;

    #[test]
    fn the_exit_code_follows_the_worst_verdict_that_decides() {
        use Verdict::{Errored, Failed, Flaky, Interrupted, NotRun, Passed, Skipped};
        let exit = |verdicts: &[Verdict], quarantined: bool| {
            let mut story = Story::new(verdicts.len(), 2);
            for (i, verdict) in verdicts.iter().enumerate() {
                let job = story.queue_with(&format!("testcases/{i}"), |case| case.quarantined = quarantined);
                story.end(job, *verdict);
            }
            story.events().iter().fold(Verdicts::default(), |mut verdicts, event| {
                verdicts.apply(&event.event);
                verdicts
            })
        };
        let plain = |verdicts: &[Verdict]| exit(verdicts, false).exit_code(FlakyCounts::AsPassed).code();
        assert_eq!(plain(&[Passed, Flaky, Skipped]), 0);
        assert_eq!(plain(&[Passed, NotRun]), 6);
        assert_eq!(plain(&[Interrupted, Passed]), 6);
        assert_eq!(plain(&[NotRun, Errored]), 3);
        assert_eq!(plain(&[NotRun, Errored, Failed, Passed]), 1);
        assert_eq!(exit(&[Flaky, Passed], false).exit_code(FlakyCounts::AsFailed).code(), 1);
        assert_eq!(exit(Verdict::ALL, true).exit_code(FlakyCounts::AsFailed).code(), 0);
    }
}

//! What is told of an attempt that ended, and of a job that ended with it.

use super::{Attempted, Dispatcher};
use crate::event::{AttemptFinished, CaseFinished, Event, Failure};
use crate::outcome::{AttemptVerdict, FailureKind, Verdict};
use crate::runner::core::Settled;
use crate::runner::witness::milliseconds;
use crate::text::Untrusted;
use std::time::Duration;
use tokio::task::JoinError;

impl Dispatcher {
    pub(super) fn report(&mut self, settled: Settled, attempted: Attempted) {
        let reason = || self.work.failure_reason(settled.job);
        let mut as_expected = None;
        let failure = match (settled.kind, attempted.failure) {
            (Some(kind), Some(failure)) => Some(Failure { kind, ..failure }),
            (Some(FailureKind::UnexpectedPass), None) => Some(unexpected_pass(reason())),
            (_, Some(_)) if settled.verdict == AttemptVerdict::Passed => {
                as_expected =
                    reason().map(|why| Untrusted::from(format!("failed as expected: {}", why.raw())));
                None
            }
            (_, failure) => failure,
        };
        let message = failure.as_ref().map(Failure::in_short).or(attempted.skipped).or(as_expected);
        if settled.verdict == AttemptVerdict::Errored {
            self.last_error.clone_from(&message);
        }
        let slow_after = self.slow_after.or_else(|| self.estimate.slow_after(settled.job));
        let slow_after = slow_after
            .filter(|limit| settled.verdict == AttemptVerdict::Passed && attempted.duration > *limit);
        self.sink.send(Event::AttemptFinished(Box::new(AttemptFinished {
            job: settled.job,
            attempt: settled.attempt,
            slot: settled.slot,
            verdict: settled.verdict,
            duration_ms: milliseconds(attempted.duration),
            failure,
            evidence: attempted.evidence,
            cpu_mean: attempted.cpu_mean,
            will_retry: settled.job_verdict.is_none(),
        })));
        if let Some(verdict) = settled.job_verdict {
            let duration = self.spent.remove(&settled.job).unwrap_or_default();
            if verdict != Verdict::Interrupted {
                self.estimate.ended(settled.job, duration);
            }
            self.sink.send(Event::CaseFinished(CaseFinished {
                job: settled.job,
                verdict,
                attempts: settled.attempt,
                duration_ms: milliseconds(duration),
                message,
                slow_after_ms: slow_after.map(milliseconds),
            }));
        }
    }
}

fn failure(kind: FailureKind, message: String, hint: &str) -> Failure {
    Failure { hints: vec![Untrusted::from(hint)], ..Failure::new(kind, message) }
}

fn unexpected_pass(reason: Option<Untrusted>) -> Failure {
    let hint = "if what it waited for is mended, remove `expect_failure` from the case";
    let reason = reason.map(|why| format!(": {}", why.raw())).unwrap_or_default();
    let message = format!("passed, though the case says `expect_failure`{reason}");
    failure(FailureKind::UnexpectedPass, message, hint)
}

pub(super) fn panicked(error: JoinError) -> Attempted {
    let why = match error.try_into_panic() {
        Ok(panic) => panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()))
            .unwrap_or_else(|| "no message".to_owned()),
        Err(error) => error.to_string(),
    };
    let hint = "this is a bug in batchrun: please report it with the log file";
    Attempted {
        verdict: AttemptVerdict::Errored,
        failure: Some(failure(FailureKind::Internal, format!("batchrun panicked: {why}"), hint)),
        skipped: None,
        evidence: Vec::new(),
        duration: Duration::ZERO,
        crashed_at: None,
        cpu_mean: None,
    }
}

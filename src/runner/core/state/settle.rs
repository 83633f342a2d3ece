//! What the end of an attempt changes: for its job, for the batch, and for what is thought of the infrastructure.

use super::super::judge::{self, Ending, Follows};
use super::super::notice::Notice;
use super::super::waiting::Group;
use super::super::{Effects, Settled};
use super::{Core, Running, chance};
use crate::config::Placement;
use crate::control::Stop;
use crate::id::JobId;
use crate::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use std::time::Duration;

impl Core {
    pub(super) fn settle(&mut self, now: Duration, id: JobId, ended: Ending, effects: &mut Effects) {
        let stopping = self.stop.is_some();
        let attempt = self.attempts(id);
        let chance = chance(self.rules.seed, id, attempt);
        let infra_retries = self.rules.infra_retries;
        let Some(Running { nth, slot, taken }) = self.running.remove(&id) else { return };
        let job = &mut self.jobs[id.0 as usize];
        self.held.give_back(&taken);
        self.slots.remove(&slot);
        let (verdict, kind) = job.past.judge(&job.entry.terms, ended);
        self.ended += 1;
        self.errored += u64::from(verdict == AttemptVerdict::Errored);
        let job_verdict =
            match job.past.follows((verdict, kind), job.entry.terms.retries, infra_retries, chance) {
                Follows::End(verdict) => Some(verdict),
                Follows::Again { .. } if stopping => Some(judge::last(verdict)),
                Follows::Again { after, placement } => {
                    match placement {
                        Placement::Now if kind == Some(FailureKind::NoSlot) => {
                            self.turns += 1;
                            job.turn = self.turns;
                        }
                        Placement::Now => {}
                        Placement::End => job.group = job.group.max(Group::Again),
                        Placement::Isolated => job.group = Group::Isolated,
                    }
                    self.delayed.insert((now + after, id));
                    None
                }
            };
        job.open = job_verdict.is_none();
        let counts = job.entry.terms.quarantine.is_none();
        if job_verdict.is_some() {
            self.open -= 1;
            self.in_chunk -= 1;
        }
        effects.settled = Some(Settled { job: id, attempt, slot, verdict, kind, job_verdict });
        match job_verdict {
            Some(Verdict::Failed) if counts => self.count_failure(effects),
            Some(Verdict::Errored) => self.count_error(effects),
            _ => {}
        }
        self.doubt(now, nth, (verdict, kind), effects);
    }

    /// What an attempt that ended like this says of the infrastructure.
    fn doubt(
        &mut self,
        now: Duration,
        nth: u64,
        (verdict, kind): (AttemptVerdict, Option<FailureKind>),
        effects: &mut Effects,
    ) {
        let notice = match verdict {
            AttemptVerdict::Interrupted => None,
            // A Grid without a free slot works; what found none has another turn.
            AttemptVerdict::Errored if matches!(kind, Some(FailureKind::Internal | FailureKind::NoSlot)) => {
                None
            }
            AttemptVerdict::Errored => self.doubt.errored(nth, self.begun, now).then_some(Notice::Doubt),
            _ => {
                self.errored_in_a_row = 0;
                self.doubt.got_through().then_some(Notice::GotThrough)
            }
        };
        if self.stop.is_none() {
            effects.notice = effects.notice.take().or(notice);
        }
    }

    fn count_failure(&mut self, effects: &mut Effects) {
        self.failed += 1;
        let Some(rule) = self.rules.fail_fast.filter(|rule| self.failed >= rule.after.get()) else { return };
        if self.stop.is_none() {
            effects.notice = Some(Notice::FailFast { failed: self.failed, now: rule.now });
            let how = if rule.now { Stop::Now } else { Stop::Drain };
            self.stop(how, BatchStatus::Finished, effects);
        }
    }

    fn count_error(&mut self, effects: &mut Effects) {
        self.errored_in_a_row += 1;
        if self.errored_in_a_row >= self.rules.give_up_after && self.stop.is_none() {
            effects.notice = Some(Notice::GivenUp(self.errored_in_a_row));
            self.stop(Stop::Drain, BatchStatus::Finished, effects);
        }
    }
}

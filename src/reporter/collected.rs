//! A batch as a whole, collected from its events, for reports that are written at its end.

use crate::event::{
    AttemptFinished, AttemptStarted, BatchStarted, CaseFinished, CaseQueued, Event, Level, Stamped,
};
use crate::id::JobId;
use crate::text::Untrusted;
use jiff::Timestamp;
use std::collections::HashMap;

/// What the events so far amount to.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) batch: Option<(BatchStarted, Timestamp)>,
    /// In the order of the plan.
    pub(super) cases: Vec<Case>,
    pub(super) messages: Vec<(Timestamp, Level, Untrusted)>,
    pub(super) finished_at: Option<Timestamp>,
    places: HashMap<JobId, usize>,
}

/// One job.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) queued: CaseQueued,
    pub(super) attempts: Vec<Attempt>,
    pub(super) finished: Option<CaseFinished>,
}

/// One try of it.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) started: AttemptStarted,
    pub(super) started_at: Timestamp,
    pub(super) finished: Option<AttemptFinished>,
}

impl Collected {
    pub(super) fn add(&mut self, stamped: &Stamped) {
        match &stamped.event {
            Event::BatchStarted(batch) => self.batch = Some(((**batch).clone(), stamped.at)),
            Event::CaseQueued(queued) => {
                self.places.insert(queued.job, self.cases.len());
                self.cases.push(Case { queued: (**queued).clone(), attempts: Vec::new(), finished: None });
            }
            Event::AttemptStarted(started) => {
                if let Some(case) = self.case(started.job) {
                    let started = started.clone();
                    case.attempts.push(Attempt { started, started_at: stamped.at, finished: None });
                }
            }
            Event::AttemptFinished(finished) => {
                let attempts = self.case(finished.job).map(|case| &mut case.attempts);
                let attempt =
                    attempts.and_then(|all| all.iter_mut().find(|it| it.started.attempt == finished.attempt));
                if let Some(attempt) = attempt {
                    attempt.finished = Some((**finished).clone());
                }
            }
            Event::CaseFinished(finished) => {
                if let Some(case) = self.case(finished.job) {
                    case.finished = Some(finished.clone());
                }
            }
            Event::Message { level, text } => self.messages.push((stamped.at, *level, text.clone())),
            Event::BatchFinished(_) => self.finished_at = Some(stamped.at),
            Event::StepStarted(_)
            | Event::StepFinished(_)
            | Event::ConcurrencyChanged { .. }
            | Event::Paused { .. }
            | Event::Resumed
            | Event::Sample(_) => {}
        }
    }

    fn case(&mut self, job: JobId) -> Option<&mut Case> {
        self.places.get(&job).and_then(|place| self.cases.get_mut(*place))
    }
}

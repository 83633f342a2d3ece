//! A batch as a whole, collected from its events, for reports that are written at its end. There may be many cases: what
//! is known of one lies on a shelf, not in memory, from its end until the report is written.

use crate::event::{
    AttemptFinished, AttemptStarted, BatchStarted, CaseFinished, CaseQueued, Event, Failure, Level, Stamped,
};
use crate::id::JobId;
use crate::shelf::{Chunk, Shelf};
use crate::text::Untrusted;
use jiff::Timestamp;
use std::collections::HashMap;
use std::io;

/// What the events so far amount to.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) batch: Option<(BatchStarted, Timestamp)>,
    pub(super) finished_at: Option<Timestamp>,
    /// Made with the first event: whoever collects nothing needs none.
    shelf: Option<Shelf>,
    /// By the jobs' numbers, which are dense and in the order of the plan.
    jobs: Vec<Option<Place>>,
    /// The events of jobs that run.
    running: HashMap<JobId, Vec<Stamped>>,
    messages: Vec<Chunk>,
}

/// Where the events of a job lie.
#[derive(Clone, Copy, Debug)]
struct Place {
    queued: Chunk,
    /// All the others, once it has ended.
    rest: Option<Chunk>,
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

/// Something that a person should know.
pub(super) struct Message {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    pub(super) text: Untrusted,
}

impl Case {
    /// The failure that its verdict is about: that of the last attempt that has one.
    pub(super) fn last_failure(&self) -> Option<&Failure> {
        self.attempts.iter().rev().find_map(|attempt| attempt.finished.as_ref()?.failure.as_ref())
    }
}

impl Collected {
    pub(super) fn add(&mut self, stamped: &Stamped) -> io::Result<()> {
        match &stamped.event {
            Event::BatchStarted(batch) => self.batch = Some(((**batch).clone(), stamped.at)),
            Event::BatchResumed(_) => self.finished_at = None,
            Event::CaseQueued(queued) => {
                let place = Place { queued: self.put(std::slice::from_ref(stamped))?, rest: None };
                let number = queued.job.0 as usize;
                if self.jobs.len() <= number {
                    self.jobs.resize(number + 1, None);
                }
                self.jobs[number] = Some(place);
            }
            Event::AttemptStarted(AttemptStarted { job, .. }) => self.note(*job, stamped)?,
            Event::AttemptFinished(finished) => self.note(finished.job, stamped)?,
            Event::CaseFinished(CaseFinished { job, .. }) => {
                self.note(*job, stamped)?;
                let events = self.running.remove(job).unwrap_or_default();
                let rest = self.put(&events)?;
                if let Some(Some(place)) = self.jobs.get_mut(job.0 as usize) {
                    place.rest = Some(rest);
                }
            }
            Event::Message { .. } => {
                let message = self.put(std::slice::from_ref(stamped))?;
                self.messages.push(message);
            }
            Event::BatchFinished(_) => self.finished_at = Some(stamped.at),
            Event::StepStarted(_)
            | Event::StepFinished(_)
            | Event::ConcurrencyChanged { .. }
            | Event::Paused { .. }
            | Event::Stopping { .. }
            | Event::Resumed
            | Event::Sample(_) => {}
        }
        Ok(())
    }

    fn note(&mut self, job: JobId, stamped: &Stamped) -> io::Result<()> {
        if !self.running.contains_key(&job) {
            // It had ended already where the batch was resumed.
            let before = self.jobs.get_mut(job.0 as usize).and_then(Option::as_mut);
            let before = before.and_then(|place| place.rest.take());
            let before = before.map(|chunk| self.get(chunk)).transpose()?;
            self.running.insert(job, before.unwrap_or_default());
        }
        self.running.entry(job).or_default().push(stamped.clone());
        Ok(())
    }

    fn put(&mut self, events: &[Stamped]) -> io::Result<Chunk> {
        if self.shelf.is_none() {
            self.shelf = Some(Shelf::new()?);
        }
        self.on_shelf()?.put(&serde_json::to_vec(events)?)
    }

    fn get(&self, chunk: Chunk) -> io::Result<Vec<Stamped>> {
        Ok(serde_json::from_slice(&self.on_shelf()?.get(chunk)?)?)
    }

    fn on_shelf(&self) -> io::Result<&Shelf> {
        self.shelf.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The jobs, in the order of the plan.
    pub(super) fn jobs(&self) -> impl Iterator<Item = JobId> + '_ {
        (0..).zip(&self.jobs).filter(|(_, place)| place.is_some()).map(|(number, _)| JobId(number))
    }

    /// All that is known of one of them.
    pub(super) fn case(&self, job: JobId) -> io::Result<Case> {
        let place = self.jobs.get(job.0 as usize).copied().flatten().ok_or(io::ErrorKind::NotFound)?;
        let rest = match place.rest {
            Some(rest) => self.get(rest)?,
            None => self.running.get(&job).cloned().unwrap_or_default(),
        };
        let queued = self.get(place.queued)?.into_iter().find_map(|stamped| match stamped.event {
            Event::CaseQueued(queued) => Some(*queued),
            _ => None,
        });
        let queued = queued.ok_or(io::ErrorKind::InvalidData)?;
        let mut case = Case { queued, attempts: Vec::new(), finished: None };
        for stamped in rest {
            case.add(stamped);
        }
        Ok(case)
    }

    /// The messages, in order.
    pub(super) fn messages(&self) -> impl Iterator<Item = io::Result<Message>> + '_ {
        self.messages.iter().map(|chunk| {
            let message = self.get(*chunk)?.into_iter().find_map(|stamped| match stamped.event {
                Event::Message { level, text } => Some(Message { at: stamped.at, level, text }),
                _ => None,
            });
            message.ok_or(io::ErrorKind::InvalidData.into())
        })
    }
}

impl Case {
    fn add(&mut self, stamped: Stamped) {
        match stamped.event {
            Event::AttemptStarted(started) => {
                self.attempts.push(Attempt { started, started_at: stamped.at, finished: None });
            }
            Event::AttemptFinished(finished) => {
                let attempt = self.attempts.iter_mut().find(|it| it.started.attempt == finished.attempt);
                if let Some(attempt) = attempt {
                    attempt.finished = Some(*finished);
                }
            }
            Event::CaseFinished(finished) => self.finished = Some(finished),
            _ => {}
        }
    }
}

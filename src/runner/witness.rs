//! Turns what an attempt tells into events, masked: the one place at which texts of a case become texts of the batch.

use super::dispatcher::Sink;
use crate::event::{Event, Failure, Level, StepFinished, StepStarted};
use crate::id::JobId;
use crate::mask::Masker;
use crate::step::{self, Finished, Started, Witness};
use crate::text::Untrusted;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A masker that may learn more while an attempt runs. Its clones learn together.
#[derive(Clone, Debug, Default)]
pub struct Masking(Arc<Mutex<Masker>>);

impl Masking {
    /// Starts from what is secret for the whole batch.
    pub fn new(masker: &Masker) -> Self {
        Self(Arc::new(Mutex::new(masker.clone())))
    }

    /// The text without secrets.
    pub fn mask(&self, text: &str) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).mask(text)
    }

    /// The same for a text that nobody vouches for.
    pub fn untrusted(&self, text: &Untrusted) -> Untrusted {
        Untrusted::from(self.mask(text.raw()))
    }

    /// The same for everything that a failure says.
    pub fn failure(&self, failure: Failure) -> Failure {
        step::masked(failure, &|text| self.mask(text))
    }

    fn add(&self, secret: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(secret);
    }
}

/// Tells the events of one attempt.
pub(super) struct AttemptWitness {
    pub(super) job: JobId,
    pub(super) attempt: u32,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) masking: Masking,
    /// When the batch began, by the clock of the steps.
    pub(super) batch_began: Instant,
}

impl Witness for AttemptWitness {
    fn step_started(&mut self, step: Started) {
        self.sink.send(Event::StepStarted(StepStarted {
            job: self.job,
            attempt: self.attempt,
            position: step.position,
            depth: step.depth,
            title: self.masking.untrusted(&step.title),
            location: step.location,
        }));
    }

    fn step_finished(&mut self, step: &Finished) {
        self.sink.send(Event::StepFinished(StepFinished {
            job: self.job,
            attempt: self.attempt,
            position: step.step.position,
            depth: step.step.depth,
            title: self.masking.untrusted(&step.step.title),
            line: u32::try_from(step.step.location.line).unwrap_or(u32::MAX),
            verdict: step.verdict,
            started_ms: milliseconds(step.began.saturating_duration_since(self.batch_began)),
            duration_ms: milliseconds(step.took),
            message: step.message.as_ref().map(|text| self.masking.untrusted(text)),
        }));
    }

    fn log(&mut self, line: Untrusted) {
        self.sink.send(Event::Message { level: Level::Info, text: self.masking.untrusted(&line) });
    }

    fn conceal(&mut self, text: &str) {
        self.masking.add(text);
    }
}

/// Whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

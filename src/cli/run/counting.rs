//! Passes events on to the recorder. On the way it counts verdicts, since the exit code is needed before the last event,
//! and masks what programs, drivers and endpoints have said: all parts of batchrun may quote them.

use crate::event::verdicts::{FlakyCounts, Verdicts};
use crate::event::{CaseFinished, Event, Level};
use crate::id::JobId;
use crate::mask::Masker;
use crate::outcome::{ExitCode, Verdict};
use crate::runner::dispatcher::Sink;
use crate::step;
use crate::store::EventSender;
use crate::text::{Untrusted, counted};
use std::sync::{Mutex, PoisonError};

/// The way from the runner to the recorder.
pub(super) struct Counting {
    sender: EventSender,
    verdicts: Mutex<Verdicts>,
    flaky: FlakyCounts,
    masker: Masker,
}

impl Counting {
    /// Counts from `verdicts` on.
    pub(super) fn new(sender: EventSender, fail_on_flaky: bool, verdicts: Verdicts, masker: Masker) -> Self {
        let flaky = if fail_on_flaky { FlakyCounts::AsFailed } else { FlakyCounts::AsPassed };
        Self { sender, verdicts: Mutex::new(verdicts), flaky, masker }
    }

    /// What the verdicts so far amount to.
    pub(super) fn exit_code(&self) -> ExitCode {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).exit_code(self.flaky)
    }

    /// Says that flaky cases alone make the batch fail, where they do.
    pub(super) fn tell_of_flaky(&self) {
        let told = {
            let verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            let flaky = verdicts.deciding(Verdict::Flaky);
            let decides = self.flaky == FlakyCounts::AsFailed && verdicts.deciding(Verdict::Failed) == 0;
            (decides && flaky > 0)
                .then(|| format!("{}: `fail_on_flaky` makes the batch fail", counted(flaky, "flaky case")))
        };
        if let Some(text) = told {
            self.send(Event::Message { level: Level::Error, text: Untrusted::from(text) });
        }
    }

    /// Nothing could be run: says why, and gives every job, with the attempts that it had before, its verdict.
    pub(super) fn give_up(&self, why: &str, jobs: &[(JobId, u32)]) {
        self.send(Event::Message { level: Level::Error, text: Untrusted::from(why) });
        for &(job, attempts) in jobs {
            // As wherever a batch is stopped: what has been tried was interrupted.
            let verdict = if attempts > 0 { Verdict::Interrupted } else { Verdict::NotRun };
            self.send(Event::CaseFinished(CaseFinished::without_attempt(job, verdict, attempts, None)));
        }
    }

    /// What steps have to say is masked already, with what they have found out to be secret.
    fn masked(&self, mut event: Event) -> Event {
        let mask = |text: &str| self.masker.mask(text);
        let in_place = |text: &mut Untrusted| *text = Untrusted::from(mask(text.raw()));
        match &mut event {
            Event::Message { text, .. } => in_place(text),
            Event::ConcurrencyChanged { why, .. } | Event::Paused { why } | Event::Stopping { why } => {
                *why = mask(why);
            }
            Event::AttemptFinished(finished) => {
                finished.failure = finished.failure.take().map(|failure| step::masked(failure, &mask));
            }
            Event::CaseFinished(finished) => finished.message.iter_mut().for_each(in_place),
            _ => {}
        }
        event
    }
}

impl Sink for Counting {
    fn send(&self, event: Event) {
        let event = self.masked(event);
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).apply(&event);
        self.sender.send(event);
    }
}

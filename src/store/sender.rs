//! How events get to the recorder: stamped in the order in which they are queued, without ever waiting.

use crate::event::{Event, Stamped};
use jiff::Timestamp;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Sends events; clones go to whoever has something to tell.
#[derive(Clone, Debug)]
pub struct EventSender(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    started: Instant,
    /// The batch's age at that moment.
    before: Duration,
    // One lock for number and queue: the order of the numbers is the order in the queue.
    outbox: Mutex<(u64, mpsc::Sender<Letter>)>,
}

pub(super) enum Letter {
    Event(Stamped),
    Barrier(oneshot::Sender<bool>),
    Close,
}

impl EventSender {
    /// A sender, and where what it sends arrives. `last` is the number and the time of the last event there is.
    pub(super) fn new(last: (u64, Duration)) -> (Self, Receiver<Letter>) {
        let (outbox, inbox) = mpsc::channel();
        let (seq, before) = last;
        let desk = Desk { started: Instant::now(), before, outbox: Mutex::new((seq, outbox)) };
        (Self(Arc::new(desk)), inbox)
    }

    /// Stamps an event and queues it. Never waits for the disk or for a reporter.
    pub fn send(&self, event: Event) {
        // Time and number are taken under one lock, so that they rise together.
        self.post(|seq, elapsed_ms| Letter::Event(Stamped { seq, at: Timestamp::now(), elapsed_ms, event }));
    }

    /// Milliseconds since the batch started, by the clock that events are stamped with.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from((self.0.before + self.0.started.elapsed()).as_millis()).unwrap_or(u64::MAX)
    }

    /// Answers once everything sent before has been written (or spooled) and reported: whether all of it is in the
    /// database. Await it, or take it with `blocking_recv` outside of a runtime.
    pub fn barrier(&self) -> oneshot::Receiver<bool> {
        let (answer, answered) = oneshot::channel();
        self.post(|_, _| Letter::Barrier(answer));
        answered
    }

    /// Ends the recorder once it has taken in all that was sent before.
    pub(super) fn close(&self) {
        self.post(|_, _| Letter::Close);
    }

    fn post(&self, letter: impl FnOnce(u64, u64) -> Letter) {
        let mut outbox = self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner);
        let letter = letter(outbox.0 + 1, self.elapsed_ms());
        outbox.0 += u64::from(matches!(letter, Letter::Event(_)));
        // Fails only when the thread is gone, which `finish` tells of.
        let _ = outbox.1.send(letter);
    }
}

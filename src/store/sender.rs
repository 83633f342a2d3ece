//! How events get to the recorder: stamped in the order in which they are queued, without ever waiting.

use crate::event::reporter::Reporter;
use crate::event::{Event, Stamped};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Sends events; clones go to whoever has something to tell.
#[derive(Clone)]
pub struct EventSender(Arc<Desk>);

impl fmt::Debug for EventSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSender").finish_non_exhaustive()
    }
}

struct Desk {
    started: Instant,
    /// The batch's age at that moment.
    before: Duration,
    // One lock for number and queue: the order of the numbers is the order in the queue.
    outbox: Mutex<Outbox>,
    /// Told of what the recorder waits for.
    arrived: Condvar,
}

struct Outbox {
    /// Number of the last event.
    seq: u64,
    letters: VecDeque<Letter>,
    /// Whether somebody waits for an answer to one of them.
    urgent: bool,
}

/// How long a first event waits for others to be committed with. A commit waits for the disk and takes processor time
/// from browsers, and a busy batch has hundreds of events a second; nobody sees so short a delay.
const GATHER: Duration = Duration::from_millis(20);

/// Where letters arrive.
pub(super) struct Inbox(Arc<Desk>);

impl Inbox {
    /// What has arrived, at most `most` letters: waits for a first one until `patience` is over, and then a moment for
    /// others, unless somebody waits for an answer.
    pub(super) fn receive(&self, patience: Duration, most: usize) -> Vec<Letter> {
        let desk = &self.0;
        let wait = |outbox, time, still: fn(&Outbox, usize) -> bool| {
            let waited = desk.arrived.wait_timeout_while(outbox, time, |it| still(it, most));
            waited.unwrap_or_else(PoisonError::into_inner).0
        };
        let outbox = wait(desk.outbox(), patience, |it, _| it.letters.is_empty());
        if outbox.letters.is_empty() {
            return Vec::new();
        }
        let mut outbox = wait(outbox, GATHER, |it, most| !it.urgent && it.letters.len() < most);
        let count = outbox.letters.len().min(most);
        let letters = outbox.letters.drain(..count).collect();
        outbox.urgent &= !outbox.letters.is_empty();
        letters
    }
}

impl Desk {
    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) enum Letter {
    Event(Stamped),
    Reporter(Box<dyn Reporter>),
    Barrier(oneshot::Sender<bool>),
    Close,
}

impl EventSender {
    /// A sender, and where what it sends arrives. `last` is the number and the time of the last event there is.
    pub(super) fn new(last: (u64, Duration)) -> (Self, Inbox) {
        let (seq, before) = last;
        let outbox = Mutex::new(Outbox { seq, letters: VecDeque::new(), urgent: false });
        let desk = Arc::new(Desk { started: Instant::now(), before, outbox, arrived: Condvar::new() });
        (Self(Arc::clone(&desk)), Inbox(desk))
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

    /// Adds a reporter to a batch that runs: it first learns what the record holds of it. It stands before those that
    /// were there from the beginning.
    pub fn add(&self, reporter: Box<dyn Reporter>) {
        self.post(|_, _| Letter::Reporter(reporter));
    }

    /// Ends the recorder once it has taken in all that was sent before.
    pub(super) fn close(&self) {
        self.post(|_, _| Letter::Close);
    }

    fn post(&self, letter: impl FnOnce(u64, u64) -> Letter) {
        let mut outbox = self.0.outbox();
        let letter = letter(outbox.seq + 1, self.elapsed_ms());
        let is_event = matches!(letter, Letter::Event(_));
        outbox.seq += u64::from(is_event);
        outbox.urgent |= !is_event;
        outbox.letters.push_back(letter);
        // The recorder gathers what comes behind a first letter: it need not be woken for each.
        if !is_event || outbox.letters.len() == 1 || outbox.letters.len() == super::recorder::GROUP {
            drop(outbox);
            self.0.arrived.notify_one();
        }
    }
}

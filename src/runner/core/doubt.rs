//! Doubt that attempts can get through at all: a browser that does not come up, a Grid that is gone. Then one attempt
//! at a time is started, with pauses between them that grow, so that a whole queue is not spent on what cannot work.

use std::time::Duration;

/// Outbreaks one after the other, with nothing that got through, after which there is doubt.
const OUTBREAKS: u32 = 2;
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Not long: what never works is given up soon ([`super::Rules::give_up_after`]), and people wait for that.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What infrastructure errors in a row have come to.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// Attempts that ended in one, those that ran at the same time counted once: they have one cause.
    outbreaks: u32,
    /// Attempts that had begun when the last outbreak was seen. Whatever began before belongs to it.
    seen: u64,
    /// Nothing is started before that.
    not_before: Duration,
}

impl Doubt {
    /// The `nth` attempt that began ended in an infrastructure error, when so many had begun. Says whether this is
    /// the beginning of doubt.
    pub(super) fn errored(&mut self, nth: u64, begun: u64, now: Duration) -> bool {
        if nth <= self.seen {
            return false;
        }
        (self.seen, self.outbreaks) = (begun, self.outbreaks.saturating_add(1));
        if self.outbreaks >= OUTBREAKS {
            let doublings = (self.outbreaks - OUTBREAKS).min(16);
            self.not_before = now + (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
        }
        self.outbreaks == OUTBREAKS
    }

    /// An attempt got through, whatever came of it. Says whether that is the end of doubt.
    pub(super) fn got_through(&mut self) -> bool {
        let ends = self.is_there();
        self.outbreaks = 0;
        ends
    }

    pub(super) fn is_there(&self) -> bool {
        self.outbreaks >= OUTBREAKS
    }

    /// How many of `limit` may run, and when that changes.
    pub(super) fn allowed(&self, limit: u32, now: Duration) -> (u32, Option<Duration>) {
        match self.is_there() {
            false => (limit, None),
            true if now < self.not_before => (0, Some(self.not_before)),
            true => (limit.min(1), None),
        }
    }
}

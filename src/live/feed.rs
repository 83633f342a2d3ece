//! What clients read: the last events, each serialised once, and the picture that all of them amount to. The recorder
//! writes it; however slow a client is, it only ever falls behind by itself.

use crate::event::Stamped;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::reporter::Picture;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Events that are kept for clients that are behind or come back; about 1 MiB.
const KEPT: usize = 4_096;

/// A batch's events for any number of clients.
#[derive(Clone, Debug)]
pub struct Feed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// The number of the last event, and whether there are no others.
    news: watch::Sender<(u64, bool)>,
}

#[derive(Debug, Default)]
struct State {
    picture: Picture,
    events: VecDeque<(u64, Arc<str>)>,
    /// The last event that is not among them any more, or never was.
    gone: u64,
    last: u64,
    over: bool,
}

/// What a client gets next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// These, with their numbers.
    Events(Vec<(u64, Arc<str>)>),
    /// It is too far behind.
    Snapshot,
    /// Nothing yet.
    Wait,
    /// Nothing any more.
    Over,
}

impl Default for Feed {
    fn default() -> Self {
        Self(Arc::new(Shared { state: Mutex::default(), news: watch::Sender::new((0, false)) }))
    }
}

impl Feed {
    /// A reporter that fills it.
    pub fn keeper(&self) -> Box<dyn Reporter> {
        Box::new(Keeper { feed: self.clone(), recalled: false })
    }

    /// Tells when there is something new. Number 0 is that of a batch that has not begun.
    pub(super) fn news(&self) -> watch::Receiver<(u64, bool)> {
        self.0.news.subscribe()
    }

    /// At most `most` events behind number `after`.
    pub(super) fn behind(&self, after: u64, most: usize) -> Next {
        let state = self.lock();
        if after < state.gone || after > state.last {
            return Next::Snapshot;
        }
        let from = state.events.partition_point(|(seq, _)| *seq <= after);
        let events: Vec<_> = state.events.iter().skip(from).take(most).cloned().collect();
        match (events.is_empty(), state.over) {
            (false, _) => Next::Events(events),
            (true, false) => Next::Wait,
            (true, true) => Next::Over,
        }
    }

    /// The number of the last event, and the picture after it as a JSON object.
    pub(super) fn snapshot(&self) -> (u64, String) {
        let state = self.lock();
        (state.last, state.picture.json(state.last))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        let (last, over) = {
            let state = self.lock();
            (state.last, state.over)
        };
        self.0.news.send_replace((last, over));
    }
}

struct Keeper {
    feed: Feed,
    /// Whether it was told of what was before it.
    recalled: bool,
}

impl Reporter for Keeper {
    fn name(&self) -> String {
        "live".to_owned()
    }

    fn on(&mut self, stamped: &Stamped, _tally: &Tally) -> Result<(), ReportError> {
        let json = serde_json::to_string(stamped)
            .map_err(|error| ReportError { target: self.name(), cause: error.into() })?;
        let mut state = self.feed.lock();
        state.picture.apply(stamped);
        state.last = stamped.seq;
        state.events.push_back((stamped.seq, json.into()));
        if state.events.len() > KEPT
            && let Some((seq, _)) = state.events.pop_front()
        {
            state.gone = seq;
        }
        Ok(())
    }

    /// Steps are not among what is recalled, but they are behind it: the tally knows how far the batch really is.
    fn recall(&mut self, stamped: &Stamped, tally: &Tally) -> Result<(), ReportError> {
        self.recalled = true;
        let mut state = self.feed.lock();
        state.picture.apply(stamped);
        state.last = tally.seq.max(stamped.seq);
        state.gone = state.last;
        Ok(())
    }

    fn refresh(&mut self, tally: &Tally, _elapsed_ms: u64) -> Result<(), ReportError> {
        if std::mem::take(&mut self.recalled) {
            self.feed.lock().picture.catch_up(tally);
        }
        self.feed.tell();
        Ok(())
    }

    fn finish(&mut self, _closing: &Closing, _tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        self.feed.lock().over = true;
        self.feed.tell();
        Ok(None)
    }
}

impl Drop for Keeper {
    /// One that the recorder has dropped tells nothing any more.
    fn drop(&mut self) {
        self.feed.lock().over = true;
        self.feed.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::story::Story;

    fn told(feed: &Feed, events: &[Stamped]) -> Box<dyn Reporter> {
        let (mut keeper, mut tally) = (feed.keeper(), Tally::default());
        for event in events {
            tally.apply(event);
            keeper.on(event, &tally).unwrap();
        }
        keeper.refresh(&tally, 5_000).unwrap();
        keeper
    }

    fn numbers(next: &Next) -> Vec<u64> {
        match next {
            Next::Events(events) => events.iter().map(|(seq, _)| *seq).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_client_goes_on_where_it_was() {
        let (feed, events) = (Feed::default(), Story::mixed().events());
        let keeper = told(&feed, &events);
        assert_eq!(numbers(&feed.behind(0, 3)), [1, 2, 3]);
        let last = events.last().unwrap().seq;
        assert_eq!(numbers(&feed.behind(last - 2, 99)), [last - 1, last]);
        assert_eq!(feed.behind(last, 99), Next::Wait);
        assert_eq!(feed.behind(last + 1, 99), Next::Snapshot, "it has seen another batch");
        drop(keeper);
        assert_eq!(feed.behind(last, 99), Next::Over);
    }

    #[test]
    fn who_is_too_far_behind_gets_a_snapshot() {
        let mut story = Story::new(KEPT, 1);
        for number in 0..KEPT {
            story.queue(&format!("testcases/{number}"));
        }
        let (feed, events) = (Feed::default(), story.events());
        let _keeper = told(&feed, &events);
        let last = events.last().unwrap().seq;
        let gone = last - KEPT as u64;
        assert_eq!(feed.behind(gone - 1, 1), Next::Snapshot);
        assert_eq!(numbers(&feed.behind(gone, 1)), [gone + 1]);
        let (seq, json) = feed.snapshot();
        let snapshot: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((seq, &snapshot["seq"]), (last, &serde_json::json!(last)));
        assert_eq!(snapshot["cases"].as_array().unwrap().len(), KEPT);
    }

    #[test]
    fn what_is_recalled_is_in_the_picture_but_not_told_again() {
        let (feed, events) = (Feed::default(), Story::mixed().events());
        let (mut keeper, tally) = (feed.keeper(), Tally::default());
        let (old, new) = events.split_at(20);
        for event in old {
            keeper.recall(event, &tally).unwrap();
        }
        for event in new {
            keeper.on(event, &tally).unwrap();
        }
        assert_eq!(feed.behind(0, 1), Next::Snapshot);
        assert_eq!(numbers(&feed.behind(20, 1)), [21]);
        assert!(feed.snapshot().1.contains("\"verdict\":\"passed\""));
    }
}

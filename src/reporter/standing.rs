//! What a batch is at right now, for whoever asks while it runs. Keeps the last answer; is asked from other threads.

use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Eta, Stamped};
use crate::id::JobId;
use crate::outcome::Verdict;
use crate::text::{Untrusted, duration};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What a batch is at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its id.
    pub batch: String,
    /// Milliseconds since it started.
    pub elapsed_ms: u64,
    /// Jobs in it.
    pub total: u32,
    /// How many may run at once.
    pub limit: u32,
    /// Why nothing is started, while nothing is.
    pub paused: Option<String>,
    /// Why nothing is started any more, once that is so: what runs ends, or is interrupted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping: Option<String>,
    /// How long it will still take, where past runs tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Eta>,
    /// How many jobs ended with each verdict; verdicts without any are left out.
    pub ended: BTreeMap<String, u32>,
    /// What runs, by slot.
    pub running: Vec<RunningCase>,
}

/// A case that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningCase {
    /// Its slot, from 1.
    pub slot: u32,
    /// The job's number.
    pub job: JobId,
    /// Its id, with row and browser.
    pub case: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Milliseconds since the attempt started.
    pub elapsed_ms: u64,
    /// Steps of its top level that have started.
    pub step: u32,
    /// How many there are.
    pub steps: u32,
    /// What it is doing.
    pub title: Option<String>,
}

impl Standing {
    /// What it is at by these counts.
    pub fn of(tally: &Tally, elapsed_ms: u64) -> Self {
        let counted =
            Verdict::ALL.iter().map(|verdict| (verdict.to_string(), tally.verdicts.ended.of(*verdict)));
        let running = tally.running.iter().map(|(slot, running)| RunningCase {
            slot: *slot,
            job: running.job,
            case: tally.title(running.job).line(),
            attempt: running.attempt,
            elapsed_ms: elapsed_ms.saturating_sub(running.started_ms),
            step: running.reached,
            steps: running.steps,
            title: running.titles.last().map(Untrusted::line),
        });
        Self {
            batch: tally.batch.as_ref().map(ToString::to_string).unwrap_or_default(),
            elapsed_ms,
            total: tally.total,
            limit: tally.limit,
            paused: tally.paused.clone(),
            stopping: tally.stopping.clone(),
            eta: tally.eta,
            ended: counted.filter(|(_, count)| *count > 0).collect(),
            running: running.collect(),
        }
    }

    /// The same for people: a line for the batch, one for each running case.
    pub fn text(&self) -> String {
        let done: u32 = self.ended.values().sum();
        let time = |milliseconds| match milliseconds / 1000 {
            0 => "0s".to_owned(),
            seconds => duration(Duration::from_secs(seconds)),
        };
        let mut text = format!("{done} of {} done after {}", self.total, time(self.elapsed_ms));
        for (verdict, count) in &self.ended {
            let _ = write!(text, ", {count} {verdict}");
        }
        let _ = write!(text, "; {} of at most {} running", self.running.len(), self.limit);
        if let Some(why) = &self.stopping {
            let _ = write!(text, "; stopping: {why}");
        } else if let Some(why) = &self.paused {
            let _ = write!(text, "; paused: {why}");
        } else if let Some(eta) = &self.eta {
            let (least, most) = (time(eta.least_ms), time(eta.most_ms));
            let left = if least == most { least } else { format!("{least} to {most}") };
            let _ = write!(text, "; {left} left");
        }
        for it in &self.running {
            let attempt = if it.attempt > 1 { format!(", attempt {}", it.attempt) } else { String::new() };
            let _ = write!(text, "\n  {:>2} {} {}/{}", it.slot, it.case, it.step, it.steps);
            if let Some(title) = &it.title {
                let _ = write!(text, " {title}");
            }
            let _ = write!(text, " ({}{attempt})", time(it.elapsed_ms));
        }
        text
    }
}

/// Where the last answer lies.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<watch::Sender<Standing>>);

impl Board {
    /// What was so when the last group of events had been recorded.
    pub fn standing(&self) -> Standing {
        self.0.borrow().clone()
    }

    /// Completes when that holds of what has been recorded.
    pub async fn until(&self, holds: impl FnMut(&Standing) -> bool) {
        // The sender lives as long as this does.
        let _ = self.0.subscribe().wait_for(holds).await;
    }

    /// A reporter that keeps it up to date.
    pub fn keeper(&self) -> Box<dyn Reporter> {
        Box::new(Keeper(self.clone()))
    }
}

struct Keeper(Board);

impl Reporter for Keeper {
    fn name(&self) -> String {
        "standing".to_owned()
    }

    fn on(&mut self, _event: &Stamped, _tally: &Tally) -> Result<(), ReportError> {
        Ok(())
    }

    fn refresh(&mut self, tally: &Tally, elapsed_ms: u64) -> Result<(), ReportError> {
        self.0.0.send_replace(Standing::of(tally, elapsed_ms));
        Ok(())
    }

    fn finish(&mut self, _closing: &Closing, _tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::story::Story;

    #[test]
    fn people_read_what_is_done_and_what_runs() {
        let standing = Standing {
            batch: "b".to_owned(),
            elapsed_ms: 61_700,
            total: 9,
            limit: 2,
            paused: Some("key p".to_owned()),
            stopping: None,
            eta: None,
            ended: BTreeMap::from([("failed".to_owned(), 1), ("passed".to_owned(), 3)]),
            running: vec![RunningCase {
                slot: 2,
                job: JobId(4),
                case: "testcases/cart".to_owned(),
                attempt: 2,
                elapsed_ms: 3_400,
                step: 3,
                steps: 8,
                title: Some("click text=Buy".to_owned()),
            }],
        };
        insta::assert_snapshot!(standing.text(), @r"
        4 of 9 done after 1m 1s, 1 failed, 3 passed; 1 of at most 2 running; paused: key p
           2 testcases/cart 3/8 click text=Buy (3s, attempt 2)
        ");
        let eta = Some(Eta { least_ms: 12_100, most_ms: 65_000 });
        let later = Standing { paused: None, eta, running: Vec::new(), ..standing };
        insta::assert_snapshot!(later.text(), @"4 of 9 done after 1m 1s, 1 failed, 3 passed; 0 of at most 2 running; 12s to 1m 5s left");
    }

    #[test]
    fn the_board_has_what_the_events_amount_to() {
        let board = Board::default();
        let mut keeper = board.keeper();
        let mut tally = Tally::default();
        for event in Story::mixed().events() {
            tally.apply(&event);
            keeper.on(&event, &tally).unwrap();
        }
        keeper.refresh(&tally, 5_000).unwrap();
        let standing = board.standing();
        assert_eq!((standing.total, standing.ended["failed"], standing.running.len()), (9, 2, 0));
    }
}

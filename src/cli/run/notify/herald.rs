//! Sees in the events what somebody is to be told of, and says it as JSON. Tells nobody itself: the recorder calls it,
//! and waits for nothing.

use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{CaseFinished, CaseQueued, Event, Stamped};
use crate::outcome::{BatchStatus, Verdict};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Where both notices begin.
pub(super) struct Herald {
    /// Of the first failure; none once it was told, or where nobody wants to hear of it.
    first: Option<oneshot::Sender<Value>>,
    last: Option<oneshot::Sender<Value>>,
    /// Where each job stands, by its number, for failures that say no place.
    places: Vec<Option<(Arc<str>, usize)>>,
    failure: Option<Failed>,
}

/// The first job that failed or errored and decides.
struct Failed {
    verdict: Verdict,
    told: Value,
}

impl Herald {
    pub(super) fn new(first: Option<oneshot::Sender<Value>>, last: oneshot::Sender<Value>) -> Self {
        Self { first, last: Some(last), places: Vec::new(), failure: None }
    }

    /// Takes in an event; says whether it is the first failure.
    fn look(&mut self, event: &Stamped, tally: &Tally) -> bool {
        match &event.event {
            Event::CaseQueued(queued) => {
                self.queue(queued);
                false
            }
            // What errored runs again.
            Event::BatchResumed(_) => {
                self.failure.take_if(|failed| failed.verdict.is_resumed());
                false
            }
            Event::CaseFinished(finished) => self.end(finished, tally),
            _ => false,
        }
    }

    fn queue(&mut self, queued: &CaseQueued) {
        let (number, file) = (queued.job.0 as usize, queued.location.file.as_str());
        // Cases of a file stand one after the other: its name need not be kept for each.
        let before = self.places.last().and_then(Option::as_ref).filter(|(known, _)| **known == *file);
        let file = before.map_or_else(|| Arc::from(file), |(known, _)| Arc::clone(known));
        if self.places.len() <= number {
            self.places.resize(number + 1, None);
        }
        self.places[number] = Some((file, queued.location.line));
    }

    fn end(&mut self, finished: &CaseFinished, tally: &Tally) -> bool {
        let Some(job) = tally.job(finished.job) else { return false };
        let is_bad = finished.verdict.is_bad();
        if !is_bad || job.quarantined || self.failure.is_some() {
            return false;
        }
        let known = tally.failures.iter().rev().find(|it| it.job == finished.job);
        let failure = known.and_then(|it| it.failure.as_ref());
        let own = self.places.get(finished.job.0 as usize).and_then(Option::as_ref);
        let (file, line) = match failure.and_then(|it| it.location.as_ref()) {
            Some(place) => (Some(place.file.as_str()), Some(place.line)),
            None => (own.map(|(file, _)| &**file), own.map(|(_, line)| *line)),
        };
        let told = json!({
            "id": job.case,
            "message": finished.message.as_ref().or(failure.map(|it| &it.message)),
            "file": file,
            "line": line,
        });
        self.failure = Some(Failed { verdict: finished.verdict, told });
        true
    }

    /// What is told of the batch as it is.
    fn document(&self, what: &str, tally: &Tally, elapsed_ms: u64) -> Value {
        let count =
            |verdict: &Verdict| (verdict.as_str().to_owned(), tally.verdicts.ended.of(*verdict).into());
        let finished = tally.finished.as_ref();
        json!({
            "event": what,
            "batch": tally.batch,
            "status": finished.map_or(BatchStatus::Running, |it| it.status),
            "exit_code": null,
            "quarantined": tally.verdicts.quarantined_bad(),
            "counts": Verdict::ALL.iter().map(count).collect::<Map<_, _>>(),
            "duration_ms": finished.map_or(elapsed_ms, |it| it.duration_ms),
            "first_failure": self.failure.as_ref().map(|it| &it.told),
        })
    }
}

impl Reporter for Herald {
    fn name(&self) -> String {
        "notify".to_owned()
    }

    fn on(&mut self, event: &Stamped, tally: &Tally) -> Result<(), ReportError> {
        if self.look(event, tally)
            && let Some(first) = self.first.take()
        {
            // Whoever would tell it has ended: so has the batch.
            let _ = first.send(self.document("first_failure", tally, event.elapsed_ms));
        }
        Ok(())
    }

    /// What failed before the batch was resumed was told then.
    fn recall(&mut self, event: &Stamped, tally: &Tally) -> Result<(), ReportError> {
        self.look(event, tally);
        Ok(())
    }

    fn finish(&mut self, _: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        if let Some(last) = self.last.take() {
            let _ = last.send(self.document("finished", tally, 0));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::failure;
    use crate::event::story::Story;
    use crate::outcome::{ExitCode, FailureKind};

    /// What is told of a story: of its first failure, and of its end. The first `recalled` events are from before it was
    /// resumed.
    fn told(story: &Story, recalled: usize) -> (Option<Value>, Value) {
        let ((first, mut is_first), (last, mut is_last)) = (oneshot::channel(), oneshot::channel());
        let mut herald = Herald::new(Some(first), last);
        let mut tally = Tally::default();
        for (number, event) in story.events().iter().enumerate() {
            tally.apply(event);
            if number < recalled {
                herald.recall(event, &tally).unwrap();
            } else {
                herald.on(event, &tally).unwrap();
            }
        }
        herald.finish(&Closing::default(), &tally).unwrap();
        (is_first.try_recv().ok(), is_last.try_recv().unwrap())
    }

    #[test]
    fn the_first_failure_that_decides_is_told_and_so_is_the_end() {
        let (first, last) = told(&Story::mixed(), 0);
        insta::assert_snapshot!(format!("{:#}\n{last}", first.unwrap()), @r#"
        {
          "event": "first_failure",
          "batch": "20270102-030405-7k2m9qxd",
          "status": "running",
          "exit_code": null,
          "quarantined": 0,
          "counts": {
            "passed": 1,
            "flaky": 0,
            "failed": 1,
            "errored": 0,
            "skipped": 0,
            "interrupted": 0,
            "not_run": 0
          },
          "duration_ms": 3891,
          "first_failure": {
            "id": "testcases/cart::remove an item",
            "message": "`#count` does not have the text it should",
            "file": "testcases/cart.toml",
            "line": 14
          }
        }
        {"event":"finished","batch":"20270102-030405-7k2m9qxd","status":"interrupted","exit_code":null,"quarantined":1,"counts":{"passed":2,"flaky":1,"failed":2,"errored":1,"skipped":1,"interrupted":1,"not_run":1},"duration_ms":7470,"first_failure":{"id":"testcases/cart::remove an item","message":"`#count` does not have the text it should","file":"testcases/cart.toml","line":14}}
        "#);
    }

    #[test]
    fn a_failure_without_a_place_is_that_of_its_case_and_quarantine_is_none() {
        let mut story = Story::new(3, 1);
        let kept = story.queue_with("testcases/kept", |case| case.quarantined = true);
        let broken = story.queue_with("testcases/broken", |case| case.location.line = 7);
        story.queue("testcases/fine");
        story.start(kept, 1);
        story.fail(kept, failure(FailureKind::Assertion));
        assert_eq!(told(&story, 0).0, None);
        story.start(broken, 1);
        story.retry(broken, failure(FailureKind::Driver));
        assert_eq!(told(&story, 0).0, None, "it is tried again");
        story.start(broken, 1);
        story.fail(broken, failure(FailureKind::Driver));
        let first = told(&story, 0).0.unwrap();
        let expected = json!({
            "id": "testcases/broken", "message": "the browser exited with signal 11",
            "file": "testcases/broken.toml", "line": 7,
        });
        assert_eq!(first["first_failure"], expected);
    }

    #[test]
    fn what_failed_before_a_batch_was_resumed_is_not_told_twice() {
        for (kind, is_told_again) in [(FailureKind::Assertion, false), (FailureKind::Driver, true)] {
            let mut story = Story::new(2, 1);
            let [first, second] = ["testcases/a", "testcases/b"].map(|id| story.queue(id));
            story.start(first, 1);
            story.fail(first, failure(kind));
            let before = story.events().len();
            let Event::BatchStarted(started) = story.events().remove(0).event else { unreachable!() };
            let resumed = crate::event::BatchResumed { left: 1, started: *started };
            story.push(Event::BatchResumed(Box::new(resumed)));
            story.start(second, 1);
            story.fail(second, failure(FailureKind::Assertion));
            story.finish(BatchStatus::Finished, ExitCode::Failed);
            let (notice, last) = told(&story, before);
            assert_eq!(notice.is_some(), is_told_again, "{kind}");
            let id = if is_told_again { "testcases/b" } else { "testcases/a" };
            assert_eq!(last["first_failure"]["id"], id);
        }
    }
}

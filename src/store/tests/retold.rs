//! Steps and samples of an old batch, made anew from their rows: those that were sent.

use super::*;
use crate::event::{Sample, millis};
use rusqlite::params;

/// A reporter that wants rows and writes down the events that are made from them.
struct Wanting(mpsc::Sender<(u64, String)>);

impl Reporter for Wanting {
    fn name(&self) -> String {
        "wanting".to_owned()
    }

    fn wants_rows(&self) -> bool {
        true
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        if let Some(told) = from_rows(event) {
            self.0.send(told).unwrap();
        }
        Ok(())
    }

    fn finish(&mut self, _: &Closing, _: &Tally) -> Result<Option<Artifact>, ReportError> {
        Ok(None)
    }
}

/// What can be known again of a step or a sample, with its time.
fn from_rows(event: &Stamped) -> Option<(u64, String)> {
    let told = match &event.event {
        Event::StepStarted(it) => {
            format!("{} {} begins {} {}", it.job.0, it.attempt, it.depth, it.title.raw())
        }
        Event::StepFinished(it) => {
            format!(
                "{} {} ends {} {} {} {}",
                it.job.0,
                it.attempt,
                it.depth,
                it.title.raw(),
                it.verdict,
                it.duration_ms
            )
        }
        Event::Sample(it) => format!("{it:?}"),
        _ => return None,
    };
    Some((event.elapsed_ms, told))
}

#[test]
fn a_reporter_that_wants_them_gets_steps_and_samples_of_an_old_batch() {
    let mut story = Story::new(2, 2);
    let (first, second) = (story.queue("testcases/a"), story.queue("testcases/b"));
    story.start(first, 1);
    story.wait(10).start(second, 2);
    story.enter(first, 0, "use sign-in");
    story.wait(5).enter(first, 1, "fill");
    story.wait(5).leave(first);
    story.wait(1).enter(first, 1, "press");
    story.wait(200).leave(first);
    story.wait(3).leave(first);
    story.push(Event::Sample(Sample { cpu: Some(51.5), running: 2, limit: 2, ..Sample::default() }));
    story.wait(20).step(second, "goto /", 80);
    story.retry(first, failure(FailureKind::Timeout));
    story.wait(30).start(first, 1);
    story.wait(2).step(first, "goto /again", 9);
    story.pass(first);
    story.wait(4).pass(second);
    story.finish(BatchStatus::Finished, ExitCode::Success);

    let (_folder, path) = folder();
    record(&path, &story, Vec::new());
    let database = Connection::open(&path).unwrap();
    for it in story.events() {
        let (json, at) = (serde_json::to_string(&it).unwrap(), millis::text(it.at));
        database
            .execute("UPDATE event SET json = ?1 WHERE seq = ?2", params![json, it.seq.cast_signed()])
            .unwrap();
        let sql = match &it.event {
            Event::StepStarted(step) => {
                format!("UPDATE step SET started_at = ?1 WHERE title = '{}'", step.title.raw())
            }
            Event::Sample(_) => "UPDATE sample SET at = ?1".to_owned(),
            _ => continue,
        };
        assert_eq!(database.execute(&sql, [at]).unwrap(), 1, "{sql}");
    }

    let (sender, told) = mpsc::channel();
    let (plain, shown) = witness();
    let reporters: Vec<Box<dyn Reporter>> = vec![Box::new(Wanting(sender)), plain];
    Reader::open(&path).unwrap().replay(&BatchId::from_stored(BATCH), reporters).unwrap();
    // Attempts are told of one after the other: what is compared is what there is.
    let mut expected: Vec<_> = story.events().iter().filter_map(from_rows).collect();
    let mut told: Vec<_> = told.iter().collect();
    assert_eq!(told.len(), 11);
    expected.sort();
    told.sort();
    assert_eq!(told, expected);
    assert!(shown.iter().all(|it| from_rows(&it).is_none()), "nobody else is told");
}

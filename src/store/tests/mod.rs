//! What the recorder promises, shown from outside: with real files, real locks and a real kill.

mod killed;
mod retold;
mod trouble;

use super::{Reader, Recorded, Recorder, Store, Which};
use crate::event::reporter::{Artifact, Closing, FailureCause, ReportError, Reporter};
use crate::event::samples::failure;
use crate::event::story::{BATCH, Story};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::BatchId;
use crate::outcome::{BatchStatus, ExitCode, FailureKind, Verdict};
use rusqlite::Connection;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use tempfile::TempDir;

/// A reporter that does what a closure says.
struct Told<F>(F);

impl<F: FnMut(&Stamped) -> Result<(), ReportError> + Send> Reporter for Told<F> {
    fn name(&self) -> String {
        "told".to_owned()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        (self.0)(event)
    }

    fn finish(&mut self, _: &Closing, _: &Tally) -> Result<Option<Artifact>, ReportError> {
        Ok(None)
    }
}

fn told(mut tell: impl FnMut(&Stamped) + Send + 'static) -> Box<dyn Reporter> {
    Box::new(Told(move |event: &Stamped| {
        tell(event);
        Ok(())
    }))
}

/// A reporter that hands over what it is shown.
fn witness() -> (Box<dyn Reporter>, Receiver<Stamped>) {
    let (sender, shown) = mpsc::channel();
    (told(move |event| sender.send(event.clone()).unwrap_or_default()), shown)
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batchrun.db");
    (folder, path)
}

fn start(mut store: Store, batch: &str, reporters: Vec<Box<dyn Reporter>>) -> Recorder {
    let begun = store.begin(&BatchId::from_stored(batch)).unwrap();
    Recorder::start(store, begun, reporters).unwrap()
}

fn send(recorder: &Recorder, story: &Story) {
    send_all(recorder, &story.events());
}

fn send_all(recorder: &Recorder, events: &[Stamped]) {
    for stamped in events {
        recorder.send(stamped.event.clone());
    }
}

fn record(path: &Path, story: &Story, reporters: Vec<Box<dyn Reporter>>) -> Recorded {
    let recorder = start(Store::open(path).unwrap(), BATCH, reporters);
    send(&recorder, story);
    recorder.finish()
}

fn one(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A batch of `cases` passing cases of three steps.
fn many(batch: &str, cases: usize) -> Story {
    let mut story = Story::named(batch, cases, 1);
    let jobs: Vec<_> = (0..cases).map(|i| story.queue(&format!("testcases/case-{i}"))).collect();
    for job in jobs {
        story.start(job, 1);
        for title in ["goto \"/\"", "click \"#go\"", "expect \"#done\""] {
            story.step(job, title, 7);
        }
        story.pass(job);
    }
    story.finish(BatchStatus::Finished, ExitCode::Success);
    story
}

#[test]
fn a_batch_can_be_read_back_as_it_was() {
    let (_folder, path) = folder();
    let story = Story::mixed();
    let ended = record(&path, &story, Vec::new());
    assert!(ended.closing.saved);
    assert_eq!(ended.exit_code(ExitCode::Failed), ExitCode::Failed);

    let reader = Reader::open(&path).unwrap();
    let batch = reader.batch(&Which::Last).unwrap();
    assert_eq!(batch.id.as_str(), BATCH);
    assert_eq!((batch.status, batch.exit_code), (BatchStatus::Interrupted, Some(1)));
    let counts = [
        batch.passed,
        batch.flaky,
        batch.failed,
        batch.errored,
        batch.skipped,
        batch.interrupted,
        batch.not_run,
    ];
    assert_eq!(counts, [2, 1, 2, 1, 1, 1, 1]);
    assert_eq!(batch.command_line, "batchrun -c 3 'my cases'");
    assert_eq!(batch.seed, u64::MAX.to_string());

    let runs = reader.case_runs(&batch.id).unwrap();
    let seen: Vec<_> = runs.iter().map(|run| format!("{} {}", run.case_id, run.verdict.unwrap())).collect();
    insta::assert_snapshot!(seen.join("\n"), @r###"
    testcases/login[alice] passed
    testcases/cart::remove an item failed
    testcases/search flaky
    testcases/pay errored
    testcases/old skipped
    testcases/slow interrupted
    testcases/later not_run
    testcases/beta failed
    testcases/home passed
    "###);
    let cart = &runs[1];
    let attempt = &reader.attempts(cart.id).unwrap()[0];
    assert_eq!(attempt.failure_kind, Some(FailureKind::Assertion));
    assert_eq!((attempt.number, attempt.slot, attempt.running, attempt.slot_limit), (1, 2, 2, 3));
    assert_eq!((attempt.cpu, attempt.memory_free_mb, attempt.cpu_mean), (Some(42.5), Some(2048), Some(55.0)));
    let steps: Vec<_> = reader.steps(attempt.id).unwrap();
    let steps: Vec<_> = steps
        .iter()
        .map(|it| format!("{} {} {}", it.position, it.title.raw(), it.verdict.unwrap()))
        .collect();
    assert_eq!(steps, ["1 click \"text=Remove\" passed", "2 expect \"#count\" failed"]);
    let evidence = reader.evidence(attempt.id).unwrap();
    assert_eq!(evidence[0].path.as_deref(), Some("evidence/20270102-030405-7k2m9qxd/1-1-failure.png"));
    assert_eq!(reader.attempts(runs[2].id).unwrap().len(), 2, "the flaky one");
    assert_eq!(reader.case_history(&runs[2].case_id, 9).unwrap(), [runs[2].clone()]);
}

#[test]
fn the_events_of_a_batch_can_be_told_again() {
    let (_folder, path) = folder();
    let (first, shown) = witness();
    drop(record(&path, &Story::mixed(), vec![first]));
    let (second, again) = witness();
    let closing = Reader::open(&path).unwrap().replay(&BatchId::from_stored(BATCH), vec![second]).unwrap();
    assert!(closing.failures.is_empty());
    let text = |event: Stamped| serde_json::to_string(&event).unwrap();
    let kept = |it: &Stamped| !matches!(it.event, Event::StepStarted(_) | Event::StepFinished(_));
    let expected: Vec<_> = shown.iter().filter(kept).map(text).collect();
    assert_eq!(again.iter().map(text).collect::<Vec<_>>(), expected);
}

#[test]
fn a_batch_is_found_by_a_unique_prefix() {
    let (_folder, path) = folder();
    assert_eq!(
        Reader::open(&path).unwrap_err().to_string(),
        format!("there is no database `{}`: nothing has run yet", path.display())
    );
    for batch in ["20270102-030405-aaaaaaaa", "20270102-030405-bbbbbbbb"] {
        let recorder = start(Store::open(&path).unwrap(), batch, Vec::new());
        send(&recorder, &many(batch, 1));
        recorder.finish();
    }
    let reader = Reader::open(&path).unwrap();
    let batch = |text: &str| {
        reader.batch(&Which::parse(text)).map(|it| it.id.to_string()).map_err(|it| it.to_string())
    };
    assert_eq!(batch("20270102-030405-a"), Ok("20270102-030405-aaaaaaaa".to_owned()));
    assert_eq!(batch("last"), Ok("20270102-030405-bbbbbbbb".to_owned()));
    assert_eq!(batch("2028"), Err("no batch begins with `2028`".to_owned()));
    let several = "several batches begin with `2027`: `20270102-030405-bbbbbbbb` `20270102-030405-aaaaaaaa`";
    assert_eq!(batch("2027"), Err(several.to_owned()));
    let case = &reader.case_runs(&BatchId::from_stored("20270102-030405-aaaaaaaa")).unwrap()[0];
    let past = reader.past(case.case_id.as_str(), &case.browser).unwrap();
    assert_eq!((past.last, past.flaky, past.is_new()), (Some(Verdict::Passed), false, false));
    assert!(past.median.is_some());
    assert!(reader.past(case.case_id.as_str(), "firefox").unwrap().is_new());
}

#[test]
fn a_verdict_is_shown_only_after_it_is_in_the_database() {
    let (_folder, path) = folder();
    let (answers, seen) = mpsc::channel();
    let database = path.clone();
    let asking = told(move |event| {
        if let Event::CaseFinished(finished) = &event.event {
            let reader = Reader::open(&database).unwrap();
            let run = &reader.case_runs(&BatchId::from_stored(BATCH)).unwrap()[finished.job.0 as usize];
            answers.send((run.verdict, Some(finished.verdict))).unwrap();
        }
    });
    record(&path, &Story::mixed(), vec![asking]);
    let seen: Vec<_> = seen.iter().collect();
    assert_eq!(seen.len(), 9);
    assert!(seen.iter().all(|(stored, shown)| stored == shown), "{seen:?}");
}

#[test]
fn every_job_has_its_row_before_the_first_one_starts() {
    let (_folder, path) = folder();
    let recorder = start(Store::open(&path).unwrap(), BATCH, Vec::new());
    let mut story = Story::new(2, 1);
    story.queue("testcases/a");
    story.queue("testcases/b");
    send(&recorder, &story);
    assert!(recorder.barrier().blocking_recv().unwrap());
    let reader = Reader::open(&path).unwrap();
    let batch = reader.batch(&Which::Last).unwrap();
    assert_eq!(batch.status, BatchStatus::Running);
    assert_eq!(reader.case_runs(&batch.id).unwrap().len(), 2);
}

#[test]
fn a_reporter_that_fails_or_panics_does_not_stop_the_others() {
    let (_folder, path) = folder();
    let failing = Told(|event: &Stamped| {
        let cause = io::Error::from(io::ErrorKind::StorageFull);
        if event.seq == 5 { Err(ReportError { target: "out.xml".to_owned(), cause }) } else { Ok(()) }
    });
    let panicking = told(|event| assert!(event.seq != 7, "the seventh"));
    let (reporter, shown) = witness();
    let ended = record(&path, &Story::mixed(), vec![Box::new(failing), panicking, reporter]);
    let shown: Vec<_> = shown.iter().collect();
    assert_eq!(shown.len(), Story::mixed().events().len() + 2);
    assert!(shown.iter().map(|it| it.seq).eq(1..=shown.len() as u64));
    let causes: Vec<_> = ended.closing.failures.iter().map(|it| (it.cause, it.message.as_str())).collect();
    let full = "cannot write `out.xml`: no storage space";
    assert_eq!(causes, [(FailureCause::Output, full), (FailureCause::Panic, "the seventh")]);
    assert_eq!(ended.exit_code(ExitCode::Success), ExitCode::Bug);
    let batch = Reader::open(&path).unwrap().batch(&Which::Last).unwrap();
    assert_eq!(batch.exit_code, Some(101), "the record says what the process exits with");
}

#[test]
fn what_queues_during_a_commit_is_written_with_the_next_one() {
    let (_folder, path) = folder();
    let store = Store::open(&path).unwrap();
    let recorder = start(store, BATCH, Vec::new());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    send(&recorder, &many(BATCH, 80));
    other.execute_batch("ROLLBACK").unwrap();
    let ended = recorder.finish();
    assert_eq!(one(&other, "SELECT count(*) FROM step WHERE verdict = 'passed'"), 240);
    assert!(ended.commits <= 4, "{}", ended.commits);
}

#[test]
fn a_batch_that_still_runs_is_not_taken_for_dead() {
    let (_folder, path) = folder();
    let recorder = start(Store::open(&path).unwrap(), BATCH, Vec::new());
    let mut story = Story::new(1, 1);
    let job = story.queue("testcases/a");
    story.start(job, 1);
    story.fail(job, failure(FailureKind::Driver));
    send(&recorder, &story);
    assert!(recorder.barrier().blocking_recv().unwrap());
    let next = Store::open(&path).unwrap().begin(&BatchId::from_stored("20270102-040000-aaaaaaaa")).unwrap();
    assert_eq!(next.aborted, []);
    drop(recorder);
}

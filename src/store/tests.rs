//! What the recorder promises, shown from outside: with real files, real locks and a real kill.

use super::{Reader, Recorded, Recorder, Store, Which};
use crate::event::reporter::{Artifact, Closing, FailureCause, ReportError, Reporter};
use crate::event::story::{BATCH, Story, failure};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::BatchId;
use crate::outcome::{BatchStatus, ExitCode, FailureKind, Verdict};
use rusqlite::Connection;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
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
    for stamped in story.events() {
        recorder.send(stamped.event);
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
    let recorded = record(&path, &story, Vec::new());
    assert!(recorded.closing.saved);
    assert_eq!(recorded.exit_code(ExitCode::Failed), ExitCode::Failed);

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
    let (reporter, shown) = witness();
    drop(record(&path, &Story::mixed(), vec![reporter]));
    let mut again = Vec::new();
    Reader::open(&path).unwrap().events(&BatchId::from_stored(BATCH), |event| again.push(event)).unwrap();
    let text = |event: &Stamped| serde_json::to_string(event).unwrap();
    let expected: Vec<_> = shown
        .iter()
        .filter(|it| !matches!(it.event, Event::StepStarted(_) | Event::StepFinished(_)))
        .map(|it| text(&it))
        .collect();
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
    let past = &reader.past().unwrap()[0];
    assert_eq!((past.verdict, past.duration_ms, past.mean_ms), (Verdict::Passed, 21, Some(21)));
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

static WAITING: Mutex<Option<Sender<()>>> = Mutex::new(None);

/// Says that the recorder waits for the database, and lets it wait.
fn waiting(_: i32) -> bool {
    if let Some(sender) = &*WAITING.lock().unwrap() {
        let _ = sender.send(());
    }
    std::thread::yield_now();
    true
}

#[test]
fn f54_while_another_process_holds_the_database_nothing_is_shown_and_nobody_waits() {
    let (_folder, path) = folder();
    let (reporter, shown) = witness();
    let (sender, waits) = mpsc::channel();
    *WAITING.lock().unwrap() = Some(sender);
    let mut store = Store::open(&path).unwrap();
    let begun = store.begin(&BatchId::from_stored(BATCH)).unwrap();
    store.connection.busy_handler(Some(waiting)).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();

    let recorder = Recorder::start(store, begun, vec![reporter]).unwrap();
    send(&recorder, &Story::mixed());
    waits.recv().unwrap();
    // All was sent, none of it is shown, and the recorder is known to wait.
    assert_eq!(shown.try_iter().count(), 0);
    other.execute_batch("ROLLBACK").unwrap();
    assert!(recorder.finish().closing.saved);
    assert_eq!(shown.iter().count(), Story::mixed().events().len());
}

#[test]
fn f54_what_is_locked_for_too_long_is_spooled_and_brought_in_when_it_is_free() {
    let (folder, path) = folder();
    let (reporter, shown) = witness();
    let mut store = Store::open(&path).unwrap();
    let begun = store.begin(&BatchId::from_stored(BATCH)).unwrap();
    store.connection.busy_handler(Some(|_| false)).unwrap();
    let recorder = Recorder::start(store, begun, vec![reporter]).unwrap();
    let story = Story::mixed();
    let (before, after) = (&story.events()[..20], &story.events()[20..]);

    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    before.iter().for_each(|it| recorder.send(it.event.clone()));
    assert!(!recorder.barrier().blocking_recv().unwrap());
    let spool = folder.path().join(format!("batchrun.db.{BATCH}.spool.jsonl"));
    assert!(spool.exists());
    other.execute_batch("ROLLBACK").unwrap();
    after.iter().for_each(|it| recorder.send(it.event.clone()));
    assert!(recorder.barrier().blocking_recv().unwrap());
    assert!(!spool.exists());

    let recorded = recorder.finish();
    assert!(recorded.closing.saved);
    assert_eq!(recorded.exit_code(ExitCode::Success), ExitCode::Success);
    let messages: Vec<_> = shown
        .iter()
        .filter_map(|it| {
            if let Event::Message { text, .. } = it.event { Some(text.raw().to_owned()) } else { None }
        })
        .collect();
    assert!(messages.iter().any(|it| it.contains("database is locked; the run goes on")), "{messages:?}");
    assert!(messages.iter().any(|it| it.starts_with("the database is free again")), "{messages:?}");
    let counts = "SELECT passed + flaky + failed + errored + skipped + interrupted + not_run FROM batch";
    assert_eq!(one(&other, counts), 9);
    assert_eq!(one(&other, "SELECT count(*) FROM case_run WHERE verdict IS NOT NULL"), 9);
    assert_eq!(
        one(&other, "SELECT count(*) FROM event"),
        one(&other, "SELECT count(DISTINCT seq) FROM event")
    );
}

#[test]
fn f50_a_full_disk_does_not_stop_the_run_and_nothing_is_lost() {
    let (folder, path) = folder();
    let (reporter, shown) = witness();
    let store = Store::open(&path).unwrap();
    let pages = one(&store.connection, "PRAGMA page_count");
    store.connection.pragma_update(None, "max_page_count", pages + 4).unwrap();
    let recorder = start(store, BATCH, vec![reporter]);
    let story = many(BATCH, 300);
    for stamped in story.events() {
        recorder.send(stamped.event);
        recorder.barrier().blocking_recv().unwrap();
    }
    let recorded = recorder.finish();
    assert!(!recorded.closing.saved);
    assert_eq!(recorded.exit_code(ExitCode::Success), ExitCode::NotSaved);
    assert_eq!(recorded.exit_code(ExitCode::Failed), ExitCode::Failed);
    assert_eq!(recorded.tally.ended.of(Verdict::Passed), 300);

    let shown: Vec<Stamped> = shown.iter().collect();
    let spool = std::fs::read_to_string(recorded.closing.spool.unwrap()).unwrap();
    let mut seqs: Vec<u64> =
        spool.lines().map(|it| serde_json::from_str::<Stamped>(it).unwrap().seq).collect();
    let reader = Reader::open(&path).unwrap();
    reader.events(&BatchId::from_stored(BATCH), |event| seqs.push(event.seq)).unwrap();
    let connection = Connection::open(&path).unwrap();
    let steps = one(&connection, "SELECT count(*) + count(verdict) FROM step");
    seqs.sort_unstable();
    assert!(seqs.is_sorted_by(|a, b| a < b), "something was written twice");
    assert_eq!(seqs.len() + usize::try_from(steps).unwrap(), shown.len());
    assert_eq!(
        one(&connection, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
        1
    );
    let complaints = shown.iter().filter(|it| matches!(it.event, Event::Message { .. })).count();
    assert_eq!(complaints, 1);
    assert_eq!(std::fs::read_dir(folder.path().join("run")).unwrap().count(), 0);
}

#[test]
fn f61_a_database_that_disappears_is_noticed() {
    let (_folder, path) = folder();
    let recorder = start(Store::open(&path).unwrap(), BATCH, Vec::new());
    let story = Story::mixed();
    let (before, after) = (&story.events()[..12], &story.events()[12..]);
    before.iter().for_each(|it| recorder.send(it.event.clone()));
    assert!(recorder.barrier().blocking_recv().unwrap());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "something else").unwrap();
    after.iter().for_each(|it| recorder.send(it.event.clone()));
    let recorded = recorder.finish();
    assert_eq!(recorded.exit_code(ExitCode::Success), ExitCode::NotSaved);
    let spool = std::fs::read_to_string(recorded.closing.spool.unwrap()).unwrap();
    // What came after, and the message that says so.
    assert_eq!(spool.lines().count(), after.len() + 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "something else");
}

#[test]
fn f59_two_runs_on_one_database_both_complete() {
    let (_folder, path) = folder();
    let batches = ["20270102-030405-aaaaaaaa", "20270102-030405-bbbbbbbb"];
    std::thread::scope(|scope| {
        let runs = batches.map(|batch| {
            let path = &path;
            scope.spawn(move || {
                let recorder = start(Store::open(path).unwrap(), batch, Vec::new());
                for stamped in many(batch, 60).events() {
                    recorder.send(stamped.event);
                    if stamped.seq % 25 == 0 {
                        recorder.barrier().blocking_recv().unwrap();
                    }
                }
                recorder.finish()
            })
        });
        for run in runs {
            assert!(run.join().unwrap().closing.saved);
        }
    });
    let reader = Reader::open(&path).unwrap();
    for batch in reader.batches(9).unwrap() {
        assert_eq!((batch.status, batch.passed), (BatchStatus::Finished, 60));
        assert_eq!(reader.case_runs(&batch.id).unwrap().len(), 60);
    }
}

#[test]
fn f62_a_clock_that_jumps_harms_no_duration() {
    let (_folder, path) = folder();
    let mut store = Store::open(&path).unwrap();
    let begun = store.begin(&BatchId::from_stored(BATCH)).unwrap();
    let mut events = many(BATCH, 1).events();
    for stamped in events.iter_mut().skip(4) {
        stamped.at = "1999-12-31T23:59:59.999Z".parse().unwrap();
    }
    super::write::Writer::new(store, begun.lock.batch().clone()).write(events.iter()).unwrap();
    let reader = Reader::open(&path).unwrap();
    let run = &reader.case_runs(&BatchId::from_stored(BATCH)).unwrap()[0];
    assert_eq!(run.finished_at.as_deref(), Some("1999-12-31T23:59:59.999Z"));
    assert_eq!(run.duration_ms, Some(21));
    assert_eq!(reader.steps(reader.attempts(run.id).unwrap()[0].id).unwrap()[0].duration_ms, Some(7));
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
    let recorded = record(&path, &Story::mixed(), vec![Box::new(failing), panicking, reporter]);
    let shown: Vec<_> = shown.iter().collect();
    assert_eq!(shown.len(), Story::mixed().events().len() + 2);
    assert!(shown.iter().map(|it| it.seq).eq(1..=shown.len() as u64));
    let causes: Vec<_> = recorded.closing.failures.iter().map(|it| (it.cause, it.message.as_str())).collect();
    let full = "cannot write `out.xml`: no storage space";
    assert_eq!(causes, [(FailureCause::Output, full), (FailureCause::Panic, "the seventh")]);
    assert_eq!(recorded.exit_code(ExitCode::Success), ExitCode::Bug);
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
    send(&recorder, &many(BATCH, 1000));
    other.execute_batch("ROLLBACK").unwrap();
    let recorded = recorder.finish();
    assert_eq!(one(&other, "SELECT count(*) FROM step WHERE verdict = 'passed'"), 3000);
    assert!(recorded.commits <= 4, "{}", recorded.commits);
}

const CHILD: &str = "BATCHRUN_TEST_RECORDER_CHILD";

/// Ended with its test, however that ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Records without end and prints each verdict that it is shown.
fn child(path: &Path) {
    let printing = told(|event| {
        if let Event::CaseFinished(finished) = &event.event {
            let line = format!("\nshown {}\n", finished.job.0);
            io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush()).unwrap();
        }
    });
    let recorder = start(Store::open(path).unwrap(), BATCH, vec![printing]);
    for stamped in many(BATCH, 3000).events() {
        recorder.send(stamped.event);
        if stamped.seq > 3000 && stamped.seq % 40 == 0 {
            recorder.barrier().blocking_recv().unwrap();
        }
    }
    // Until the parent kills it, or is gone.
    let _ = io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn f05_f06_a_run_that_is_killed_has_recorded_all_that_it_has_shown() {
    if let Some(path) = std::env::var_os(CHILD) {
        return child(Path::new(&path));
    }
    for kill_after in [1, 40, 333] {
        let (_folder, path) = folder();
        let mut killed = Killed(
            Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "--nocapture",
                    "store::tests::f05_f06_a_run_that_is_killed_has_recorded_all_that_it_has_shown",
                ])
                .env(CHILD, &path)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let lines = BufReader::new(killed.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut shown = Vec::new();
        for line in lines {
            let Some(job) = line.strip_prefix("shown ") else { continue };
            shown.push(job.parse::<usize>().unwrap());
            if shown.len() == kill_after {
                killed.0.kill().unwrap();
            }
        }
        assert!(shown.len() >= kill_after);
        killed.0.wait().unwrap();

        let reader = Reader::open(&path).unwrap();
        let batch = reader.batch(&Which::Last).unwrap();
        assert_eq!(batch.status, BatchStatus::Aborted, "as readers show it");
        let runs = reader.case_runs(&batch.id).unwrap();
        assert!(shown.iter().all(|job| runs[*job].verdict == Some(Verdict::Passed)));
        assert_eq!(batch.passed as usize, runs.iter().filter(|run| run.verdict.is_some()).count());
        let next =
            Store::open(&path).unwrap().begin(&BatchId::from_stored("20270102-040000-aaaaaaaa")).unwrap();
        assert_eq!(next.aborted, [BatchId::from_stored(BATCH)]);
        let connection = Connection::open(&path).unwrap();
        assert_eq!(
            one(
                &connection,
                "SELECT count(*) FROM batch WHERE status = 'aborted' AND finished_at IS NOT NULL"
            ),
            1
        );
        assert_eq!(
            one(&connection, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
            1
        );
    }
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

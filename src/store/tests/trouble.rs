//! Disks that are full, locks that are held, files that disappear: the run goes on, and what was recorded is told apart
//! from what was not.

use super::super::write::Writer;
use super::super::{Reader, Recorder, Store, UnspoolError, Which, spool_of};
use super::{folder, many, one, send, send_all, start, witness};
use crate::event::story::{BATCH, Story};
use crate::event::{Event, Stamped};
use crate::id::BatchId;
use crate::outcome::{BatchStatus, ExitCode, Verdict};
use rusqlite::Connection;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};

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
    let (told, shown) = witness();
    let (sender, waits) = mpsc::channel();
    *WAITING.lock().unwrap() = Some(sender);
    let mut store = Store::open(&path).unwrap();
    let begun = store.begin(&BatchId::from_stored(BATCH)).unwrap();
    store.connection.busy_handler(Some(waiting)).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();

    let recorder = Recorder::start(store, begun, vec![told]).unwrap();
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
    let (told, shown) = witness();
    let mut store = Store::open(&path).unwrap();
    let begun = store.begin(&BatchId::from_stored(BATCH)).unwrap();
    store.connection.busy_handler(Some(|_| false)).unwrap();
    let recorder = Recorder::start(store, begun, vec![told]).unwrap();
    let batch = Story::mixed();
    let (before, after) = (&batch.events()[..20], &batch.events()[20..]);

    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    send_all(&recorder, before);
    assert!(!recorder.barrier().blocking_recv().unwrap());
    let spool = folder.path().join(format!("batchrun.db.{BATCH}.spool.jsonl"));
    assert!(spool.exists());
    other.execute_batch("ROLLBACK").unwrap();
    send_all(&recorder, after);
    assert!(recorder.barrier().blocking_recv().unwrap());
    assert!(!spool.exists());

    let outcome = recorder.finish();
    assert!(outcome.closing.saved);
    assert_eq!(outcome.exit_code(ExitCode::Success), ExitCode::Success);
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
    let (told, shown) = witness();
    let store = Store::open(&path).unwrap();
    let pages = one(&store.connection, "PRAGMA page_count");
    store.connection.pragma_update(None, "max_page_count", pages + 4).unwrap();
    let recorder = start(store, BATCH, vec![told]);
    let batch = many(BATCH, 300);
    for stamped in batch.events() {
        recorder.send(stamped.event);
        recorder.barrier().blocking_recv().unwrap();
    }
    let outcome = recorder.finish();
    assert!(!outcome.closing.saved);
    assert_eq!(outcome.exit_code(ExitCode::Success), ExitCode::NotSaved);
    assert_eq!(outcome.exit_code(ExitCode::Failed), ExitCode::Failed);
    assert_eq!(outcome.tally.verdicts.ended.of(Verdict::Passed), 300);

    let shown: Vec<Stamped> = shown.iter().collect();
    let path_of_spool = outcome.closing.spool.unwrap();
    let spool = std::fs::read_to_string(&path_of_spool).unwrap();
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

    // Once there is room again, the rest is brought in, and there it is whole.
    let own = spool_of(&path_of_spool).unwrap();
    // The disk took half of one more line.
    std::fs::write(&path_of_spool, format!("{spool}{{\"seq\":99999,\"at\":\"2027")).unwrap();
    let brought = Store::open(&path).unwrap().unspool(&path_of_spool, &own).unwrap();
    assert_eq!((brought.batch.as_str(), brought.events), (BATCH, spool.lines().count() as u64));
    assert!(!path_of_spool.exists());
    let batch = reader.batch(&Which::Last).unwrap();
    assert_eq!((batch.status, batch.passed), (BatchStatus::Finished, 300));
    assert_eq!(one(&connection, "SELECT count(*) FROM attempt WHERE finished_at IS NULL"), 0);
    assert_eq!(one(&connection, "SELECT count(*) FROM step WHERE verdict IS NULL"), 0);
}

#[test]
fn f61_a_database_that_disappears_is_noticed() {
    let (_folder, path) = folder();
    let recorder = start(Store::open(&path).unwrap(), BATCH, Vec::new());
    let story = Story::mixed();
    let (before, after) = (&story.events()[..12], &story.events()[12..]);
    send_all(&recorder, before);
    assert!(recorder.barrier().blocking_recv().unwrap());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "something else").unwrap();
    send_all(&recorder, after);
    let outcome = recorder.finish();
    assert_eq!(outcome.exit_code(ExitCode::Success), ExitCode::NotSaved);
    let path_of_spool = outcome.closing.spool.unwrap();
    let spool = std::fs::read_to_string(&path_of_spool).unwrap();
    // What came after, and the message that says so.
    assert_eq!(spool.lines().count(), after.len() + 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "something else");
    // Another database does not have what came before.
    std::fs::remove_file(&path).unwrap();
    let refused =
        Store::open(&path).unwrap().unspool(&path_of_spool, &BatchId::from_stored(BATCH)).unwrap_err();
    assert!(matches!(refused, UnspoolError::Unknown(_)), "{refused}");
    assert!(path_of_spool.exists());
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
    Writer::new(store, begun.lock.batch().clone()).write(events.iter()).unwrap();
    let reader = Reader::open(&path).unwrap();
    let run = &reader.case_runs(&BatchId::from_stored(BATCH)).unwrap()[0];
    assert_eq!(run.finished_at.as_deref(), Some("1999-12-31T23:59:59.999Z"));
    assert_eq!(run.duration_ms, Some(21));
    assert_eq!(reader.steps(reader.attempts(run.id).unwrap()[0].id).unwrap()[0].duration_ms, Some(7));
}

/// All but steps, as it is recorded.
fn without_steps(shown: impl Iterator<Item = Stamped>) -> Vec<String> {
    let step = |it: &Stamped| matches!(it.event, Event::StepStarted(_) | Event::StepFinished(_));
    shown.filter(|it| !step(it)).map(|it| serde_json::to_string(&it).unwrap()).collect()
}

#[test]
fn who_comes_later_learns_what_is_beside_the_database_too() {
    let (_folder, path) = folder();
    let (first, shown) = witness();
    let recorder = start(Store::open(&path).unwrap(), BATCH, vec![first]);
    let story = Story::mixed().events();
    send_all(&recorder, &story[..12]);
    assert!(recorder.barrier().blocking_recv().unwrap());
    std::fs::remove_file(&path).unwrap();
    send_all(&recorder, &story[12..20]);
    assert!(!recorder.barrier().blocking_recv().unwrap());
    let (late, caught_up) = witness();
    recorder.sender().add(late);
    send_all(&recorder, &story[20..]);
    assert!(recorder.finish().closing.spool.is_some());
    assert_eq!(without_steps(caught_up.iter()), without_steps(shown.iter()));
}

#[test]
fn who_comes_later_and_cannot_learn_everything_is_told_so() {
    let (folder, path) = folder();
    std::fs::create_dir(folder.path().join(format!("batchrun.db.{BATCH}.spool.jsonl"))).unwrap();
    let recorder = start(Store::open(&path).unwrap(), BATCH, Vec::new());
    let story = Story::mixed().events();
    send_all(&recorder, &story[..12]);
    std::fs::remove_file(&path).unwrap();
    assert!(!recorder.barrier().blocking_recv().unwrap());
    send_all(&recorder, &story[12..20]);
    let (late, shown) = witness();
    recorder.sender().add(late);
    recorder.barrier().blocking_recv().unwrap();
    send_all(&recorder, &story[20..]);
    recorder.finish();
    let warned = shown
        .iter()
        .any(|it| matches!(it.event, Event::Message { text, .. } if text.raw().contains("not all recorded")));
    assert!(warned);
}

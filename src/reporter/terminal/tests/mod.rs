//! What a person sees, whole: all that is printed without a terminal.

mod failures;
mod screens;

use super::*;
use crate::event::samples::failure;
use crate::event::story::{BATCH, Story};
use crate::outcome::{BatchStatus, ExitCode, FailureKind};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A pipe that remembers.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn settings(shape: Shape) -> TerminalSettings {
    TerminalSettings {
        shape,
        color: false,
        verbosity: Verbosity::Normal,
        rerun: vec!["batchrun".to_owned()],
        working_directory: PathBuf::from("/home/ann/shop"),
    }
}

fn closing() -> Closing {
    let folder = PathBuf::from("/home/ann/shop/.batchrun");
    Closing {
        saved: true,
        database: folder.join("batchrun.db"),
        artifacts: vec![
            Artifact { kind: "log", path: folder.join(format!("log/{BATCH}.log")) },
            Artifact { kind: "junit", path: PathBuf::from("/home/ann/shop/out/junit.xml") },
        ],
        ..Closing::default()
    }
}

/// Tells a story to a reporter, refreshing as the recorder does; the tally afterwards.
fn tell(terminal: &mut Terminal, story: &Story) -> Tally {
    let mut tally = Tally::default();
    for event in story.events() {
        tally.apply(&event);
        terminal.on(&event, &tally).unwrap();
        terminal.refresh(&tally, event.elapsed_ms).unwrap();
    }
    tally
}

fn printed(settings: TerminalSettings, story: &Story, closing: &Closing) -> String {
    let paper = Paper::default();
    let mut terminal = Terminal::on(Output::to(Box::new(paper.clone()), Width::OfStderr), settings);
    let tally = tell(&mut terminal, story);
    terminal.finish(closing, &tally).unwrap();
    String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn a_mixed_batch_in_lines() {
    insta::assert_snapshot!(printed(settings(Shape::Lines), &Story::mixed(), &closing()), @r##"
        Starting 9 cases in 3 slots (batch 20270102-030405-7k2m9qxd)
            PASS [   1.204s] (1/9) testcases/login[alice]
            FAIL [   3.891s] (2/9) testcases/cart::remove an item
       FLAKY 2/2 [   5.120s] (3/9) testcases/search
         Warning `/dev/shm` has only 64 MiB
                 the switch `--disable-dev-shm-usage` is used
           ERROR [   0.040s] (4/9) testcases/pay
            SKIP [   0.000s] (5/9) testcases/old: not on this browser
            FAIL [   0.310s] (6/9) testcases/beta (quarantined)
            PASS [   4.266s] (7/9) testcases/home
     INTERRUPTED [   2.000s] (8/9) testcases/slow

    FAIL testcases/cart::remove an item
    assertion: `#count` does not have the text it should
      --> testcases/cart.toml:14:3, step 2: expect "#count"
       |
    14 |   { expect = "#count", text = "0 items" },
       |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = expected: 0 items
       = actual:   1 item
       = seen:     0.0s is hidden
       =           0.4s has the text "1 item"
       = hint:     the text changed once while waiting: is something else still running?
       = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
       = evidence: source: skipped: too large (70 MiB)
       = rerun:    batchrun 'testcases/cart::remove an item'

    ERROR testcases/pay (says nothing about the product)
    browser_crash: the browser exited with signal 11
      = hint:     see the driver's log
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
      = evidence: source: skipped: too large (70 MiB)
      = rerun:    batchrun testcases/pay

    FAIL testcases/beta (quarantined)
    script: `#count` does not have the text it should
      --> testcases/cart.toml:14:3, step 2: expect "#count"
       |
    14 |   { expect = "#count", text = "0 items" },
       |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = expected: 0 items
       = actual:   1 item
       = seen:     0.0s is hidden
       =           0.4s has the text "1 item"
       = hint:     the text changed once while waiting: is something else still running?
       = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
       = evidence: source: skipped: too large (70 MiB)
       = rerun:    batchrun testcases/beta
    ────────────
     Interrupted [   7.470s] 9 cases: 2 passed, 1 flaky, 2 failed (1 quarantined), 1 errored, 1 skipped, 1 interrupted, 1 not run
       Resources peak memory 312 MiB, mean CPU 1.4 cores
          Resume batchrun --resume=20270102-030405-7k2m9qxd
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
        Database .batchrun/batchrun.db (batch 20270102-030405-7k2m9qxd)
    "##);
}

#[test]
fn a_batch_that_passes_in_lines_gives_a_sign_of_life_each_minute() {
    let mut story = Story::new(12, 2);
    let jobs: Vec<_> = (0..12).map(|i| story.queue(&format!("testcases/case-{i}"))).collect();
    for job in &jobs[..11] {
        story.start(*job, 1);
        story.wait(400).pass(*job);
    }
    story.start(jobs[11], 2);
    story.enter(jobs[11], 0, "wait \"3m\"");
    for _ in 0..200 {
        story.wait(1000).push(Event::Sample(crate::event::Sample::default()));
    }
    story.pass(jobs[11]);
    story.finish(BatchStatus::Finished, ExitCode::Success);
    insta::assert_snapshot!(printed(settings(Shape::Lines), &story, &closing()), @r#"
        Starting 12 cases in 2 slots (batch 20270102-030405-7k2m9qxd)
            PASS [   0.400s] ( 1/12) testcases/case-0
            PASS [   0.400s] ( 2/12) testcases/case-1
            PASS [   0.400s] ( 3/12) testcases/case-2
            PASS [   0.400s] ( 4/12) testcases/case-3
            PASS [   0.400s] ( 5/12) testcases/case-4
            PASS [   0.400s] ( 6/12) testcases/case-5
            PASS [   0.400s] ( 7/12) testcases/case-6
            PASS [   0.400s] ( 8/12) testcases/case-7
            PASS [   0.400s] ( 9/12) testcases/case-8
            PASS [   0.400s] (10/12) testcases/case-9
            PASS [   0.400s] (11/12) testcases/case-10
         Running [  60.400s] (11/12) 1 running; longest 56s: testcases/case-11, step 1/3 wait "3m"
         Running [ 120.400s] (11/12) 1 running; longest 1m 56s: testcases/case-11, step 1/3 wait "3m"
         Running [ 180.400s] (11/12) 1 running; longest 2m 56s: testcases/case-11, step 1/3 wait "3m"
            PASS [ 200.000s] (12/12) testcases/case-11
    ────────────
         Summary [ 204.400s] 12 cases: 12 passed
       Resources peak memory 312 MiB, mean CPU 1.4 cores
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
        Database .batchrun/batchrun.db (batch 20270102-030405-7k2m9qxd)
    "#);
}

#[test]
fn a_finished_case_is_one_aligned_line() {
    let mut story = Story::new(340, 5);
    for i in 0..11 {
        let job = story.queue(&format!("testcases/{i}"));
        story.end(job, Verdict::Passed);
    }
    let [login, cart] =
        ["login[alice]", "cart::remove an item"].map(|id| story.queue(&format!("testcases/{id}")));
    let search = story.queue_with("testcases/search", |case| {
        case.browser = "firefox".to_owned();
        case.tries = 3;
    });
    story.start(login, 1);
    story.wait(1204).pass(login);
    story.start(cart, 2);
    story.wait(3891).fail(cart, failure(FailureKind::Assertion));
    story.start(search, 1);
    story.retry(search, failure(FailureKind::Assertion));
    story.start(search, 1);
    story.wait(5120).pass(search);
    let expected = "        PASS [   1.204s] ( 12/340) testcases/login[alice] @chrome
        FAIL [   3.891s] ( 13/340) testcases/cart::remove an item @chrome
   FLAKY 2/3 [   5.120s] ( 14/340) testcases/search @firefox
";
    let text = printed(settings(Shape::Lines), &story, &closing());
    assert!(text.contains(expected), "{text}");
    let color = TerminalSettings { color: true, ..settings(Shape::Lines) };
    let line = "\x1b[31;1m        FAIL\x1b[0m [   3.891s] ( 13/340) testcases/cart::remove an item @chrome\n";
    assert!(printed(color, &story, &closing()).contains(line));
}

#[test]
fn quiet_shows_only_what_went_wrong() {
    let quiet = TerminalSettings { verbosity: Verbosity::Quiet, ..settings(Shape::Lines) };
    let text = printed(quiet, &Story::mixed(), &closing());
    let progress: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    insta::assert_snapshot!(progress.join("\n"), @r###"
         FAIL [   3.891s] (2/9) testcases/cart::remove an item
    FLAKY 2/2 [   5.120s] (3/9) testcases/search
      Warning `/dev/shm` has only 64 MiB
              the switch `--disable-dev-shm-usage` is used
        ERROR [   0.040s] (4/9) testcases/pay
         FAIL [   0.310s] (6/9) testcases/beta (quarantined)
    "###);
}

#[test]
fn without_progress_there_are_messages_and_the_end() {
    let text = printed(settings(Shape::Nothing), &Story::mixed(), &closing());
    let progress: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    insta::assert_snapshot!(progress.join("\n"), @r###"
    Warning `/dev/shm` has only 64 MiB
            the switch `--disable-dev-shm-usage` is used
    "###);
    assert!(text.contains("9 cases: 2 passed"));
}

#[test]
fn verbose_tells_of_tries_that_are_repeated() {
    let verbose = TerminalSettings { verbosity: Verbosity::Verbose, ..settings(Shape::Lines) };
    let text = printed(verbose, &Story::mixed(), &closing());
    let tries: Vec<_> = text.lines().filter(|line| line.contains("TRY")).collect();
    insta::assert_snapshot!(tries.join("\n"), @"  TRY 1 FAIL [   3.891s] testcases/search: `#count` does not have the text it should");
}

#[test]
fn what_the_infrastructure_broke_is_told_also_where_the_next_attempt_went_well() {
    let mut story = Story::new(2, 1);
    for (id, kinds) in [
        ("testcases/a", &[FailureKind::BrowserCrash, FailureKind::Hung][..]),
        ("testcases/b", &[FailureKind::BrowserCrash, FailureKind::Assertion]),
    ] {
        let job = story.queue(id);
        for kind in kinds {
            story.start(job, 1);
            story.retry(job, failure(*kind));
        }
        story.start(job, 1);
        story.pass(job);
    }
    story.finish(BatchStatus::Finished, ExitCode::Success);
    let text = printed(settings(Shape::Lines), &story, &closing());
    let told = text.lines().find(|line| line.contains("Retried"));
    assert_eq!(told, Some("     Retried 3 attempts that the infrastructure broke: 2 browser_crash, 1 hung"));
}

#[test]
fn what_could_not_be_written_is_said_at_the_end() {
    let mut closing = closing();
    closing.saved = false;
    closing.spool = Some(PathBuf::from("/home/ann/shop/.batchrun/batchrun.db.x.spool.jsonl"));
    closing.artifacts.clear();
    closing.failures.push(crate::event::reporter::ReporterFailure {
        reporter: "junit=out/junit.xml".to_owned(),
        message: "cannot write `out/junit.xml`: No space left on device".to_owned(),
        cause: crate::event::reporter::FailureCause::Output,
    });
    let mut story = Story::new(0, 1);
    story.finish(BatchStatus::Finished, ExitCode::Success);
    insta::assert_snapshot!(printed(settings(Shape::Lines), &story, &closing), @"
     Starting 0 cases in 1 slot (batch 20270102-030405-7k2m9qxd)

      Summary [   0.000s] 0 cases: nothing ran
    Resources peak memory 312 MiB, mean CPU 1.4 cores
     Database .batchrun/batchrun.db (batch 20270102-030405-7k2m9qxd)
        Error report `junit=out/junit.xml`: cannot write `out/junit.xml`: No space left on device
    Not saved the record in the database is incomplete; the rest is in .batchrun/batchrun.db.x.spool.jsonl, and `batchrun merge .batchrun/batchrun.db.x.spool.jsonl` brings it in
    ");
}

#[test]
fn f17_a_closed_stderr_changes_nothing() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    for shape in [Shape::Bars, Shape::Lines] {
        let mut terminal = Terminal::on(Output::to(Box::new(Gone), Width::Fixed(80, 24)), settings(shape));
        let tally = tell(&mut terminal, &Story::mixed());
        assert_eq!(terminal.finish(&closing(), &tally).unwrap(), None);
    }
}

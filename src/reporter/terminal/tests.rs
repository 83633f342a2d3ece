//! Golden screens: what a person sees, whole, at given moments of given batches.

use super::*;
use crate::event::story::{BATCH, Story, failure};
use crate::outcome::{BatchStatus, ExitCode, FailureKind};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A terminal that remembers.
#[derive(Clone)]
struct Glass(Arc<Mutex<vt100::Parser>>);

impl Glass {
    fn new(rows: u16, columns: u16) -> Self {
        Self(Arc::new(Mutex::new(vt100::Parser::new(
            rows.try_into().unwrap(),
            columns.try_into().unwrap(),
            500,
        ))))
    }

    /// What stands on it, without blanks at the ends of lines.
    fn text(&self) -> String {
        let glass = self.0.lock().unwrap();
        let columns = glass.screen().size().1.get();
        let rows: Vec<_> = glass.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}

impl Write for Glass {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As a terminal in its usual mode does with output.
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\n', "\r\n");
        self.0.lock().unwrap().process(text.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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
    insta::assert_snapshot!(printed(settings(Shape::Lines), &Story::mixed(), &closing()), @r###"
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
       Resources peak memory 312 MiB, mean CPU 140 %
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
        Database .batchrun/batchrun.db (batch 20270102-030405-7k2m9qxd)
    "###);
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
    insta::assert_snapshot!(printed(settings(Shape::Lines), &story, &closing()), @r###"
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
       Resources peak memory 312 MiB, mean CPU 140 %
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
        Database .batchrun/batchrun.db (batch 20270102-030405-7k2m9qxd)
    "###);
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
    insta::assert_snapshot!(printed(settings(Shape::Lines), &story, &closing), @r###"
     Starting 0 cases in 1 slot (batch 20270102-030405-7k2m9qxd)

      Summary [   0.000s] 0 cases: nothing ran
    Resources peak memory 312 MiB, mean CPU 140 %
     Database .batchrun/batchrun.db (batch 20270102-030405-7k2m9qxd)
        Error report `junit=out/junit.xml`: cannot write `out/junit.xml`: No space left on device
    Not saved the record in the database is incomplete; the rest is in .batchrun/batchrun.db.x.spool.jsonl
    "###);
}

/// The block of one failure.
fn block(change: impl FnOnce(&mut crate::event::Failure), kind: FailureKind) -> String {
    let mut story = Story::new(1, 1);
    let job = story.queue("testcases/cart::it's broken");
    story.start(job, 1);
    let mut failure = failure(kind);
    change(&mut failure);
    story.wait(10).fail(job, failure);
    let text = printed(settings(Shape::Nothing), &story, &closing());
    text.split("    Database").next().unwrap().to_owned()
}

#[test]
fn a_failed_assertion_in_full() {
    insta::assert_snapshot!(block(|_| (), FailureKind::Assertion), @r###"

    FAIL testcases/cart::it's broken
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
       = rerun:    batchrun 'testcases/cart::it'\''s broken'
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
    "###);
}

#[test]
fn broken_infrastructure_in_full() {
    insta::assert_snapshot!(block(|_| (), FailureKind::BrowserCrash), @r###"

    ERROR testcases/cart::it's broken (says nothing about the product)
    browser_crash: the browser exited with signal 11
      = hint:     see the driver's log
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
      = evidence: source: skipped: too large (70 MiB)
      = rerun:    batchrun 'testcases/cart::it'\''s broken'
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
    "###);
}

#[test]
fn a_failure_with_long_texts_in_full() {
    let change = |failure: &mut crate::event::Failure| {
        failure.excerpt = Some("{ fill = \"label=购物\",\n  value = \"\"\"\nx\"\"\" },".into());
        failure.location.as_mut().unwrap().line = 9;
        failure.location.as_mut().unwrap().column = 1;
        failure.expected = None;
        failure.actual = Some((1..40).map(|i| format!("line {i}\n")).collect::<String>().into());
        failure.further = vec!["cart.toml:20:3: soft".into(), "cart.toml:30:3: after".into()];
        failure.hints.clear();
    };
    insta::assert_snapshot!(block(change, FailureKind::Step), @r###"

    FAIL testcases/cart::it's broken
    step: `#count` does not have the text it should
      --> testcases/cart.toml:9:1, step 2: expect "#count"
       |
     9 | { fill = "label=购物",
       | ^^^^^^^^^^^^^^^^^^^^^^
    10 |   value = """
    11 | x""" },
       = actual:   line 1
       =           line 2
       =           line 3
       =           line 4
       =           line 5
       =           line 6
       =           line 7
       =           line 8
       =           line 9
       =           line 10
       =           line 11
       =           line 12
       =           … (303 characters in all)
       = seen:     0.0s is hidden
       =           0.4s has the text "1 item"
       = also:     cart.toml:20:3: soft
       =           cart.toml:30:3: after
       = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
       = evidence: source: skipped: too large (70 MiB)
       = rerun:    batchrun 'testcases/cart::it'\''s broken'
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
    "###);
}

#[test]
fn f83_f84_hostile_texts_reach_neither_terminal_nor_ci_system() {
    let hostile = "\x1b]0;pwned\x07\n::error::x ##vso[task.complete]\u{202e}";
    let change = |failure: &mut crate::event::Failure| {
        failure.message = hostile.into();
        failure.expected = Some(hostile.into());
        failure.actual = Some(hostile.into());
        failure.seen = vec![hostile.into()];
        failure.hints = vec![hostile.into()];
        failure.excerpt = Some(hostile.into());
        failure.step = Some(hostile.into());
        failure.further = vec![hostile.into()];
        failure.location.as_mut().unwrap().file = hostile.to_owned();
    };
    let mut text = block(change, FailureKind::Assertion);
    let mut story = Story::new(1, 1);
    let job = story.queue_with(&format!("a/{hostile}"), |case| case.name = hostile.into());
    story.start(job, 1);
    story.enter(job, 0, hostile);
    story.message(Level::Warning, hostile);
    story.wait(61_000).message(Level::Info, "a minute later");
    story.fail(job, failure(FailureKind::Assertion));
    text.push_str(&printed(settings(Shape::Lines), &story, &closing()));
    assert!(text.contains("pwned"));
    assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{text}");
    assert!(
        !text.contains("##vso[") && !text.lines().any(|line| line.trim_start().starts_with("::")),
        "{text}"
    );
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

/// A batch in the middle, with as many running as there are slots.
fn running(slots: u32, total: usize) -> Story {
    let mut story = Story::new(total, slots);
    let done: Vec<_> = (0..5).map(|i| story.queue(&format!("testcases/done-{i}"))).collect();
    let ids = [
        "login[alice]",
        "checkout/a very long folder name/and a case in it::that has quite a name",
        "购物车/结账",
    ];
    let jobs: Vec<_> = (0..slots as usize)
        .map(|i| story.queue(&format!("testcases/{}", ids.get(i).unwrap_or(&"other"))))
        .collect();
    for (i, job) in done.into_iter().enumerate() {
        story.start(job, 1);
        story.wait(700);
        if i == 3 { story.fail(job, failure(FailureKind::Assertion)) } else { story.pass(job) }
    }
    for (i, job) in jobs.into_iter().enumerate() {
        story.wait(1000).start(job, u32::try_from(i).unwrap() + 1);
        story.enter(job, 0, "use sign-in");
        story.enter(
            job,
            1,
            if i == 2 {
                "expect \"在售商品\" has the text \"3 件商品，总价 25.00，含税，运费另计，谢谢惠顾\""
            } else {
                "fill \"label=User\""
            },
        );
    }
    story
}

/// The screen in the middle of a batch.
fn screen(columns: u16, story: &Story) -> String {
    let glass = Glass::new(24, columns);
    let mut terminal =
        Terminal::on(Output::to(Box::new(glass.clone()), Width::Fixed(columns, 24)), settings(Shape::Bars));
    let tally = tell(&mut terminal, story);
    terminal.refresh(&tally, story.events().last().unwrap().elapsed_ms + 65_000).unwrap();
    glass.text()
}

#[test]
fn bars_of_one_slot_in_80_columns() {
    insta::assert_snapshot!(screen(80, &running(1, 340)), @r###"
     Starting 340 cases in 1 slot (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] (  1/340) testcases/done-0
         PASS [   0.700s] (  2/340) testcases/done-1
         PASS [   0.700s] (  3/340) testcases/done-2
         FAIL [   0.700s] (  4/340) testcases/done-3
         PASS [   0.700s] (  5/340) testcases/done-4
      Running 1:09 [>                        ] 5/340  4 passed  1 failed  4.3/min
    1 testcases/login[alice] 1/3 fill "label=User"                          1:05
    "###);
}

#[test]
fn bars_of_three_slots_in_80_columns() {
    insta::assert_snapshot!(screen(80, &running(3, 340)), @r###"
     Starting 340 cases in 3 slots (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] (  1/340) testcases/done-0
         PASS [   0.700s] (  2/340) testcases/done-1
         PASS [   0.700s] (  3/340) testcases/done-2
         FAIL [   0.700s] (  4/340) testcases/done-3
         PASS [   0.700s] (  5/340) testcases/done-4
      Running 1:11 [>                        ] 5/340  4 passed  1 failed  4.2/min
    1 testcases/login[alice]           1/3 fill "label=User"                1:07
    2 …se in it::that has quite a name 1/3 fill "label=User"                1:06
    3 testcases/购物车/结账            1/3 expect "在售商品" has the text … 1:05
    "###);
}

#[test]
fn bars_of_twenty_slots_in_80_columns() {
    insta::assert_snapshot!(screen(80, &running(20, 25)), @r###"
     Starting 25 cases in 20 slots (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] ( 1/25) testcases/done-0
         PASS [   0.700s] ( 2/25) testcases/done-1
         PASS [   0.700s] ( 3/25) testcases/done-2
         FAIL [   0.700s] ( 4/25) testcases/done-3
         PASS [   0.700s] ( 5/25) testcases/done-4
      Running 1:28 [=====>                    ] 5/25  4 passed  1 failed  3.4/min
    1 testcases/login[alice]           1/3 fill "label=User"                1:24
    2 …se in it::that has quite a name 1/3 fill "label=User"                1:23
    3 testcases/购物车/结账            1/3 expect "在售商品" has the text … 1:22
    4 testcases/other                  1/3 fill "label=User"                1:21
    5 testcases/other                  1/3 fill "label=User"                1:20
    6 testcases/other                  1/3 fill "label=User"                1:19
    7 testcases/other                  1/3 fill "label=User"                1:18
    8 testcases/other                  1/3 fill "label=User"                1:17
      … and 12 more
    "###);
}

#[test]
fn bars_of_three_slots_in_200_columns() {
    insta::assert_snapshot!(screen(200, &running(3, 340)), @r###"
     Starting 340 cases in 3 slots (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] (  1/340) testcases/done-0
         PASS [   0.700s] (  2/340) testcases/done-1
         PASS [   0.700s] (  3/340) testcases/done-2
         FAIL [   0.700s] (  4/340) testcases/done-3
         PASS [   0.700s] (  5/340) testcases/done-4
      Running 1:11 [==>                                                                                                                                              ] 5/340  4 passed  1 failed  4.2/min
    1 testcases/login[alice]                                                             1/3 fill "label=User"                                                                                      1:07
    2 testcases/checkout/a very long folder name/and a case in it::that has quite a name 1/3 fill "label=User"                                                                                      1:06
    3 testcases/购物车/结账                                                              1/3 expect "在售商品" has the text "3 件商品，总价 25.00，含税，运费另计，谢谢惠顾"                        1:05
    "###);
}

#[test]
fn bars_in_20_columns_do_not_break() {
    let text = screen(20, &running(3, 340));
    insta::assert_snapshot!(text, @r###"
        Starting 340 cas
    es in 3 slots (batch
     20270102-030405-7k2
    m9qxd)
            PASS [   0.7
    00s] (  1/340) testc
    ases/done-0
            PASS [   0.7
    00s] (  2/340) testc
    ases/done-1
            PASS [   0.7
    00s] (  3/340) testc
    ases/done-2
            FAIL [   0.7
    00s] (  4/340) testc
    ases/done-3
            PASS [   0.7
    00s] (  5/340) testc
    ases/done-4
    [>           ] 5/340
       1 …] 1/3 f… 1:07
       2 …e 1/3 f… 1:06
       3 …  1/3 e… 1:05
    "###);
}

#[test]
fn bars_are_gone_at_the_end() {
    let glass = Glass::new(70, 80);
    let mut terminal =
        Terminal::on(Output::to(Box::new(glass.clone()), Width::Fixed(80, 70)), settings(Shape::Bars));
    let tally = tell(&mut terminal, &Story::mixed());
    terminal.finish(&closing(), &tally).unwrap();
    let text = glass.text();
    let (above, below) = text.split_once("\n\n").unwrap();
    insta::assert_snapshot!(above, @r###"
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
    "###);
    assert!(below.starts_with("FAIL testcases/cart::remove an item\n"));
    assert!(below.ends_with("(batch 20270102-030405-7k2m9qxd)"));
}

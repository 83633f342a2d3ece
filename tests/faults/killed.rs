//! Runner and guard are killed: nothing outlives them, and the record says what is true.

use crate::endpoint::project;
use crate::running::{Record, Running, database, send, until};
use crate::scripted_driver::{Fault, ScriptedDriver};
use crate::site::Site;
use crate::support::Project;
use batchrun::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use batchrun::store::Reader;
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

/// What a killed run must be gone after.
const GONE: Duration = Duration::from_secs(5);

fn chromium_project(site: &Site, cases: u32) -> Project {
    (1..=cases).fold(Project::new(), |project, number| {
        project.file(&format!("testcases/c{number:02}.toml"), &site.held_case(&format!("c{number}"), ""))
    })
}

#[test]
fn f01_f04_nothing_outlives_a_runner_that_is_killed_at_any_moment_with_five_slots() {
    let site = Site::start();
    // Some cases end and some stay where they are, so that any moment is one at which something is going on.
    for number in 1..=6 {
        site.open(&format!("c{number}"));
    }
    let project = chromium_project(&site, 12);
    let seed = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    let mut most = 0;
    for round in 0..10_u32 {
        let mut running = Running::start(&project, &["-c", "5"]);
        // From before the guard is there to well into the cases: the moments differ with the machine's load.
        let moment = u64::from((seed ^ round.wrapping_mul(2_654_435_761)) % 1000) + 400 * u64::from(round);
        std::thread::sleep(Duration::from_millis(moment));
        let before = running.processes();
        most = most.max(before.len());
        running.signal(Signal::KILL);
        assert_eq!(running.wait().status.code(), None, "round {round}, seed {seed}: it was running still");
        running.is_gone_within(GONE, &before);
    }
    assert!(most > 8, "some rounds had a browser: {most}");
    aborted(&project);
}

/// All batches are shown as aborted, and the next run writes that down.
fn aborted(project: &Project) {
    let before = Reader::open(&database(project)).unwrap().batches(100).unwrap();
    assert!(before.iter().all(|it| it.status == BatchStatus::Aborted), "{before:?}");
    Running::start(project, &["--set", "chrome.driver=/bin/false"]).wait();
    let rows: Vec<(String, Option<String>)> = {
        let connection = rusqlite::Connection::open(database(project)).unwrap();
        let mut statement = connection.prepare("SELECT status, finished_at FROM batch ORDER BY id").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(rows.len(), before.len() + 1);
    assert!(rows.iter().all(|(status, at)| status == "aborted" && at.is_some()), "{rows:?}");
    let check: String = rusqlite::Connection::open(database(project))
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn f01_nothing_is_begun_by_a_runner_that_is_killed_while_it_loads() {
    let driver = ScriptedDriver::start();
    let rows = (0..90_000).map(|row| format!("{row}\n")).collect::<Vec<_>>().concat();
    let project = (0..8).fold(project(&driver.url(), "", &["fine"]), |project, number| {
        project.file(
            &format!("testcases/r{number}.toml"),
            "rows = \"r.csv\"\nsteps = [ { goto = \"/${row.n}\" } ]\n",
        )
    });
    let project = project.file("testcases/r.csv", &format!("n\n{rows}"));
    let mut running = Running::start(&project, &[]);
    running.signal(Signal::KILL);
    running.wait().died_of(9);
    running.is_gone_within(GONE, &[]);
    assert!(!database(&project).exists() && driver.sessions().0 == 0, "it was loading still");
}

/// A project whose driver is this script.
fn with_driver(script: &str) -> Project {
    let project = Project::new()
        .file("runner.toml", "[chrome]\ndriver = \"./driver\"\n")
        .file("driver", &format!("#!/bin/sh\n{script}"))
        .file("testcases/c1.toml", "steps = [ { goto = \"http://127.0.0.1:9/\" } ]\n");
    std::fs::set_permissions(project.root().join("driver"), std::fs::Permissions::from_mode(0o755)).unwrap();
    project
}

#[test]
fn f02_nothing_outlives_a_runner_that_is_killed_while_its_driver_starts() {
    let project = with_driver("setsid sleep 1000 &\nexec sleep 1000\n");
    let mut running = Running::start(&project, &[]);
    let sleeping = || running.processes().into_iter().filter(|it| it.command_line == "sleep 1000 ").count();
    until("the driver and what it starts", || (sleeping() == 2).then_some(()));
    let before = running.processes();
    running.signal(Signal::KILL);
    running.wait().died_of(9);
    running.is_gone_within(GONE, &before);
    aborted(&project);
}

#[test]
fn f03_nothing_outlives_a_runner_that_is_killed_while_it_waits_for_a_session() {
    let driver = ScriptedDriver::start();
    driver.hold();
    driver.fault("POST session", Fault::Late);
    let project = project(&driver.url(), "", &["fine", "fine"]);
    let mut running = Running::start(&project, &[]);
    driver.wait_for("POST session", 1);
    assert_eq!(driver.sessions().0, 0, "no session is there yet");
    let before = running.processes();
    assert!(before.len() >= 3, "runner, watcher and guard: {before:?}");
    running.signal(Signal::KILL);
    running.wait().died_of(9);
    running.is_gone_within(GONE, &before);
    // The next run finds nobody to talk to.
    drop(driver);
    aborted(&project);
}

#[test]
fn f05_f06_what_was_shown_as_done_is_in_the_database_however_the_runner_ends() {
    let seed = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    for round in 0..15_u32 {
        let driver = ScriptedDriver::start();
        let project = project(&driver.url(), "", &["fine"; 40]);
        let mut running = Running::start(&project, &["--progress", "lines"]);
        let shown = |text: &str| text.lines().filter(|line| line.trim_start().starts_with("PASS ")).count();
        let wanted = 1 + ((seed >> 3) ^ round.wrapping_mul(2_654_435_761)) as usize % 35;
        until("some cases to have passed", || (shown(&running.stderr()) >= wanted).then_some(()));
        running.signal(Signal::KILL);
        let ended = running.wait();
        running.is_gone_within(GONE, &[]);
        let record = Record::last(&project);
        let done = |line: &str| {
            let line = line.trim_start();
            line.starts_with("PASS ").then(|| line.rsplit('/').next().unwrap().to_owned())
        };
        let mut said: Vec<String> = ended.stderr.lines().filter_map(done).collect();
        // The last line may have been cut off in the middle.
        if !ended.stderr.ends_with('\n') {
            said.pop();
        }
        assert!(said.len() >= wanted);
        for name in &said {
            assert_eq!(record.case(name).verdict, Some(Verdict::Passed), "round {round}: {name}");
        }
        said.sort();
        let before = said.len();
        said.dedup();
        assert_eq!(said.len(), before, "nothing is told twice");
    }
}

#[test]
fn f08_a_killed_guard_is_exit_3_and_the_runner_cleans_up_itself() {
    let site = Site::start();
    let project = chromium_project(&site, 8);
    let mut running = Running::start(&project, &["-c", "3"]);
    for number in 1..=3 {
        site.wait_for(&format!("c{number}"), 1);
    }
    let guard = running.guard();
    send(guard.pid, Signal::KILL);
    let ended = running.wait_clean();
    ended.exits(3).says(&["the guard of this run was ended from outside"]);
    assert!(!guard.is_alive());
    let record = Record::last(&project);
    for number in 1..=8 {
        let case = record.case(&format!("c{number:02}"));
        if number <= 3 {
            let internal = (Some(AttemptVerdict::Errored), Some(FailureKind::Internal));
            assert_eq!((case.verdict, case.ends()), (Some(Verdict::Errored), vec![internal]), "{ended}");
        } else {
            assert_eq!(case.verdict, Some(Verdict::NotRun), "c{number}: {ended}");
        }
    }
    record.is_whole(&project, BatchStatus::Interrupted, Some(3));
}

#[test]
fn f09_nothing_outlives_guard_and_runner_that_are_killed_together() {
    let site = Site::start();
    let project = chromium_project(&site, 3);
    for runner_first in [true, false] {
        let mut running = Running::start(&project, &["-c", "3"]);
        until("the first page", || (site.arrivals("c1") > usize::from(!runner_first)).then_some(()));
        let guard = running.guard();
        let (first, second) =
            if runner_first { (running.pid(), guard.pid) } else { (guard.pid, running.pid()) };
        send(first, Signal::KILL);
        send(second, Signal::KILL);
        assert_eq!(running.wait().status.code(), None);
        running.is_gone_within(GONE, &[]);
    }
    aborted(&project);
}

#[test]
fn f09_no_process_outlives_runner_watcher_and_guard_that_are_killed_together() {
    // Unlike chromedriver it never notices by itself that nobody is there any more.
    let project = with_driver("exec sleep 1000\n");
    let mut running = Running::start(&project, &[]);
    running.process("the driver", |it| it.command_line == "sleep 1000 ");
    let all = running.processes();
    for pid in [running.watcher().pid, running.guard().pid, running.pid()] {
        send(pid, Signal::KILL);
    }
    assert_eq!(running.wait().status.code(), None);
    // Nobody is left to remove folders.
    let alive = || all.iter().filter(|it| it.is_alive()).collect::<Vec<_>>();
    let end = std::time::Instant::now() + GONE;
    while !alive().is_empty() {
        assert!(std::time::Instant::now() < end, "left: {:?}", alive());
        std::thread::sleep(Duration::from_millis(20));
    }
    aborted(&project);
}

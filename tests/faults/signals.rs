//! Signals to the runner, and outputs that are closed.

use crate::endpoint::project;
use crate::running::{Ended, Record, Running, until};
use crate::scripted_driver::ScriptedDriver;
use crate::support::Project;
use batchrun::outcome::{BatchStatus, Verdict};
use rustix::process::Signal;
use std::process::Stdio;

/// Two cases that run and are held, one that waits.
fn held(driver: &ScriptedDriver, settings: &str) -> (Project, Running) {
    driver.hold();
    let project = project(&driver.url(), &format!("concurrency = 2\n{settings}"), &["fine"; 3]);
    let running = Running::start(&project, &["--report", "junit=junit.xml", "--report", "json=report.json"]);
    driver.wait_until(|made, _, _| made == 2);
    driver.wait_for("POST execute/async", 4);
    (project, running)
}

/// The record of a run that a signal ended, and that its reports were written.
#[track_caller]
fn recorded(project: &Project, ended: &Ended, driver: &ScriptedDriver, exit: u8, verdicts: [Verdict; 3]) {
    let record = Record::last(project);
    let found: Vec<_> = record.cases.values().filter_map(|it| it.verdict).collect();
    assert_eq!(found, verdicts, "{ended}");
    record.is_whole(project, BatchStatus::Interrupted, Some(exit));
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(project.root().join("report.json")).unwrap()).unwrap();
    assert_eq!(json["batch"]["exit_code"], exit);
    assert!(std::fs::read_to_string(project.root().join("junit.xml")).unwrap().ends_with("</testsuites>\n"));
    let (made, over, _) = driver.sessions();
    assert_eq!(made, over);
}

fn told(running: &Running, text: &str) {
    until(text, || running.stderr().contains(text).then_some(()));
}

use Verdict::{Interrupted, NotRun, Passed};

#[test]
fn f11_after_one_ctrl_c_what_runs_may_end_and_nothing_more_is_started() {
    let driver = ScriptedDriver::start();
    let (project, mut running) = held(&driver, "grace = \"50s\"");
    running.signal(Signal::INT);
    told(&running, "2 running cases get 50s");
    driver.release();
    let ended = running.wait_clean();
    ended.died_of(2);
    recorded(&project, &ended, &driver, 130, [Passed, Passed, NotRun]);
}

#[test]
fn f11_when_the_grace_is_over_what_runs_is_interrupted() {
    let driver = ScriptedDriver::start();
    let (project, mut running) = held(&driver, "grace = \"200ms\"");
    running.signal(Signal::TERM);
    let ended = running.wait_clean();
    ended.died_of(15);
    recorded(&project, &ended, &driver, 143, [Interrupted, Interrupted, NotRun]);
}

#[test]
fn f12_after_two_ctrl_c_what_runs_is_interrupted_at_once() {
    let driver = ScriptedDriver::start();
    let (project, mut running) = held(&driver, "grace = \"50s\"");
    running.signal(Signal::INT);
    told(&running, "2 running cases get 50s");
    running.signal(Signal::INT);
    let ended = running.wait_clean();
    ended.died_of(2).says(&["2 running cases are interrupted"]);
    recorded(&project, &ended, &driver, 130, [Interrupted, Interrupted, NotRun]);
}

#[test]
fn f13_after_three_signals_the_process_ends_where_it_is() {
    let driver = ScriptedDriver::start();
    // Ending sessions takes long, so that there is a time in which the third signal can come.
    driver.fault("DELETE", crate::scripted_driver::Fault::Mute);
    let (project, mut running) = held(&driver, "grace = \"50s\"");
    running.signal(Signal::INT);
    told(&running, "2 running cases get 50s");
    running.signal(Signal::INT);
    driver.wait_for("DELETE", 2);
    running.signal(Signal::TERM);
    running.wait_clean().exits(143);
    let record = Record::last(&project);
    assert_eq!(record.batch.status, BatchStatus::Aborted);
    assert_eq!(record.cases.len(), 3);
}

#[test]
fn f14_a_terminal_that_is_closed_is_like_ctrl_c() {
    let driver = ScriptedDriver::start();
    let (project, mut running) = held(&driver, "grace = \"50s\"");
    running.signal(Signal::HUP);
    told(&running, "2 running cases get 50s");
    driver.release();
    let ended = running.wait_clean();
    ended.died_of(1);
    recorded(&project, &ended, &driver, 129, [Passed, Passed, NotRun]);
}

#[test]
fn f11_ctrl_c_while_a_server_starts_ends_the_start() {
    let project = Project::new()
        .file(
            "runner.toml",
            "[server]\ncommand = [\"sleep\", \"1000\"]\nurl = \"http://127.0.0.1:9/\"\ntimeout = \"600s\"\n",
        )
        .file("testcases/c1.toml", "steps = [ { goto = \"/\" } ]\n");
    let mut running = Running::start(&project, &[]);
    running.process("the server", |it| it.command_line.starts_with("sleep"));
    running.signal(Signal::INT);
    running.wait_clean().died_of(2).says(&["Ctrl-C"]);
    let record = Record::last(&project);
    assert_eq!(record.verdicts(), [("c1", Some(NotRun))]);
    record.is_whole(&project, BatchStatus::Interrupted, Some(130));
}

#[test]
fn f17_closed_outputs_change_nothing() {
    for (closes_stdout, closes_stderr) in [(true, false), (false, true), (true, true)] {
        let driver = ScriptedDriver::start();
        driver.hold();
        let project = project(&driver.url(), "", &["fine", "fine", "fine"]);
        let mut running = Running::start_with(&project, &["--report", "json=report.json"], |command| {
            if closes_stdout {
                command.stdout(closed());
            }
            if closes_stderr {
                command.stderr(closed());
            }
        });
        driver.wait_until(|_, _, most| most == 3);
        driver.release();
        running.wait_clean().exits(0);
        Record::last(&project).is_whole(&project, BatchStatus::Finished, Some(0));
        assert!(project.root().join("report.json").exists());
    }
}

/// The writing end of a pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn f18_a_report_that_cannot_be_written_to_stdout_is_exit_4_and_the_record_is_complete() {
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), "", &["fine"]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut running = Running::start_with(&project, &["--report", "json=-"], |command| {
        command.stdout(full);
    });
    running.wait_clean().exits(4);
    Record::last(&project).is_whole(&project, BatchStatus::Finished, Some(4));
}

//! How many cases run at once: against a remote end that counts the sessions that are open, with cases among them that
//! fail, hang, and pass on a second try.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test, in functions beside it, too")]

#[expect(dead_code, reason = "no fault is needed here")]
#[path = "support/scripted_driver.rs"]
mod scripted_driver;
#[path = "support/mod.rs"]
mod support;

use batchrun::outcome::{AttemptVerdict, Verdict};
use batchrun::store::{Reader, Which};
use scripted_driver::ScriptedDriver;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{Child, Command, Output, Stdio};
use support::Project;

const CASES: u32 = 60;

/// What a case does, by its number: of twenty, two fail, two pass on the second try, and one hangs.
fn page(number: u32) -> &'static str {
    match number % 20 {
        3 | 13 => "fail",
        5 | 15 => "fail-first",
        7 => "hang",
        _ => "fine",
    }
}

/// How a case ends, and how each of its attempts does.
fn expected(number: u32) -> (Verdict, Vec<AttemptVerdict>) {
    use AttemptVerdict::{Failed, Passed};
    match page(number) {
        "fail" | "hang" => (Verdict::Failed, vec![Failed]),
        "fail-first" => (Verdict::Flaky, vec![Failed, Passed]),
        _ => (Verdict::Passed, vec![Passed]),
    }
}

fn project(driver: &ScriptedDriver) -> Project {
    let settings = format!(
        "step_timeout = \"60s\"\ntimeout = \"120s\"\n[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n",
        driver.url()
    );
    (0..CASES).fold(Project::new().file("runner.toml", &settings), |project, number| {
        let keys = match page(number) {
            "fail-first" => "retries = 1",
            "hang" => "timeout = \"1s\"",
            _ => "",
        };
        // The failing check has little time of its own: nothing that it waits for comes.
        let limit = if page(number).starts_with("fail") { ", timeout = \"50ms\"" } else { "" };
        let url = format!("http://site.test/{number}/{}", page(number));
        let case = format!(
            "{keys}\nsteps = [ {{ goto = \"{url}\" }}, {{ expect = \"#it\", text = \"yes\"{limit} }} ]\n"
        );
        project.file(&format!("testcases/c{number:02}.toml"), &case)
    })
}

/// A run that does not outlive a test that fails.
struct Started(Option<Child>);

impl Started {
    fn by(command: &mut Command) -> Self {
        Self(Some(command.stderr(Stdio::piped()).spawn().unwrap()))
    }

    fn wait(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs all cases in so many slots. No check is answered before all slots are in use.
fn all_cases_in(slots: u32) {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver);
    let count = slots.to_string();
    let mut command = project.command(["-c", &count, "--report", "json=-", "--progress", "none"]);
    let child = Started::by(command.stdout(Stdio::piped()));
    let reached = usize::try_from(slots).unwrap();
    driver.wait_until(|_, _, most| most >= reached);
    driver.release();
    let ended = child.wait();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{stderr}");

    let (made, over, most) = driver.sessions();
    assert_eq!(most, reached, "sessions open at once");
    assert_eq!(made, over, "every session that was made was ended");

    let reader = Reader::open(&project.root().join(".batchrun/batchrun.db")).unwrap();
    let batch = reader.batch(&Which::Last).unwrap();
    assert_eq!((batch.concurrency, batch.total), (slots, CASES));
    let mut attempts = 0;
    let mut widest = 0;
    for (number, row) in (0..).zip(reader.case_runs(&batch.id).unwrap()) {
        let (verdict, each) = expected(number);
        assert_eq!(row.case_id.as_str(), format!("testcases/c{number:02}"));
        let rows = reader.attempts(row.id).unwrap();
        let found: Vec<_> = rows.iter().filter_map(|it| it.verdict).collect();
        assert_eq!((row.verdict, &found), (Some(verdict), &each), "case {number}: {:?}", row.message);
        attempts += rows.len();
        for attempt in rows {
            assert!((1..=slots).contains(&attempt.slot) && attempt.running <= slots, "{attempt:?}");
            widest = widest.max(attempt.running);
        }
    }
    assert_eq!((widest, attempts), (slots, usize::try_from(made).unwrap()));
    same_in_report(&String::from_utf8(ended.stdout).unwrap());
}

/// The report says the same as the database.
fn same_in_report(json: &str) {
    let report: Value = serde_json::from_str(json).unwrap();
    let mut counts: BTreeMap<Verdict, u64> = BTreeMap::new();
    for number in 0..CASES {
        *counts.entry(expected(number).0).or_default() += 1;
    }
    for (verdict, count) in counts {
        assert_eq!(report["counts"][verdict.as_str()], count, "{verdict}");
    }
    assert_eq!(report["batch"]["exit_code"], 1);
}

#[test]
fn one_slot_runs_one_case_at_a_time() {
    all_cases_in(1);
}

#[test]
fn five_slots_run_five_cases_at_once_and_never_more() {
    all_cases_in(5);
}

#[test]
fn twenty_slots_run_twenty_cases_at_once_and_never_more() {
    all_cases_in(20);
}

#[test]
fn more_slots_than_cases_run_all_cases_that_do_not_hang_at_once() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver);
    let mut command = project.command(["-c", "80", "--progress", "none"]);
    let child = Started::by(command.stdout(Stdio::null()));
    // Those that hang may have ended before the last ones began.
    let held = (0..CASES).filter(|number| page(*number) != "hang").count();
    driver.wait_until(|made, _, most| most >= held && made >= CASES);
    driver.release();
    let ended = child.wait();
    assert_eq!(ended.status.code(), Some(1), "{}", String::from_utf8_lossy(&ended.stderr));
    let (made, over, most) = driver.sessions();
    assert_eq!(made, over);
    assert!(most <= usize::try_from(CASES).unwrap(), "{most}");
}

/// Commands that one case of each kind sends, by the most common list among its sessions.
fn commands_of_a_case(slots: u32) -> Vec<String> {
    let driver = ScriptedDriver::start();
    let settings = format!("[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n", driver.url());
    let case = "steps = [ { goto = \"http://site.test/it\" }, { fill = \"#it\", value = \"ab\" }, { click = \"#it\" }, \
                { expect = \"#it\", text = \"yes\" } ]\n";
    let project = (0..16).fold(Project::new().file("runner.toml", &settings), |project, number| {
        project.file(&format!("testcases/c{number:02}.toml"), case)
    });
    let count = slots.to_string();
    let ended = project.run(["-c", &count]);
    assert_eq!(ended.status, Some(0), "{ended}");
    let mut all = driver.commands_by_session();
    assert_eq!(all.len(), 16);
    all.dedup();
    assert_eq!(all.len(), 1, "all cases are alike and so are their commands: {all:#?}");
    all.remove(0)
}

#[test]
fn a_case_costs_the_same_commands_however_many_slots_there_are() {
    let alone = commands_of_a_case(1);
    assert_eq!(
        alone,
        [
            "POST url", // goto
            "POST execute/async",
            "POST execute/async", // fill
            "POST actions",
            "POST execute/async", // click
            "POST actions",
            "POST execute/async", // was it hit?
            "POST execute/async", // expect
            "DELETE",
        ]
    );
    for slots in [2, 5, 8] {
        assert_eq!(commands_of_a_case(slots), alone, "{slots} slots");
    }
}

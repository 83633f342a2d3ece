//! What keeps cases apart, and what changes how many run while they do: against a remote end that counts the sessions
//! that are open and answers when it is told to.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test, in functions beside it, too")]

#[expect(dead_code, reason = "no fault is needed here")]
#[path = "support/scripted_driver.rs"]
mod scripted_driver;
#[path = "support/mod.rs"]
mod support;

use scripted_driver::{Fault, ScriptedDriver};
use serde_json::Value;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};
use support::Project;

fn project(driver: &ScriptedDriver, settings: &str) -> Project {
    let settings = format!("{settings}\n[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n", driver.url());
    Project::new().file("runner.toml", &settings)
}

/// Cases that pass, with further keys.
fn cases(project: Project, keys: &[&str]) -> Project {
    keys.iter().enumerate().fold(project, |project, (number, keys)| {
        let steps = format!("steps = [ {{ goto = \"http://site.test/{number}/fine\" }}, {{ expect = \"#it\", text = \"yes\" }} ]");
        project.file(&format!("testcases/c{number:02}.toml"), &format!("{keys}\n{steps}\n"))
    })
}

/// A run under way, which does not outlive a test that fails.
struct Run(Option<Child>);

impl Run {
    fn of(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command(arguments.iter().copied());
        Self(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    fn ends(mut self, code: i32) -> Output {
        let ended = self.0.take().unwrap().wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{}", String::from_utf8_lossy(&ended.stderr));
        ended
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What `ctl status` says once it says what is waited for.
fn status_when(project: &Project, wanted: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let asked = project.run(["ctl", "status", "--format", "json"]);
        let status = serde_json::from_str(&asked.stdout).unwrap_or(Value::Null);
        if wanted(&status) {
            return status;
        }
        assert!(Instant::now() < end, "{asked}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn running(status: &Value) -> usize {
    status["running"].as_array().map_or(0, Vec::len)
}

#[test]
fn cases_that_use_the_same_share_never_run_at_once() {
    let driver = ScriptedDriver::start();
    let project = cases(project(&driver, ""), &["uses = [\"db\"]"; 12]);
    Run::of(&project, &["-c", "5"]).ends(0);
    assert_eq!(driver.sessions(), (12, 12, 1));
}

#[test]
fn a_list_explains_what_waits_for_what() {
    let keys = ["uses = [\"db\"]\npriority = 1", "uses = [\"db\"]", "slots = 3", "", ""];
    let project = cases(Project::new().file("runner.toml", ""), &keys);
    let listed = project.run(["list", "--explain", "-c", "4"]);
    insta::assert_snapshot!(listed.stdout, @r"
    testcases/c00  testcases/c00.toml:1  (starts at once)
    testcases/c01  testcases/c01.toml:1  (waits for share `db`)
    testcases/c02  testcases/c02.toml:1  (starts at once)
    testcases/c03  testcases/c03.toml:1  (waits for a slot: limit 4)
    testcases/c04  testcases/c04.toml:1  (waits for a slot: limit 4)
    ");
    let listed = project.run(["list", "--explain", "--chunk", "1", "--format", "json"]);
    let jobs: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(jobs["jobs"][1]["explain"], "belongs to a later chunk", "{listed}");
}

#[test]
fn a_share_with_a_number_lets_so_many_run() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let settings = "[share.checkout]\nmax = 3\nfilter = \"tag(buy)\"";
    let project = cases(project(&driver, settings), &["tags = [\"buy\"]"; 12]);
    let run = Run::of(&project, &["-c", "8"]);
    status_when(&project, |status| running(status) == 3);
    driver.release();
    run.ends(0);
    assert_eq!(driver.sessions(), (12, 12, 3));
}

#[test]
fn a_case_of_three_slots_leaves_two_of_five_to_others() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let keys = ["slots = 3", "", "", "", "", ""];
    let project = cases(project(&driver, ""), &keys);
    let run = Run::of(&project, &["-c", "5"]);
    status_when(&project, |status| running(status) == 3);
    driver.release();
    run.ends(0);
}

#[test]
fn values_of_a_share_are_lent_one_to_each() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let settings = "[share.account]\nvalues = [\"alice\", \"bob\"]";
    let case = "uses = [\"account\"]\nsteps = [ { log = \"as ${share.account}\" }, { goto = \"http://site.test/fine\" }, { expect = \"#it\", text = \"yes\" } ]\n";
    let project = (0..4).fold(project(&driver, settings), |project, number| {
        project.file(&format!("testcases/c{number}.toml"), case)
    });
    let run = Run::of(&project, &["-c", "4", "--report", "jsonl=-"]);
    let status = status_when(&project, |status| running(status) == 2);
    assert_eq!(status["limit"], 4);
    driver.release();
    let told = String::from_utf8(run.ends(0).stdout).unwrap();
    for name in ["as alice", "as bob"] {
        assert!(told.contains(name), "{name}:\n{told}");
    }
    assert_eq!(driver.sessions().2, 2);
}

#[test]
fn chunks_run_one_after_the_other() {
    let driver = ScriptedDriver::start();
    let project = cases(project(&driver, ""), &[""; 7]);
    let ended = Run::of(&project, &["-c", "5", "--chunk", "3", "--chunk-pause", "10ms"]).ends(0);
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    for done in [3, 6] {
        assert!(told.contains(&format!("{done} of 7 done: pause of 10ms before the next chunk")), "{told}");
    }
    assert!(driver.sessions().2 <= 3);
}

#[test]
fn ctl_changes_how_many_run_and_pauses_and_cancels() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = cases(project(&driver, "grace = \"0s\""), &[""; 20]);
    let run = Run::of(&project, &["-c", "2", "--report", "jsonl=events.jsonl"]);
    let status = status_when(&project, |status| running(status) == 2);
    assert_eq!((&status["limit"], &status["total"]), (&2.into(), &20.into()));

    let more = project.run(["ctl", "concurrency", "+3"]);
    assert!(more.status == Some(0) && more.stderr == "5 slots\n", "{more}");
    status_when(&project, |status| running(status) == 5 && status["limit"] == 5);
    assert_eq!(project.run(["ctl", "concurrency", "1"]).status, Some(0));
    let status = status_when(&project, |status| status["limit"] == 1);
    assert_eq!(running(&status), 5, "what runs goes on");

    // What was asked for holds once `ctl` is back.
    let status_now = || -> Value {
        let asked = project.run(["ctl", "status", "--format", "json"]);
        assert_eq!(asked.status, Some(0), "{asked}");
        serde_json::from_str(&asked.stdout).unwrap()
    };
    let paused = project.run(["ctl", "pause"]);
    assert!(paused.status == Some(0) && paused.stderr == "1 slot, paused\n", "{paused}");
    let status = status_now();
    assert_eq!(status["paused"], "batchrun ctl");
    let batch = status["batch"].clone();
    driver.release();
    status_when(&project, |status| running(status) == 0 && status["ended"]["passed"] == 5);

    let batch = batch.as_str().unwrap();
    // Else the other fifteen may be over before anybody asks.
    driver.hold();
    assert_eq!(project.run(["ctl", batch, "resume"]).status, Some(0));
    assert_eq!(status_now()["paused"], Value::Null);
    status_when(&project, |status| running(status) == 1);
    assert_eq!(project.run(["ctl", "last", "cancel"]).status, Some(0));
    // It may be over already.
    if let Ok(status) =
        serde_json::from_str::<Value>(&project.run(["ctl", "status", "--format", "json"]).stdout)
    {
        assert_eq!(status["stopping"], "batchrun ctl");
    }
    let told = String::from_utf8_lossy(&run.ends(6).stderr).into_owned();
    let events = std::fs::read_to_string(project.root().join("events.jsonl")).unwrap();
    assert!(events.contains(r#""event":"stopping","why":"batchrun ctl""#), "{events}");
    for text in ["2 -> 5: batchrun ctl", "5 -> 1: batchrun ctl", "Resumed"] {
        assert!(told.contains(text), "{text}:\n{told}");
    }
    assert!(!told.contains("left behind"), "{told}");
    let shown = project.run(["show"]).stdout;
    assert!(shown.contains(", 1 to 5 slots, "), "it began with 2: {shown}");
    let shown: Value = serde_json::from_str(&project.run(["show", "--format", "json"]).stdout).unwrap();
    assert_eq!(shown["slots"], serde_json::json!({ "least": 1, "most": 5 }));
}

#[test]
fn ctl_says_when_nothing_runs_or_something_else_does() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = cases(project(&driver, ""), &[""; 2]);
    let nothing = project.run(["ctl", "status"]);
    assert_eq!(nothing.status, Some(5), "{nothing}");
    let run = Run::of(&project, &["-c", "1"]);
    status_when(&project, |status| running(status) == 1);
    let other = project.run(["ctl", "19991231", "status"]);
    assert_eq!(other.status, Some(2), "{other}");
    assert!(other.stderr.contains("no batch `19991231` runs here"), "{other}");
    let text = project.run(["ctl", "status"]);
    assert!(text.stdout.contains("0 of 2 done"), "{text}");
    driver.release();
    run.ends(0);
}

#[test]
fn a_running_batch_can_be_left_to_the_machine_and_taken_back() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = cases(project(&driver, "concurrency = '2..3'\npressure.memory_free = '1MiB'"), &[""; 12]);
    let run = Run::of(&project, &[]);
    status_when(&project, |status| running(status) >= 2 && status["limit"].as_u64() <= Some(3));
    let wish = |what: &str| {
        let asked = project.run(["ctl", "concurrency", what]);
        assert_eq!(asked.status, Some(0), "{asked}");
    };
    wish("5");
    status_when(&project, |status| running(status) == 5);
    wish("1..4");
    status_when(&project, |status| status["limit"].as_u64() <= Some(4));
    wish("7");
    status_when(&project, |status| running(status) == 7);
    let reversed = project.run(["ctl", "concurrency", "4..1"]);
    assert!(reversed.stderr.contains("reversed: `1..4`?"), "{reversed}");
    driver.release();
    run.ends(0);
    let (made, ended, _) = driver.sessions();
    assert_eq!((made, ended), (12, 12));
}

#[test]
fn a_case_that_is_skipped_says_why() {
    let driver = ScriptedDriver::start();
    let project = cases(project(&driver, ""), &["skip = 'not on Mondays'", ""]);
    let run = project.run([]);
    assert!(run.status == Some(0) && run.stderr.contains("testcases/c00: not on Mondays"), "{run}");
}

#[test]
fn shares_that_nobody_needs_and_slots_that_are_not_there_are_told() {
    let driver = ScriptedDriver::start();
    let shares = "[share.checkout]\nfilter = 'tag(chekout)'\n[share.db]\nmax = 2\n[share.used]\nmax = 1";
    let project =
        cases(project(&driver, shares), &["tags = ['checkout']\nuses = ['used', 'dbb']", "slots = 9"]);
    let listed = project.run(["list"]);
    assert_eq!(listed.status, Some(0), "{listed}");
    for told in [
        "no case needs the share `checkout`",
        "its `filter` matches none of them",
        "no case needs the share `db`",
        "the share `dbb` is declared nowhere, so one case holds it at a time",
        "did you mean `db`?",
        "`testcases/c01` asks for 9 slots of 5: it runs alone",
    ] {
        assert!(listed.stderr.contains(told), "{told}: {listed}");
    }
    assert!(!listed.stderr.contains("`used`"), "{listed}");
    let part = project.run(["list", "testcases/c00.toml"]);
    assert!(!part.stderr.contains("no case needs"), "of a part nothing can be said: {part}");
}

#[test]
fn sessions_that_do_not_come_lower_an_adaptive_limit() {
    let driver = ScriptedDriver::start();
    let slot = |session: &str| format!(r#"{{"stereotype":{{"browserName":"chrome"}},"session":{session}}}"#);
    let slots = [slot("null"), slot(r#"{"sessionId":"1"}"#), slot("null")].join(",");
    let status =
        format!(r#"{{"value":{{"ready":true,"nodes":[{{"availability":"UP","slots":[{slots}]}}]}}}}"#);
    driver.fault("GET status", Fault::Answer(200, "application/json", status.into_bytes()));
    driver.fault("POST session", Fault::Late);
    driver.hold();
    let project = cases(project(&driver, ""), &[""; 8]);
    // What else the machine has to do shall not decide.
    let idle = ["--set", "pressure.cpu=100", "--set", "pressure.some_avg10=100"];
    let run = Run::of(&project, &[&["-c", "2..4"], &idle[..]].concat());
    let batch = status_when(&project, |status| status["limit"] == 2)["batch"].clone();
    driver.release();
    run.ends(0);
    let database = project.root().join(".batchrun/batchrun.db");
    let sql = "SELECT json_extract(json, '$.why') FROM event WHERE kind = 'concurrency_changed' ORDER BY seq LIMIT 1";
    let why: String =
        rusqlite::Connection::open(database).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(why, "sessions: 0 are held, 2 are free", "{batch}");
}

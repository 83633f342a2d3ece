//! `[notify]`: a program and an address that are told, and what they can do wrong without the batch minding.

use crate::endpoint::project;
use crate::running::{Process, Record, Running, until};
use crate::scripted_driver::ScriptedDriver;
use batchrun::outcome::BatchStatus;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

/// Settings of a program that does what a script says.
fn script(script: &str, on: &str) -> String {
    format!("[notify]\ncommand = [\"sh\", \"-c\", {}]\non = \"{on}\"\n", json!(script))
}

/// What a program has written down, line by line.
fn told(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Answers one request with a status; hands over its head, in small letters, and its body.
fn answer_once(status: &'static str) -> (String, JoinHandle<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/services/T0-hidden", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
        (head, serde_json::from_slice(&body).unwrap())
    });
    (url, answering)
}

#[test]
fn a_program_is_told_of_the_first_failure_while_others_run_and_of_the_end() {
    let driver = ScriptedDriver::start();
    let settings = format!("concurrency = 2\n{}", script("cat >> told.jsonl", "first-failure"));
    let project = project(&driver.url(), &settings, &["fail", "hang"]);
    let file = project.root().join("told.jsonl");
    let mut running = Running::start(&project, &["--step-timeout", "80s", "--timeout", "80s"]);
    let first = until("the first notice", || told(&file).pop());
    let counts = |failed: u32, interrupted: u32| {
        json!({
            "passed": 0, "flaky": 0, "failed": failed, "errored": 0, "skipped": 0,
            "interrupted": interrupted, "not_run": 0,
        })
    };
    assert_eq!((&first["event"], &first["status"]), (&json!("first_failure"), &json!("running")));
    assert_eq!((&first["exit_code"], &first["counts"]), (&Value::Null, &counts(1, 0)));
    let failure = &first["first_failure"];
    assert_eq!((&failure["id"], &failure["line"]), (&json!("testcases/c1"), &json!(1)));
    assert_eq!(failure["file"], "testcases/c1.toml");
    assert!(failure["message"].as_str().unwrap().contains("has another text"), "{failure}");
    running.signal(Signal::INT);
    until("the grace", || running.stderr().contains("Ctrl-C").then_some(()));
    running.signal(Signal::INT);
    running.wait_clean().died_of(2);
    let told = told(&file);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[1]["event"], &told[1]["status"]), (&json!("finished"), &json!("interrupted")));
    assert_eq!((&told[1]["exit_code"], &told[1]["counts"]), (&json!(130), &counts(1, 1)));
    assert_eq!((&told[1]["first_failure"], &told[1]["batch"]), (failure, &first["batch"]));
    assert!(told[1]["duration_ms"].as_u64() >= first["duration_ms"].as_u64());
}

#[test]
fn a_failure_that_is_the_last_that_happens_is_told_before_the_end() {
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), &script("cat >> told.jsonl", "first-failure"), &["fail"]);
    Running::start(&project, &[]).wait_clean().exits(1);
    let events: Vec<_> =
        told(&project.root().join("told.jsonl")).iter().map(|it| it["event"].clone()).collect();
    assert_eq!(events, ["first_failure", "finished"]);
}

#[test]
fn who_wants_to_hear_of_failures_only_hears_of_nothing_else() {
    let driver = ScriptedDriver::start();
    for (cases, exit, notices) in [(["fine"], 0, 0), (["fail"], 1, 1)] {
        let project = project(&driver.url(), &script("cat >> told.jsonl", "failure"), &cases);
        Running::start(&project, &[]).wait_clean().exits(exit);
        assert_eq!(told(&project.root().join("told.jsonl")).len(), notices);
    }
}

#[test]
fn a_program_that_fails_or_is_not_there_is_a_warning_without_secrets_and_no_shell_is_asked() {
    let driver = ScriptedDriver::start();
    let secret = "[secrets]\nenv = [\"TOKEN\"]\n";
    let fails = script("echo one; echo \"no \u{1b}[31mway with $TOKEN\" >&2; exit 3", "end");
    let project = project(&driver.url(), &format!("{fails}{secret}"), &["fine"]);
    let project = project.variable("TOKEN", "hunter-two");
    let ended = Running::start(&project, &[]).wait_clean();
    let line = "warning: `notify.command` ended by exit code 3; its last words: no \\u{1b}[31mway with ***\n";
    ended.exits(0).says(&[line]);
    Record::last(&project).is_whole(&project, BatchStatus::Finished, Some(0));
    let set = "notify.command=[\"true; touch harm\"]";
    let ended = Running::start(&project, &["--set", set]).wait_clean();
    let line = "warning: `notify.command` cannot be started: there is no program `true; touch harm`\n";
    ended.exits(0).says(&[line]);
    assert!(!project.root().join("harm").exists());
}

#[test]
fn a_program_that_does_not_end_is_ended_with_all_that_it_started() {
    let driver = ScriptedDriver::start();
    let hangs = script("touch begun; sleep 1000 & exec sleep 1000", "end");
    let project = project(&driver.url(), &hangs, &["fail"]);
    let ended = Running::start(&project, &[]).wait_clean();
    ended.exits(1).says(&["warning: `notify.command` was ended, since it took longer than 10s\n"]);
    // And when nobody is there any more to wait for it.
    std::fs::remove_file(project.root().join("begun")).unwrap();
    let mut running = Running::start(&project, &[]);
    until("the program", || project.root().join("begun").exists().then_some(()));
    let sleeping = |it: &&Process| it.command_line.starts_with("sleep");
    let seen = until("the program and its child", || {
        Some(running.processes()).filter(|seen| seen.iter().filter(sleeping).count() == 2)
    });
    running.signal(Signal::KILL);
    running.wait();
    running.is_gone_within(Duration::from_secs(5), &seen);
}

#[test]
fn an_address_is_posted_to_and_what_it_answers_changes_nothing() {
    let driver = ScriptedDriver::start();
    for (status, exit, warned) in [("204 No Content", 0, false), ("500 Internal Server Error", 1, true)] {
        let (url, answering) = answer_once(status);
        let settings = format!("[notify]\nwebhook = \"{url}\"\n");
        let project = project(&driver.url(), &settings, &[if exit == 0 { "fine" } else { "fail" }]);
        let ended = Running::start(&project, &["--report", "json=-"]).wait_clean();
        ended.exits(exit);
        let (head, body) = answering.join().unwrap();
        assert!(head.starts_with("post /services/t0-hidden http/1.1\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert_eq!((&body["event"], &body["exit_code"]), (&json!("finished"), &json!(exit)));
        assert_eq!(body["first_failure"].is_null(), exit == 0, "{body}");
        let line = "warning: `notify.webhook` answered with the status 500 Internal Server Error\n";
        assert_eq!(ended.stderr.contains(line), warned, "{ended}");
        assert!(!ended.to_string().contains("hidden"), "the address is a secret: {ended}");
    }
    let project = project(&driver.url(), "[notify]\nwebhook = \"http://127.0.0.1:9/\"\n", &["fine"]);
    let ended = Running::start(&project, &[]).wait_clean();
    ended.exits(0).says(&["warning: `notify.webhook` cannot be reached: Connection refused"]);
}

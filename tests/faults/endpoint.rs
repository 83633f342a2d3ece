//! Remote ends that refuse, stay silent, answer nonsense or too late; two runs on one database; `--lock`.

use crate::running::{Record, Running, until};
use crate::scripted_driver::{Fault, ScriptedDriver};
use crate::support::Project;
use batchrun::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use batchrun::store::Reader;
use rustix::process::Signal;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// A project with these cases on one endpoint; a case is what stands behind the number in its URL.
pub(crate) fn project(endpoint: &str, settings: &str, cases: &[&str]) -> Project {
    let text = format!("{settings}\n[[endpoint]]\nurl = \"{endpoint}\"\ncapacity = 100\n");
    (1..).zip(cases).fold(Project::new().file("runner.toml", &text), |project, (number, page)| {
        let case = format!(
            "steps = [ {{ goto = \"http://site.test/{number}/{page}\" }}, {{ expect = \"#it\", text = \"yes\" }} ]\n"
        );
        project.file(&format!("testcases/c{number}.toml"), &case)
    })
}

/// Answers whoever asks there, for as long as the test runs.
fn answer_at(address: std::net::SocketAddr) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
}

#[test]
fn a_server_that_ends_by_itself_stops_the_batch_with_exit_3_and_its_last_words() {
    let driver = ScriptedDriver::start();
    driver.hold();
    // The test answers for the server, once that has begun: before that nobody may answer there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let script = "touch started; while [ ! -e enough ]; do sleep 0.05; done; echo out of disk; exit 7";
    let server = format!(
        "[server]\ncommand = [\"sh\", \"-c\", \"{script}\"]\nurl = \"http://{address}/\"\ntimeout = \"80s\"\n"
    );
    let project = project(&driver.url(), &server, &["fine"; 3]);
    let mut running = Running::start(&project, &["-c", "1"]);
    until("the server", || project.root().join("started").exists().then_some(()));
    answer_at(address);
    driver.wait_until(|made, _, _| made >= 1);
    std::fs::write(project.root().join("enough"), "").unwrap();
    let ended = running.wait_clean();
    ended.exits(3).says(&[
        "1 running case is interrupted: server `sh -c",
        "ended by exit code 7; the end of its output:",
        "out of disk",
    ]);
}

/// Only programs for development panic on demand.
#[cfg(debug_assertions)]
#[test]
fn f10_a_panic_in_one_attempt_is_exit_101_and_the_others_go_on() {
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), "concurrency = 2\n", &["fine"; 4])
        .variable("__BATCHRUN_PANIC_IN", "testcases/c2");
    let ended = Running::start(&project, &[]).wait_clean();
    ended.exits(101).says(&["batchrun panicked: testcases/c2 was asked to", "this is a bug in batchrun"]);
    let record = Record::last(&project);
    for (name, case) in &record.cases {
        let internal = (Some(AttemptVerdict::Errored), Some(FailureKind::Internal));
        let passed = (Some(AttemptVerdict::Passed), None);
        assert_eq!(case.ends(), [if name == "c2" { internal } else { passed }], "{name}: {ended}");
    }
    record.is_whole(&project, BatchStatus::Finished, Some(101));
    let (made, over, _) = driver.sessions();
    assert_eq!((made, over), (4, 4), "its session was ended, too");
}

#[test]
fn f37_a_driver_that_hangs_on_delete_costs_five_seconds_and_no_verdict() {
    let driver = ScriptedDriver::start();
    driver.fault("DELETE", Fault::Mute);
    let project = project(&driver.url(), "", &["fine", "fine"]);
    let began = Instant::now();
    let ended = Running::start(&project, &[]).wait_clean();
    ended.exits(0);
    assert_eq!(
        (driver.count("DELETE"), driver.sessions().1),
        (2, 0),
        "it was asked twice and never answered"
    );
    assert!(began.elapsed() >= Duration::from_secs(5));
    Record::last(&project).is_whole(&project, BatchStatus::Finished, Some(0));
}

#[test]
fn f39_an_endpoint_that_refuses_is_exit_3_and_its_address_is_told_without_credentials() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let text = format!(
        "[[endpoint]]\nurl = \"http://{address}/\"\ncapacity = 5\nusername_env = \"GRID_USER\"\npassword_env = \"GRID_KEY\"\n"
    );
    let project = project("http://unused.test/", "", &["fine", "fine"])
        .file("runner.toml", &text)
        .variable("GRID_USER", "alice")
        .variable("GRID_KEY", "grid-key-1");
    let ended = Running::start(&project, &[]).wait_clean();
    ended.exits(3).says(&[&address.to_string(), "refused"]);
    assert!(!ended.stderr.contains("grid-key-1"), "{ended}");
    let record = Record::last(&project);
    assert_eq!(record.verdicts(), [("c1", Some(Verdict::NotRun)), ("c2", Some(Verdict::NotRun))]);
    record.is_whole(&project, BatchStatus::Aborted, Some(3));
}

#[test]
fn f40_an_endpoint_that_takes_connections_and_stays_silent_is_exit_3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let project = project(&format!("http://{address}/"), "", &["fine"]);
    let mut running = Running::start(&project, &[]);
    let connection = listener.accept().unwrap();
    running.wait_clean().exits(3).says(&["connect timeout of 5s missed"]);
    drop(connection);
    assert_eq!(Record::last(&project).verdicts(), [("c1", Some(Verdict::NotRun))]);
}

#[test]
fn f40_five_cases_in_a_row_without_a_session_stop_the_batch() {
    let driver = ScriptedDriver::start();
    driver.fault("POST session", Fault::Error(500, "unknown error", "no more nodes"));
    let project = project(&driver.url(), "concurrency = 1\ninfra_retries = 1", &["fine"; 8]);
    let ended = Running::start(&project, &[]).wait_clean();
    ended.exits(3).says(&["5 cases in a row", "no more nodes"]);
    assert_eq!(driver.count("POST session"), 10, "each of five cases was tried twice");
    let record = Record::last(&project);
    let of = |verdict| record.cases.values().filter(|it| it.verdict == Some(verdict)).count();
    assert_eq!((of(Verdict::Errored), of(Verdict::NotRun)), (5, 3));
}

#[test]
fn f41_answers_that_are_no_webdriver_are_errored_with_what_they_were() {
    let answers: [(u16, &'static str, &[u8], &str); 4] = [
        (502, "text/html", b"<h1>Bad \x1b[31mGateway</h1>", "<h1>Bad "),
        (200, "application/json", b"", "an empty body"),
        (200, "application/json", b"{\"value\": \"\xff\"}", "not UTF-8"),
        (200, "application/json", b"{\"value\": ", "not WebDriver"),
    ];
    for (status, kind, body, said) in answers {
        let driver = ScriptedDriver::start();
        driver.fault("POST url", Fault::Answer(status, kind, body.to_vec()));
        let project = project(&driver.url(), "infra_retries = 1", &["fine"]);
        let ended = Running::start(&project, &[]).wait_clean();
        ended.exits(3).says(&[said]);
        assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
        let record = Record::last(&project);
        assert_eq!(
            record.case("c1").ends(),
            [(Some(AttemptVerdict::Errored), Some(FailureKind::Protocol)); 2],
            "{said}: {:?}",
            record.cases
        );
        let (made, over, _) = driver.sessions();
        assert_eq!((made, over), (2, 2));
    }
}

#[test]
fn f42_credentials_that_are_refused_are_exit_2_before_any_case() {
    for status in [401, 403] {
        let driver = ScriptedDriver::start();
        driver.fault("GET status", Fault::Answer(status, "text/plain", b"who are you?".to_vec()));
        let project = project(&driver.url(), "", &["fine"]);
        let ended = Running::start(&project, &[]).wait_clean();
        ended.exits(2).says(&[&status.to_string(), "credentials"]);
        assert_eq!(driver.sessions(), (0, 0, 0));
        let record = Record::last(&project);
        assert_eq!(record.verdicts(), [("c1", Some(Verdict::NotRun))]);
        assert_eq!(record.batch.exit_code, Some(2));
    }
}

#[test]
fn f42_credentials_that_only_new_sessions_ask_for_are_told_as_such() {
    let driver = ScriptedDriver::start();
    driver.fault("POST session", Fault::Answer(401, "text/html", b"<h1>Unauthorized</h1>".to_vec()));
    let project = project(&driver.url(), "", &["fine", "fine"]);
    Running::start(&project, &[]).wait_clean().exits(3).says(&[
        "401",
        "credentials were refused",
        "username_env",
    ]);
    let errored = (Some(AttemptVerdict::Errored), Some(FailureKind::Endpoint));
    assert_eq!(Record::last(&project).case("c1").ends()[0], errored);
}

#[test]
fn f42_credentials_that_are_right_come_with_every_command() {
    let driver = ScriptedDriver::start();
    let endpoint = format!(
        "[[endpoint]]\nurl = \"{}\"\ncapacity = 5\nusername_env = \"GRID_USER\"\npassword_env = \"GRID_KEY\"\n",
        driver.url()
    );
    let project = project(&driver.url(), "", &["fine"])
        .file("runner.toml", &endpoint)
        .variable("GRID_USER", "alice")
        .variable("GRID_KEY", "grid-key-1");
    Running::start(&project, &[]).wait_clean().exits(0);
    let commands: usize = driver.commands_by_session().iter().map(Vec::len).sum();
    // `alice:grid-key-1` in base64 (RFC 7617), with the commands of the session, its making, and the first question.
    let expected = ("Basic YWxpY2U6Z3JpZC1rZXktMQ==".to_owned(), commands + 2);
    assert_eq!(driver.authorizations().into_iter().collect::<Vec<_>>(), [expected]);
}

#[test]
fn f45_a_session_that_comes_after_the_batch_was_stopped_is_ended_all_the_same() {
    let driver = ScriptedDriver::start();
    driver.hold();
    driver.fault("POST session", Fault::Late);
    let project = project(&driver.url(), "", &["fine"]);
    let mut running = Running::start(&project, &[]);
    driver.wait_for("POST session", 1);
    running.signal(Signal::INT);
    until("the first Ctrl-C to be told", || running.stderr().contains("Ctrl-C").then_some(()));
    running.signal(Signal::INT);
    until("the second Ctrl-C to be told", || running.stderr().contains("interrupted").then_some(()));
    driver.release();
    running.wait_clean().died_of(2);
    driver.wait_until(|made, ended, _| (made, ended) == (1, 1));
}

#[test]
fn f46_a_session_that_is_gone_is_tried_again_on_another() {
    let driver = ScriptedDriver::start();
    driver.fault("POST actions", Fault::Error(404, "invalid session id", "the node has died"));
    let project = project(&driver.url(), "infra_retries = 2", &[])
        .file("testcases/c1.toml", "steps = [ { goto = \"http://site.test/it\" }, { click = \"#it\" } ]\n");
    Running::start(&project, &[]).wait_clean().exits(3).says(&["the node has died"]);
    let record = Record::last(&project);
    let lost = (Some(AttemptVerdict::Errored), Some(FailureKind::SessionLost));
    assert_eq!(record.case("c1").ends(), [lost; 3]);
    assert_eq!(driver.sessions(), (3, 3, 1));
}

/// How long the last step of each attempt took.
fn last_steps(record: &Record) -> Vec<i64> {
    let attempts = record.cases.values().flat_map(|it| &it.attempts);
    attempts.map(|it| it.steps.last().unwrap().duration_ms.unwrap()).collect()
}

#[test]
fn a_mute_command_ends_by_its_deadline_and_the_session_is_ended() {
    let driver = ScriptedDriver::start();
    driver.fault("POST actions", Fault::Mute);
    let project = project(&driver.url(), "step_timeout = \"1s\"", &[])
        .file("testcases/c1.toml", "steps = [ { goto = \"http://site.test/it\" }, { click = \"#it\" } ]\n");
    Running::start(&project, &[]).wait_clean().exits(1);
    let record = Record::last(&project);
    assert_eq!(record.case("c1").ends(), [(Some(AttemptVerdict::Failed), Some(FailureKind::Timeout))]);
    let took = last_steps(&record);
    assert!((1000..3000).contains(&took[0]), "{took:?}");
    assert_eq!(driver.sessions(), (1, 1, 1));
}

#[test]
fn a_remote_end_that_falls_silent_altogether_is_hung_and_its_session_is_ended_all_the_same() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver.url(), "step_timeout = \"1s\"\ninfra_retries = 0", &["fine"]);
    let mut running = Running::start(&project, &[]);
    driver.wait_for("POST execute/async", 1);
    // From now on nothing but DELETE is answered.
    for kind in ["GET status", "POST execute/async", "GET screenshot", "GET source"] {
        driver.fault(kind, Fault::Mute);
    }
    running.wait_clean().exits(3);
    let record = Record::last(&project);
    let ends = record.case("c1").ends();
    assert_eq!(
        ends.last(),
        Some(&(Some(AttemptVerdict::Errored), Some(FailureKind::Hung))),
        "{:?}",
        record.cases
    );
    // A second for the step, one for the command, one in which the remote end is asked whether it is there.
    let took = last_steps(&record);
    assert!(took.iter().all(|it| *it < 4000), "{took:?}");
    let (made, over, _) = driver.sessions();
    assert_eq!(made, over);
}

#[test]
fn f59_two_runs_on_one_database_are_both_complete() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver.url(), "", &["fine", "fail-first", "fine", "fine", "fine", "fine"]);
    let mut runs = [Running::start(&project, &["-c", "3"]), Running::start(&project, &["-c", "3"])];
    driver.wait_until(|_, _, most| most == 6);
    driver.release();
    // Whoever comes first at `fail-first` fails there and the other passes: what counts is that nothing is lost.
    let codes: Vec<_> = runs.iter_mut().map(|run| run.wait_clean().status.code()).collect();
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 1))), "{codes:?}");
    let reader = Reader::open(&crate::running::database(&project)).unwrap();
    let batches = reader.batches(10).unwrap();
    assert_eq!(batches.len(), 2);
    for batch in batches {
        let which = batchrun::store::Which::Prefix(batch.id.as_str().to_owned());
        let record = Record::of(&project, &which);
        assert!(record.cases.values().all(|it| it.verdict.is_some() && it.attempts[0].steps.len() == 2));
        record.is_whole(&project, BatchStatus::Finished, batch.exit_code);
    }
}

#[test]
fn f60_a_lock_that_another_run_holds_is_exit_75_and_leaves_no_batch() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver.url(), "", &["fine"]);
    let mut first = Running::start(&project, &["--lock", "nightly"]);
    driver.wait_for("POST execute/async", 1);
    Running::start(&project, &["--lock", "nightly"]).wait_clean().exits(75).says(&["nightly"]);
    Running::start(&project, &["--lock", "other", "--dry-run"]).wait_clean().exits(0);
    driver.release();
    first.wait_clean().exits(0);
    let reader = Reader::open(&crate::running::database(&project)).unwrap();
    assert_eq!(reader.batches(10).unwrap().len(), 1);
    Running::start(&project, &["--lock", "nightly"]).wait_clean().exits(0);
}

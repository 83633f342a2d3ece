//! `--resume`: a batch that was cut off goes on, in the same batch.

use super::scripted_driver::{Fault, ScriptedDriver};
use super::support::Project;
use rusqlite::Connection;
use serde_json::Value;
use std::process::Stdio;

fn project(driver: &ScriptedDriver, cases: usize) -> Project {
    let settings = format!("[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n", driver.url());
    let case = |number| {
        format!(
            "steps = [ {{ goto = 'http://site.test/{number}/fine' }}, {{ expect = '#it', text = 'yes' }} ]\n"
        )
    };
    let project = Project::new().file("runner.toml", &settings);
    (0..cases).fold(project, |it, n| it.file(&format!("testcases/c{n:03}.toml"), &case(n)))
}

/// The rows of a query, each with its columns joined.
fn rows(project: &Project, sql: &str) -> Vec<String> {
    let database = Connection::open(project.root().join(".batchrun/batchrun.db")).unwrap();
    let mut statement = database.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cell = |column| row.get::<_, rusqlite::types::Value>(column).map(|value| format!("{value:?}"));
        (0..columns).map(cell).collect::<rusqlite::Result<Vec<_>>>().map(|cells| cells.join(" "))
    });
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn a_batch_whose_runner_was_killed_goes_on_until_each_case_has_its_verdict_once() {
    let driver = ScriptedDriver::start();
    let project = project(&driver, 200);
    let mut run = project.command(["-c", "8"]).stderr(Stdio::null()).spawn().unwrap();
    driver.wait_for("POST url", 60);
    run.kill().unwrap();
    run.wait().unwrap();
    let ended = rows(&project, "SELECT count(verdict) FROM case_run");
    assert_ne!(ended, ["Integer(200)"], "it was cut off");

    let resumed = project.run(["--resume", "-c", "8", "--report", "json=all.json"]);
    assert_eq!(resumed.status, Some(0), "{resumed}");
    assert!(resumed.stderr.contains("Resuming"), "{resumed}");
    assert!(resumed.stderr.contains("200 passed"), "{resumed}");
    let verdicts = "SELECT verdict, count(*), count(DISTINCT case_id) FROM case_run GROUP BY 1";
    assert_eq!(rows(&project, verdicts), ["Text(\"passed\") Integer(200) Integer(200)"]);
    let batch = "SELECT status, exit_code, total, passed, interrupted, not_run, errored FROM batch";
    let whole = "Text(\"finished\") Integer(0) Integer(200) Integer(200) Integer(0) Integer(0) Integer(0)";
    assert_eq!(rows(&project, batch), [whole]);
    let passed = "SELECT case_run_id FROM attempt WHERE verdict = 'passed'
        GROUP BY 1 HAVING count(*) <> 1 UNION ALL SELECT id FROM case_run
        WHERE id NOT IN (SELECT case_run_id FROM attempt WHERE verdict = 'passed')";
    assert_eq!(rows(&project, passed), Vec::<String>::new(), "each passed exactly once");
    assert_eq!(rows(&project, "SELECT count(*) FROM attempt WHERE verdict IS NULL"), ["Integer(0)"]);
    // The time of events never goes back.
    let back =
        "SELECT count(*) FROM (SELECT elapsed_ms - lag(elapsed_ms) OVER (ORDER BY seq) AS passed FROM event)
        WHERE passed < 0";
    assert_eq!(rows(&project, back), ["Integer(0)"]);
    assert_eq!(rows(&project, "SELECT count(*) FROM event WHERE kind = 'batch_resumed'"), ["Integer(1)"]);
    let again = project.run(["report", "--report", "json=again.json"]);
    assert_eq!(again.status, Some(0), "{again}");
    let told = |file: &str| {
        let report = std::fs::read_to_string(project.root().join(file)).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let cases = report["cases"].as_array().unwrap().iter();
        cases
            .map(|case| format!("{} {}", case["case_id"], case["attempts"].as_array().unwrap().len()))
            .collect()
    };
    let (all, again): (Vec<String>, Vec<String>) = (told("all.json"), told("again.json"));
    assert_eq!(all.len(), 200);
    assert!(all == again, "a report of the resumed run is that of the whole batch");

    let nothing = project.run(["--resume"]);
    assert_eq!(nothing.status, Some(5), "{nothing}");
    assert!(nothing.stderr.contains("nothing is left of batch"), "{nothing}");
}

#[test]
fn what_has_failed_stays_failed_and_decides_the_whole() {
    let driver = ScriptedDriver::start();
    let broken = "steps = [ { goto = 'http://site.test/fail' }, { expect = '#it', text = 'yes', timeout = '50ms' } ]\n";
    let project = project(&driver, 3).file("testcases/a.toml", broken);
    let first = project.run(["-c", "1", "--fail-fast"]);
    assert_eq!(first.status, Some(1), "{first}");
    assert!(first.stderr.contains("3 not run"), "{first}");
    let listed = project.run(["list", "--resume"]);
    assert_eq!(listed.stdout.lines().count(), 3, "{listed}");
    let resumed = project.run(["--resume=last", "--report", "junit=all.xml"]);
    assert_eq!(resumed.status, Some(1), "{resumed}");
    assert!(resumed.stderr.contains("3 of 4 cases"), "{resumed}");
    assert!(resumed.stderr.contains("3 passed, 1 failed"), "{resumed}");
    assert_eq!(resumed.stderr.matches("FAIL").count(), 1, "its block alone: {resumed}");
    let report = std::fs::read_to_string(project.root().join("all.xml")).unwrap();
    assert!(report.contains("tests=\"4\"") && report.contains("failures=\"1\""), "{report}");
    assert_eq!(rows(&project, "SELECT count(*) FROM batch"), ["Integer(1)"]);
}

#[test]
fn what_errored_runs_again_with_the_next_number() {
    let driver = ScriptedDriver::start();
    let project = project(&driver, 1);
    driver.fault("POST url", Fault::Answer(500, "text/plain", b"no".to_vec()));
    let first = project.run(["--set", "infra_retries=0"]);
    assert_eq!(first.status, Some(3), "{first}");
    let mended = ScriptedDriver::start();
    let settings = format!("[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n", mended.url());
    let project = project.file("runner.toml", &settings);
    let resumed = project.run(["--resume"]);
    assert_eq!(resumed.status, Some(0), "{resumed}");
    assert!(resumed.stderr.contains("PASS"), "an error before does not make it flaky: {resumed}");
    let attempts = rows(&project, "SELECT number, verdict FROM attempt ORDER BY number");
    assert_eq!(attempts, ["Integer(1) Text(\"errored\")", "Integer(2) Text(\"passed\")"]);
    assert_eq!(rows(&project, "SELECT verdict, attempts FROM case_run"), ["Text(\"passed\") Integer(2)"]);
}

#[test]
fn files_that_changed_or_are_gone_are_named() {
    let driver = ScriptedDriver::start();
    let broken = "steps = [ { goto = 'http://site.test/fail' }, { expect = '#it', text = 'yes', timeout = '50ms' } ]\n";
    let project = project(&driver, 3).file("testcases/a.toml", broken);
    assert_eq!(project.run(["-c", "1", "--fail-fast"]).status, Some(1));
    std::fs::remove_file(project.root().join("testcases/c000.toml")).unwrap();
    let project = project.file("testcases/c001.toml", "name = 'changed'\nsteps = [ { wait = '1ms' } ]\n");
    let dry = project.run(["--resume", "--dry-run"]);
    assert_eq!(dry.status, Some(0), "{dry}");
    assert!(dry.stderr.contains("files that changed") && dry.stderr.contains("testcases/c001.toml"), "{dry}");
    assert!(dry.stderr.contains("`testcases/c000` in chrome is not in `testcases/c000.toml`"), "{dry}");
    std::fs::remove_file(project.root().join("testcases/c001.toml")).unwrap();
    std::fs::remove_file(project.root().join("testcases/c002.toml")).unwrap();
    let refused = project.run(["--resume"]);
    assert_eq!(refused.status, Some(2), "{refused}");
    assert!(
        refused.stderr.contains("nothing that batch") && refused.stderr.contains("exists any more"),
        "{refused}"
    );
    let project = project.file("testcases/c002.toml", "steps = [ { wait = '1ms' } ]\n");
    let rest = project.run(["--resume"]);
    assert_eq!(rest.status, Some(1), "{rest}");
    assert!(rest.stderr.contains("1 passed, 1 failed, 2 not run"), "{rest}");
}

#[test]
fn what_cannot_be_resumed_is_refused() {
    let driver = ScriptedDriver::start();
    let project = project(&driver, 2);
    let early = project.run(["--resume"]);
    assert_eq!(early.status, Some(2), "{early}");
    assert!(early.stderr.contains("nothing has run yet"), "{early}");
    let with_paths = project.run(["--resume", "testcases/c000.toml"]);
    assert_eq!(with_paths.status, Some(2), "{with_paths}");
    driver.hold();
    let mut run = project.command(["-c", "2"]).stderr(Stdio::null()).spawn().unwrap();
    driver.wait_for("POST url", 2);
    let running = project.run(["--resume"]);
    driver.release();
    assert!(run.wait().unwrap().success());
    assert_eq!(running.status, Some(2), "{running}");
    assert!(running.stderr.contains("is still running"), "{running}");
    let unknown = project.run(["--resume=zzz"]);
    assert!(unknown.status == Some(2) && unknown.stderr.contains("no batch begins with `zzz`"), "{unknown}");
}

#[test]
fn a_resume_that_cannot_begin_takes_nothing_away() {
    let driver = ScriptedDriver::start();
    let project = project(&driver, 2);
    driver.fault("POST url", Fault::Answer(500, "text/plain", b"no".to_vec()));
    assert_eq!(project.run(["--set", "infra_retries=0"]).status, Some(3));
    let mended = ScriptedDriver::start();
    let endpoint = |more: &str| format!("{more}\n[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n", mended.url());
    let server = "[server]\ncommand = ['false']\nurl = 'http://127.0.0.1:1/'";
    let project = project.file("runner.toml", &endpoint(server));
    let broken = project.run(["--resume"]);
    assert_eq!(broken.status, Some(3), "{broken}");
    let kept = rows(&project, "SELECT DISTINCT verdict, attempts FROM case_run");
    assert_eq!(kept, ["Text(\"interrupted\") Integer(1)"]);
    let project = project.file("runner.toml", &endpoint(""));
    let resumed = project.run(["--resume"]);
    assert!(resumed.status == Some(0) && resumed.stderr.contains("2 passed"), "{resumed}");
    let attempts = rows(&project, "SELECT number, verdict, count(*) FROM attempt GROUP BY 1, 2");
    let each_twice = ["Integer(1) Text(\"errored\") Integer(2)", "Integer(2) Text(\"passed\") Integer(2)"];
    assert_eq!(attempts, each_twice);
}

#[test]
fn a_batch_that_is_resumed_keeps_its_seed_and_its_order() {
    let driver = ScriptedDriver::start();
    let project = project(&driver, 3);
    driver.fault("POST url", Fault::Answer(500, "text/plain", b"no".to_vec()));
    assert_eq!(project.run(["--order", "random:5", "--set", "infra_retries=0"]).status, Some(3));
    let planned = rows(&project, "SELECT case_id FROM case_run ORDER BY id");
    let left = project.run(["list", "--resume", "--set", "order=random:99"]);
    let left: Vec<String> =
        left.stdout.lines().map(|line| format!("Text({:?})", line.split(' ').next().unwrap())).collect();
    assert_eq!(left, planned);
    let refused = project.run(["--resume", "--order", "file"]);
    assert!(refused.status == Some(2) && refused.stderr.contains("--order"), "{refused}");
}

//! The dashboard in a real browser, by batchrun's own cases: those of `testcases/_dashboard` watch, steer and attack a run
//! that lasts for as long as they take.

use crate::support::Project;
use crate::{Run, asynchronous};
use serde_json::{Value, json};
use std::path::Path;

/// A run in a real browser that has a failure at its beginning and goes on until it is told to end.
fn watched() -> Project {
    let rows: Vec<String> = (0..2_000).map(|number| format!("{{ number = {number} }}")).collect();
    Project::new()
        .file("runner.toml", "[server]\ndir = \"site\"\n")
        .file("site/index.html", "<!doctype html><title>Shop</title><h1>Hello</h1>")
        .file(
            "testcases/a-fails.toml",
            "priority = 9\nsteps = [ { goto = \"/\" }, { expect = \"h1\", text = \"Bye\", timeout = \"100ms\" } ]\n",
        )
        .file(
            "testcases/goes-on.toml",
            &format!("rows = [{}]\nsteps = [ {{ goto = \"/\" }}, {{ wait = \"200ms\" }} ]\n", rows.join(", ")),
        )
}

/// Runs cases of this project on what is watched.
pub(crate) fn watch(case: &str, variable: &str) -> String {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases/_dashboard");
    let text = |name: &str| std::fs::read_to_string(cases.join(name)).unwrap();
    let project = Project::new()
        .file("runner.toml", "[server]\ndir = \"site\"\n")
        .file("testcases/case.toml", &text(case))
        .file("site/attack.html", &text("site/attack.html"));
    let output = project.run(["--var", variable, "--step-timeout", "60s", "--timeout", "5m"]);
    assert_eq!(output.status, Some(0), "{output}");
    output.stderr
}

#[test]
fn a_run_is_watched_and_steered_in_a_browser() {
    let project = watched();
    let run = Run::live(&project, &["-c", "2"]);
    let url = format!("http://{}/#{}", run.address.host, run.address.token);
    watch("watch.toml", &format!("dashboard={url}"));
    let (status, snapshot) = run.address.ask("GET", "/api/batch", "");
    let snapshot: Value = serde_json::from_str(&snapshot).unwrap();
    assert_eq!((status, &snapshot["limit"], &snapshot["limit_why"]), (200, &json!(3), &json!("dashboard")));
    run.address.ask("POST", "/api/cancel", "{}");
    let said = run.ends(1);
    assert!(said.contains("dashboard: ") && said.contains("1 failed"), "{said}");
}

#[test]
fn f72_f74_a_page_under_test_can_do_nothing_to_it() {
    let project = watched();
    let run = Run::live(&project, &["-c", "1"]);
    asynchronous(async {
        let mut client = run.address.connect(Some(0)).await;
        client.until(|event| event["event"] == "case_finished").await;
    });
    watch("attack.toml", &format!("host={}", run.address.host));
    let (_, snapshot) = run.address.ask("GET", "/api/batch", "");
    assert_eq!(serde_json::from_str::<Value>(&snapshot).unwrap()["paused"], Value::Null);
    run.address.ask("POST", "/api/cancel", "{}");
    run.ends(1);
}

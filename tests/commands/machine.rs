//! `doctor` and `setup`, with programs that only say their version.

use crate::support::Project;
use std::os::unix::fs::PermissionsExt as _;

/// A project whose browser and driver are scripts that say these versions.
fn project(browser: &str, driver: &str) -> Project {
    let script = |version: &str| format!("#!/bin/sh\necho '{version}'\n");
    let project = Project::new()
        .file("runner.toml", "[chrome]\nbinary = \"bin/a-browser\"\ndriver = \"bin/a-driver\"\n")
        .file("bin/a-browser", &script(browser))
        .file("bin/a-driver", &script(driver));
    for program in ["bin/a-browser", "bin/a-driver"] {
        let path = project.root().join(program);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("the project is ours");
    }
    project
}

/// The lines about programs and the database; those about the machine differ between machines.
fn told(output: &str) -> String {
    let about = ["browser ", "driver ", "versions ", "database "];
    let mut lines: Vec<&str> = output.lines().collect();
    lines.retain(|line| about.iter().any(|what| line.get(9..).is_some_and(|line| line.starts_with(what))));
    lines.join("\n")
}

#[test]
fn a_healthy_machine_is_told_so() {
    let project = project("Chromium 156.0.1.2", "ChromeDriver 156.0.3.4 (abc)");
    let output = project.run(["doctor"]);
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""), "{output}");
    insta::assert_snapshot!(told(&output.stdout), @"
    ok       browser        Chromium 156.0.1.2 ([PROJECT]/bin/a-browser)
    ok       driver         ChromeDriver 156.0.3.4 (abc) ([PROJECT]/bin/a-driver)
    ok       versions       browser and driver fit together
    ok       database       .batchrun/batchrun.db can be written
    ");
    assert!(!project.root().join(".batchrun").exists(), "looking leaves nothing behind");
}

#[test]
fn f20_versions_that_do_not_match_are_unwell() {
    let output =
        project("Chromium 156.0.1.2", "ChromeDriver 150.0.3.4 (abc)").run(["doctor", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.status, &json["well"]), (Some(1), &false.into()));
    assert_eq!(json["signs"][2]["state"], "unwell");
    assert_eq!(
        json["signs"][2]["found"],
        "the versions do not match: browser `Chromium 156.0.1.2`, driver `ChromeDriver 150.0.3.4 (abc)`"
    );
}

#[test]
fn f19_a_browser_that_is_not_there_is_unwell() {
    let output = Project::new().run(["doctor", "--set", "chrome.binary=/nowhere/chrome"]);
    assert_eq!(output.status, Some(1), "{output}");
    assert!(
        output
            .stdout
            .starts_with("unwell   browser        `/nowhere/chrome` is not a program that can be executed\n"),
        "{output}"
    );
}

#[test]
fn f53_a_database_that_cannot_be_written_is_unwell() {
    let project = project("Chromium 156.0", "ChromeDriver 156.0");
    let output = project.run(["doctor", "--db", "/proc/none/here.db"]);
    assert_eq!(output.status, Some(1), "{output}");
    assert!(
        told(&output.stdout).contains("unwell   database       /proc/none/here.db cannot be written"),
        "{output}"
    );
}

#[test]
fn with_endpoints_no_browser_is_needed_here() {
    let project =
        Project::new().file("runner.toml", "[[endpoint]]\nurl = \"http://grid:4444/\"\ncapacity = 20\n");
    let output = project.run(["doctor", "--set", "chrome.binary=/nowhere/chrome"]);
    assert!(
        output.stdout.starts_with("ok       browser        none is used here: runner.toml names 1 endpoint"),
        "{output}"
    );
}

#[test]
fn setup_installs_nothing_without_being_asked_to() {
    let output = Project::new().run(["setup", "chrome"]);
    let refused = output.status == Some(2) && output.stderr.contains("`--yes` does it without asking");
    let there = output.status == Some(0) && output.stderr.starts_with("already there:\n");
    let told = output.status == Some(1) && output.stderr.contains("batchrun cannot install a browser on");
    assert!(refused || there || told, "{output}");
    let output = Project::new().run(["setup", "netscape"]);
    assert_eq!(output.status, Some(2), "{output}");
}

//! Browsers and drivers that are missing, do not fit, or do not come up: programs of the test's own in their place.

use crate::running::{Record, Running};
use crate::support::Project;
use batchrun::outcome::{BatchStatus, Verdict};
use std::os::unix::fs::PermissionsExt as _;

/// A project of two cases whose driver or browser is this script.
fn project(key: &str, script: &str) -> Project {
    let case = "steps = [ { goto = \"http://127.0.0.1:9/\" } ]\n";
    let project = Project::new()
        .file("runner.toml", &format!("[chrome]\n{key} = \"./program\"\n"))
        .file("program", script)
        .file("testcases/c1.toml", case)
        .file("testcases/c2.toml", case);
    let program = project.root().join("program");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    project
}

/// Runs it: exit 3, and no case was run.
fn run(project: &Project, said: &[&str]) -> String {
    let ended = Running::start(project, &[]).wait_clean();
    ended.exits(3).says(said);
    assert!(!ended.stderr.contains("Leftovers"), "{ended}");
    let record = Record::last(project);
    assert_eq!(record.verdicts(), [("c1", Some(Verdict::NotRun)), ("c2", Some(Verdict::NotRun))]);
    record.is_whole(project, BatchStatus::Aborted, Some(3));
    ended.stderr
}

/// How often the script was run.
fn starts(project: &Project) -> usize {
    std::fs::read_to_string(project.root().join("starts")).unwrap_or_default().lines().count()
}

/// The beginning of a script that counts its starts in the project's folder.
fn script(project_file: &str, body: &str) -> String {
    format!("#!/bin/sh\necho start >> \"$(dirname \"$0\")/{project_file}\"\n{body}\n")
}

#[test]
fn f19_a_program_that_is_not_there_is_exit_2_before_anything_runs() {
    for (key, what) in [("binary", "chromium-headless-shell"), ("driver", "chromium-driver")] {
        let project = Project::new()
            .file("runner.toml", &format!("[chrome]\n{key} = \"/nowhere/it\"\n"))
            .file("testcases/c1.toml", "steps = [ { goto = \"http://127.0.0.1:9/\" } ]\n");
        let ended = Running::start(&project, &[]).wait_clean();
        ended.exits(2).says(&["`/nowhere/it` is not a program", &format!("apt-get install {what}")]);
        assert!(!project.root().join(".batchrun").exists(), "nothing was begun");
    }
}

#[test]
fn f20_a_driver_of_another_version_is_exit_3_with_both_versions_at_the_first_try() {
    let body = "case \"$1\" in --version) echo 'ChromeDriver 99.0.1.2 (abc)'; exit;; esac\n\
        echo 'Starting ChromeDriver 99.0.1.2 (abc) on port 0'\n\
        echo 'ChromeDriver was started successfully on port 9.'\nexec sleep 1000";
    let project = project("driver", &script("starts", body));
    run(&project, &["the versions do not match", "ChromeDriver 99.0.1.2", "HeadlessChrome/"]);
    assert_eq!(starts(&project), 1, "it was not tried again");
}

#[test]
fn f22_a_driver_that_never_listens_is_given_up_with_the_end_of_its_log() {
    let body = "for n in $(seq 30); do echo \"thinking $n\"; done\nexec sleep 1000";
    let project = project("driver", &script("starts", body));
    let stderr = run(&project, &["never listened", "driver ready timeout of 10s", "thinking 30"]);
    assert!(
        stderr.contains("thinking 11") && !stderr.contains("thinking 10"),
        "the last twenty lines: {stderr}"
    );
    assert_eq!(starts(&project), 2, "it was tried once more");
}

#[test]
fn f23_a_driver_that_exits_at_once_is_given_up_with_its_last_words() {
    let project = project("driver", &script("starts", "echo 'libnss3.so: no such file' >&2\nexit 127"));
    run(&project, &["ended at once", "127", "libnss3.so: no such file"]);
    assert_eq!(starts(&project), 2);
}

#[test]
fn f24_a_browser_that_dies_at_start_is_given_up_with_its_last_words_and_a_likely_cause() {
    let body = "echo 'Running as root without --no-sandbox is not supported.' >&2\nexit 1";
    let project = project("binary", &script("starts", body));
    run(&project, &["ended at start", "Running as root without --no-sandbox", "run as another user"]);
    assert_eq!(starts(&project), 2);
}

#[test]
fn f24_a_browser_that_kills_itself_is_told_with_its_signal() {
    let project = project("binary", &script("starts", "kill -SEGV $$"));
    run(&project, &["ended at start", "signal 11"]);
}

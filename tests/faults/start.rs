//! Browsers and drivers that are missing, do not fit, or do not come up: programs of the test's own in their place.

use crate::running::{Record, Running};
use crate::site::Site;
use crate::support::Project;
use batchrun::outcome::{BatchStatus, Verdict};
use std::net::TcpListener;
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
fn f21_ports_that_are_taken_are_noticed_by_nobody() {
    // chromedriver's own port. Whoever has it already does as well.
    let taken = TcpListener::bind("127.0.0.1:9515");
    let site = Site::start();
    let case = |name: &str| site.held_case(name, "");
    let project = Project::new()
        .file("runner.toml", "timeout = \"80s\"\nstep_timeout = \"60s\"\n[server]\ndir = \"site\"\n")
        .file("site/index.html", "<h1>Page</h1>")
        .file(
            "testcases/one.toml",
            &case("one").replacen("steps = [", "steps = [ { goto = '${server.url}' },", 1),
        );
    let mut runs = [Running::start(&project, &[]), Running::start(&project, &[])];
    site.wait_for("one", 2);
    let drivers = [runs[0].driver(), runs[1].driver()];
    assert_ne!(drivers[0].pid, drivers[1].pid, "both run at once");
    site.open("one");
    for running in &mut runs {
        running.wait_clean().exits(0);
    }
    drop(taken);
}

/// The limit of row 25, in bytes.
const LITTLE: u64 = 256 << 20;

#[test]
fn f25_little_shared_memory_is_told_and_the_browser_does_without() {
    let site = Site::start();
    let project = Project::new().file("testcases/one.toml", &site.held_case("one", ""));
    // As the machine is, and with as little as Docker gives where the system lets a test arrange that.
    let is_little = rustix::fs::statvfs("/dev/shm").is_ok_and(|it| it.f_blocks * it.f_frsize < LITTLE);
    let mut machines = vec![(Vec::new(), is_little)];
    let own = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64m shm /dev/shm && exec \"$0\" \"$@\""];
    let check = std::process::Command::new(own[0]).args(&own[1..]).arg("true").output();
    if check.is_ok_and(|it| it.status.success()) {
        machines.push((own.to_vec(), true));
    }
    for (round, (wrapper, is_little)) in (1..).zip(machines) {
        let mut running = Running::start_by(&project, &wrapper, &[]);
        site.wait_for("one", round);
        let does_without = running.browser().command_line.contains("--disable-dev-shm-usage");
        site.open("one");
        let ended = running.wait_clean();
        ended.exits(0);
        assert_eq!(does_without, is_little, "{ended}");
        assert_eq!(ended.stderr.contains("/dev/shm has only"), is_little, "{ended}");
    }
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

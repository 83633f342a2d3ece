//! What past runs are good for: the order, which cases run, and what is said when there are none; and batches that go on.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test, in functions beside it, too")]

#[expect(dead_code, reason = "no fault is needed here")]
#[path = "../support/scripted_driver.rs"]
mod scripted_driver;
#[path = "../support/mod.rs"]
mod support;

mod looking_back;
mod resumed;

use scripted_driver::ScriptedDriver;
use serde_json::Value;
use support::Project;

/// `quick` and `slow` pass, `broken` fails.
fn project(driver: &ScriptedDriver) -> Project {
    let case = |page: &str, step: &str| {
        format!(
            "steps = [ {{ goto = 'http://site.test/{page}' }}, {step}, {{ expect = '#it', text = 'yes' }} ]\n"
        )
    };
    Project::new()
        .file("runner.toml", &format!("[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n", driver.url()))
        .file("testcases/a-quick.toml", &case("fine", "{ wait = '1ms' }"))
        .file("testcases/b-slow.toml", &case("fine", "{ wait = '600ms' }"))
        .file("testcases/c-broken.toml", &case("fail", "{ wait = '1ms' }"))
}

/// The jobs that a list has, without their folder.
fn listed(project: &Project, arguments: &[&str]) -> Vec<String> {
    let listed = project.run(["list", "--format", "json"].iter().chain(arguments).copied());
    let json: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed}"));
    let id = |job: &Value| job["id"].as_str().unwrap().trim_start_matches("testcases/").to_owned();
    json["jobs"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn what_failed_or_is_new_comes_first_then_what_takes_longest() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    assert_eq!(listed(&project, &[]), ["a-quick", "b-slow", "c-broken"]);
    assert_eq!(project.run(["-c", "1"]).status, Some(1));
    assert_eq!(listed(&project, &[]), ["c-broken", "b-slow", "a-quick"]);
    let project = project.file("testcases/d-new.toml", "steps = [ { wait = '1ms' } ]\n");
    let smart = listed(&project, &["--order", "smart"]);
    assert_eq!(smart[2..], ["b-slow", "a-quick"], "{smart:?}");
    assert_eq!(listed(&project, &["--order", "file"]), ["a-quick", "b-slow", "c-broken", "d-new"]);
    assert_eq!(listed(&project, &["--order", "failed"]), ["c-broken", "a-quick", "b-slow", "d-new"]);
    assert_eq!(listed(&project, &["--order", "longest"])[0], "b-slow");
    let urgent = project.file("testcases/a-quick.toml", "priority = 1\nsteps = [ { wait = '1ms' } ]\n");
    assert_eq!(listed(&urgent, &[])[0], "a-quick");
}

#[test]
fn filters_ask_for_past_runs() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    assert_eq!(listed(&project, &["-f", "new()"]).len(), 3);
    project.run(["-c", "1"]);
    assert_eq!(listed(&project, &["-f", "last(failed)"]), ["c-broken"]);
    assert_eq!(listed(&project, &["-f", "slow(500ms) | new()"]), ["b-slow"]);
    assert_eq!(listed(&project, &["-f", "!last(failed) & !slow(500ms)"]), ["a-quick"]);
    let none = project.run(["list", "-f", "flaky()"]);
    assert_eq!(none.status, Some(5), "{none}");
}

#[test]
fn what_failed_runs_again() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    let early = project.run(["--rerun-failed"]);
    assert_eq!(early.status, Some(2), "{early}");
    assert!(early.stderr.contains("nothing has run yet"), "{early}");
    assert_eq!(project.run(["-c", "3"]).status, Some(1));
    let again = project.run(["--rerun-failed", "--report", "json=again.json"]);
    assert_eq!(again.status, Some(1), "{again}");
    let report = std::fs::read_to_string(project.root().join("again.json")).unwrap();
    assert!(report.contains("testcases/c-broken") && !report.contains("testcases/a-quick"), "{report}");
    let mended = project.file("testcases/c-broken.toml", "steps = [ { wait = '1ms' } ]\n");
    assert_eq!(mended.run(["--rerun-failed"]).status, Some(0));
    let nothing = mended.run(["--rerun-failed"]);
    assert_eq!(nothing.status, Some(5), "{nothing}");
    assert!(nothing.stderr.contains("nothing failed or errored in batch"), "{nothing}");
}

#[test]
fn shards_are_disjoint_complete_and_take_about_as_long() {
    let driver = ScriptedDriver::start();
    let case = |wait: u32| format!("steps = [ {{ wait = '{wait}ms' }} ]\n");
    let project = [400, 50, 50, 50, 50, 50, 50, 50, 50]
        .iter()
        .zip(0..)
        .fold(project(&driver), |it, (wait, n)| it.file(&format!("testcases/w{n}.toml"), &case(*wait)));
    let shard = |which: &str, by: &str| listed(&project, &["--shard", which, "--shard-by", by]);
    let together = |by: &str| {
        let mut all: Vec<_> = ["1/3", "2/3", "3/3"].map(|it| shard(it, by)).concat();
        all.sort();
        all
    };
    let mut all = listed(&project, &[]);
    all.sort();
    assert_eq!((together("time"), together("count")), (all.clone(), all));
    assert_eq!(["1/3", "2/3", "3/3"].map(|it| shard(it, "time").len()), [4, 4, 4], "nothing has run yet");
    project.run(["-c", "20"]);
    // The two long ones have a part for themselves and little else; what failed has no time and takes the median.
    let with = |id: &str| {
        ["1/3", "2/3", "3/3"].map(|it| shard(it, "time")).into_iter().find(|it| it.contains(&id.to_owned()))
    };
    assert_eq!(with("b-slow"), Some(vec!["b-slow".to_owned()]));
    assert!(with("w0").unwrap().len() <= 3);
    assert_eq!(project.run(["--shard", "2/3", "-c", "20"]).status.map(|it| it < 2), Some(true));
    let shown = project.run(["show", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["batch"]["shard"], "2/3");
    let wrong = project.run(["list", "--shard", "4/3"]);
    assert!(wrong.status == Some(2) && wrong.stderr.contains("with I from 1 to N"), "{wrong}");
}

#[test]
fn without_past_runs_an_order_by_them_says_what_it_falls_back_to() {
    let project = Project::new().file("testcases/a.toml", "steps = [ { wait = '1ms' } ]\n");
    let longest = project.run(["list", "--order", "longest"]);
    assert_eq!(longest.status, Some(0), "{longest}");
    assert!(longest.stderr.contains("no past runs"), "{longest}");
    assert_eq!(project.run(["list"]).stderr, "");
}

#[test]
fn a_random_order_can_be_had_again() {
    let driver = ScriptedDriver::start();
    let case = "steps = [ { wait = '1ms' } ]\n";
    let project = (0..20).fold(project(&driver), |it, n| it.file(&format!("testcases/r{n:02}.toml"), case));
    let in_files = listed(&project, &["--order", "file"]);
    let shuffled = listed(&project, &["--order", "random:7"]);
    assert_ne!(shuffled, in_files);
    assert_eq!(shuffled, listed(&project, &["--order", "random:7"]));
    let ran = project.run(["--order", "random", "-f", "tag(none) | file(r*)"]);
    assert_eq!(ran.status, Some(0), "{ran}");
    let seed = ran.stderr.split("--order random:").nth(1).unwrap().split('`').next().unwrap();
    let recorded = std::process::Command::new("sqlite3")
        .arg(project.root().join(".batchrun/batchrun.db"))
        .arg("SELECT seed FROM batch")
        .output();
    if let Ok(recorded) = recorded {
        assert_eq!(String::from_utf8(recorded.stdout).unwrap().trim(), seed);
    }
}

#[test]
fn a_case_that_takes_much_longer_than_usual_is_marked_slow() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    let first = project.run(["testcases/b-slow.toml"]);
    assert!(first.status == Some(0) && !first.stderr.contains("slow:"), "{first}");
    let longer = "steps = [ { wait = '2s' } ]\n";
    let project = project.file("testcases/b-slow.toml", longer);
    let slow = project.run(["testcases/b-slow.toml", "--report", "json=slow.json"]);
    assert!(slow.stderr.contains("testcases/b-slow (slow: over "), "{slow}");
    assert!(slow.stderr.contains("1 passed (1 slow)"), "{slow}");
    let report = std::fs::read_to_string(project.root().join("slow.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert!(report["cases"][0]["slow_after_ms"].as_u64().unwrap() >= 1_600, "600 ms and a second: {report}");
    let told = project.run(["testcases/b-slow.toml", "--set", "slow_after=1s"]);
    assert!(told.stderr.contains("(slow: over 1s)"), "{told}");
}

#[test]
fn every_case_can_run_several_times_in_one_batch() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    let rounds = listed(&project, &["--repeat", "2", "--order", "file"]);
    assert_eq!(rounds, ["a-quick", "b-slow", "c-broken", "a-quick", "b-slow", "c-broken"]);
    let run = project.run(["--repeat", "3", "testcases/a-quick.toml"]);
    assert!(run.status == Some(0) && run.stderr.contains("3 cases: 3 passed"), "{run}");
}

#[test]
fn a_budget_takes_what_fits_and_says_what_does_not() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    let blank = project.run(["list", "--budget", "1s"]);
    assert!(blank.stdout.lines().count() == 3 && blank.stderr.contains("nothing is known"), "{blank}");
    project.run(["-c", "1"]);
    let project = project.file("testcases/d-new.toml", "steps = [ { wait = '1ms' } ]\n");
    let fits = |budget: &str| listed(&project, &["-c", "1", "--budget", budget, "--order", "file"]);
    assert_eq!(fits("1h").len(), 4);
    // What has no passing run is taken for the median of the others.
    assert_eq!(fits("1ms").len(), 0);
    let skipped = "skip = 'later'\nsteps = [ { wait = '1ms' } ]\n";
    let project = project.file("testcases/e-skipped.toml", skipped);
    assert_eq!(listed(&project, &["-c", "1", "--budget", "1ms"]), ["e-skipped"]);
    std::fs::remove_file(project.root().join("testcases/e-skipped.toml")).unwrap();
    let run = project.run(["-c", "1", "--budget", "500ms"]);
    assert!(run.stderr.contains("not run:") && run.stderr.contains("testcases/b-slow"), "{run}");
    assert!(run.status == Some(1) && run.stderr.contains("1 not run"), "the broken one runs: {run}");
    let mended = project.file("testcases/c-broken.toml", "steps = [ { wait = '1ms' } ]\n");
    assert_eq!(mended.run(["-c", "1", "--budget", "500ms"]).status, Some(6));
    let rest = mended.run(["--resume"]);
    assert!(rest.status == Some(0) && rest.stderr.contains("1 of 4 cases"), "{rest}");
    // Nothing begins at all: what is left out is still counted once.
    let server = "[server]\ncommand = ['false']\nurl = 'http://127.0.0.1:1/'\n";
    let broken = mended.file("runner.toml", server).run(["-c", "1", "--budget", "500ms"]);
    assert!(broken.status == Some(3) && broken.stderr.contains("4 cases: 4 not run"), "{broken}");
}

#[test]
fn past_runs_of_another_machine_are_told_where_their_times_matter() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    project.run(["-c", "3"]);
    let here = project.run(["list", "--shard", "1/2"]);
    assert!(!here.stderr.contains("machine"), "{here}");
    let database = rusqlite::Connection::open(project.root().join(".batchrun/batchrun.db")).unwrap();
    database.execute("UPDATE batch SET host = 'build-7'", []).unwrap();
    for asks in [["--shard", "1/2"], ["--budget", "1h"]] {
        let told = project.run(["list"].iter().chain(&asks).copied());
        assert!(told.stderr.contains("the past runs are of the machine `build-7`"), "{told}");
    }
    let counted = project.run(["list", "--shard", "1/2", "--shard-by", "count"]);
    assert!(!counted.stderr.contains("machine"), "{counted}");
}

#[test]
fn a_split_can_be_handed_to_machines_without_past_runs() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    project.run(["-c", "3"]);
    let plan = project.root().join("split.json");
    let plan = plan.to_str().unwrap();
    let here = ["1/2", "2/2"].map(|it| listed(&project, &["--shard", it, "--shard-plan", plan]));
    let told = project.run(["list", "--shard", "1/2"]);
    assert!(told.stderr.contains("of 3 cases, by past runs"), "{told}");
    let elsewhere = Project::new();
    let elsewhere = ["a-quick", "b-slow", "c-broken", "d-new"].iter().fold(elsewhere, |it, name| {
        it.file(&format!("testcases/{name}.toml"), "steps = [ { wait = '1ms' } ]\n")
    });
    let mut there = ["1/2", "2/2"].map(|it| listed(&elsewhere, &["--shard", it, "--shard-plan", plan]));
    let with_new: usize = there.iter().map(|it| usize::from(it.contains(&"d-new".to_owned()))).sum();
    assert_eq!(with_new, 1, "what the file does not know is in one part");
    for part in &mut there {
        part.retain(|id| id != "d-new");
    }
    let sorted = |parts: [Vec<String>; 2]| {
        parts.map(|mut it| {
            it.sort();
            it
        })
    };
    assert_eq!(sorted(there), sorted(here));
    // One machine knows how long cases take, the other does not: of what is new since, nothing is in none or two parts.
    let add = |it: Project, name: &str| {
        it.file(&format!("testcases/{name}.toml"), "steps = [ { wait = '1ms' } ]\n")
    };
    let (project, elsewhere) = ["d-new", "e-new", "f-new"]
        .iter()
        .fold((project, elsewhere), |(one, other), name| (add(one, name), add(other, name)));
    let mut all = listed(&project, &["--shard", "1/2", "--shard-plan", plan]);
    all.extend(listed(&elsewhere, &["--shard", "2/2", "--shard-plan", plan]));
    all.sort();
    assert_eq!(all, ["a-quick", "b-slow", "c-broken", "d-new", "e-new", "f-new"]);
    let other = project.run(["list", "--shard", "1/3", "--shard-plan", plan]);
    assert!(other.status == Some(2) && other.stderr.contains("it has 2 parts"), "{other}");
}

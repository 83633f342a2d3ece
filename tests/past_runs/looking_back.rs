//! The commands that look at many batches at once, and those that keep the record in order.

use crate::project;
use crate::scripted_driver::ScriptedDriver;
use crate::support::{Output, Project};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn json(project: &Project, arguments: &[&str]) -> Value {
    let ran = project.run(arguments.iter().copied().chain(["--format", "json"]));
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran}"))
}

fn ids(cases: &Value) -> Vec<&str> {
    cases.as_array().unwrap().iter().map(|case| case["case_id"].as_str().unwrap()).collect()
}

fn succeeds(ran: Output) -> Output {
    assert_eq!(ran.status, Some(0), "{ran}");
    ran
}

#[test]
fn two_batches_are_compared() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    let alone = project.run(["compare"]);
    assert!(alone.stderr.contains("nothing has run yet"), "{alone}");
    project.run(["-c", "3"]);
    let alone = project.run(["compare"]);
    assert!(alone.status == Some(2) && alone.stderr.contains("no batch before"), "{alone}");
    let alone = project.run(["compare", "last"]);
    assert!(alone.status == Some(2) && alone.stderr.contains("both are batch"), "{alone}");
    let mended = project
        .file("testcases/c-broken.toml", "steps = [ { wait = '1ms' } ]\n")
        .file("testcases/a-quick.toml", "steps = [ { fail = 'not today' } ]\n")
        .file("testcases/d-new.toml", "steps = [ { wait = '1ms' } ]\n");
    std::fs::remove_file(mended.root().join("testcases/b-slow.toml")).unwrap();
    mended.run(["-c", "3"]);
    let differences = &json(&mended, &["compare"])["differences"];
    assert_eq!(ids(&differences["newly_failing"]), ["testcases/a-quick"]);
    assert_eq!(ids(&differences["fixed"]), ["testcases/c-broken"]);
    assert_eq!(ids(&differences["new"]), ["testcases/d-new"]);
    assert_eq!(ids(&differences["gone"]), ["testcases/b-slow"]);
    let text = mended.run(["compare"]);
    assert_eq!(text.status, Some(1), "something is worse");
    let text = text.stdout;
    assert!(text.contains("FAIL testcases/a-quick: not today"), "{text}");
    assert_eq!(text.lines().take(2).filter(|line| line.ends_with(", 3 slots")).count(), 2, "{text}");
    assert!(text.ends_with("Summary 1 newly failing, 1 fixed, 1 new, 1 not in the newer one\n"), "{text}");
}

#[test]
fn a_batch_is_compared_with_one_of_the_same_cases_and_each_case_by_its_worst_run() {
    let driver = ScriptedDriver::start();
    let wobbly = |fails_at: u32| {
        let fail = format!("{{ fail = 'wobbles', if = {{ var = 'n', is = {fails_at} }} }}");
        format!("retries = 1\nsteps = [ {{ set = {{ n = '${{case.attempt}}' }} }}, {fail} ]\n")
    };
    let project = project(&driver).file("testcases/d-wobbly.toml", &wobbly(9));
    project.run(["-c", "4"]);
    let whole = json(&project, &["show"])["batch"]["id"].clone();
    let project = project.file("testcases/d-wobbly.toml", &wobbly(1));
    project.run(["testcases/a-quick.toml"]);
    project.run(["-c", "4"]);
    let found = json(&project, &["compare"]);
    assert_eq!(found["before"], whole, "the one in between ran one case alone");
    assert_eq!(ids(&found["differences"]["newly_flaky"]), ["testcases/d-wobbly"]);
    assert_eq!(ids(&found["differences"]["still_failing"]), ["testcases/c-broken"]);
    assert_eq!(project.run(["compare"]).status, Some(1), "flaky is worse");
    // Of two runs the last one passes.
    let steps =
        "steps = [ { goto = 'http://site.test/again/fail-first' }, { expect = '#it', text = 'yes' } ]\n";
    let project = project.file("testcases/a-quick.toml", steps);
    let twice = project.run(["-c", "1", "--repeat", "2", "testcases/a-quick.toml"]);
    assert!(twice.stderr.contains("1 passed, 1 failed"), "{twice}");
    let found = json(&project, &["compare"]);
    assert_eq!(ids(&found["differences"]["newly_failing"]), ["testcases/a-quick"], "{found}");
}

#[test]
fn a_case_has_a_history_and_so_have_batches() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    project.run(["-c", "3"]);
    let project = project.file("testcases/c-broken.toml", "steps = [ { wait = '1ms' } ]\n");
    project.run(["-c", "3"]);
    let text = succeeds(project.run(["history", "testcases/c-broken"])).stdout;
    assert!(text.contains("Verdicts F·   (F failed)\n"), "{text}");
    let told = json(&project, &["history", "testcases/c-broken"]);
    let verdicts: Vec<_> =
        told["runs"].as_array().unwrap().iter().map(|run| run["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["passed", "failed"], "the latest first");
    let batches = json(&project, &["history"])["batches"].clone();
    assert_eq!(batches.as_array().unwrap().len(), 2);
    assert_eq!((&batches[0]["failed"], &batches[1]["failed"]), (&Value::from(0), &Value::from(1)));
    let unknown = project.run(["history", "testcases/c-brokn"]);
    assert!(
        unknown.status == Some(2) && unknown.stderr.contains("did you mean `testcases/c-broken`"),
        "{unknown}"
    );
    let slow = json(&project, &["slow"]);
    assert_eq!(ids(&slow["cases"])[0], "testcases/b-slow");
    assert_eq!(succeeds(project.run(["flaky"])).stdout, "no case was flaky in its last 50 runs\n");
}

#[test]
fn what_is_flaky_is_listed_with_its_rate_and_suggested_for_quarantine() {
    let driver = ScriptedDriver::start();
    // The first attempt fails, the second one passes.
    let steps =
        "steps = [ { set = { n = '${case.attempt}' } }, { expect_var = 'n', is = 2, timeout = '1ms' } ]\n";
    let case = format!("retries = 1\n{steps}");
    let project = project(&driver).file("testcases/e-wobbly.toml", &case);
    for _ in 0..3 {
        project.run(["testcases/e-wobbly.toml"]);
    }
    let flaky = json(&project, &["flaky"]);
    assert_eq!(ids(&flaky["cases"]), ["testcases/e-wobbly"], "{flaky}");
    let rate = &flaky["cases"][0]["flakiness"];
    let seen = rate["flaky"]["times"].as_u64().unwrap() + rate["under_load"]["times"].as_u64().unwrap();
    assert_eq!(seen, 3, "{rate}");
    let fails = project.run(["testcases/e-wobbly.toml", "--set", "fail_on_flaky=true"]);
    assert_eq!(fails.status, Some(1), "{fails}");
    assert!(fails.stderr.contains("1 flaky case: `fail_on_flaky` makes the batch fail"), "{fails}");
    // However busy the machine was.
    let suggest =
        |project: &Project| succeeds(project.run(["quarantine", "suggest", "--set", "pressure.cpu=100"]));
    let suggested = suggest(&project).stdout;
    assert!(suggested.contains("id('testcases/e-wobbly')") && !suggested.contains("= \"\""), "{suggested}");
    let known =
        project.file("testcases/e-wobbly.toml", &format!("quarantine = {{ reason = 'BUG-1' }}\n{case}"));
    known.run(["testcases/e-wobbly.toml"]);
    let suggested = suggest(&known);
    assert!(
        suggested.stdout.is_empty() && suggested.stderr.contains("in quarantine already: 1"),
        "{suggested}"
    );
}

/// Both shards of a project, each in a database of its own.
fn shards(project: &Project) -> [PathBuf; 2] {
    ["1/2", "2/2"].map(|shard| {
        let database = project.root().join(format!("machine-{}/batchrun.db", &shard[..1]));
        let ran = project.run(["--shard", shard, "--db", database.to_str().unwrap()]);
        assert!(ran.stderr.contains("Summary"), "{ran}");
        database
    })
}

/// What `show` says of the cases of a database's last batch, and how many attempts and steps each has.
fn shown(project: &Project, database: &Path) -> Vec<(String, String, usize, usize)> {
    let whole = json(project, &["show", "--db", database.to_str().unwrap()]);
    let mut cases: Vec<_> = whole["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            let id = case["case_id"].as_str().unwrap();
            let full = json(project, &["show", id, "--db", database.to_str().unwrap()]);
            let attempts = full["cases"][0]["attempts"].as_array().unwrap();
            let steps = attempts.iter().map(|it| it["steps"].as_array().unwrap().len()).sum();
            let last = &attempts.last().unwrap()["failure"];
            assert_eq!(last.is_object(), case["verdict"] == "failed", "{id}: {last}");
            (id.to_owned(), case["verdict"].as_str().unwrap().to_owned(), attempts.len(), steps)
        })
        .collect();
    cases.sort();
    cases
}

#[test]
fn shards_of_several_machines_are_joined_to_the_whole() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    let whole = project.root().join("whole/batchrun.db");
    project.run(["--db", whole.to_str().unwrap()]);
    let [first, second] = shards(&project).map(|it| it.to_str().unwrap().to_owned());
    // Both run on five slots, and the first one is told to run on two for a while.
    for (seq, (from, to)) in [(1_000, (5, 2)), (1_001, (2, 5))] {
        let changed = serde_json::json!({ "seq": seq, "at": "2027-01-02T03:04:05.678Z", "elapsed_ms": seq,
            "event": "concurrency_changed", "from": from, "to": to, "why": "batchrun ctl" });
        let add = "INSERT INTO event SELECT id, ?1, started_at, ?1, 'concurrency_changed', ?2 FROM batch";
        let database = rusqlite::Connection::open(&first).unwrap();
        database.execute(add, (seq, changed.to_string())).unwrap();
    }
    let joined = project.root().join("joined/batchrun.db");
    let join = |shards: &[&str]| {
        let arguments = ["merge", "--join", "--db", joined.to_str().unwrap()];
        project.run(arguments.iter().chain(shards).copied())
    };
    let incomplete = join(&[&first]);
    assert!(incomplete.status == Some(2) && incomplete.stderr.contains("not all the shards"), "{incomplete}");
    // That one of them was here before changes nothing.
    succeeds(project.run(["merge", "--db", joined.to_str().unwrap(), &second]));
    let id = succeeds(join(&[&second, &first])).stdout;
    assert_eq!(shown(&project, &joined), shown(&project, &whole));
    let slots = json(&project, &["show", "--db", joined.to_str().unwrap()])["slots"].clone();
    assert_eq!(slots, serde_json::json!({ "least": 7, "most": 10 }));
    let command =
        json(&project, &["show", "--db", joined.to_str().unwrap()])["batch"]["command_line"].clone();
    assert!(!command.as_str().unwrap().contains("--shard"), "{command}");
    // Again, and in another order: it is there.
    assert_eq!(succeeds(join(&[&first, &second])).stdout, id);
    let batches = json(&project, &["history", "--db", joined.to_str().unwrap()]);
    assert_eq!(batches["batches"].as_array().unwrap().len(), 1);
    let batch = &batches["batches"][0];
    assert_eq!((&batch["total"], &batch["failed"], &batch["exit_code"]), (&3.into(), &1.into(), &1.into()));
    // Its reports speak of all jobs, with what was kept of each.
    let arguments = ["report", "--report", "json=-", "--db", joined.to_str().unwrap()];
    let report: Value = serde_json::from_str(&succeeds(project.run(arguments)).stdout).unwrap();
    assert_eq!(report["counts"]["passed"], 2, "{report}");
    for evidence in json(&project, &["show", "testcases/c-broken", "--db", joined.to_str().unwrap()])["cases"]
        [0]["attempts"][0]["evidence"]
        .as_array()
        .unwrap()
    {
        if let Some(path) = evidence["path"].as_str() {
            assert!(joined.parent().unwrap().join(path).is_file(), "{path}");
        }
    }
    // Logs and evidence of the shards are the whole's, and go with it.
    let logs = || std::fs::read_dir(joined.parent().unwrap().join("log")).unwrap().count();
    assert_eq!(logs(), 2);
    succeeds(project.run(["prune", "--keep", "0", "--db", joined.to_str().unwrap()]));
    assert_eq!(logs(), 0);
    let plain = project.run(["merge", "--join", whole.to_str().unwrap()]);
    assert!(plain.status == Some(2) && plain.stderr.contains("is no shard"), "{plain}");
}

#[test]
fn shards_that_were_resumed_or_ended_badly_are_joined_as_what_they_came_to() {
    let driver = ScriptedDriver::start();
    let fails = "steps = [ { fail = 'not today' } ]\n";
    let project = (0..5).fold(project(&driver), |it, n| it.file(&format!("testcases/f{n}.toml"), fails));
    let database = |shard: &str| project.root().join(format!("machine-{shard}/batchrun.db"));
    let run = |shard: &str, more: &[&str]| {
        let (database, which) = (database(shard), format!("{shard}/2"));
        let arguments = ["-c", "1", "--order", "file", "--shard", &which, "--shard-by", "count", "--db"];
        project.run(arguments.iter().chain(&[database.to_str().unwrap()]).chain(more).copied())
    };
    for shard in ["1", "2"] {
        let left = run(shard, &["--fail-fast"]);
        assert!(left.status == Some(1) && left.stderr.contains("not run"), "{left}");
    }
    let verdicts = |database: &Path, verdict: &str| {
        let shown = json(&project, &["show", "--db", database.to_str().unwrap()]);
        shown["cases"].as_array().unwrap().iter().filter(|case| case["verdict"] == verdict).count()
    };
    let [not_run, failed] = ["not_run", "failed"].map(|it| verdicts(&database("2"), it));
    let joined = project.root().join("joined/batchrun.db");
    let on = ["--db", joined.to_str().unwrap()];
    let shards = ["1", "2"].map(|it| database(it).to_str().unwrap().to_owned());
    let join = || {
        let shards = shards.iter().map(String::as_str);
        succeeds(project.run(["merge", "--join"].into_iter().chain(on).chain(shards)))
    };
    join();
    assert!(verdicts(&joined, "not_run") > not_run, "those of both");
    // What the first shard left is run after all; what the second one left stays so.
    let resumed = project.run(["--resume", "-c", "3", "--db", database("1").to_str().unwrap()]);
    assert_eq!((resumed.status, verdicts(&database("1"), "not_run")), (Some(1), 0), "{resumed}");
    let failed = failed + verdicts(&database("1"), "failed");
    join();
    assert_eq!((verdicts(&joined, "not_run"), verdicts(&joined, "failed")), (not_run, failed));
    let slots =
        |database: &Path| json(&project, &["show", "--db", database.to_str().unwrap()])["slots"].clone();
    assert_eq!(slots(&database("1")), serde_json::json!({ "least": 1, "most": 3 }), "it was resumed on more");
    assert_eq!(slots(&joined), serde_json::json!({ "least": 2, "most": 4 }));
    let arguments = ["report", "--report", "json=-", on[0], on[1]];
    let report: Value = serde_json::from_str(&succeeds(project.run(arguments)).stdout).unwrap();
    assert_eq!(
        (&report["counts"]["not_run"], &report["counts"]["failed"]),
        (&not_run.into(), &failed.into())
    );
}

#[test]
fn databases_are_merged_once_whatever_is_merged_again() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    project.run(["-c", "3"]);
    let [first, second] = shards(&project).map(|it| it.to_str().unwrap().to_owned());
    let merge = || succeeds(project.run(["merge", &first, &second])).stderr;
    assert_eq!(merge().matches("1 added, 0 here already").count(), 2);
    assert_eq!(merge().matches("0 added, 1 here already").count(), 2);
    let own = project.root().join(".batchrun/batchrun.db").to_str().unwrap().to_owned();
    assert!(succeeds(project.run(["merge", &own])).stderr.contains("0 added, 3 here already"));
    let runs = json(&project, &["history", "testcases/c-broken"])["runs"].clone();
    assert_eq!(runs.as_array().unwrap().len(), 2);
    let missing = project.run(["merge", "nowhere.db"]);
    assert!(missing.status == Some(2) && missing.stderr.contains("nowhere.db"), "{missing}");
}

#[test]
fn f80_links_of_another_record_are_not_followed() {
    let driver = ScriptedDriver::start();
    let project = project(&driver).file("private/key", "of nobody's business\n");
    let other = project.root().join("other");
    project.run(["-c", "3", "--db", "other/batchrun.db"]);
    let batch = json(&project, &["show", "--db", "other/batchrun.db"])["batch"]["id"].clone();
    let batch = batch.as_str().unwrap();
    let (evidence, log) = (other.join("evidence").join(batch), other.join(format!("log/{batch}.log")));
    std::fs::remove_file(&log).unwrap();
    std::os::unix::fs::symlink(project.root().join("private/key"), &log).unwrap();
    std::fs::rename(&evidence, other.join("kept")).unwrap();
    std::os::unix::fs::symlink(project.root().join("private"), &evidence).unwrap();
    let refused = project.run(["merge", "other/batchrun.db"]);
    assert!(refused.status == Some(2) && refused.stderr.contains("is a link, not a folder"), "{refused}");
    std::fs::remove_file(&evidence).unwrap();
    std::fs::rename(other.join("kept"), &evidence).unwrap();
    succeeds(project.run(["merge", "other/batchrun.db"]));
    let own = project.root().join(".batchrun");
    assert!(own.join("evidence").join(batch).exists());
    assert_eq!(std::fs::read_dir(own.join("log")).unwrap().count(), 0, "the log was a link");
}

#[test]
fn old_batches_go_with_their_evidence_and_only_when_asked() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    for _ in 0..3 {
        project.run(["-c", "3"]);
    }
    let files =
        |folder: &str| std::fs::read_dir(project.root().join(".batchrun").join(folder)).unwrap().count();
    assert_eq!((files("evidence"), files("log")), (3, 3));
    for log in std::fs::read_dir(project.root().join(".batchrun/log")).unwrap() {
        std::fs::write(log.unwrap().path().with_extension("server-1.log"), "what its server said").unwrap();
    }
    let vague = project.run(["prune"]);
    assert_eq!(vague.status, Some(2), "{vague}");
    let asked = succeeds(project.run(["prune", "--keep", "1", "--dry-run"]));
    assert!(asked.stdout.lines().count() == 2 && files("log") == 6, "{asked}");
    let young = succeeds(project.run(["prune", "--older-than", "90d"]));
    assert!(young.stderr.contains("nothing removed, 3 kept"), "{young}");
    let done = succeeds(project.run(["prune", "--keep", "1"]));
    assert!(done.stderr.contains("2 batches with 6 cases removed, 1 kept"), "{done}");
    assert_eq!((files("evidence"), files("log")), (1, 2));
    let left = project.root().join(".batchrun/batchrun.db");
    let left = rusqlite::Connection::open(left).unwrap();
    for (table, rows) in [("batch", 1), ("case_run", 3), ("attempt", 3)] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(left.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), rows, "{table}");
    }
}

#[test]
fn runs_are_exported_and_no_cell_is_a_formula() {
    let driver = ScriptedDriver::start();
    let project = project(&driver)
        .file("testcases/f-sly.toml", "steps = [ { fail = '=HYPERLINK(\"http://evil.test\")' } ]\n");
    project.run(["-c", "3"]);
    let table = succeeds(project.run(["export", "csv"])).stdout;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let message = reader.headers().unwrap().iter().position(|name| name == "message").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().any(|row| row[message].starts_with("'=HYPERLINK")), "{table}");
    let all: Value = serde_json::from_str(&succeeds(project.run(["export", "json", "last"])).stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 4);
    assert_eq!(all[0]["tags"], Value::Array(Vec::new()));
}

#[test]
fn f56_a_database_of_an_older_version_is_brought_up_to_date_and_kept_as_it_was() {
    let driver = ScriptedDriver::start();
    let project = project(&driver);
    project.run(["-c", "3"]);
    let folder = project.root().join(".batchrun");
    let older = rusqlite::Connection::open(folder.join("batchrun.db")).unwrap();
    older
        .execute_batch(
            "DROP INDEX case_run_of_case;
             ALTER TABLE case_run DROP COLUMN passed_ms;
             ALTER TABLE case_run DROP COLUMN cpu;
             CREATE INDEX case_run_of_case ON case_run (case_id, browser);
             PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(older);
    let slow = json(&project, &["slow"]);
    assert_eq!(ids(&slow["cases"])[0], "testcases/b-slow", "its time was taken from its attempts: {slow}");
    let backups: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("batchrun.db.version-1."))
        .collect();
    assert_eq!(backups.len(), 1, "{backups:?}");
    let ran = project.run(["-c", "3"]);
    assert_eq!(ran.status, Some(1), "{ran}");
}

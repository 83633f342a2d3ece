//! `show`: batches and cases that have run, as a user looks back at them.

use crate::recorded::{FIRST, Goes, LAST, Recording, shop};
use crate::support::Project;
use batchrun::outcome::{BatchStatus, ExitCode, Verdict};
use insta::assert_snapshot;

#[test]
fn the_latest_batch_is_shown_with_the_worst_last() {
    let shop = shop();
    assert_snapshot!(shop.run(["show"]), @r"
    exit 0
    --- stdout
           Batch 20270102-030405-7k2m9qxd: interrupted, exit code 1
         Started 2027-01-02 03:04:05 UTC, took 1m 30s
         Machine ci-1, 3 slots, batchrun 0.1.0
          Commit 0123456789ab
         Command batchrun -t 'a b'

            PASS [   3.891s] testcases/login[alice]
            PASS [   3.891s] testcases/new
            SKIP             testcases/login[bob]
                 bob is on holiday
         NOT RUN             testcases/later
                 stopped by Ctrl-C
           FLAKY [   7.782s] testcases/search (2 attempts)
           ERROR [   3.891s] testcases/pay
                 the browser exited with signal 11
            FAIL [   7.782s] testcases/cart (2 attempts)
                 `#count` does not have the text it should\u{1b}[2J
            FAIL [   3.891s] testcases/beta (quarantined)
                 `#count` does not have the text it should\u{1b}[2J
    ────────────
     Interrupted [  90.000s] 8 cases: 2 passed, 1 skipped, 1 not run, 1 flaky,
                             1 errored, 2 failed (1 quarantined)
    ");
    assert_eq!(shop.run(["show", "last"]), shop.run(["show"]));
    assert_eq!(shop.run(["show", "20270102"]), shop.run(["show"]));
}

#[test]
fn failures_are_shown_in_full() {
    assert_snapshot!(shop().run(["show", "--failed"]), @r##"
    exit 0
    --- stdout
           Batch 20270102-030405-7k2m9qxd: interrupted, exit code 1
         Started 2027-01-02 03:04:05 UTC, took 1m 30s
         Machine ci-1, 3 slots, batchrun 0.1.0
          Commit 0123456789ab
         Command batchrun -t 'a b'

    FAIL testcases/cart (2 attempts)
    assertion: `#count` does not have the text it should\u{1b}[2J
     --> testcases/cart.toml:5:3, step 2: expect "#count"
      |
    5 |   { expect = "#count", text = "0 items" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: 0 items
      = actual:   1 item
      = seen:     0.0s is hidden
      =           0.4s has the text "1 item"
      = hint:     is something else still running?
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-2-failure.png
      = rerun:    batchrun testcases/cart

    ERROR testcases/pay (says nothing about the product)
    browser_crash: the browser exited with signal 11
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
      = rerun:    batchrun testcases/pay

    FAIL testcases/beta (quarantined)
    assertion: `#count` does not have the text it should\u{1b}[2J
     --> testcases/cart.toml:5:3, step 2: expect "#count"
      |
    5 |   { expect = "#count", text = "0 items" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: 0 items
      = actual:   1 item
      = seen:     0.0s is hidden
      =           0.4s has the text "1 item"
      = hint:     is something else still running?
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
      = rerun:    batchrun testcases/beta
    ────────────
     Interrupted [  90.000s] 8 cases: 2 passed, 1 skipped, 1 not run, 1 flaky,
                             1 errored, 2 failed (1 quarantined)
    "##);
}

#[test]
fn an_id_shows_the_case_with_its_attempts_and_steps() {
    let shop = shop();
    assert_snapshot!(shop.run(["show", "testcases/cart"]), @r##"
    exit 0
    --- stdout
            FAIL [   7.782s] testcases/cart (2 attempts)
            Name Remove \u{1b}[31man item
            File testcases/cart.toml:1
            Tags smoke shop
         Browser chrome
           Batch 20270102-030405-7k2m9qxd: interrupted, exit code 1
         Started 2027-01-02 03:04:07 UTC

       Attempt 1 [   3.891s] errored, slot 2, 1 of 3 busy, CPU 42 %, 2048 MiB free
            PASS [   1.204s]  1 goto "/cart" (line 4)
           ERROR [   2.408s]  2 expect "#count" (line 5)
    browser_crash: the browser exited with signal 11
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png

       Attempt 2 [   3.891s] failed, slot 2, 1 of 3 busy, CPU 42 %, 2048 MiB free
            PASS [   1.204s]  1 goto "/cart" (line 4)
            FAIL [   2.408s]  2 expect "#count" (line 5)
    assertion: `#count` does not have the text it should\u{1b}[2J
     --> testcases/cart.toml:5:3, step 2: expect "#count"
      |
    5 |   { expect = "#count", text = "0 items" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: 0 items
      = actual:   1 item
      = seen:     0.0s is hidden
      =           0.4s has the text "1 item"
      = hint:     is something else still running?
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-2-failure.png

           Rerun batchrun testcases/cart
    "##);
    assert_eq!(shop.run(["show", "testcases/cart", "--batch", "last"]), shop.run(["show", "testcases/cart"]));
    assert_snapshot!(shop.run(["show", "testcases/cart", "--batch", "20270101"]), @r##"
    exit 0
    --- stdout
            PASS [   3.891s] testcases/cart
            Name Remove \u{1b}[31man item
            File testcases/cart.toml:1
            Tags smoke shop
         Browser chrome
           Batch 20270101-000000-aaaaaaaa: finished, exit code 1
         Started 2027-01-02 03:04:07 UTC

       Attempt 1 [   3.891s] passed, slot 2, 1 of 3 busy, CPU 42 %, 2048 MiB free
            PASS [   1.204s]  1 goto "/cart" (line 4)
            PASS [   2.408s]  2 expect "#count" (line 5)

           Rerun batchrun testcases/cart
    "##);
    assert_snapshot!(shop.run(["show", "testcases/login[bob]"]), @"
    exit 0
    --- stdout
            SKIP             testcases/login[bob]
                 bob is on holiday
            File testcases/login.toml:1
            Tags smoke shop
         Browser chrome
           Batch 20270102-030405-7k2m9qxd: interrupted, exit code 1

           Rerun batchrun 'testcases/login[bob]'
    ");
}

#[test]
fn of_one_case_the_last_failure_can_be_asked_for() {
    let project = Project::new();
    for (batch, goes, verdict) in
        [(FIRST, Goes::Broken, Verdict::Errored), (LAST, Goes::Well, Verdict::Passed)]
    {
        let recording = Recording::begin(&project, batch, &["testcases/cart", "testcases/new"]);
        recording.attempt("testcases/cart", 1, &goes, Some(verdict));
        recording.attempt("testcases/new", 1, &Goes::Well, Some(Verdict::Passed));
        recording.finish(BatchStatus::Finished, ExitCode::Success);
    }
    assert_eq!(
        project.run(["show", "testcases/cart", "--failed"]),
        project.run(["show", "testcases/cart", "--batch", FIRST])
    );
    assert_snapshot!(project.run(["show", "testcases/new", "--failed"]), @"
    exit 2
    --- stderr
    error: `testcases/new` has not failed in any batch
    ");
    assert_snapshot!(project.run(["show", "testcases/new", "--failed", "--batch", "last"]), @"
    exit 2
    --- stderr
    error: `testcases/new` has not failed in batch `20270102-030405-7k2m9qxd`
    ");
}

#[test]
fn each_browser_of_a_case_is_shown() {
    let project = Project::new();
    let cases = ["testcases/cart", "testcases/cart @firefox"];
    let recording = Recording::begin(&project, LAST, &cases);
    recording.attempt(cases[0], 1, &Goes::Well, Some(Verdict::Passed));
    recording.attempt(cases[1], 1, &Goes::Well, Some(Verdict::Passed));
    recording.finish(BatchStatus::Finished, ExitCode::Success);
    assert_snapshot!(project.run(["show"]), @"
    exit 0
    --- stdout
           Batch 20270102-030405-7k2m9qxd: finished, exit code 0
         Started 2027-01-02 03:04:05 UTC, took 1m 30s
         Machine ci-1, 3 slots, batchrun 0.1.0
          Commit 0123456789ab
         Command batchrun -t 'a b'

            PASS [   3.891s] testcases/cart @chrome
            PASS [   3.891s] testcases/cart @firefox
    ────────────
         Summary [  90.000s] 2 cases: 2 passed
    ");
    assert_snapshot!(project.run(["show", "testcases/cart"]), @r##"
    exit 0
    --- stdout
            PASS [   3.891s] testcases/cart
            Name Remove \u{1b}[31man item
            File testcases/cart.toml:1
            Tags smoke shop
         Browser chrome
           Batch 20270102-030405-7k2m9qxd: finished, exit code 0
         Started 2027-01-02 03:04:07 UTC

       Attempt 1 [   3.891s] passed, slot 2, 1 of 3 busy, CPU 42 %, 2048 MiB free
            PASS [   1.204s]  1 goto "/cart" (line 4)
            PASS [   2.408s]  2 expect "#count" (line 5)

            PASS [   3.891s] testcases/cart
            Name Remove \u{1b}[31man item
            File testcases/cart.toml:1
            Tags smoke shop
         Browser firefox
           Batch 20270102-030405-7k2m9qxd: finished, exit code 0
         Started 2027-01-02 03:04:07 UTC

       Attempt 1 [   3.891s] passed, slot 2, 1 of 3 busy, CPU 42 %, 2048 MiB free
            PASS [   1.204s]  1 goto "/cart" (line 4)
            PASS [   2.408s]  2 expect "#count" (line 5)

           Rerun batchrun testcases/cart
    "##);
}

#[test]
fn a_batch_that_runs_is_shown_as_far_as_it_has_come() {
    let project = Project::new();
    let recording =
        Recording::begin(&project, LAST, &["testcases/a", "testcases/b", "testcases/c", "testcases/d"]);
    recording.attempt("testcases/a", 1, &Goes::Well, Some(Verdict::Passed));
    recording.start("testcases/b", 1);
    // It waits for its second attempt.
    recording.attempt("testcases/d", 1, &Goes::Wrong, None);
    recording.saved();
    assert_snapshot!(project.run(["show"]), @"
    exit 0
    --- stdout
           Batch 20270102-030405-7k2m9qxd: running
         Started 2027-01-02 03:04:05 UTC
         Machine ci-1, 3 slots, batchrun 0.1.0
          Commit 0123456789ab
         Command batchrun -t 'a b'

            PASS [   3.891s] testcases/a
          QUEUED             testcases/c
          QUEUED             testcases/d
         RUNNING             testcases/b
    ────────────
          So far [  45.000s] 4 cases: 1 passed, 2 queued, 1 running
    ");
    assert_snapshot!(project.run(["show", "testcases/b"]), @r#"
    exit 0
    --- stdout
         RUNNING             testcases/b
            File testcases/b.toml:1
            Tags smoke shop
         Browser chrome
           Batch 20270102-030405-7k2m9qxd: running
         Started 2027-01-02 03:04:07 UTC

       Attempt 1             running, slot 2, 1 of 3 busy, CPU 42 %, 2048 MiB free
         RUNNING              1 goto "/cart" (line 4)

           Rerun batchrun testcases/b
    "#);
    recording.stop();
    // The runner is gone without a word: the lock is free, the row still says `running`.
    assert_snapshot!(project.run(["show"]), @"
    exit 0
    --- stdout
           Batch 20270102-030405-7k2m9qxd: aborted
         Started 2027-01-02 03:04:05 UTC, took 45s
         Machine ci-1, 3 slots, batchrun 0.1.0
          Commit 0123456789ab
         Command batchrun -t 'a b'

            PASS [   3.891s] testcases/a
         NOT RUN             testcases/c
         ABORTED             testcases/b
         ABORTED             testcases/d
    ────────────
         Aborted [  45.000s] 4 cases: 1 passed, 1 not run, 2 aborted
    ");
    assert_snapshot!(project.run(["show", "testcases/b"]), @r#"
    exit 0
    --- stdout
         ABORTED             testcases/b
            File testcases/b.toml:1
            Tags smoke shop
         Browser chrome
           Batch 20270102-030405-7k2m9qxd: aborted
         Started 2027-01-02 03:04:07 UTC

       Attempt 1             aborted, slot 2, 1 of 3 busy, CPU 42 %, 2048 MiB free
         ABORTED              1 goto "/cart" (line 4)

           Rerun batchrun testcases/b
    "#);
}

#[test]
fn programs_get_json() {
    let shop = shop();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = shop.run(arguments.iter().copied().chain(["--format", "json"]));
        assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""), "{output}");
        serde_json::from_str(&output.stdout).unwrap()
    };
    let batch = json(&["show"]);
    assert_eq!(batch["batch"]["id"], LAST);
    assert_eq!(batch["batch"]["settings"]["retries"]["from"], "default");
    assert_eq!(batch["cases"].as_array().unwrap().len(), 8);
    assert_eq!(batch["cases"][0]["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(json(&["show", "--failed"])["cases"].as_array().unwrap().len(), 3);
    assert_eq!(json(&["show", "testcases/search"])["folder"], "[PROJECT]/.batchrun");
}

#[test]
fn an_attempt_in_json_has_all_there_is() {
    let output = shop().run(["show", "testcases/pay", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let case = &json["cases"][0];
    assert_eq!((&case["verdict"], &case["tags"][0]), (&"errored".into(), &"smoke".into()));
    assert_snapshot!(format!("{:#}", case["attempts"][0]), @r##"
    {
      "number": 1,
      "slot": 2,
      "verdict": "errored",
      "failure_kind": "browser_crash",
      "message": "the browser exited with signal 11",
      "started_at": "2027-01-02T03:04:07.000Z",
      "finished_at": "2027-01-02T03:04:11.000Z",
      "duration_ms": 3891,
      "running": 1,
      "slot_limit": 3,
      "cpu": 42.4,
      "cpu_pressure": null,
      "memory_pressure": null,
      "memory_free_mb": 2048,
      "cpu_mean": null,
      "failure": {
        "kind": "browser_crash",
        "message": "the browser exited with signal 11",
        "location": null,
        "step": null,
        "position": null,
        "expected": null,
        "actual": null,
        "seen": [],
        "hints": [],
        "excerpt": null,
        "further": []
      },
      "steps": [
        {
          "position": 1,
          "title": "goto \"/cart\"",
          "verdict": "passed",
          "started_at": "2027-01-02T03:04:08.000Z",
          "duration_ms": 1204,
          "line": 4,
          "message": null
        },
        {
          "position": 2,
          "title": "expect \"#count\"",
          "verdict": "errored",
          "started_at": "2027-01-02T03:04:08.000Z",
          "duration_ms": 2408,
          "line": 5,
          "message": "the browser exited with signal 11"
        }
      ],
      "evidence": [
        {
          "step_position": 2,
          "kind": "screenshot",
          "path": "evidence/20270102-030405-7k2m9qxd/1-1-failure.png",
          "bytes": 20480,
          "note": null
        }
      ]
    }
    "##);
}

#[test]
fn colours_are_those_of_stdout() {
    let shop = shop();
    let colored = shop.run(["show", "--color", "always"]).stdout;
    assert!(
        colored.contains("\u{1b}[31;1m        FAIL\u{1b}[0m [   7.782s] testcases/cart (2 attempts)\n"),
        "{colored}"
    );
    assert!(!shop.run(["show"]).stdout.contains('\u{1b}'));
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let nothing = Project::new();
    assert_snapshot!(nothing.run(["show"]), @"
    exit 2
    --- stderr
    error: there is no database `[PROJECT]/.batchrun/batchrun.db`: nothing has run yet
    help: `batchrun` runs cases; `--db FILE` names another database
    ");
    assert!(!nothing.root().join(".batchrun").exists(), "looking leaves nothing behind");
    let shop = shop();
    assert_snapshot!(shop.run(["show", "testcases/crat"]), @"
    exit 2
    --- stderr
    error: `testcases/crat` is neither a batch nor a case that has run
    help: did you mean `testcases/cart`?
    ");
    assert_snapshot!(shop.run(["show", "testcases/login"]), @"
    exit 2
    --- stderr
    error: `testcases/login` is neither a batch nor a case that has run
    help: name one of `testcases/login[alice]`, `testcases/login[bob]`
    ");
    assert_snapshot!(shop.run(["show", "./testcases/cart.toml"]), @"
    exit 2
    --- stderr
    error: `./testcases/cart.toml` is neither a batch nor a case that has run
    help: did you mean `testcases/cart`?
    ");
    assert_snapshot!(shop.run(["show", "xyz"]), @"
    exit 2
    --- stderr
    error: `xyz` is neither a batch nor a case that has run
    help: `batchrun show` shows the latest batch with its cases
    ");
    assert_snapshot!(shop.run(["show", "2027"]), @"
    exit 2
    --- stderr
    error: several batches begin with `2027`: `20270102-030405-7k2m9qxd` `20270101-000000-aaaaaaaa`
    help: give more of its id
    ");
    assert_snapshot!(shop.run(["show", "testcases/old", "--batch", "last"]), @"
    exit 2
    --- stderr
    error: batch `20270102-030405-7k2m9qxd` has no case `testcases/old`
    help: another has it: `batchrun show testcases/old` shows the latest
    ");
    assert_snapshot!(shop.run(["show", "testcases/crat", "--batch", "last"]), @"
    exit 2
    --- stderr
    error: batch `20270102-030405-7k2m9qxd` has no case `testcases/crat`
    help: did you mean `testcases/cart`?
    ");
    assert_snapshot!(shop.run(["show", "--batch", "1999"]), @"
    exit 2
    --- stderr
    error: no batch begins with `1999`
    help: `last` is the latest one
    ");
    assert_snapshot!(shop.file("notes.db", "not a database").run(["show", "--db", "notes.db"]), @"
    exit 2
    --- stderr
    error: `[PROJECT]/notes.db`: found something that is not a database, expected a database of batchrun
    help: it was left as it is; give another place with `--db FILE`
    ");
}

#[test]
fn a_case_is_rerun_into_the_record_that_it_was_shown_from() {
    let shown = shop().run(["show", "--failed", "--db", ".batchrun/batchrun.db"]);
    assert!(
        shown.stdout.contains("rerun:    batchrun --db .batchrun/batchrun.db testcases/cart\n"),
        "{shown}"
    );
}

//! `report`: the reports of batches that have run.

use crate::recorded::{FIRST, Goes, LAST, Recording, shop};
use crate::support::Project;
use batchrun::outcome::{BatchStatus, ExitCode, Verdict};
use batchrun::reporter::ReportSpec;
use insta::assert_snapshot;

#[test]
fn reports_of_an_old_batch_are_made_anew() {
    let shop = shop();
    assert_snapshot!(shop.run(["report", "20270101", "--report", "junit=out/junit.xml", "--report", "json=out/all.json"]), @"
    exit 0
    --- stderr
          Report junit out/junit.xml
          Report json out/all.json
    ");
    let json = std::fs::read_to_string(shop.root().join("out/all.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["batch"]["id"], &json["counts"]["failed"]), (&FIRST.into(), &1.into()));
    let xml = std::fs::read_to_string(shop.root().join("out/junit.xml")).unwrap();
    assert!(xml.contains(" tests=\"2\" ") && xml.contains(" failures=\"1\" "), "{xml}");
    let lines = shop.run(["report", "--report", "jsonl=-"]).stdout;
    assert!(lines.lines().next().unwrap().contains(LAST) && lines.ends_with("\"leftovers\":0}\n"), "{lines}");
}

#[test]
fn a_report_made_anew_is_the_one_of_the_run() {
    let project = Project::new();
    for kind in ["junit", "json"] {
        let target = project.root().join(kind);
        let report: ReportSpec = format!("{kind}={}", target.display()).parse().unwrap();
        let batch = format!("20270102-030405-{kind}");
        let reporters = vec![report.open(&project.root()).unwrap()];
        let recording =
            Recording::reporting(&project, &batch, &["testcases/cart", "testcases/pay"], reporters);
        recording.attempt("testcases/cart", 1, &Goes::Wrong, None);
        recording.attempt("testcases/cart", 2, &Goes::Well, Some(Verdict::Flaky));
        recording.attempt("testcases/pay", 1, &Goes::Broken, Some(Verdict::Errored));
        recording.finish(BatchStatus::Finished, ExitCode::Errored);
        let anew = project.run(["report", &batch, "--report", &format!("{kind}=-")]);
        // Files are named as they are seen from where a report is made, which was another place.
        let seen_from_there = std::fs::read_to_string(target).unwrap();
        let root = format!("{}/", project.root().display());
        assert_eq!(anew.stdout, seen_from_there.replace(&root, ""));
    }
}

#[test]
fn a_report_that_cannot_be_made_is_said_plainly() {
    let shop = shop();
    assert_snapshot!(shop.run(["report", "--report", "json=/proc/none/all.json"]), @"
    exit 4
    --- stderr
    error: cannot write `/proc/none/all.json`: No such file or directory (os error 2)
    ");
    let project = Project::new()
        .file("runner.toml", "[[endpoint]]\nurl = \"http://127.0.0.1:9/\"\ncapacity = 1\n")
        .file("testcases/a.toml", "steps = [{ goto = \"http://127.0.0.1:9/\" }]\n");
    assert_snapshot!(project.run(["--report", "json=/proc/none/all.json"]), @"
    exit 2
    --- stderr
    error: cannot write `/proc/none/all.json`: No such file or directory (os error 2)
    ");
    assert_snapshot!(shop.run(["report", "--report", "json=-", "--report", "jsonl=-"]), @"
    exit 2
    --- stderr
    error: only one report can go to stdout
    ");
    assert_snapshot!(shop.run(["report", "1999", "--report", "json=-"]), @"
    exit 2
    --- stderr
    error: no batch begins with `1999`
    help: `last` is the latest one
    ");
    assert_eq!(shop.run(["report"]).status, Some(2));
}

#[test]
fn a_trace_made_anew_has_the_steps_and_opens_where_traces_are_opened() {
    let shop = shop();
    assert_snapshot!(shop.run(["report", "--report", "trace=out/trace.json"]), @"
    exit 0
    --- stderr
          Report trace out/trace.json
    ");
    let trace = std::fs::read_to_string(shop.root().join("out/trace.json")).unwrap();
    let trace: serde_json::Value = serde_json::from_str(&trace).unwrap();
    assert_eq!((&trace["otherData"]["batch"], &trace["otherData"]["exit_code"]), (&LAST.into(), &1.into()));
    let events = trace["traceEvents"].as_array().unwrap();
    let count = |category: &str| events.iter().filter(|it| it["ph"] == "X" && it["cat"] == category).count();
    assert_eq!((count("attempt"), count("step")), (8, 16));
    let retries: Vec<_> = events.iter().filter(|it| it["ph"] == "i").map(|it| it["name"].clone()).collect();
    assert_eq!(retries, ["retry testcases/cart", "retry testcases/search"]);
}

#[test]
fn github_has_annotations_in_the_output_and_a_summary_behind_those_of_other_steps() {
    let shop = shop();
    let summary = shop.root().join("summary.md");
    std::fs::write(&summary, "## lint\n").unwrap();
    let shop = shop.variable("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    let output = shop.run(["report", "--report", "github"]);
    assert_snapshot!(output, @r##"
    exit 0
    --- stdout
    ::error file=testcases/cart.toml,line=5,col=3,title=testcases/cart failed::`#count` does not have the text it should\u{1b}[2J%0Astep: expect "#count"%0Aexpected: 0 items%0Aactual: 1 item%0Aseen: 0.0s is hidden%0Aseen: 0.4s has the text "1 item"%0Ahint: is something else still running?
    ::warning file=testcases/cart.toml,line=5,col=3,title=testcases/search flaky%3A it failed%2C then it passed::`#count` does not have the text it should\u{1b}[2J%0Astep: expect "#count"%0Aexpected: 0 items%0Aactual: 1 item%0Aseen: 0.0s is hidden%0Aseen: 0.4s has the text "1 item"%0Ahint: is something else still running?
    ::error file=testcases/pay.toml,line=1,col=1,title=testcases/pay errored%3A the infrastructure%2C not the product::the browser exited with signal 11
    ::warning file=testcases/cart.toml,line=5,col=3,title=testcases/beta failed%2C in quarantine::`#count` does not have the text it should\u{1b}[2J%0Astep: expect "#count"%0Aexpected: 0 items%0Aactual: 1 item%0Aseen: 0.0s is hidden%0Aseen: 0.4s has the text "1 item"%0Ahint: is something else still running?
    --- stderr
          Report markdown summary.md
    "##);
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("## lint\n## ❌ "), "{summary}");
}

/// The jobs that a page has in full.
fn in_full(page: &str) -> Vec<&str> {
    let rest = page.split("<script type=\"application/json\" id=\"data-").skip(1);
    rest.filter_map(|rest| rest.split_once('"')).map(|(number, _)| number).collect()
}

#[test]
fn a_large_page_has_in_full_what_did_not_pass_at_once() {
    let project = Project::new();
    let page = |batch: &str| {
        let target = format!("html={batch}.html");
        let output = project.run(["report", batch, "--report", &target]);
        assert_eq!(output.stderr, format!("      Report html {batch}.html\n"));
        std::fs::read_to_string(project.root().join(format!("{batch}.html"))).unwrap()
    };
    for (batch, size) in [("20270101-000000-small", 1_000), ("20270102-000000-large", 1_001)] {
        let ids: Vec<String> = (0..size).map(|number| format!("testcases/{number:04}")).collect();
        let recording =
            Recording::begin(&project, batch, &ids.iter().map(String::as_str).collect::<Vec<_>>());
        for (number, id) in ids.iter().enumerate() {
            match number {
                2 => recording.attempt(id, 1, &Goes::Wrong, Some(Verdict::Failed)),
                5 => {
                    recording.attempt(id, 1, &Goes::Broken, None);
                    recording.attempt(id, 2, &Goes::Well, Some(Verdict::Flaky));
                }
                7 => recording.end(id, Verdict::Skipped, 0, Some("not today")),
                8 => recording.slow(id),
                _ => recording.attempt(id, 1, &Goes::Well, Some(Verdict::Passed)),
            }
        }
        recording.finish(BatchStatus::Finished, ExitCode::Failed);
    }
    assert_eq!(in_full(&page("20270101-000000-small")).len(), 1_000);
    let large = page("20270102-000000-large");
    assert_eq!(in_full(&large), ["2", "5", "8"]);
    assert!(large.contains("testcases/0999") && large.contains("not today"), "the list has them all");
    assert!(large.contains("the file was gone when the report was made"), "of the picture that is not there");
}

#[test]
fn a_batch_whose_runner_died_has_a_page() {
    let project = Project::new();
    let recording = Recording::begin(&project, LAST, &["testcases/cart", "testcases/pay"]);
    recording.attempt("testcases/cart", 1, &Goes::Wrong, Some(Verdict::Failed));
    recording.start("testcases/pay", 1);
    recording.stop();
    let output = project.run(["report", "--report", "html=-"]);
    assert_eq!(output.status, Some(0), "{output}");
    let snapshot = output.stdout.split("id=\"snapshot\">").nth(1).unwrap().split("</script>").next().unwrap();
    let snapshot: serde_json::Value = serde_json::from_str(snapshot).unwrap();
    assert_eq!(snapshot["status"], "aborted");
    let bars: Vec<_> =
        snapshot["timeline"].as_array().unwrap().iter().map(|bar| (&bar[3], &bar[5])).collect();
    assert_eq!(bars, [(&0.into(), &"failed".into()), (&1.into(), &"interrupted".into())]);
    assert_eq!(in_full(&output.stdout), ["0", "1"]);
}

//! Whole reports of a small batch in which everything happens.

mod trace;

use super::*;
use crate::event::reporter::{Artifact, Closing};
use crate::event::samples::failure;
use crate::event::story::Story;
use crate::event::tally::Tally;
use crate::event::{CaseFinished, Event, Level, Sample, Stamped};
use crate::outcome::{BatchStatus, ExitCode, FailureKind, Verdict};
use std::path::Path;

/// The report of a story.
fn report(kind: &str, story: &Story) -> String {
    report_of(Path::new("/"), kind, story)
}

/// The same, for a project that lies there.
fn report_of(root: &Path, kind: &str, story: &Story) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let mut reporter =
        format!("{kind}={}", path.display()).parse::<ReportSpec>().unwrap().open(root).unwrap();
    let mut tally = Tally::default();
    for event in story.events() {
        tally.apply(&event);
        reporter.on(&event, &tally).unwrap();
        assert!(!path.exists(), "a part of the report is there");
    }
    let closing = Closing { saved: true, ..Closing::default() };
    let artifact = reporter.finish(&closing, &tally).unwrap().unwrap();
    assert_eq!(artifact, Artifact { kind: artifact.kind, path: path.clone() });
    std::fs::read_to_string(path).unwrap()
}

/// A batch with hostile texts in every place.
fn hostile() -> Story {
    let text = "]]><b a='\"'>&\x1b[31m\0\u{ffff}";
    let mut story = Story::new(2, 1);
    for kind in [FailureKind::Assertion, FailureKind::Driver] {
        let job = story.queue_with(&format!("testcases/{text}"), |case| {
            case.name = text.into();
            case.row = Some(text.to_owned());
            case.tags = vec![text.to_owned()];
            case.location.file = text.to_owned();
        });
        let mut failure = failure(kind);
        failure.message = text.into();
        failure.expected = Some(text.into());
        story.start(job, 1);
        story.retry(job, failure.clone());
        story.start(job, 1);
        story.fail(job, failure);
    }
    story.finish(BatchStatus::Finished, ExitCode::Failed);
    story
}

#[test]
fn junit_of_cases_that_were_tried_again() {
    let mut story = Story::new(2, 2);
    let (search, pay) = (story.queue("testcases/search"), story.queue("testcases/pay"));
    story.start(search, 1);
    story.start(pay, 2);
    story.wait(3891).retry(search, failure(FailureKind::Timeout));
    story.retry(pay, failure(FailureKind::BrowserCrash));
    story.start(search, 1);
    story.start(pay, 2);
    story.wait(1229).pass(search);
    story.fail(pay, failure(FailureKind::Assertion));
    story.finish(BatchStatus::Finished, ExitCode::Failed);
    insta::assert_snapshot!(report("junit", &story), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="batchrun" tests="2" failures="1" errors="0" time="5.120">
        <testsuite name="testcases/pay.toml" tests="1" skipped="0" errors="0" failures="1" timestamp="2027-01-02T03:04:05.678+00:00" time="5.120" file="testcases/pay.toml">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/pay" classname="testcases/pay" time="5.120">
                <failure message="`#count` does not have the text it should" type="assertion">`#count` does not have the text it should
    at testcases/cart.toml:14:3
    step expect &quot;#count&quot;
    expected: 0 items
    actual: 1 item
    seen: 0.0s is hidden
    seen: 0.4s has the text &quot;1 item&quot;
    hint: the text changed once while waiting: is something else still running?</failure>
                <rerunError message="the browser exited with signal 11" type="browser_crash">the browser exited with signal 11
    hint: see the driver&apos;s log</rerunError>
                <system-out>name: pay
    file: testcases/pay.toml:1
    browser: chrome
    tags: smoke
    [[ATTACHMENT|evidence/20270102-030405-7k2m9qxd/1-1-failure.png]]
    [[ATTACHMENT|evidence/20270102-030405-7k2m9qxd/1-2-failure.png]]</system-out>
            </testcase>
        </testsuite>
        <testsuite name="testcases/search.toml" tests="1" skipped="0" errors="0" failures="0" timestamp="2027-01-02T03:04:05.678+00:00" time="5.120" file="testcases/search.toml">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/search" classname="testcases/search" time="5.120">
                <flakyFailure message="`#count` does not have the text it should" type="timeout">`#count` does not have the text it should
    at testcases/cart.toml:14:3
    step expect &quot;#count&quot;
    expected: 0 items
    actual: 1 item
    seen: 0.0s is hidden
    seen: 0.4s has the text &quot;1 item&quot;
    hint: the text changed once while waiting: is something else still running?</flakyFailure>
                <system-out>name: search
    file: testcases/search.toml:1
    browser: chrome
    tags: smoke
    [[ATTACHMENT|evidence/20270102-030405-7k2m9qxd/1-1-failure.png]]</system-out>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn junit_counts_what_decides_the_exit_code() {
    let report = quick_junit::Report::deserialize_from_str(&report("junit", &Story::mixed())).unwrap();
    let skipped: usize = report.test_suites.iter().map(|suite| suite.skipped).sum();
    assert_eq!((report.tests, report.failures, report.errors, skipped), (9, 1, 1, 4));
    let messages: Vec<_> = report
        .test_suites
        .iter()
        .flat_map(|suite| &suite.test_cases)
        .filter_map(|case| match &case.status {
            quick_junit::TestCaseStatus::Skipped { message, .. } => {
                Some(format!("{}: {}", case.name.as_str(), message.as_ref().unwrap().as_str()))
            }
            _ => None,
        })
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @r###"
    testcases/beta: quarantined: `#count` does not have the text it should
    testcases/later: stopped by Ctrl-C
    testcases/old: not on this browser
    testcases/slow: interrupted
    "###);
}

#[test]
fn f82_junit_of_hostile_texts_is_well_formed() {
    let xml = report("junit", &hostile());
    assert!(!xml.contains(['\x1b', '\0', '\u{ffff}']));
    assert!(!xml.contains("<b a=") && !xml.contains("]]>"));
    let back = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((back.tests, back.failures, back.errors), (2, 1, 1));
}

#[test]
fn json_holds_everything() {
    let text = report("json", &Story::mixed());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["counts"]["failed"], 2);
    assert_eq!(json["quarantined"]["failed"], 1);
    assert_eq!(json["batch"]["exit_code"], 1);
    assert_eq!(json["cases"].as_array().unwrap().len(), 9);
    assert_eq!(json["cases"][1]["attempts"][0]["failure"]["actual"], "1 item");
    assert_eq!(json["cases"][1]["attempts"][0]["evidence"][0]["bytes"], 20_480);
    assert_eq!(json["messages"][0]["level"], "warning");
    let keys =
        |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!([&json, &json["batch"], &json["cases"][1], &json["cases"][1]["attempts"][0]].map(keys).join("\n"), @"
    format batch counts quarantined messages cases
    id started_at finished_at status exit_code duration_ms peak_memory_bytes mean_cpu_percent concurrency total host boot_id seed shard version git_commit command_line settings
    case_id name file line content_hash browser row tags priority quarantined quarantine verdict duration_ms slow_after_ms message attempts
    number slot running slot_limit load started_at verdict duration_ms cpu_mean failure evidence
    ");
}

#[test]
fn json_lines_are_the_events() {
    let story = Story::mixed();
    let text = report("jsonl", &story);
    let kinds: Vec<_> =
        text.lines().map(|line| serde_json::from_str::<Stamped>(line).unwrap().event.kind()).collect();
    let expected: Vec<_> = story.events().iter().map(|it| it.event.kind()).collect();
    assert_eq!(kinds, expected);
    assert!(matches!(story.events().last().unwrap().event, Event::BatchFinished(_)));
}

#[test]
fn tap_of_everything() {
    insta::assert_snapshot!(report("tap", &Story::mixed()), @r##"
    TAP version 14
    1..9
    ok 1 - testcases/login[alice]
    not ok 2 - testcases/cart::remove an item
      ---
      verdict: "failed"
      kind: "assertion"
      message: "`#count` does not have the text it should"
      at: "testcases/cart.toml:14:3"
      step: "expect \"#count\""
      expected: "0 items"
      actual: "1 item"
      seen: ["0.0s is hidden","0.4s has the text \"1 item\""]
      hints: ["the text changed once while waiting: is something else still running?"]
      attempts: 1
      duration_ms: 3891
      ...
    ok 3 - testcases/search
      ---
      verdict: "flaky"
      kind: "timeout"
      message: "`#count` does not have the text it should"
      at: "testcases/cart.toml:14:3"
      step: "expect \"#count\""
      expected: "0 items"
      actual: "1 item"
      seen: ["0.0s is hidden","0.4s has the text \"1 item\""]
      hints: ["the text changed once while waiting: is something else still running?"]
      attempts: 2
      duration_ms: 5120
      ...
    not ok 4 - testcases/pay
      ---
      verdict: "errored"
      kind: "browser_crash"
      message: "the browser exited with signal 11"
      at: "testcases/pay.toml:1:1"
      hints: ["see the driver's log"]
      attempts: 1
      duration_ms: 40
      ...
    ok 5 - testcases/old # SKIP not on this browser
    not ok 6 - testcases/slow
      ---
      verdict: "interrupted"
      at: "testcases/slow.toml:1:1"
      attempts: 1
      duration_ms: 2000
      ...
    not ok 7 - testcases/later
      ---
      verdict: "not_run"
      message: "stopped by Ctrl-C"
      at: "testcases/later.toml:1:1"
      attempts: 0
      duration_ms: 0
      ...
    not ok 8 - testcases/beta # TODO quarantined
      ---
      verdict: "failed"
      kind: "script"
      message: "`#count` does not have the text it should"
      at: "testcases/cart.toml:14:3"
      step: "expect \"#count\""
      expected: "0 items"
      actual: "1 item"
      seen: ["0.0s is hidden","0.4s has the text \"1 item\""]
      hints: ["the text changed once while waiting: is something else still running?"]
      attempts: 1
      duration_ms: 310
      ...
    ok 9 - testcases/home
    "##);
}

#[test]
fn annotations_for_github_of_everything() {
    insta::assert_snapshot!(report("github", &Story::mixed()), @r##"
    ::error file=testcases/cart.toml,line=14,col=3,title=testcases/cart%3A%3Aremove an item failed::`#count` does not have the text it should%0Astep: expect "#count"%0Aexpected: 0 items%0Aactual: 1 item%0Aseen: 0.0s is hidden%0Aseen: 0.4s has the text "1 item"%0Ahint: the text changed once while waiting: is something else still running?
    ::warning file=testcases/cart.toml,line=14,col=3,title=testcases/search flaky%3A it failed%2C then it passed::`#count` does not have the text it should%0Astep: expect "#count"%0Aexpected: 0 items%0Aactual: 1 item%0Aseen: 0.0s is hidden%0Aseen: 0.4s has the text "1 item"%0Ahint: the text changed once while waiting: is something else still running?
    ::error file=testcases/pay.toml,line=1,col=1,title=testcases/pay errored%3A the infrastructure%2C not the product::the browser exited with signal 11%0Ahint: see the driver's log
    ::warning file=testcases/cart.toml,line=14,col=3,title=testcases/beta failed%2C in quarantine::`#count` does not have the text it should%0Astep: expect "#count"%0Aexpected: 0 items%0Aactual: 1 item%0Aseen: 0.0s is hidden%0Aseen: 0.4s has the text "1 item"%0Ahint: the text changed once while waiting: is something else still running?
    "##);
}

#[test]
fn annotations_for_github_name_files_as_the_repository_does() {
    let repository = tempfile::tempdir().unwrap();
    let root = repository.path().join("shop/web");
    std::fs::create_dir_all(&root).unwrap();
    let story = Story::mixed();
    let first = |report: String| report.split(',').next().map(str::to_owned);
    assert_eq!(
        first(report_of(&root, "github", &story)).as_deref(),
        Some("::error file=testcases/cart.toml")
    );
    // A file in work trees, a folder otherwise.
    std::fs::write(repository.path().join(".git"), "gitdir: elsewhere").unwrap();
    let named = first(report_of(&root, "github", &story));
    assert_eq!(named.as_deref(), Some("::error file=shop/web/testcases/cart.toml"));
}

#[test]
fn the_readme_names_every_key_of_the_snapshot() {
    let mut story = Story::new(2, 3);
    let job = story.queue("testcases/cart");
    story.start(job, 1);
    story.enter(job, 0, "click \"text=Remove\"");
    story.push(Event::Stopping { why: "batchrun ctl".to_owned() });
    story.push(Event::Sample(Sample::default()));
    story.message(Level::Warning, "`/dev/shm` has only 64 MiB");
    let known = story.queue_with("testcases/known", |case| {
        case.quarantined = true;
        case.quarantine = Some("BUG-1".into());
        case.browser = "edge".to_owned();
    });
    story.push(Event::CaseFinished(CaseFinished {
        slow_after_ms: Some(1),
        ..CaseFinished::without_attempt(known, Verdict::Passed, 1, Some("slow".into()))
    }));
    let mut picture = Picture::default();
    story.events().iter().for_each(|event| picture.apply(event));
    let snapshot: serde_json::Value = serde_json::from_str(&picture.json(1)).unwrap();
    let readme = include_str!("../../../README.md");
    let (_, told) = readme.split_once("The snapshot is the sum of all events").unwrap();
    let (told, _) = told.split_once("\n## ").unwrap();
    let parts = ["about", "running", "cases", "messages"].map(|part| &snapshot[part]);
    let parts = parts.map(|part| part.as_array().and_then(|all| all.last()).unwrap_or(part));
    for part in parts.into_iter().chain([&snapshot]) {
        for key in part.as_object().unwrap().keys().filter(|key| *key != "event") {
            assert!(told.contains(&format!("`{key}`")), "{key}");
        }
    }
}

#[test]
fn markdown_of_everything() {
    insta::assert_snapshot!(report("markdown", &Story::mixed()), @r##"
    ## ❌ interrupted: 1 failed, 1 errored, 1 in quarantine of 9 cases in 7.47s

    |passed|flaky|failed|of them in quarantine|errored|skipped|interrupted|not run|
    |---:|---:|---:|---:|---:|---:|---:|---:|
    |2|1|2|1|1|1|1|1|

    Batch `20270102-030405-7k2m9qxd`

    ### `testcases/cart::remove an item` failed

    ```text
    assertion: `#count` does not have the text it should
    at testcases/cart.toml:14:3, expect "#count"
    expected: 0 items
    actual:   1 item
    seen:     0.0s is hidden
    seen:     0.4s has the text "1 item"
    hint:     the text changed once while waiting: is something else still running?
    ```

    ### `testcases/pay` errored

    ```text
    browser_crash: the browser exited with signal 11
    at testcases/pay.toml:1:1
    hint:     see the driver's log
    ```

    ### `testcases/beta` failed, in quarantine

    ```text
    script: `#count` does not have the text it should
    at testcases/cart.toml:14:3, expect "#count"
    expected: 0 items
    actual:   1 item
    seen:     0.0s is hidden
    seen:     0.4s has the text "1 item"
    hint:     the text changed once while waiting: is something else still running?
    ```

    ### Flaky: failed, then passed

    - `testcases/search` (5.12s)
    "##);
}

#[test]
fn f81_f85_hostile_texts_stay_texts_in_tap_github_and_markdown() {
    let mut story = hostile();
    let job = story.queue("testcases/# SKIP\n::error::x\nnot ok 1");
    story.start(job, 1);
    let mut last = failure(FailureKind::Assertion);
    last.message = "100 %\n::set-output name=x::y\n```\n<script>alert(1)</script>\n# heading".into();
    story.fail(job, last);
    let tap = report("tap", &story);
    let points = tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).count();
    assert!(points == 3 && !tap.contains(" # SKIP") && !tap.contains('\x1b'), "{tap}");
    let commands = report("github", &story);
    assert_eq!(commands.lines().count(), 3, "{commands}");
    assert!(commands.lines().all(|line| line.starts_with("::error file=")), "{commands}");
    let markdown = report("markdown", &story);
    let fences: Vec<&str> = markdown.lines().filter(|line| line.starts_with("````")).collect();
    assert_eq!(fences, ["````text", "````"], "{markdown}");
}

#[test]
fn the_headline_of_a_summary_says_what_the_exit_code_says() {
    use Verdict::{Failed, Flaky, NotRun, Passed};
    let head = |ends: &[(Verdict, bool)], status, exit| {
        let mut story = Story::new(ends.len(), 1);
        for (number, (verdict, quarantined)) in ends.iter().enumerate() {
            let job =
                story.queue_with(&format!("testcases/{number}"), |case| case.quarantined = *quarantined);
            story.end(job, *verdict);
        }
        story.finish(status, exit);
        let text = report("markdown", &story);
        text.lines().next().unwrap().rsplit_once(" in ").unwrap().0.to_owned()
    };
    let finished = BatchStatus::Finished;
    assert_eq!(
        head(&[(Passed, false), (Flaky, false)], finished, ExitCode::Success),
        "## ✅ 2 passed of 2 cases"
    );
    // `fail_on_flaky`
    assert_eq!(
        head(&[(Passed, false), (Flaky, false)], finished, ExitCode::Failed),
        "## ❌ 1 flaky of 2 cases"
    );
    // `--budget`
    assert_eq!(
        head(&[(Passed, false), (NotRun, false)], finished, ExitCode::Incomplete),
        "## ⚠️ 1 passed of 2 cases"
    );
    let apart = head(&[(Failed, true), (Passed, false)], finished, ExitCode::Success);
    assert_eq!(apart, "## ✅ 1 passed, 1 in quarantine of 2 cases");
    let both = head(&[(Failed, true), (Failed, false)], BatchStatus::TimedOut, ExitCode::Failed);
    assert_eq!(both, "## ❌ timed out: 1 failed, 1 in quarantine of 2 cases");
    assert_eq!(head(&[], finished, ExitCode::Success), "## ✅ 0 passed of 0 cases");
}

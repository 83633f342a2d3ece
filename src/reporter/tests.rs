//! Whole reports of a small batch in which everything happens.

use super::*;
use crate::event::reporter::{Artifact, Closing};
use crate::event::story::{Story, failure};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::outcome::{BatchStatus, ExitCode, FailureKind};

/// The report of a story.
fn report(kind: &str, story: &Story) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let mut reporter = format!("{kind}={}", path.display()).parse::<ReportSpec>().unwrap().open().unwrap();
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
fn junit_of_a_mixed_batch() {
    insta::assert_snapshot!(report("junit", &Story::mixed()), @r###"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="batchrun" tests="9" skipped="4" failures="1" errors="1" timestamp="2027-01-02T03:04:05.678+00:00" time="7.470">
        <testsuite name="testcases/beta.toml" tests="1" skipped="1" errors="0" failures="0" timestamp="2027-01-02T03:04:10.838+00:00" time="0.310">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/beta" classname="testcases/beta" timestamp="2027-01-02T03:04:10.838+00:00" time="0.310" file="testcases/beta.toml" line="1">
                <properties>
                    <property name="name" value="beta"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                    <property name="quarantined" value="true"/>
                    <property name="screenshot" value="evidence/20270102-030405-7k2m9qxd/1-1-failure.png"/>
                </properties>
                <skipped message="quarantined: `#count` does not have the text it should"/>
            </testcase>
        </testsuite>
        <testsuite name="testcases/cart.toml" tests="1" skipped="0" errors="0" failures="1" timestamp="2027-01-02T03:04:05.678+00:00" time="3.891">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/cart::remove an item" classname="testcases/cart" timestamp="2027-01-02T03:04:05.678+00:00" time="3.891" file="testcases/cart.toml" line="1">
                <properties>
                    <property name="name" value="cart::remove an item"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                    <property name="screenshot" value="evidence/20270102-030405-7k2m9qxd/1-1-failure.png"/>
                </properties>
                <failure message="`#count` does not have the text it should" type="assertion">`#count` does not have the text it should
    at testcases/cart.toml:14:3
    step expect &quot;#count&quot;
    expected: 0 items
    actual: 1 item
    seen: 0.0s is hidden
    seen: 0.4s has the text &quot;1 item&quot;
    hint: the text changed once while waiting: is something else still running?</failure>
            </testcase>
        </testsuite>
        <testsuite name="testcases/home.toml" tests="1" skipped="0" errors="0" failures="0" timestamp="2027-01-02T03:04:06.882+00:00" time="4.266">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/home" classname="testcases/home" timestamp="2027-01-02T03:04:06.882+00:00" time="4.266" file="testcases/home.toml" line="1">
                <properties>
                    <property name="name" value="The &lt;home&gt; page"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                </properties>
            </testcase>
        </testsuite>
        <testsuite name="testcases/later.toml" tests="1" skipped="1" errors="0" failures="0" time="0.000">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/later" classname="testcases/later" time="0.000" file="testcases/later.toml" line="1">
                <properties>
                    <property name="name" value="later"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                </properties>
                <skipped message="stopped by Ctrl-C"/>
            </testcase>
        </testsuite>
        <testsuite name="testcases/login.toml" tests="1" skipped="0" errors="0" failures="0" timestamp="2027-01-02T03:04:05.678+00:00" time="1.204">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/login[alice]" classname="testcases/login" timestamp="2027-01-02T03:04:05.678+00:00" time="1.204" file="testcases/login.toml" line="1">
                <properties>
                    <property name="name" value="login[alice]"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                </properties>
            </testcase>
        </testsuite>
        <testsuite name="testcases/old.toml" tests="1" skipped="1" errors="0" failures="0" time="0.000">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/old" classname="testcases/old" time="0.000" file="testcases/old.toml" line="1">
                <properties>
                    <property name="name" value="old"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                </properties>
                <skipped message="not on this browser"/>
            </testcase>
        </testsuite>
        <testsuite name="testcases/pay.toml" tests="1" skipped="0" errors="1" failures="0" timestamp="2027-01-02T03:04:10.798+00:00" time="0.040">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/pay" classname="testcases/pay" timestamp="2027-01-02T03:04:10.798+00:00" time="0.040" file="testcases/pay.toml" line="1">
                <properties>
                    <property name="name" value="pay"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                    <property name="screenshot" value="evidence/20270102-030405-7k2m9qxd/1-1-failure.png"/>
                </properties>
                <error message="the browser exited with signal 11" type="browser_crash">the browser exited with signal 11
    hint: see the driver&apos;s log</error>
            </testcase>
        </testsuite>
        <testsuite name="testcases/search.toml" tests="1" skipped="0" errors="0" failures="0" timestamp="2027-01-02T03:04:05.678+00:00" time="5.120">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/search" classname="testcases/search" timestamp="2027-01-02T03:04:05.678+00:00" time="5.120" file="testcases/search.toml" line="1">
                <properties>
                    <property name="name" value="search"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                    <property name="screenshot" value="evidence/20270102-030405-7k2m9qxd/1-1-failure.png"/>
                </properties>
                <flakyFailure timestamp="2027-01-02T03:04:05.678+00:00" time="3.891" message="`#count` does not have the text it should" type="timeout">`#count` does not have the text it should
    at testcases/cart.toml:14:3
    step expect &quot;#count&quot;
    expected: 0 items
    actual: 1 item
    seen: 0.0s is hidden
    seen: 0.4s has the text &quot;1 item&quot;
    hint: the text changed once while waiting: is something else still running?</flakyFailure>
            </testcase>
        </testsuite>
        <testsuite name="testcases/slow.toml" tests="1" skipped="1" errors="0" failures="0" timestamp="2027-01-02T03:04:11.148+00:00" time="2.000">
            <properties>
                <property name="batch" value="20270102-030405-7k2m9qxd"/>
                <property name="host" value="build-7"/>
                <property name="seed" value="18446744073709551615"/>
                <property name="batchrun" value="0.1.0"/>
                <property name="git_commit" value="bb347f6"/>
            </properties>
            <testcase name="testcases/slow" classname="testcases/slow" timestamp="2027-01-02T03:04:11.148+00:00" time="2.000" file="testcases/slow.toml" line="1">
                <properties>
                    <property name="name" value="slow"/>
                    <property name="browser" value="chrome"/>
                    <property name="tag" value="smoke"/>
                </properties>
                <skipped message="interrupted"/>
            </testcase>
        </testsuite>
    </testsuites>
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
    insta::assert_snapshot!(format!("{:#}", json["cases"][1]), @r###"
    {
      "case_id": "testcases/cart::remove an item",
      "name": "cart::remove an item",
      "file": "testcases/cart.toml",
      "line": 1,
      "content_hash": "5e884898da28047151d0e56f8dc62927",
      "browser": "chrome",
      "row": null,
      "tags": [
        "smoke"
      ],
      "priority": 0,
      "quarantined": false,
      "verdict": "failed",
      "duration_ms": 3891,
      "message": "`#count` does not have the text it should",
      "attempts": [
        {
          "number": 1,
          "slot": 2,
          "running": 2,
          "slot_limit": 3,
          "load": {
            "cpu": 42.5,
            "cpu_pressure": null,
            "memory_pressure": null,
            "memory_free_mb": 2048
          },
          "started_at": "2027-01-02T03:04:05.678Z",
          "verdict": "failed",
          "duration_ms": 3891,
          "cpu_mean": 55.0,
          "failure": {
            "kind": "assertion",
            "message": "`#count` does not have the text it should",
            "location": {
              "file": "testcases/cart.toml",
              "line": 14,
              "column": 3
            },
            "step": "expect \"#count\"",
            "position": 2,
            "expected": "0 items",
            "actual": "1 item",
            "seen": [
              "0.0s is hidden",
              "0.4s has the text \"1 item\""
            ],
            "hints": [
              "the text changed once while waiting: is something else still running?"
            ],
            "excerpt": "  { expect = \"#count\", text = \"0 items\" },",
            "further": []
          },
          "evidence": [
            {
              "kind": "screenshot",
              "position": 2,
              "path": "evidence/20270102-030405-7k2m9qxd/1-1-failure.png",
              "bytes": 20480,
              "note": null
            },
            {
              "kind": "source",
              "position": null,
              "path": null,
              "bytes": 0,
              "note": "skipped: too large (70 MiB)"
            }
          ]
        }
      ]
    }
    "###);
    let keys =
        |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!(format!("{}\n{}", keys(&json), keys(&json["batch"])), @r###"
    format batch counts quarantined messages cases
    id started_at finished_at status exit_code duration_ms peak_memory_bytes mean_cpu_percent concurrency total host boot_id seed shard version git_commit command_line settings
    "###);
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

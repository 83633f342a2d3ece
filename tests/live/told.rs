//! What clients are told: a snapshot, then every event once and in order, however often they come back.

use crate::client::Address;
use crate::scripted_driver::ScriptedDriver;
use crate::{Run, asynchronous, project};
use serde_json::{Value, json};

fn seq(event: &Value) -> u64 {
    event["seq"].as_u64().unwrap()
}

#[test]
fn a_client_that_comes_back_ten_times_has_every_event_once() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 40);
    let run = Run::live(&project, &["-c", "4"]);
    let address = run.address.clone();
    let events = asynchronous(async {
        let mut events: Vec<Value> = Vec::new();
        let mut after = None;
        for visit in 0..=10 {
            let mut client = address.connect(after).await;
            if visit == 0 {
                let snapshot = client.next().await.unwrap();
                assert_eq!((&snapshot["event"], &snapshot["total"]), (&json!("snapshot"), &json!(40)));
                after = Some(seq(&snapshot));
                driver.release();
            }
            // The last visit is to the end.
            for _ in 0..if visit == 10 { usize::MAX } else { 20 } {
                match client.next().await {
                    Ok(event) => {
                        after = Some(seq(&event));
                        events.push(event);
                    }
                    Err(code) => {
                        assert_eq!((visit, code), (10, 1000));
                        break;
                    }
                }
            }
        }
        events
    });
    run.ends(0);
    let first = seq(&events[0]);
    let numbers: Vec<u64> = events.iter().map(seq).collect();
    assert_eq!(numbers, (first..first + events.len() as u64).collect::<Vec<_>>(), "each once, in order");
    assert_eq!(events.last().unwrap()["event"], "batch_finished");
    assert_eq!(events.iter().filter(|event| event["event"] == "case_finished").count(), 40);
}

#[test]
fn a_client_that_stayed_away_too_long_gets_a_snapshot_and_misses_nothing_behind_it() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 20);
    let run = Run::live(&project, &["-c", "10", "--repeat", "40"]);
    let address = run.address.clone();
    asynchronous(async {
        let mut watching = address.connect(None).await;
        let here = seq(&watching.next().await.unwrap());
        driver.release();
        // More events than are kept for whoever comes back.
        watching.until(|event| seq(event) > here + 4_500).await;
        driver.hold();
        let mut back = address.connect(Some(here)).await;
        let snapshot = back.next().await.unwrap();
        assert_eq!(snapshot["event"], "snapshot");
        let cases = snapshot["cases"].as_array().unwrap();
        let mut ended = cases.iter().filter(|case| !case["verdict"].is_null()).count();
        assert!((cases.len(), ended) < (800, 800), "the run was held before its end");
        driver.release();
        let mut last = seq(&snapshot);
        while let Ok(event) = back.next().await {
            assert_eq!(seq(&event), last + 1);
            last += 1;
            ended += usize::from(event["event"] == "case_finished");
        }
        assert_eq!(ended, 800);
    });
    run.ends(0);
}

#[test]
fn the_snapshot_and_what_comes_behind_it_are_the_whole() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 30);
    let run = Run::live(&project, &["-c", "3"]);
    let address = run.address.clone();
    asynchronous(async {
        let mut early = address.connect(None).await;
        early.until(|event| event["event"] == "attempt_started").await;
        driver.release();
        early.until(|event| event["event"] == "case_finished").await;
        let mut late = address.connect(None).await;
        let snapshot = late.next().await.unwrap();
        let cases = snapshot["cases"].as_array().unwrap();
        let mut ended = cases.iter().filter(|case| !case["verdict"].is_null()).count();
        while let Ok(event) = late.next().await {
            ended += usize::from(event["event"] == "case_finished");
        }
        assert_eq!((cases.len(), ended), (30, 30));
    });
    run.ends(0);
}

#[test]
fn what_is_asked_over_it_is_done_and_recorded() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 12);
    let run = Run::live(&project, &["-c", "2"]);
    let address = run.address.clone();
    asynchronous(async {
        let mut client = address.connect(Some(0)).await;
        client.until(|event| event["event"] == "attempt_started").await;
        assert_eq!(address.ask("POST", "/api/concurrency", r#"{"limit": 4}"#).0, 200);
        let changed = client.until(|event| event["event"] == "concurrency_changed").await;
        assert_eq!((&changed["to"], &changed["why"]), (&json!(4), &json!("dashboard")));
        for wrong in [
            r#"{"limit": 0}"#,
            r#"{"limit": 5000}"#,
            r#"{"limit": 5.5}"#,
            r#"{"limit": "many"}"#,
            "{}",
            "4",
            "",
        ] {
            let (status, body) = address.ask("POST", "/api/concurrency", wrong);
            assert!(
                (400..500).contains(&status) && body.contains(r#"{"error":"#),
                "{wrong}: {status} {body}"
            );
            assert!(body.contains("the body must be like"), "{wrong}: {body}");
        }
        let (status, body) = address.ask("POST", "/api/pause", "{}");
        assert_eq!(status, 200);
        let holds: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(holds, json!({ "limit": 4, "paused": "dashboard", "stopping": null }));
        client.until(|event| event["event"] == "paused").await;
        assert_eq!(address.ask("POST", "/api/resume", "{}").0, 200);
        client.until(|event| event["event"] == "resumed").await;
        let within: Value =
            serde_json::from_str(&address.ask("POST", "/api/concurrency", r#"{"limit": "2..3"}"#).1).unwrap();
        assert!((2..=3).contains(&within["limit"].as_u64().unwrap()), "it holds: {within}");
        driver.release();
        client.until(|event| event["event"] == "batch_finished").await;
    });
    let said = run.ends(0);
    assert!(said.contains("12 passed"), "{said}");
}

#[test]
fn a_case_is_shown_in_full() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 1).file(
        "testcases/a-fails.toml",
        "priority = 9\nsteps = [ { goto = \"http://site.test/fail\" }, { expect = \"#it\", text = \"yes\", timeout = \"100ms\" } ]\n",
    );
    let run = Run::live(&project, &["-c", "1"]);
    let address = run.address.clone();
    asynchronous(async {
        let mut client = address.connect(Some(0)).await;
        client.until(|event| event["event"] == "attempt_started").await;
        assert_eq!(address.ask("POST", "/api/pause", "{}").0, 200);
        client.until(|event| event["event"] == "paused").await;
        driver.release();
        let ended = client.until(|event| event["event"] == "case_finished").await;
        let (status, body) = address.ask("GET", &format!("/api/cases/{}", ended["job"]), "");
        let case: Value =
            serde_json::from_str(&body).unwrap_or_else(|error| panic!("{status} {body}: {error}"));
        assert_eq!((status, &case["case_id"]), (200, &json!("testcases/a-fails")));
        let attempt = &case["attempts"][0];
        assert_eq!(
            (&attempt["failure"]["kind"], &attempt["failure"]["actual"]),
            (&json!("assertion"), &json!("no"))
        );
        assert_eq!(attempt["steps"].as_array().unwrap().len(), 2);
        assert_eq!(address.ask("POST", "/api/resume", "{}").0, 200);
        client.until(|event| event["event"] == "batch_finished").await;
    });
    run.ends(1);
}

#[test]
fn ctl_switches_it_on_in_the_middle() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 8);
    let mut child = project.command(["-c", "2"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    driver.wait_for("POST execute/async", 2);
    let url = loop {
        let output = project.run(["ctl", "live"]);
        if output.status == Some(0) {
            break output.stdout;
        }
    };
    assert_eq!(project.run(["ctl", "live"]).stdout, url, "it is on already");
    let address = Address::of(&url);
    asynchronous(async {
        let mut client = address.connect(None).await;
        let snapshot = client.next().await.unwrap();
        assert_eq!((snapshot["cases"].as_array().unwrap().len(), &snapshot["limit"]), (8, &json!(2)));
        driver.release();
        let mut before = seq(&snapshot);
        let end = loop {
            match client.next().await {
                Ok(event) => {
                    assert_eq!(seq(&event), before + 1);
                    before += 1;
                }
                Err(code) => break code,
            }
        };
        assert_eq!(end, 1000);
    });
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

//! Traces for Perfetto: that they keep to the format, and what they hold.

use super::*;

/// The events of a trace, checked against the format: what every kind must have, and what stands within what.
fn traced(text: &str) -> Vec<serde_json::Value> {
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(json["displayTimeUnit"], "ms");
    let events = json["traceEvents"].as_array().unwrap().clone();
    let mut spans: Vec<(u64, u64, u64)> = Vec::new();
    for event in &events {
        assert!(event["pid"].is_u64() && event["name"].is_string(), "{event}");
        assert!(event["ph"] == "M" || event["ts"].is_u64(), "{event}");
        match event["ph"].as_str().unwrap() {
            "X" => spans.push((
                event["tid"].as_u64().unwrap(),
                event["ts"].as_u64().unwrap(),
                event["ts"].as_u64().unwrap() + event["dur"].as_u64().unwrap(),
            )),
            "C" => assert!(event["args"].as_object().unwrap().values().all(serde_json::Value::is_number)),
            "i" => assert_eq!(event["s"], "p"),
            other => assert_eq!(other, "M"),
        }
    }
    // Of two on a slot one is wholly before the other or wholly within it.
    for (i, (slot, began, ended)) in spans.iter().enumerate() {
        for (_, start, end) in spans[..i].iter().filter(|(other, ..)| other == slot) {
            let apart = end < began || ended < start;
            let within = (began < start && end < ended) || (start < began && ended < end);
            assert!(apart || within, "{began} to {ended} and {start} to {end} in slot {slot}");
        }
    }
    events
}

/// The attempts and steps of a trace, as a tree of each slot in the order of time.
fn tree(events: &[serde_json::Value]) -> String {
    let mut spans: Vec<_> = events.iter().filter(|it| it["ph"] == "X").collect();
    spans.sort_by_key(|it| (it["tid"].as_u64(), it["ts"].as_u64()));
    let end = |it: &serde_json::Value| it["ts"].as_u64().unwrap() + it["dur"].as_u64().unwrap();
    let mut lines = Vec::new();
    for (i, it) in spans.iter().enumerate() {
        let around = |other: &&&serde_json::Value| other["tid"] == it["tid"] && end(other) > end(it);
        let depth = spans[..i].iter().filter(around).count();
        let ms = |time: u64| time / 1000;
        let (began, ended) = (ms(it["ts"].as_u64().unwrap()), ms(end(it)));
        let (tid, category, verdict) = (&it["tid"], it["cat"].as_str().unwrap(), &it["args"]["verdict"]);
        let (name, verdict) = (it["name"].as_str().unwrap(), verdict.as_str().unwrap());
        lines.push(format!("{tid} {}{category} {name}: {verdict}, {began} to {ended}", "  ".repeat(depth)));
    }
    lines.join("\n")
}

#[test]
fn a_trace_shows_what_ran_when() {
    let text = report("trace", &Story::mixed());
    let events = traced(&text);
    insta::assert_snapshot!(tree(&events), @r##"
    1 attempt testcases/login[alice]: passed, 0 to 1204
    1   step goto "/login": passed, 0 to 204
    1 attempt testcases/home: passed, 1204 to 5470
    1 attempt testcases/slow: interrupted, 5470 to 7470
    2 attempt testcases/cart::remove an item: failed, 0 to 3891
    2   step click "text=Remove": passed, 1204 to 1291
    2   step expect "#count": failed, 1291 to 3891
    2 attempt testcases/pay: errored, 5120 to 5160
    2 attempt testcases/beta: failed, 5160 to 5470
    3 attempt testcases/search: failed, 0 to 3891
    3 attempt testcases/search: passed, 5120 to 5120
    "##);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    insta::assert_snapshot!(json["otherData"].to_string(), @r#"{"batch":"20270102-030405-7k2m9qxd","started_at":"2027-01-02T03:04:05.678Z","host":"build-7","version":"0.1.0","git_commit":"bb347f6","status":"interrupted","exit_code":1}"#);
    let named = |name: &str| events.iter().filter(|it| it["name"] == name).collect::<Vec<_>>();
    assert_eq!(named("process_name")[0]["args"]["name"], "batchrun 20270102-030405-7k2m9qxd");
    let slots: Vec<_> = named("thread_name").iter().map(|it| it["args"]["name"].clone()).collect();
    assert_eq!(slots, ["slot 1", "slot 2", "slot 3"]);
    assert_eq!(named("retry testcases/search")[0]["ts"], 3_891_000);
    assert_eq!(named("warning")[0]["args"]["text"], "`/dev/shm` has only 64 MiB");
    let cart = named("testcases/cart::remove an item")[0];
    let args = serde_json::json!({
        "verdict": "failed", "attempt": 1, "failure": "assertion", "message": "`#count` does not have the text it should",
    });
    assert_eq!(cart["args"], args);
}

#[test]
fn a_trace_holds_nested_steps_samples_and_what_changed() {
    let mut story = Story::new(2, 1);
    let (first, second) = (story.queue("testcases/a"), story.queue("testcases/b"));
    story.start(first, 1);
    story.enter(first, 0, "use sign-in");
    story.step(first, "fill", 0);
    story.enter(first, 1, "repeat");
    story.wait(5).leave(first);
    story.leave(first);
    story.push(Event::Sample(Sample { cpu: Some(51.5), running: 1, limit: 1, ..Sample::default() }));
    let why = "room\u{1b}[2J for more".to_owned();
    story.push(Event::ConcurrencyChanged { from: 1, to: 2, why });
    story.pass(first);
    story.start(second, 1);
    story.enter(second, 0, "goto /");
    story.wait(7).enter(second, 1, "wait");
    let events = traced(&report("trace", &story));
    insta::assert_snapshot!(tree(&events), @r"
    1 attempt testcases/a: passed, 0 to 5
    1   step use sign-in: passed, 0 to 5
    1     step fill: passed, 0 to 0
    1     step repeat: passed, 0 to 5
    1 attempt testcases/b: interrupted, 5 to 12
    1   step goto /: interrupted, 5 to 12
    1     step wait: interrupted, 12 to 12
    ");
    let counters: Vec<_> = events.iter().filter(|it| it["ph"] == "C").collect();
    assert_eq!(counters.len(), 2, "what is not known is no zero");
    assert_eq!(counters[0]["args"], serde_json::json!({"running": 1, "limit": 1}));
    assert_eq!((&counters[1]["args"]["used"], &counters[1]["ts"]), (&51.5.into(), &5_000.into()));
    let changed = events.iter().find(|it| it["name"] == "limit 1 to 2").unwrap();
    assert_eq!(changed["args"]["why"], "room\\u{1b}[2J for more");
}

#[test]
fn a_trace_of_hostile_texts_or_of_nothing_is_one_of_its_format() {
    let text = report("trace", &hostile());
    assert!(!text.contains(['\x1b', '\0']));
    let names: Vec<_> = traced(&text).into_iter().filter(|it| it["cat"] == "attempt").collect();
    assert_eq!(names.len(), 4);
    assert!(names.iter().all(|it| it["name"].as_str().unwrap().contains("<b a='\"'>")), "{names:?}");
    let mut nothing = Story::new(0, 1);
    assert_eq!(traced(&report("trace", &nothing)).len(), 1);
    nothing.finish(BatchStatus::Finished, ExitCode::Success);
    assert_eq!(traced(&report("trace", &nothing)).len(), 1);
}

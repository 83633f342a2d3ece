//! The trace of an attempt, from real Chromium: whose are kept, and what stands in them.

use crate::support::Project;
use base64::Engine as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

const PAGE: &str = "<!doctype html><title>Shop</title><body style='font: 60px sans-serif'>
<label>Name <input id=name></label> <label>Code <input id=code type=password></label>
<button>Greet</button><p id=out></p>
<script>
  document.querySelector('button').onclick = async () => {
    console.warn('greeting ' + document.querySelector('#name').value);
    const answer = await fetch('/missing.json');
    document.body.style.background = 'gold';
    document.querySelector('#out').textContent = 'Hello ' + answer.status;
  };
</script>";

const STEPS: &str = "
    { goto = \"/\" },
    { fill = \"label=Name\", value = \"Ann\" },
    { fill = \"label=Code\", value = \"hunter22\", sensitive = true },
    { group = \"greets\", steps = [ { click = \"role=button\" }, { expect = \"#out\", text = \"Hello 404\" } ] },
    { script = \"document.title = 'hunter22'; return new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn, 200)))\" },
";

/// A project with a case that passes, one that fails, and one that passes when it is tried again.
fn project(trace: &str) -> Project {
    let case = |more: &str| format!("retries = 1\nsteps = [{STEPS} {more} ]\n");
    Project::new()
        .file(
            "runner.toml",
            &format!("[server]\ndir = \"site\"\n[evidence]\ntrace = \"{trace}\"\nscreenshot = \"off\"\n"),
        )
        .file("site/index.html", PAGE)
        .file("testcases/a-passes.toml", &case(""))
        .file("testcases/b-fails.toml", &case("{ expect = \"#out\", text = \"Bye\", timeout = \"50ms\" }"))
        .file(
            "testcases/c-recovers.toml",
            &case("{ expect_script = \"return args[0] == 2\", args = [\"${case.attempt}\"], timeout = \"50ms\" }"),
        )
}

/// The traces that a run kept, by case and attempt.
fn traces(project: &Project) -> BTreeMap<(String, u64), Value> {
    let shown = project.run(["show", "--format", "json"]);
    let batch: Value = serde_json::from_str(&shown.stdout).unwrap();
    let mut traces = BTreeMap::new();
    for case in batch["cases"].as_array().unwrap() {
        let id = case["case_id"].as_str().unwrap();
        let shown = project.run(["show", id, "--format", "json"]);
        let found: Value = serde_json::from_str(&shown.stdout).unwrap();
        for attempt in found["cases"][0]["attempts"].as_array().unwrap() {
            for kept in attempt["evidence"].as_array().unwrap() {
                if kept["kind"] != "trace" {
                    continue;
                }
                let path = project.root().join(".batchrun").join(kept["path"].as_str().unwrap());
                let trace = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
                let name = id.rsplit('/').next().unwrap().to_owned();
                traces.insert((name, attempt["number"].as_u64().unwrap()), trace);
            }
        }
    }
    traces
}

fn keys(traces: &BTreeMap<(String, u64), Value>) -> Vec<(&str, u64)> {
    traces.keys().map(|(name, attempt)| (name.as_str(), *attempt)).collect()
}

#[test]
fn a_trace_tells_what_each_step_saw_and_did() {
    let project = project("always");
    let ran = project.run(["-c", "2"]);
    assert_eq!(ran.status, Some(1), "{ran}");
    let traces = traces(&project);
    let all = [("a-passes", 1), ("b-fails", 1), ("b-fails", 2), ("c-recovers", 1), ("c-recovers", 2)];
    assert_eq!(keys(&traces), all);

    let trace = &traces[&("a-passes".to_owned(), 1)];
    assert_eq!(trace["version"], 1);
    let steps = trace["steps"].as_array().unwrap();
    let told: Vec<String> = steps
        .iter()
        .map(|step| {
            format!(
                "{} {} {}",
                step["depth"],
                step["verdict"].as_str().unwrap(),
                step["title"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told.iter().map(|it| it.split_whitespace().take(3).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        [
            "0 passed goto",
            "0 passed fill",
            "0 passed fill",
            "0 passed greets",
            "1 passed click",
            "1 passed expect",
            "0 passed script"
        ],
        "{told:#?}"
    );
    let of = |step: &Value| {
        let part = |name: &str| step[name].as_u64().unwrap();
        (part("find_ms") + part("wait_ms") + part("act_ms"), part("duration_ms"))
    };
    for step in steps {
        let (parts, whole) = of(step);
        assert!(parts.abs_diff(whole) <= 3, "its parts are rounded, each: {step}");
    }

    // Pictures: what is typed and what is greeted is seen, and steps are joined by what lies between them.
    let picture = |at: &Value| {
        let data =
            trace["pictures"][usize::try_from(at.as_u64().unwrap()).unwrap()]["data"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(data).unwrap()
    };
    assert!(picture(&steps[6]["after"]).starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");
    assert_eq!(steps[0]["before"], Value::Null, "the page was blank");
    assert_eq!(steps[1]["before"], steps[0]["after"]);
    assert!(steps[0]["after"].is_u64(), "the camera is waited for");
    let greeted = &steps[5];
    assert_ne!(steps[6]["after"], steps[1]["before"]);
    assert_eq!(steps[3]["after"], Value::Null, "a group is shown by its steps");
    for name in ["before", "after", "document"] {
        assert_eq!(steps[2][name], Value::Null, "{name} of a sensitive step");
    }

    let document =
        trace["documents"][usize::try_from(greeted["document"].as_u64().unwrap()).unwrap()].as_str().unwrap();
    assert!(document.contains("Hello 404"), "{document}");
    let requests = trace["requests"].as_array().unwrap();
    let missing = requests.iter().find(|it| it["url"].as_str().unwrap().ends_with("/missing.json")).unwrap();
    assert_eq!(
        (&missing["method"], &missing["status"], &missing["type"]),
        (&"GET".into(), &404.into(), &"Fetch".into())
    );
    let (asked, clicked) = (missing["at_ms"].as_u64().unwrap(), steps[4]["start_ms"].as_u64().unwrap());
    assert!(asked >= clicked && asked <= clicked + 5_000, "{asked} {clicked}");
    assert!(
        requests[0]["duration_ms"].is_u64() && requests[0]["bytes"].as_u64() > Some(500),
        "{}",
        requests[0]
    );
    let line = trace["console"].as_array().unwrap().iter().find(|it| it["text"] == "greeting Ann").unwrap();
    assert_eq!(line["level"], "warning");
    assert!(line["at_ms"].as_u64().unwrap() >= clicked);
    // What is secret is so everywhere.
    assert!(!trace.to_string().contains("hunter22"));
}

#[test]
fn the_last_picture_shows_what_the_last_step_has_seen() {
    let page =
        "<!doctype html><body style='font: 60px sans-serif'><button>Save</button><p id=out></p><script>
        document.querySelector('button').onclick = () => setTimeout(() => {
            document.body.style.background = 'gold';
            document.querySelector('#out').textContent = 'Saved!';
            console.warn('saved');
        }, 100);
        </script>";
    let project = traced(page).file(
        "testcases/a.toml",
        "rows = [ { n = 1 }, { n = 2 }, { n = 3 }, { n = 4 }, { n = 5 }, { n = 6 } ]\n\
             steps = [ { goto = '/' }, { click = 'role=button' }, { expect = '#out', text = 'Saved!' } ]\n",
    );
    let ran = project.run(["-c", "2"]);
    assert_eq!(ran.status, Some(0), "{ran}");
    let traces = traces(&project);
    assert_eq!(traces.len(), 6);
    for trace in traces.values() {
        let last = trace["steps"].as_array().unwrap().last().unwrap();
        let shown = &trace["pictures"][usize::try_from(last["after"].as_u64().unwrap()).unwrap()];
        let saved = &trace["console"][0];
        assert_eq!(saved["text"], "saved");
        assert!(
            shown["at_ms"].as_u64().unwrap() >= saved["at_ms"].as_u64().unwrap(),
            "{} {saved}",
            shown["at_ms"]
        );
    }
}

#[test]
fn a_page_that_is_opened_and_no_more_is_seen_as_it_stays() {
    let page = "<!doctype html><body style='font: 60px sans-serif; background: gold'><h1>Shop</h1>";
    let project = traced(page)
        .file(
            "testcases/a.toml",
            "rows = [ { n = 1 }, { n = 2 }, { n = 3 }, { n = 4 } ]\nsteps = [ { goto = '/' } ]\n",
        )
        .file(
            "testcases/b.toml",
            "steps = [ { goto = '/' }, { script = 'return new Promise(late => setTimeout(late, 1000))' } ]\n",
        );
    let ran = project.run(["-c", "2"]);
    assert_eq!(ran.status, Some(0), "{ran}");
    let traces = traces(&project);
    assert_eq!(traces.len(), 5);
    let last = |trace: &Value| {
        let last = trace["steps"].as_array().unwrap().last().unwrap();
        trace["pictures"][usize::try_from(last["after"].as_u64().unwrap()).unwrap()]["data"].clone()
    };
    let stays = last(&traces[&("b".to_owned(), 1)]);
    for trace in traces.values() {
        assert_eq!(last(trace), stays);
    }
}

/// The pictures that the steps of a trace left.
fn left(trace: &Value) -> Vec<Option<String>> {
    let steps = trace["steps"].as_array().unwrap().iter();
    let places = steps.map(|step| step["after"].as_u64().map(|at| usize::try_from(at).unwrap()));
    places.map(|at| Some(trace["pictures"][at?]["data"].as_str().unwrap().to_owned())).collect()
}

/// A project all of whose attempts are traced.
fn traced(page: &str) -> Project {
    Project::new()
        .file("runner.toml", "[server]\ndir = \"site\"\n[evidence]\ntrace = \"always\"\n")
        .file("site/index.html", page)
}

/// A case that is there eight times.
fn eight_times(steps: &str) -> String {
    let rows: Vec<String> = (1..=8).map(|run| format!("{{ run = {run} }}")).collect();
    format!("rows = [ {} ]\nsteps = [ {steps} ]\n", rows.join(", "))
}

#[test]
fn each_state_is_seen_however_quick_the_steps_are_and_the_last_surely() {
    let page = "<!doctype html><body><p role=button>Next</p><script>
        const colors = ['', 'red', 'lime', 'blue'];
        const next = () => { document.body.style.background = colors.shift(); };
        for (let clicks = 0; clicks <= location.hash.slice(1); clicks += 1) next();
        document.querySelector('p').onclick = next;
        </script>";
    let click = "{ click = 'role=button' }";
    let project = traced(page)
        .file(
            "testcases/quick.toml",
            &eight_times(&format!(
                "{{ goto = '/' }}, {click}, {click}, {click}, {{ expect = 'p', visible = true }}"
            )),
        )
        .file(
            "testcases/still.toml",
            "rows = [ { clicks = 0 }, { clicks = 1 }, { clicks = 2 }, { clicks = 3 } ]\n\
             steps = [ { goto = '/#${clicks}' } ]\n",
        );
    let mut exact = 0;
    for slots in ["1", "3"] {
        let ran = project.run(["-c", slots]);
        assert_eq!(ran.status, Some(0), "{ran}");
        let traces = traces(&project);
        assert_eq!(traces.len(), 12);
        let (quick, still): (Vec<_>, Vec<_>) =
            traces.iter().partition(|((name, _), _)| name.starts_with("quick"));
        let still: Vec<_> = still.iter().map(|(_, trace)| left(trace).swap_remove(0).unwrap()).collect();
        for ((name, _), trace) in quick {
            let seen = left(trace);
            assert_eq!(seen.last(), Some(&Some(still[3].clone())), "{name}");
            let states = seen.iter().map(|seen| still.iter().position(|it| Some(it) == seen.as_ref()));
            let states: Vec<_> = states.collect();
            assert!(seen[0].is_some() && states.is_sorted(), "{name}: {states:?}");
            if states == [0, 1, 2, 3, 3].map(Some) {
                exact += 1;
            }
        }
    }
    // The others have a step with the state of the one before or after it.
    assert!(exact >= 12, "{exact} of 16");
}

#[test]
fn what_a_step_did_is_drawn_before_the_next_one_acts() {
    let page = "<!doctype html><body><p>0</p><script>
        window.drawn = [];
        const p = document.querySelector('p');
        const draw = () => { if (drawn.at(-1) !== p.textContent) drawn.push(p.textContent); requestAnimationFrame(draw); };
        draw();
        </script>";
    let next = "{ script = 'p.textContent = Number(p.textContent) + 1' }";
    let project = traced(page).file(
        "testcases/a.toml",
        &eight_times(&format!(
            "{{ goto = '/' }}, {next}, {next}, {next}, {next}, \
                 {{ expect_script = 'return drawn.slice(0, 4).join() == \"0,1,2,3\"' }}"
        )),
    );
    for slots in ["1", "3"] {
        let ran = project.run(["-c", slots]);
        assert_eq!(ran.status, Some(0), "{ran}");
    }
}

#[test]
fn a_step_that_leads_to_another_page_has_that_ones_dom() {
    let project = traced("<!doctype html><form action=other.html><button>Go</button></form>")
        .file("site/other.html", "<!doctype html><h1>Another page</h1>")
        .file(
            "testcases/a.toml",
            &eight_times(
                "{ goto = '/' }, { click = 'role=button' }, { expect = 'h1', text = 'Another page' }",
            ),
        );
    let ran = project.run(["-c", "1"]);
    assert_eq!(ran.status, Some(0), "{ran}");
    let traces = traces(&project);
    assert_eq!(traces.len(), 8);
    for ((case, _), trace) in &traces {
        let dom = |step: usize| {
            let place = trace["steps"][step]["document"].as_u64().unwrap();
            trace["documents"][usize::try_from(place).unwrap()].as_str().unwrap()
        };
        assert!(dom(0).contains("Go") && !dom(1).contains("Go"), "{case}: {:#}", trace["steps"]);
    }
}

#[test]
fn a_document_that_is_still_being_read_is_waited_for() {
    let scripts = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = scripts.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in scripts.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                // What stands behind the script is read only then.
                std::thread::sleep(Duration::from_millis(50));
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/javascript\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    let project = traced("<!doctype html><form action=other.html><button>Go</button></form>")
        .file(
            "site/other.html",
            &format!("<!doctype html><script src=http://127.0.0.1:{port}></script><h1>Another page</h1>"),
        )
        .file(
            "testcases/a.toml",
            "steps = [ { goto = '/' }, { click = 'role=button' }, { expect = 'h1' } ]\n",
        );
    let ran = project.run(["-c", "1"]);
    assert_eq!(ran.status, Some(0), "{ran}");
    let trace = &traces(&project)[&("a".to_owned(), 1)];
    let place = trace["steps"][1]["document"].as_u64().unwrap();
    let dom = trace["documents"][usize::try_from(place).unwrap()].as_str().unwrap();
    assert!(dom.contains("Another page"), "{dom}");
}

#[test]
fn a_page_that_never_stands_still_is_seen_as_each_step_left_it() {
    let page = "<!doctype html><body style='font: 60px sans-serif'><p id=n></p><p id=late></p><script>
        let n = 0;
        const tick = () => { document.querySelector('#n').textContent = ++n; requestAnimationFrame(tick); };
        tick();
        setTimeout(() => { document.querySelector('#late').textContent = 'late'; console.warn('late'); }, 700);
        </script>";
    let project = traced(page)
        .file("site/other.html", "<!doctype html><h1>Another page</h1>")
        .file(
            "testcases/fails.toml",
            "steps = [ { goto = '/' }, { expect = '#late', text = 'never', timeout = '1s' } ]\n\
             after = [ { goto = '/other.html' } ]\n",
        )
        .file("testcases/holds.toml", "steps = [ { goto = '/' }, { expect = '#late', text = 'late' } ]\n");
    let ran = project.run(["-c", "2"]);
    assert_eq!(ran.status, Some(1), "{ran}");
    let traces = traces(&project);
    assert_eq!(keys(&traces), [("fails", 1), ("holds", 1)]);
    for trace in traces.values() {
        let at = &trace["steps"][1]["after"];
        let shown = &trace["pictures"][usize::try_from(at.as_u64().unwrap()).unwrap()];
        let late = &trace["console"][0];
        assert!(shown["at_ms"].as_u64() >= late["at_ms"].as_u64(), "{} {late}", shown["at_ms"]);
        assert_ne!(&trace["steps"][2]["after"], at, "that is another page");
    }
}

#[test]
fn f78_what_a_sensitive_step_types_is_in_no_picture_of_another() {
    let page = "<!doctype html><body style='caret-color: transparent; font: 60px sans-serif'>
        <label>Name <input id=name></label> <label>Pin <input id=pin></label>";
    let steps = |sensitive: &str| {
        format!(
            "{{ goto = '/' }}, {{ fill = 'label=Name', value = 'Ann' }}, {{ fill = 'label=Pin', value = '98765432'{sensitive} }}"
        )
    };
    let runs: Vec<String> = (1..=6).map(|run| format!("{{ run = {run} }}")).collect();
    let wait = "{ script = 'return new Promise(late => setTimeout(late, 300))' }";
    let clear = "{ script = \"document.getElementById('pin').value = ''\", sensitive = true }, { expect = '#name', value = 'Ann' }";
    let cases = |more: &str| {
        format!("rows = [ {} ]\nsteps = [ {} {more} ]\n", runs.join(", "), steps(", sensitive = true"))
    };
    let project = traced(page)
        .file("testcases/a-types.toml", &cases(""))
        .file("testcases/b-clears.toml", &cases(&format!(", {clear}")))
        .file(
            "testcases/open.toml",
            &format!("steps = [ {} ]\n", steps("").replace("}, {", &format!("}}, {wait}, {{"))),
        );
    let ran = project.run(["-c", "2"]);
    assert_eq!(ran.status, Some(0), "{ran}");
    let traces = traces(&project);
    assert_eq!(traces.len(), 13);
    let open = left(&traces[&("open".to_owned(), 1)]);
    let [_, _, named, _, pin] = &open[..] else { panic!("{open:?}") };
    assert_ne!(named, pin);
    for ((name, _), trace) in traces.iter().filter(|((name, _), _)| name != "open") {
        let seen = left(trace);
        assert!(seen.iter().all(|it| it != pin), "{name}");
        assert_eq!(seen[2], None, "{name}");
        assert!(seen[1].is_some(), "{name}: the step before is waited for");
    }
}

#[test]
fn traces_are_kept_of_whom_the_settings_name() {
    let failures = project("on-failure");
    failures.run(["-c", "2"]);
    let traces = traces(&failures);
    assert_eq!(keys(&traces), [("b-fails", 1), ("b-fails", 2), ("c-recovers", 1)]);
    let failed = traces[&("b-fails".to_owned(), 2)]["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(failed["verdict"], "failed");
    assert!(
        failed["message"].as_str().unwrap().contains("Hello 404") && failed["after"].is_u64(),
        "{failed}"
    );
    let retries = project("on-retry");
    retries.run(["-c", "2"]);
    assert_eq!(keys(&self::traces(&retries)), [("b-fails", 2), ("c-recovers", 2)]);
    let off = project("off");
    off.run(["-c", "2"]);
    assert!(self::traces(&off).is_empty());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}

#[test]
fn the_cases_of_this_repository_pass_traced_or_not() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = std::fs::read_to_string(here.join("runner.toml")).unwrap();
    let project = Project::new().file("runner.toml", &settings);
    copy(&here.join("testcases"), &project.root().join("testcases"));
    for trace in ["off", "always"] {
        let trace = format!("evidence.trace={trace}");
        let output = project.run(["testcases/", "--set", &trace]);
        assert_eq!(output.status, Some(0), "{output}");
        assert!(output.stderr.contains("40 cases: 40 passed"), "{output}");
    }
}

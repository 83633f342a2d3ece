//! What steps cost, counted: commands to the driver and to the browser, with one slot and with eight. Real Chromium;
//! the log of a run at its most talkative has a line for each.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "support/mod.rs"]
mod support;

use batchrun::serve::StaticSite;
use std::collections::BTreeMap;
use support::Project;

const PAGE: &str = "<!doctype html><title>form</title><label>Name <input id=name></label>\
    <button onclick=\"setTimeout(() => out.textContent = `Hello ${document.querySelector('#name').value}`, 20)\">Go</button>\
    <p id=out></p>";

const GOTO: &str = "{ goto = \"/\" }";
const FILL: &str = "{ fill = \"label=Name\", value = \"Ann\" }";
const TYPE: &str = "{ type = \"label=Name\", value = \"Ann\" }";
const CLICK: &str = "{ click = \"role=button[name='Go']\" }";
const EXPECT: &str = "{ expect = \"#name\", attached = true }";

/// Cases a run. More than slots, so that pages are prepared for others while cases run.
const CASES: usize = 12;

/// Commands by name: those to the driver as `POST goog/cdp/execute`, those to the browser by their own.
type Traffic = BTreeMap<String, usize>;

/// Runs the same case many times in so many slots, and counts what was said.
async fn traffic(slots: usize, steps: &[&str]) -> Traffic {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), PAGE).unwrap();
    let site = StaticSite::start(folder.path()).await.unwrap();
    let case = |number| format!("[[case]]\nname = \"{number}\"\nsteps = [{}]\n", steps.join(", "));
    let project = Project::new().file("cases.toml", &(0..CASES).map(case).collect::<String>());
    let log = project.root().join("all.log").display().to_string();
    let slots = slots.to_string();
    let base = site.url().clone();
    let run = ["cases.toml", "-c", &slots, "--base-url", &base, "-vv", "--log", &log, "--progress", "none"];
    let ended = tokio::task::block_in_place(|| project.run(run));
    assert_eq!(ended.status, Some(0), "{ended}");
    let mut counts = Traffic::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        let field = |name: &str| line.split_once(name)?.1.split('"').nth(1);
        let name = match (field("command="), field("path=")) {
            (Some(command), _) => command.to_owned(),
            // What follows the session's id.
            (_, Some(path)) => format!("POST {}", path.splitn(3, '/').nth(2).unwrap_or(path)),
            _ => continue,
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// What `more` has that `less` has not, for each case.
fn difference(more: &Traffic, less: &Traffic) -> Vec<String> {
    let mut all = Vec::new();
    for (name, count) in more {
        let extra = count - less.get(name).copied().unwrap_or_default();
        assert_eq!(extra % CASES, 0, "{name}: {count}");
        if extra > 0 {
            all.push(format!("{name} × {}", extra / CASES));
        }
    }
    all
}

/// What a step costs that follows another one.
async fn cost(step: &str, bare: &Traffic) -> Vec<String> {
    difference(&traffic(2, &[GOTO, step]).await, bare)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_through_the_driver_once_or_twice() {
    let bare = traffic(2, &[GOTO]).await;
    assert_eq!((bare["POST goog/cdp/execute"], bare["Page.navigate"]), (2 * CASES, CASES), "{bare:?}");
    assert!(
        !bare.contains_key("Page.createIsolatedWorld"),
        "the engine is there before it is asked: {bare:?}"
    );
    assert_eq!(cost(EXPECT, &bare).await, ["POST goog/cdp/execute × 1", "Runtime.evaluate × 1"]);
    // Once to select what is there, once to see that the text came.
    let fill = ["Input.insertText × 1", "POST goog/cdp/execute × 1", "Runtime.evaluate × 2"];
    assert_eq!(cost(FILL, &bare).await, fill);
    let keys = ["Input.dispatchKeyEvent × 6", "POST goog/cdp/execute × 2", "Runtime.evaluate × 2"];
    assert_eq!(cost(TYPE, &bare).await, keys);
    // Once to find it and to arm the guard, once to press it and to ask the guard.
    let click = ["Input.dispatchMouseEvent × 3", "POST goog/cdp/execute × 2", "Runtime.evaluate × 2"];
    assert_eq!(cost(CLICK, &bare).await, click);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_costs_the_same_with_one_slot_and_with_eight() {
    let steps = [GOTO, FILL, CLICK, EXPECT];
    let mut one = traffic(1, &steps).await;
    let mut eight = traffic(8, &steps).await;
    assert_eq!(one["POST goog/cdp/execute"], (2 + 1 + 2 + 1) * CASES);
    // A session for each slot and one more, which prepares the next page. The first page of a session is found by it, to
    // the others it is switched.
    for (counts, sessions) in [(&mut one, 2), (&mut eight, 9)] {
        for name in ["POST window", "Browser.setDownloadBehavior", "Target.activateTarget"] {
            assert_eq!(counts.remove(name), Some(CASES - sessions), "{name}");
        }
        assert_eq!(counts.remove("Target.attachToBrowserTarget"), Some(sessions));
        assert_eq!(counts.remove("Target.getTargets"), Some(CASES + sessions));
        // Those of the last moment may not be sent any more.
        counts.remove("Target.detachFromTarget");
    }
    assert_eq!(one, eight);
}

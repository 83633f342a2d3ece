//! What goes wrong in one slot, or with the browser.

use super::driver::{custody, page};
use super::{Setup, deadline};
use batchrun::browser::chrome::{Chrome, LaunchError, LaunchOptions, Silence};
use batchrun::custody::Exit;
use batchrun::deadline::Deadline;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn f28_f32_f33_a_hung_a_prompting_and_a_crashed_page_leave_the_other_slots_alone() {
    let setup = Setup::new().await;
    let mut hung = setup.slot().await;
    let mut prompting = setup.slot().await;
    let mut crashed = setup.slot().await;
    let mut others = [setup.slot().await, setup.slot().await];

    let endless = json!({ "script": "while (true) {}", "args": [] });
    let command = tokio::spawn(async move { hung.session.post("/execute/sync", endless).await.unwrap_err() });
    let alerts = page("<script>setTimeout(() => { while (true) alert('again') })</script>");
    prompting.session.goto(&alerts).await.unwrap();
    prompting.context.signs().wait_for(|signs| signs.prompts > 5).await.unwrap();
    let soon = Deadline::after("crash", Duration::from_millis(300));
    let crash = crashed.context.command::<Value>("Page.crash", &json!({}), soon).await;
    assert!(crash.is_err(), "a page that crashes does not answer");
    crashed.context.crashed().await;

    for slot in &mut others {
        let started = Instant::now();
        slot.renew().await;
        slot.session.goto(&page("<title>fine</title>")).await.unwrap();
        assert_eq!(slot.session.handles().await, [slot.context.target_id()]);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
    assert!(setup.chrome.is_responsive(deadline()).await);

    // Disposing of the context frees the command that is stuck in it.
    hung.context.dispose(deadline()).await.unwrap();
    let freed = tokio::time::timeout(Duration::from_secs(5), command).await.unwrap().unwrap();
    assert!(freed["error"].is_string(), "{freed}");
    assert_eq!(prompting.context.take_prompts()[0].message.raw(), "again");
    for slot in [&mut prompting, &mut crashed] {
        slot.renew().await;
        assert_eq!(slot.session.evaluate("1 + 1").await, 2);
    }
    drop((prompting, crashed, others));
    setup.end().await;
}

#[tokio::test]
async fn f27_a_killed_browser_is_noticed() {
    let setup = Setup::new().await;
    let mut slot = setup.slot().await;
    signal(setup.chrome.pid(), Signal::KILL);
    setup.chrome.closed().await;
    assert!(!setup.chrome.is_responsive(deadline()).await);
    let error =
        slot.session.post("/execute/sync", json!({ "script": "return 1", "args": [] })).await.unwrap_err();
    assert!(error["error"].is_string(), "{error}");
    drop(slot);
    setup.end().await;
}

#[tokio::test]
async fn f29_a_stopped_browser_does_not_answer_and_can_be_ended() {
    let setup = Setup::new().await;
    signal(setup.chrome.pid(), Signal::STOP);
    assert!(!setup.chrome.is_responsive(Deadline::after("test", Duration::from_millis(200))).await);
    setup.end().await;
}

#[tokio::test]
async fn f24_a_browser_that_ends_at_start_is_told_with_its_last_lines() {
    let custody = custody().await;
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("chrome-headless-shell");
    let script = "#!/bin/sh\necho Running as root without --no-sandbox is not supported >&2\nexit 3\n";
    std::fs::write(&binary, script).unwrap();
    std::fs::set_permissions(&binary, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let options = LaunchOptions { binary: Some(binary), ..LaunchOptions::default() };
    let LaunchError::NotUp(failure) = Chrome::launch(&custody, options).await.unwrap_err() else { panic!() };
    assert_eq!(failure.what, Silence::Ended(Exit::Code(3)));
    assert_eq!(failure.log[0].raw(), "Running as root without --no-sandbox is not supported");
    assert_eq!(failure.causes, ["it runs as root: give it `--no-sandbox`, or better, run as another user"]);
    assert_eq!(custody.finish().await.count(), 0);
}

#[tokio::test]
async fn f23_a_browser_that_does_not_answer_is_ended() {
    let custody = custody().await;
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("chrome");
    std::fs::write(&binary, "#!/bin/sh\nsleep 1000\n").unwrap();
    std::fs::set_permissions(&binary, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let timeout = Duration::from_millis(100);
    let options = LaunchOptions { binary: Some(binary), timeout, ..LaunchOptions::default() };
    let error = Chrome::launch(&custody, options).await.unwrap_err().to_string();
    assert!(error.ends_with("/chrome` does not answer: browser start of 100ms missed"), "{error}");
    assert_eq!(custody.finish().await.count(), 0);
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

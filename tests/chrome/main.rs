//! A real Chromium behind gates, with a real chromedriver.

mod driver;

use batchrun::browser::chrome::{Chrome, LaunchError, LaunchOptions, Silence};
use batchrun::browser::page::PromptAnswer;
use batchrun::custody::Custody;
use driver::{Driver, Session, VIEWPORT, custody, deadline, page};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn launch(custody: &Custody) -> Chrome {
    Chrome::launch(custody, LaunchOptions::default()).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn end(custody: Custody, chrome: Chrome, driver: Driver) {
    driver.process.end(Duration::ZERO).await;
    chrome.end(&custody).await.unwrap();
    assert_eq!(custody.finish().await.count(), 0);
}

#[tokio::test]
async fn a_slot_switches_from_context_to_context() {
    let custody = custody().await;
    let chrome = launch(&custody).await;
    let driver = Driver::start(&custody, &chrome).await;
    let gate = chrome.gate().await.unwrap();
    let first = gate.open_context(VIEWPORT, deadline()).await.unwrap();
    let mut session = driver.session(&chrome, &gate).await;
    session.switch(&first).await.unwrap();
    session.goto(&page("<title>one</title>")).await.unwrap();
    assert_eq!(session.evaluate("[innerWidth, innerHeight, navigator.webdriver]").await, json!([800, 600, true]));
    assert_eq!(session.handles().await, [first.target_id()]);
    first.dispose(deadline()).await.unwrap();
    let second = gate.open_context(VIEWPORT, deadline()).await.unwrap();
    session.switch(&second).await.unwrap();
    assert_eq!(session.handles().await, [second.target_id()]);
    assert_eq!(second.command::<Value>("Runtime.evaluate", &json!({"expression": "6*7"}), deadline()).await.unwrap()["result"]["value"], 42);
    session.delete().await;
    drop(second);
    end(custody, chrome, driver).await;
}

/// A slot: a gate with its own session.
async fn slot(chrome: &Chrome, driver: &Driver) -> (batchrun::browser::chrome::Gate, Session, batchrun::browser::chrome::Context) {
    let gate = chrome.gate().await.unwrap();
    let context = gate.open_context(VIEWPORT, deadline()).await.unwrap();
    let mut session = driver.session(chrome, &gate).await;
    session.switch(&context).await.unwrap();
    (gate, session, context)
}

#[tokio::test]
async fn a_switch_costs_the_same_number_of_commands_however_many_slots_there_are() {
    let custody = custody().await;
    let chrome = launch(&custody).await;
    let driver = Driver::start(&custody, &chrome).await;
    let mut slots = Vec::new();
    let mut costs = Vec::new();
    for _ in 0..8 {
        let (gate, mut session, old) = slot(&chrome, &driver).await;
        old.dispose(deadline()).await.unwrap();
        let before = chrome.commands();
        let context = gate.open_context(VIEWPORT, deadline()).await.unwrap();
        session.switch(&context).await.unwrap();
        costs.push(chrome.commands() - before);
        slots.push((gate, session, context));
    }
    // Two to open the context, and what chromedriver sends for a page that it has not seen.
    assert_eq!(costs, [costs[0]; 8]);
    assert!(costs[0] <= 2 + 11, "{costs:?}");
    for (_, session, context) in &mut slots {
        assert_eq!(session.handles().await, [context.target_id()]);
    }
    drop(slots);
    end(custody, chrome, driver).await;
}

#[tokio::test]
async fn f32_f33_f28_a_hung_a_prompting_and_a_crashed_page_leave_the_other_slots_alone() {
    let custody = custody().await;
    let chrome = launch(&custody).await;
    let driver = Driver::start(&custody, &chrome).await;
    let mut slots = Vec::new();
    for _ in 0..5 {
        slots.push(slot(&chrome, &driver).await);
    }
    let (_gate, mut hung, hung_context) = slots.remove(0);
    let hung = tokio::spawn(async move {
        let endless = json!({ "script": "while (true) {}", "args": [] });
        hung.post("/execute/sync", endless).await.unwrap_err()
    });
    let (_gate, mut prompting, prompting_context) = slots.remove(0);
    prompting.goto(&page("<script>setTimeout(() => { while (true) alert('again') })</script>")).await.unwrap();
    prompting_context.signs().wait_for(|signs| signs.prompts > 5).await.unwrap();
    let (_gate, mut crashed, crashed_context) = slots.remove(0);
    let _ = crashed_context.command::<Value>("Page.crash", &json!({}), batchrun::deadline::Deadline::after("crash", Duration::from_millis(300))).await;
    crashed_context.crashed().await;

    for (gate, session, context) in &mut slots {
        let fresh = gate.open_context(VIEWPORT, deadline()).await.unwrap();
        let old = std::mem::replace(context, fresh);
        old.dispose(deadline()).await.unwrap();
        let started = Instant::now();
        session.switch(context).await.unwrap();
        session.goto(&page("<title>fine</title>")).await.unwrap();
        assert_eq!(session.handles().await, [context.target_id()]);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
    assert!(chrome.is_responsive(deadline()).await);

    hung_context.dispose(deadline()).await.unwrap();
    let freed = tokio::time::timeout(Duration::from_secs(5), hung).await.unwrap().unwrap();
    assert!(freed["error"].is_string(), "{freed}");
    assert_eq!(prompting_context.take_prompts()[0].message.raw(), "again");
    prompting_context.dispose(deadline()).await.unwrap();
    // The session whose page crashed goes on with a new context.
    let again = _gate.open_context(VIEWPORT, deadline()).await.unwrap();
    crashed_context.dispose(deadline()).await.unwrap();
    crashed.switch(&again).await.unwrap();
    assert_eq!(crashed.evaluate("1 + 1").await, 2);
    drop((again, slots, prompting));
    end(custody, chrome, driver).await;
}

#[tokio::test]
async fn f33_a_prompt_is_answered_while_the_command_that_caused_it_runs() {
    let custody = custody().await;
    let chrome = launch(&custody).await;
    let driver = Driver::start(&custody, &chrome).await;
    let (gate, mut session, context) = slot(&chrome, &driver).await;
    session.goto(&page("<script>console.warn('n =', 3); undefinedFunction()</script>")).await.unwrap();
    context.answer_next_prompt(PromptAnswer { accept: true, text: Some("Ann".to_owned()) });
    assert_eq!(session.evaluate("prompt('name?')").await, "Ann");
    assert_eq!(session.evaluate("confirm('sure?')").await, false);
    let script = json!({ "script": "return confirm('really?')", "args": [] });
    assert_eq!(session.post("/execute/sync", script).await.unwrap(), false);
    assert_eq!(session.get("/title").await.unwrap(), "");
    let prompts: Vec<_> = context.take_prompts().into_iter().map(|it| (it.kind, it.message.raw().to_owned())).collect();
    let expected = [("prompt", "name?"), ("confirm", "sure?"), ("confirm", "really?")];
    assert_eq!(prompts, expected.map(|(kind, message)| (kind.to_owned(), message.to_owned())));
    let lines: Vec<_> = context.console().lines.iter().map(|it| format!("{} {}", it.level, it.text.line())).collect();
    assert_eq!(lines[0], "warning n = 3");
    assert!(lines[1].starts_with("exception Uncaught ReferenceError: undefinedFunction is not defined"), "{lines:?}");
    drop((gate, context));
    end(custody, chrome, driver).await;
}

#[tokio::test]
async fn f24_a_browser_that_ends_at_start_is_told_with_its_last_lines() {
    let custody = custody().await;
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("chrome-headless-shell");
    std::fs::write(&binary, "#!/bin/sh\necho Running as root without --no-sandbox is not supported >&2\nexit 3\n").unwrap();
    std::fs::set_permissions(&binary, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let options = LaunchOptions { binary: Some(binary), ..LaunchOptions::default() };
    match Chrome::launch(&custody, options).await.unwrap_err() {
        LaunchError::NotUp(failure) => {
            assert_eq!(failure.what, Silence::Ended(batchrun::custody::Exit::Code(3)));
            assert_eq!(failure.log[0].raw(), "Running as root without --no-sandbox is not supported");
            assert_eq!(failure.causes.len(), 1);
        }
        other => panic!("{other}"),
    }
    assert_eq!(custody.finish().await.count(), 0);
}

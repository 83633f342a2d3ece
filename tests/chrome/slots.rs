//! What a slot sees of the browser that it shares.

use super::driver::page;
use super::{Setup, VIEWPORT, deadline};
use batchrun::browser::chrome::{LaunchOptions, Placing};
use batchrun::browser::page::PromptAnswer;
use serde_json::{Value, json};
use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_slot_switches_from_context_to_context() {
    let setup = Setup::new().await;
    let mut slot = setup.slot().await;
    slot.session.goto(&page("<title>one</title>")).await.unwrap();
    let facts = "[innerWidth, innerHeight, navigator.webdriver, navigator.language]";
    assert_eq!(slot.session.evaluate(facts).await, json!([800, 600, true, "en-US"]));
    for _ in 0..3 {
        slot.renew().await;
        assert_eq!(slot.session.handles().await, [slot.context.target_id()]);
    }
    let sum = json!({ "expression": "6 * 7" });
    let answer: Value = slot.context.command("Runtime.evaluate", &sum, deadline()).await.unwrap();
    assert_eq!(answer["result"]["value"], 42);
    slot.session.delete().await;
    drop(slot.context);
    // The gate is free for another session.
    let _context = slot.gate.open_context(VIEWPORT, Placing::OnScreen, deadline()).await.unwrap();
    setup.driver.session(&setup.chrome, &slot.gate).await;
    setup.end().await;
}

#[tokio::test]
async fn the_full_browser_serves_slots_too() {
    let binary = Some(PathBuf::from("chromium"));
    let setup = Setup::with(LaunchOptions { binary, ..LaunchOptions::default() }).await;
    assert_eq!(setup.chrome.browser().flavor.browser_name(), "chrome");
    let mut slot = setup.slot().await;
    slot.renew().await;
    assert_eq!(slot.session.handles().await, [slot.context.target_id()]);
    assert_eq!(slot.session.evaluate("[innerWidth, innerHeight]").await, json!([800, 600]));
    // Its crash handler has left the group and is found all the same.
    setup.end().await;
}

#[tokio::test]
async fn a_switch_costs_the_same_number_of_commands_however_many_slots_there_are() {
    let setup = Setup::new().await;
    let mut slots = Vec::new();
    let mut costs = Vec::new();
    for _ in 0..8 {
        let mut slot = setup.slot().await;
        let before = setup.chrome.commands();
        slot.renew().await;
        costs.push(setup.chrome.commands() - before);
        slots.push(slot);
    }
    // Three to open and dispose, what chromedriver sends for a page that it has not seen, without its second
    // `Runtime.enable`, and the engine with its way to tell.
    assert_eq!(costs, [3 + 11 + 2; 8]);
    for slot in &mut slots {
        assert_eq!(slot.session.handles().await, [slot.context.target_id()]);
    }
    drop(slots);
    setup.end().await;
}

#[tokio::test]
async fn windows_that_a_page_opens_belong_to_its_slot() {
    let setup = Setup::new().await;
    let mut slot = setup.slot().await;
    let mut other = setup.slot().await;
    slot.session.evaluate("void open('about:blank')").await;
    let opened = slot.session.post("/window/new", json!({ "type": "tab" })).await.unwrap();
    let mut handles = slot.session.handles().await;
    assert_eq!(handles.len(), 3);
    handles.retain(|handle| *handle == opened["handle"] || handle == slot.context.target_id());
    assert_eq!(handles.len(), 2);
    assert_eq!(other.session.handles().await, [other.context.target_id()]);
    let foreign = slot.session.switch(&other.context).await.unwrap_err();
    assert_eq!(foreign["error"], "no such window");
    slot.renew().await;
    assert_eq!(slot.session.handles().await, [slot.context.target_id()]);
    drop((slot, other));
    setup.end().await;
}

#[tokio::test]
async fn f33_a_prompt_is_answered_while_the_command_that_caused_it_runs() {
    let setup = Setup::new().await;
    let mut slot = setup.slot().await;
    let html = page("<script>console.warn('n =', 3); undefinedFunction()</script>");
    slot.session.goto(&html).await.unwrap();
    slot.context.answer_next_prompt(PromptAnswer { accept: true, text: Some("Ann".to_owned()) });
    assert_eq!(slot.session.evaluate("prompt('name?')").await, "Ann");
    assert_eq!(slot.session.evaluate("confirm('sure?')").await, false);
    let script = json!({ "script": "return confirm('really?')", "args": [] });
    assert_eq!(slot.session.post("/execute/sync", script).await.unwrap(), false);
    assert_eq!(slot.session.get("/title").await.unwrap(), "");
    let prompts = slot.context.take_prompts();
    let prompts: Vec<_> = prompts.iter().map(|it| format!("{} {}", it.kind, it.message.line())).collect();
    assert_eq!(prompts, ["prompt name?", "confirm sure?", "confirm really?"]);
    let lines = slot.context.console().lines;
    let lines: Vec<_> = lines.iter().map(|it| format!("{} {}", it.level, it.text.line())).collect();
    assert_eq!(lines[0], "warning n = 3");
    let thrown = "exception Uncaught ReferenceError: undefinedFunction is not defined";
    assert!(lines[1].starts_with(thrown), "{lines:?}");
    drop(slot);
    setup.end().await;
}

/// Two sites: a page of `localhost` with a frame of `127.0.0.1`.
#[tokio::test]
async fn frames_of_other_sites_are_in_the_same_target() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let got = stream.read(&mut head).await.unwrap_or(0);
            let frame = format!("<iframe src='http://127.0.0.1:{port}/inner'></iframe>");
            let inner = head[..got].starts_with(b"GET /inner");
            let body = if inner { "<b id=inner>deep</b>".to_owned() } else { frame };
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
            let _ = stream
                .write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
                .await;
        }
    });
    let setup = Setup::new().await;
    let mut slot = setup.slot().await;
    slot.session.goto(&format!("http://localhost:{port}/")).await.unwrap();
    let loaded = "new Promise(done => { if (document.readyState == 'complete') done(); else onload = done })";
    slot.session.evaluate(&format!("{loaded}.then(() => location.host)")).await;
    let tree: Value = slot.context.command("Page.getFrameTree", &json!({}), deadline()).await.unwrap();
    let inner = &tree["frameTree"]["childFrames"][0]["frame"];
    assert_eq!(inner["url"], format!("http://127.0.0.1:{port}/inner"));
    let world = json!({ "frameId": inner["id"] });
    let world: Value = slot.context.command("Page.createIsolatedWorld", &world, deadline()).await.unwrap();
    let ask = json!({ "expression": "inner.textContent", "contextId": world["executionContextId"] });
    let answer: Value = slot.context.command("Runtime.evaluate", &ask, deadline()).await.unwrap();
    assert_eq!(answer["result"]["value"], "deep");
    drop(slot);
    setup.end().await;
}

/// Sends a request to a gate as whoever, and returns the status line.
async fn status(address: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let request = format!("GET {path} HTTP/1.1\r\n{headers}{upgrade}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 32];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()[9..12].to_owned()
}

#[tokio::test]
async fn f74_a_page_under_test_cannot_come_in_through_a_gate() {
    let setup = Setup::new().await;
    let gate = setup.chrome.gate().await.unwrap();
    let address = gate.address();
    let host = format!("Host: {address}\r\n");
    assert_eq!(status(&address, "/json/version", &host).await, "200");
    assert_eq!(status(&address, "/json/version", "Host: evil.example\r\n").await, "403");
    assert_eq!(
        status(&address, "/json/version", &format!("{host}Origin: http://{address}\r\n")).await,
        "403"
    );
    assert_eq!(
        status(&address, "/json/version", &format!("{host}Sec-Fetch-Site: cross-site\r\n")).await,
        "403"
    );
    assert_eq!(status(&address, "/devtools/browser/guess", &host).await, "404");
    assert_eq!(status(&address, "/devtools/page/1", &host).await, "404");
    setup.end().await;
}

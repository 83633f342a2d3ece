//! A page to put markup into and the engine to ask about it, in an isolated world as in real runs.

use crate::cdp::{Browser, Page};
use batchrun::browser::engine::{Call, Envelope, Need, Query, Reading, SENT, Then};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Site = Arc<Mutex<HashMap<String, String>>>;

/// A browser with one page of 800 × 600.
pub(crate) struct Lab {
    page: Page,
    site: Site,
    port: u16,
    world: Value,
    _browser: Browser,
}

/// Who asks: the world that the engine is in.
#[derive(Clone, Copy)]
pub(crate) enum World {
    Isolated,
    Main,
}

/// How long calls may wait that are meant to succeed. Never reached when all is well.
pub(crate) const PATIENT: u64 = 10_000;
/// How long calls wait that are meant to give up.
pub(crate) const BRIEF: u64 = 60;

impl Lab {
    /// Starts the browser and shows `html`.
    pub(crate) async fn of(html: &str) -> Self {
        let browser = Browser::start();
        let mut page = browser.page().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let pages = Site::default();
        tokio::spawn(serve(listener, Arc::clone(&pages)));
        let size = json!({ "width": 800, "height": 600, "deviceScaleFactor": 1, "mobile": false });
        page.send("Emulation.setDeviceMetricsOverride", size).await;
        page.send("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        let mut lab = Self { page, site: pages, port, world: Value::Null, _browser: browser };
        lab.show(html).await;
        lab
    }

    /// Puts another document at a path of the same site, for frames.
    pub(crate) fn serve(&self, path: &str, html: &str) {
        self.site
            .lock()
            .expect("nobody panics with it")
            .insert(path.to_owned(), format!("<!doctype html>{html}"));
    }

    /// The port of the site, which is another origin by the name `localhost`.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Navigates to a page with this markup and waits until it has loaded.
    pub(crate) async fn show(&mut self, html: &str) {
        self.open(&html.replace("{port}", &self.port.to_string())).await;
        let loaded = Call::Document {
            ready: Some(batchrun::browser::engine::Ready::Load),
            url: None,
            title: None,
            wait_ms: PATIENT,
        };
        assert!(self.ask(&loaded).await.ok);
    }

    /// Navigates without waiting for the load.
    pub(crate) async fn open(&mut self, html: &str) {
        self.serve("/", html);
        let went = self
            .page
            .send("Page.navigate", json!({ "url": format!("http://127.0.0.1:{}/", self.port) }))
            .await;
        let frame = went["frameId"].clone();
        self.world = self.isolate(&frame).await;
    }

    async fn isolate(&mut self, frame: &Value) -> Value {
        let params = json!({ "frameId": frame, "worldName": "batchrun" });
        self.page.send("Page.createIsolatedWorld", params).await["executionContextId"].clone()
    }

    /// Has later calls go to the first frame inside the page.
    pub(crate) async fn enter_frame(&mut self) {
        let tree = self.page.send("Page.getFrameTree", json!({})).await;
        let frame = tree["frameTree"]["childFrames"][0]["frame"]["id"].clone();
        self.world = self.isolate(&frame).await;
    }

    /// Asks the engine in its isolated world.
    pub(crate) async fn ask(&mut self, call: &Call) -> Envelope {
        self.ask_in(World::Isolated, call).await
    }

    /// Asks the engine.
    pub(crate) async fn ask_in(&mut self, world: World, call: &Call) -> Envelope {
        let id = self.begin_in(world, call).await;
        self.envelope(id).await
    }

    /// Asks, and runs a script in the page once the engine has looked for the first time.
    pub(crate) async fn meanwhile(&mut self, call: &Call, script: &str) -> Envelope {
        // The page takes commands one by one: the script runs when the first look is over.
        let id = self.begin(call).await;
        self.script(script).await;
        self.envelope(id).await
    }

    /// Asks without waiting for the answer.
    pub(crate) async fn begin(&mut self, call: &Call) -> u64 {
        self.begin_in(World::Isolated, call).await
    }

    async fn begin_in(&mut self, world: World, call: &Call) -> u64 {
        let expression = format!("({})({})", *SENT, serde_json::to_string(call).expect("calls are JSON"));
        let mut params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        if matches!(world, World::Isolated) {
            params["contextId"] = self.world.clone();
        }
        self.page.begin("Runtime.evaluate", params).await
    }

    /// The answer to [`Lab::begin`].
    pub(crate) async fn envelope(&mut self, id: u64) -> Envelope {
        let answer = self.page.answer(id).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(answer.get("exceptionDetails").is_none(), "the engine never throws: {answer}");
        let value = answer["result"]["value"].clone();
        serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
    }

    /// Runs a script in the page's own world.
    pub(crate) async fn script(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.page.send("Runtime.evaluate", params).await;
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// Presses and releases the left button at a point.
    pub(crate) async fn press(&mut self, (x, y): (f64, f64)) {
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.page.send("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Inserts text at the caret.
    pub(crate) async fn insert(&mut self, text: &str) {
        self.page.send("Input.insertText", json!({ "text": text })).await;
    }

    /// The ids of all matches, in the order of the matches.
    pub(crate) async fn ids(&mut self, query: &Value) -> Vec<String> {
        let count = self.ask(&read(query, Reading::Count)).await;
        assert!(count.ok, "{query}: {count:?}");
        let mut ids = Vec::new();
        for index in 0..count.value.as_u64().expect("a count is a number") {
            let mut one = parts(query);
            one.push(json!({ "by": "nth", "index": index }));
            let id = self.ask(&read(&Value::Array(one), Reading::Attribute("id".into()))).await.value;
            ids.push(id.as_str().unwrap_or("?").to_owned());
        }
        ids
    }

    /// Checks matchers, waiting patiently.
    pub(crate) async fn check(&mut self, query: &Value, matchers: Value) -> Envelope {
        self.ask(&Call::Check { query: parts(query), matchers, wait_ms: PATIENT }).await
    }

    /// Checks matchers, looking once.
    pub(crate) async fn look(&mut self, query: &Value, matchers: Value) -> Envelope {
        self.ask(&Call::Check { query: parts(query), matchers, wait_ms: 0 }).await
    }

    /// Acts once the element is ready, waiting patiently.
    pub(crate) async fn act(&mut self, query: &Value, needs: &[Need], then: Then) -> Envelope {
        self.ask(&act(query, needs, then, PATIENT)).await
    }
}

/// All that a click needs.
pub(crate) const CLICK: &[Need] = &[Need::Visible, Need::Stable, Need::Enabled, Need::Hit];

/// A call that acts.
pub(crate) fn act(query: &Value, needs: &[Need], then: Then, wait_ms: u64) -> Call {
    Call::Act { query: parts(query), needs: needs.to_vec(), at: None, then, wait_ms }
}

/// A call that reads, looking once.
pub(crate) fn read(query: &Value, take: Reading) -> Call {
    Call::Read { query: parts(query), take, wait_ms: 0 }
}

/// A query of CSS.
pub(crate) fn css(selector: &str) -> Value {
    json!([{ "by": "css", "value": selector }])
}

/// The parts of a query written as JSON: one part may stand without brackets.
pub(crate) fn parts(query: &Value) -> Query {
    match query {
        Value::Array(parts) => parts.clone(),
        part => vec![part.clone()],
    }
}

/// The code and message of a failure.
pub(crate) fn why(envelope: &Envelope) -> (&str, &str) {
    let failure = envelope.failure.as_ref().unwrap_or_else(|| panic!("it did not fail: {envelope:?}"));
    (&failure.code, &failure.message)
}

async fn serve(listener: TcpListener, site: Site) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(respond(stream, Arc::clone(&site)));
    }
}

async fn respond(mut stream: TcpStream, site: Site) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
    let line = String::from_utf8_lossy(&request);
    let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
    let found = site.lock().expect("nobody panics with it").get(&path).cloned();
    let (status, body) = found.map_or(("404 Not Found", String::new()), |html| ("200 OK", html));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

//! A WebDriver remote end without a browser, over real HTTP: every page finds every element at once, unless the test
//! says otherwise. It counts the sessions that were made and ended, and how many were open at once.
//!
//! What a page does is decided by the last part of the URL it was sent to: `/hang` never answers a command again,
//! `/fail` fails every check, `/fail-first` fails the first check at that address. While the test holds it, no check
//! of any page answers.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// How long a test waits for what must come, on a machine that has much else to do.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// What the remote end does to one kind of command.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Takes the request and never answers.
    Mute,
    /// Answers with this status, content type and body.
    Answer(u16, &'static str, Vec<u8>),
    /// Answers with a WebDriver error.
    Error(u16, &'static str, &'static str),
    /// Carries it out once [`ScriptedDriver::release`] says so.
    Late,
}

#[derive(Default)]
struct Book {
    sessions: HashMap<String, String>,
    made: u32,
    ended: u32,
    most: usize,
    commands: Vec<String>,
    by_session: HashMap<String, Vec<String>>,
    authorizations: HashMap<String, usize>,
    visited: HashSet<String>,
    faults: HashMap<&'static str, Fault>,
}

/// A running remote end. Ends with its value.
pub(crate) struct ScriptedDriver {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
    open: watch::Sender<bool>,
    changed: watch::Receiver<u64>,
    runtime: tokio::runtime::Runtime,
}

#[derive(Clone)]
struct Shared {
    book: Arc<Mutex<Book>>,
    gate: watch::Receiver<bool>,
    progress: watch::Sender<u64>,
}

impl ScriptedDriver {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let book = Arc::new(Mutex::new(Book::default()));
        let (open, gate) = watch::channel(true);
        let (progress, changed) = watch::channel(0);
        let shared = Shared { book: Arc::clone(&book), gate, progress };
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            axum::serve(listener, Router::new().fallback(answer).with_state(shared)).await.unwrap();
        });
        Self { address, book, open, changed, runtime }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// From now on this kind of command meets this fault. Kinds are `METHOD path`, the session's id left out:
    /// `POST session`, `POST url`, `POST execute/async`, `DELETE`.
    pub(crate) fn fault(&self, kind: &'static str, fault: Fault) {
        self.book.lock().unwrap().faults.insert(kind, fault);
    }

    /// Checks and late commands wait from now on.
    pub(crate) fn hold(&self) {
        self.open.send_replace(false);
    }

    /// They go on.
    pub(crate) fn release(&self) {
        self.open.send_replace(true);
    }

    /// Sessions made, ended, and the most that were open at once.
    pub(crate) fn sessions(&self) -> (u32, u32, usize) {
        let book = self.book.lock().unwrap();
        (book.made, book.ended, book.most)
    }

    /// The commands of each session so far, `DELETE` included, in no order of sessions.
    pub(crate) fn commands_by_session(&self) -> Vec<Vec<String>> {
        self.book.lock().unwrap().by_session.values().cloned().collect()
    }

    /// How many commands of a kind came so far.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.book.lock().unwrap().commands.iter().filter(|it| *it == kind).count()
    }

    /// The values of `Authorization` that were seen, and how often.
    pub(crate) fn authorizations(&self) -> HashMap<String, usize> {
        self.book.lock().unwrap().authorizations.clone()
    }

    /// Waits until so many commands of a kind have come; panics after 60 s.
    pub(crate) fn wait_for(&self, kind: &str, count: usize) {
        self.wait_until(|_, _, _| self.count(kind) >= count);
    }

    /// Waits until `done` holds of the sessions (made, ended, most open at once); panics after 60 s.
    pub(crate) fn wait_until(&self, done: impl Fn(u32, u32, usize) -> bool) {
        let mut changed = self.changed.clone();
        let waiting = async {
            loop {
                let (made, ended, most) = self.sessions();
                if done(made, ended, most) {
                    return;
                }
                changed.changed().await.unwrap();
            }
        };
        // Made inside the runtime, whose clock it needs.
        let waited = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, waiting).await });
        assert!(waited.is_ok(), "sessions stay at {:?}", self.sessions());
    }
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_matches('/');
    let parts: Vec<&str> = path.splitn(3, '/').collect();
    let (session, command) = match parts.as_slice() {
        ["session", id, rest] => (Some((*id).to_owned()), *rest),
        ["session", id] => (Some((*id).to_owned()), ""),
        _ => (None, path),
    };
    let kind = format!("{method} {command}").trim_end().to_owned();
    let fault = {
        let mut book = shared.book.lock().unwrap();
        book.commands.push(kind.clone());
        if let Some(id) = &session {
            book.by_session.entry(id.clone()).or_default().push(kind.clone());
        }
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            *book.authorizations.entry(value.to_str().unwrap().to_owned()).or_default() += 1;
        }
        book.faults.get(kind.as_str()).cloned()
    };
    shared.progress.send_modify(|n| *n += 1);
    if matches!(fault, Some(Fault::Late)) {
        let _ = shared.gate.clone().wait_for(|open| *open).await;
    }
    let reply = match fault {
        Some(Fault::Mute) => std::future::pending().await,
        Some(Fault::Answer(status, kind, body)) => {
            (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], body).into_response()
        }
        Some(Fault::Error(status, code, message)) => failed(status, code, message),
        None | Some(Fault::Late) => {
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            carry_out(&shared, &kind, session.as_deref(), &body).await
        }
    };
    shared.progress.send_modify(|n| *n += 1);
    reply
}

async fn carry_out(shared: &Shared, kind: &str, session: Option<&str>, body: &Value) -> Response {
    if kind == "GET status" {
        return value(json!({"ready": true, "message": ""}));
    }
    if kind == "POST session" {
        let mut book = shared.book.lock().unwrap();
        book.made += 1;
        let id = format!("s{}", book.made);
        book.sessions.insert(id.clone(), "about:blank".to_owned());
        book.most = book.most.max(book.sessions.len());
        return value(
            json!({"sessionId": id, "capabilities": {"browserName": "scripted", "browserVersion": "1"}}),
        );
    }
    let id = session.unwrap_or_default().to_owned();
    let Some(url) = shared.book.lock().unwrap().sessions.get(&id).cloned() else {
        return failed(404, "invalid session id", "there is no such session");
    };
    match kind {
        "DELETE" => {
            let mut book = shared.book.lock().unwrap();
            book.sessions.remove(&id);
            book.ended += 1;
            value(Value::Null)
        }
        "POST url" => {
            let url = body["url"].as_str().unwrap_or_default().to_owned();
            shared.book.lock().unwrap().sessions.insert(id, url);
            value(Value::Null)
        }
        "POST execute/async" => run_script(shared, &url, body).await,
        "POST execute/sync" => value(json!([0, 0])),
        "GET screenshot" => value(json!("iVBORw0KGgo=")),
        "GET source" => value(json!("<html></html>")),
        _ => value(Value::Null),
    }
}

/// Answers a call to the engine as a page would on which everything is there.
async fn run_script(shared: &Shared, url: &str, body: &Value) -> Response {
    let call = &body["args"][0];
    let Some(op) = call["op"].as_str() else {
        return value(json!({"value": null}));
    };
    let page = url.rsplit('/').next().unwrap_or_default();
    if page == "hang" && op != "document" {
        return std::future::pending().await;
    }
    if op == "check" {
        let _ = shared.gate.clone().wait_for(|open| *open).await;
    }
    let fails = match page {
        "fail" => op == "check",
        "fail-first" => op == "check" && shared.book.lock().unwrap().visited.insert(url.to_owned()),
        _ => false,
    };
    if fails {
        let failure =
            json!({"code": "mismatch", "message": "has another text", "expected": "yes", "actual": "no"});
        return value(json!([{"ok": false, "document": "d", "failure": failure}, null]));
    }
    let answer = match (op, call["then"]["do"].as_str()) {
        ("act", Some("fill")) => json!("insert"),
        ("landed", _) => json!("hit"),
        ("read", _) => json!("text"),
        ("document", _) => json!({"url": url, "title": "Scripted", "ready_state": "complete", "status": 200}),
        _ => Value::Null,
    };
    let element = json!({
        "token": "e", "description": "<button>", "point": [5.0, 5.0], "rect": [0.0, 0.0, 10.0, 10.0],
        "offset": [0.0, 0.0], "foreign": false, "frame": false,
    });
    let envelope = json!({"ok": true, "document": "d", "element": element, "value": answer});
    value(json!([envelope, {"element-6066-11e4-a52e-4f735466cecf": "e"}]))
}

fn value(value: impl Into<Value>) -> Response {
    reply(200, &json!({"value": value.into()}))
}

fn failed(status: u16, code: &str, message: &str) -> Response {
    reply(status, &json!({"value": {"error": code, "message": message, "stacktrace": ""}}))
}

fn reply(status: u16, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (StatusCode::from_u16(status).unwrap(), kind, body.to_string()).into_response()
}

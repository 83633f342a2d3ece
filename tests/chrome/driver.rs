//! A chromedriver in custody and sessions over raw HTTP: what the gate is for, without the rest of batchrun.

use batchrun::browser::chrome::{Chrome, Context, Gate, find};
use batchrun::case::model::Viewport;
use batchrun::custody::{Custody, Kind, Process, Spawn};
use batchrun::deadline::Deadline;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) const VIEWPORT: Viewport = Viewport { width: 800, height: 600 };

pub(crate) fn deadline() -> Deadline {
    Deadline::after("test", Duration::from_secs(30))
}

pub(crate) async fn custody() -> Custody {
    Custody::start_from(Path::new(env!("CARGO_BIN_EXE_batchrun"))).await.unwrap()
}

/// A chromedriver, ready.
pub(crate) struct Driver {
    pub(crate) process: Process,
    port: u16,
}

impl Driver {
    pub(crate) async fn start(custody: &Custody, chrome: &Chrome) -> Self {
        let program = find::driver(None, chrome.browser()).unwrap();
        let (writer, reader) = tokio::net::unix::pipe::pipe().unwrap();
        let mut spawn = Spawn::new(Kind::Driver, program).args(["--port=0"]);
        if let Some(log) = std::env::var_os("CHROMEDRIVER_LOG") {
            spawn.args.extend(["--log-level=ALL".into(), "--readable-timestamp".into()]);
            spawn.args.push(format!("--log-path={}", log.display()).into());
        }
        spawn.log = Some(writer.into_blocking_fd().unwrap());
        let process = custody.spawn(spawn).await.unwrap();
        let mut lines = BufReader::new(reader).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("chromedriver ended");
            if let Some((_, rest)) = line.split_once("started successfully on port ") {
                break rest.trim_end_matches('.').parse().unwrap();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { process, port }
    }

    pub(crate) async fn session(&self, chrome: &Chrome, gate: &Gate) -> Session {
        let mut session = Session { port: self.port, stream: None, id: String::new() };
        let options = json!({ "debuggerAddress": gate.address() });
        let wanted = json!({
            "browserName": chrome.browser().flavor.browser_name(),
            "pageLoadStrategy": "none",
            "goog:chromeOptions": options,
        });
        let body = json!({ "capabilities": { "alwaysMatch": wanted } });
        let value = session.send("POST", "/session", Some(&body)).await.unwrap();
        session.id = format!("/session/{}", value["sessionId"].as_str().unwrap());
        session
    }
}

/// A WebDriver session on a connection of its own.
pub(crate) struct Session {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
    id: String,
}

impl Session {
    pub(crate) async fn switch(&mut self, context: &Context) -> Result<Value, Value> {
        self.post("/window", json!({ "handle": context.target_id() })).await
    }

    pub(crate) async fn goto(&mut self, url: &str) -> Result<Value, Value> {
        self.post("/url", json!({ "url": url })).await
    }

    pub(crate) async fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer =
            self.post("/goog/cdp/execute", json!({ "cmd": "Runtime.evaluate", "params": params })).await;
        answer.unwrap_or_else(|error| panic!("{expression}: {error}"))["result"]["value"].clone()
    }

    pub(crate) async fn handles(&mut self) -> Vec<String> {
        serde_json::from_value(self.get("/window/handles").await.unwrap()).unwrap()
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Result<Value, Value> {
        let path = format!("{}{path}", self.id);
        self.send("POST", &path, Some(&body)).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Value, Value> {
        let path = format!("{}{path}", self.id);
        self.send("GET", &path, None).await
    }

    pub(crate) async fn delete(mut self) {
        let path = self.id.clone();
        self.send("DELETE", &path, None).await.unwrap();
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Value> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
                stream.set_nodelay(true).unwrap();
                none.insert(BufReader::new(stream))
            }
        };
        let body = body.map(Value::to_string).unwrap_or_default();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut status = String::new();
        stream.read_line(&mut status).await.unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
        }
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
        let value = answer["value"].take();
        if status.contains(" 200 ") { Ok(value) } else { Err(value) }
    }
}

/// A page of one's own as a URL.
pub(crate) fn page(html: &str) -> String {
    format!("data:text/html,{}", html.replace('%', "%25").replace('#', "%23"))
}

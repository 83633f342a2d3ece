//! A headless Chromium for tests and just enough of the DevTools protocol to drive one page of it. It is ended by pid
//! when dropped and leaves nothing behind. A missing browser fails the test and says what is missing.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Where the real binaries are: wrapper scripts would not die with the pid that is known.
const BINARIES: &[&str] = &[
    "/usr/lib/chromium/chromium-headless-shell",
    "/usr/lib/chromium-browser/chromium-headless-shell",
    "/usr/bin/chrome-headless-shell",
    "/opt/google/chrome/chrome-headless-shell",
    "/Applications/Google Chrome for Testing.app/Contents/MacOS/chrome-headless-shell",
];

/// How long the browser may be silent while an answer is awaited: a hanging test helps nobody.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running browser with its profile.
pub(crate) struct Browser {
    child: Child,
    endpoint: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one and waits until it listens.
    pub(crate) fn start() -> Self {
        let binary = binary();
        let profile = tempfile::tempdir().expect("a temporary folder for the profile");
        let mut child = Command::new(&binary)
            .args(["--remote-debugging-port=0", "--no-sandbox", "--disable-background-networking"])
            .args(["--disable-component-update", "--no-first-run", "--window-size=800,600"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", binary.display()));
        let mut log = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut said = String::new();
        let endpoint = loop {
            let mut line = String::new();
            let read = log.read_line(&mut line).unwrap_or(0);
            if let Some(url) = line.trim().strip_prefix("DevTools listening on ") {
                break url.to_owned();
            }
            said.push_str(&line);
            if read == 0 {
                let _ = child.kill();
                let _ = child.wait();
                panic!("{} ended without listening:\n{said}", binary.display());
            }
        };
        // A full pipe would stop the browser.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, endpoint, _profile: profile }
    }

    /// Opens a page.
    pub(crate) async fn page(&self) -> Page {
        let mut browser = Page::connect(&self.endpoint).await;
        let made = browser.send("Target.createTarget", json!({ "url": "about:blank" })).await;
        let host = self.endpoint.split("/devtools/").next().expect("split has a first part");
        let target = made["targetId"].as_str().expect("createTarget names its target");
        Page::connect(&format!("{host}/devtools/page/{target}")).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> PathBuf {
    let named = std::env::var_os("CHROME_HEADLESS_SHELL").map(PathBuf::from);
    let found = named.into_iter().chain(BINARIES.iter().map(PathBuf::from)).find(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!(
            "these tests need a headless Chromium; none at CHROME_HEADLESS_SHELL or {}. \
             Debian has it in the package `chromium-headless-shell`",
            BINARIES.join(", ")
        )
    })
}

/// A connection to one target.
pub(crate) struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    unread: HashMap<u64, Value>,
}

impl Page {
    async fn connect(url: &str) -> Self {
        let (socket, _) =
            connect_async(url).await.unwrap_or_else(|error| panic!("cannot connect to {url}: {error}"));
        Self { socket, last: 0, unread: HashMap::new() }
    }

    /// Sends a command and answers its result; events are passed over. A refused command fails the test.
    pub(crate) async fn send(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        self.answer(id).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a command without waiting for its answer, which [`Page::answer`] gets.
    pub(crate) async fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.last += 1;
        let command = json!({ "id": self.last, "method": method, "params": params });
        self.socket.send(Message::text(command.to_string())).await.expect("the page takes commands");
        self.last
    }

    /// The answer to a command. Others that come meanwhile are kept.
    pub(crate) async fn answer(&mut self, id: u64) -> Result<Value, Value> {
        while !self.unread.contains_key(&id) {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let next = next.unwrap_or_else(|_| panic!("no answer to command {id} within {PATIENCE:?}"));
            let message = next.expect("the browser is there").expect("the connection holds");
            let Ok(text) = message.to_text() else { continue };
            let answer: Value = serde_json::from_str(text).expect("the browser speaks JSON");
            if let Some(id) = answer["id"].as_u64() {
                self.unread.insert(id, answer);
            }
        }
        let mut answer = self.unread.remove(&id).expect("the loop ended because it is there");
        if answer.get("error").is_some() { Err(answer["error"].take()) } else { Ok(answer["result"].take()) }
    }
}

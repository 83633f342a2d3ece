//! As much of HTTP and of WebSocket as it takes to ask a run that is live, well or badly.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long a test waits for what must come, on a machine that has much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where a run is live.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// `127.0.0.1:PORT`
    pub(crate) host: String,
    pub(crate) token: String,
}

impl Address {
    /// From the URL that the run has printed.
    pub(crate) fn of(url: &str) -> Self {
        let (host, token) = url.trim().strip_prefix("http://").unwrap().split_once("/#").unwrap();
        Self { host: host.to_owned(), token: token.to_owned() }
    }

    /// Sends a request as it stands; its status and its body.
    pub(crate) fn raw(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        (status, body.to_owned())
    }

    /// A request with the token.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let Self { host, token } = self;
        self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// A client, from the beginning or behind an event.
    pub(crate) async fn connect(&self, after: Option<u64>) -> Client {
        let mut client = self.open(after).await;
        client.say(&json!({"token": self.token}).to_string()).await;
        client
    }

    /// A client that has not said who it is.
    pub(crate) async fn open(&self, after: Option<u64>) -> Client {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let request = format!("ws://{}/api/events{query}", self.host).into_client_request().unwrap();
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Client(socket)
    }
}

/// A WebSocket.
pub(crate) struct Client(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

impl Client {
    pub(crate) async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message, or the code that the server closes with.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("the server says something") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// Reads until an event that `is` what is waited for; answers it.
    pub(crate) async fn until(&mut self, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next().await.expect("it comes before the end");
            if is(&event) {
                return event;
            }
        }
    }
}

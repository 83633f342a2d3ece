//! The wire: one `call(command, deadline)` to a WebDriver remote end. The only file that names fantoccini's
//! `issue_cmd`.
//!
//! fantoccini runs one command of a session after the other, has no timeouts, and goes on with a command whose future
//! was dropped. So every call has a deadline here, and a wire whose call was missed stays *stuck* until the driver
//! answers after all, which disposing the page's context makes it do. The client is told to `persist` before
//! anything else, and sessions are ended over a second client: `close` would queue behind a stuck command.

use super::classify::WireError;
use super::connector::{Connector, ConnectorError};
use crate::deadline::Deadline;
use fantoccini::Client;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{oneshot, watch};
use url::Url;

/// Where a remote end listens and what it wants to see of us.
#[derive(Clone)]
pub struct Remote {
    /// Ends with `/`: [`Url::join`] would lose the last part of the path otherwise. Without userinfo.
    url: Url,
    connector: Connector,
    round_trips: Arc<AtomicU64>,
    /// Sessions that were asked for and are on their way, or on their way out again because nobody wants them any more.
    loose: watch::Sender<usize>,
}

impl Remote {
    /// A remote end at `url` that gets `headers` with every request. User and password in the URL become a header
    /// (RFC 7617), so that they can reach neither a message nor a request body.
    pub fn new(mut url: Url, headers: &[(String, String)]) -> Result<Self, ConnectorError> {
        use base64::Engine as _;
        let mut headers = headers.to_vec();
        if !url.username().is_empty() {
            let user = format!("{}:{}", url.username(), url.password().unwrap_or_default());
            let encoded = base64::engine::general_purpose::STANDARD.encode(user);
            headers.push(("Authorization".to_owned(), format!("Basic {encoded}")));
            // Both fail only for URLs without a host, which have no user either.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self {
            url,
            connector: Connector::new(&headers)?,
            round_trips: Arc::default(),
            loose: watch::Sender::new(0),
        })
    }

    /// The address, without credentials, for messages.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// How many commands were sent so far.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// A client without a session. Sends nothing.
    async fn client(&self) -> Result<Client, WireError> {
        // The id is never used: every command of ours spells out its own path.
        let client = Client::with_existing_session(self.url.as_str(), "none", self.connector.clone())
            .await
            .map_err(|error| WireError::Unreachable(error.to_string()))?;
        client.persist().await.map_err(WireError::from)?;
        Ok(client)
    }

    async fn send(&self, client: &Client, request: Request, deadline: Deadline) -> Result<Value, WireError> {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(target: "batchrun::wire", method = %request.method, path = request.path);
        match deadline.bound(client.issue_cmd(request)).await {
            Ok(answer) => answer.map_err(WireError::from),
            Err(missed) => Err(WireError::Missed(missed)),
        }
    }

    /// `GET /status` (WebDriver 8.3).
    pub async fn status(&self, deadline: Deadline) -> Result<Value, WireError> {
        let client = self.client().await?;
        self.send(&client, Request::new(Method::GET, "status".to_owned(), None), deadline).await
    }

    /// `POST /session` (WebDriver 8.1) with `alwaysMatch` capabilities. The session is ended by [`Wire::end`] only.
    ///
    /// When the deadline is missed, or nobody waits any more, the answer is still awaited in the background, and the
    /// session that it brings is ended at once. [`Remote::settled`] waits for that.
    pub async fn new_session(&self, capabilities: &Value, deadline: Deadline) -> Result<Wire, WireError> {
        let client = self.client().await?;
        let body = json!({"capabilities": {"alwaysMatch": capabilities}});
        let request = Request::new(Method::POST, "session".to_owned(), Some(body.to_string()));
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        let (deliver, delivered) = oneshot::channel();
        let (remote, loose) = (self.clone(), Loose::new(&self.loose));
        tokio::spawn(async move {
            let made = client.issue_cmd(request).await.map_err(WireError::from).and_then(|value| {
                let made = remote.session(client, &value);
                made.ok_or_else(|| {
                    WireError::NotWebDriver(format!("new session answered `{}`", short(&value)))
                })
            });
            // Without a receiver it is dropped here, and ended by that.
            let _ = deliver.send(made.map(|wire| Arrival { wire: Some(wire), loose: Some(loose) }));
        });
        match deadline.bound(delivered).await {
            Ok(Ok(made)) => made.map(Arrival::accept),
            Ok(Err(_)) => Err(WireError::NotWebDriver("the client panicked".to_owned())),
            Err(missed) => Err(WireError::Missed(missed)),
        }
    }

    /// Waits until no session is on its way any more, at most until the deadline.
    pub async fn settled(&self, deadline: Deadline) {
        let mut loose = self.loose.subscribe();
        if deadline.bound(loose.wait_for(|count| *count == 0)).await.is_err() {
            tracing::warn!("sessions at {} may come that nobody ends", self.url);
        }
    }

    fn session(&self, client: Client, value: &Value) -> Option<Wire> {
        let id = value.get("sessionId")?.as_str()?;
        // The id goes into URLs: nothing but what drivers really use may.
        let valid = !id.is_empty()
            && id.len() <= 128
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        valid.then(|| Wire {
            remote: self.clone(),
            client,
            session: id.to_owned(),
            capabilities: value.get("capabilities").cloned().unwrap_or_default(),
        })
    }
}

/// One of [`Remote::loose`]'s.
struct Loose(watch::Sender<usize>);

impl Loose {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Loose {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A session that has come. Ended when it is dropped before anybody accepts it.
struct Arrival {
    wire: Option<Wire>,
    loose: Option<Loose>,
}

impl Arrival {
    fn accept(mut self) -> Wire {
        self.wire.take().expect("it is there until it is accepted, which consumes this")
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if let Some(late) = self.wire.take() {
            let loose = self.loose.take();
            tokio::spawn(async move {
                let _ = late.end(Deadline::after("close timeout", CLOSE_TIMEOUT)).await;
                drop(loose);
            });
        }
    }
}

/// How long the end of a session may take.
pub const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// One session at a remote end.
pub struct Wire {
    remote: Remote,
    client: Client,
    session: String,
    capabilities: Value,
}

impl Wire {
    /// What the remote end says it is.
    pub fn capabilities(&self) -> &Value {
        &self.capabilities
    }

    /// The session's id.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Whether the remote end itself answers, whatever its sessions do.
    pub async fn is_answered(&self, deadline: Deadline) -> bool {
        self.remote.status(deadline).await.is_ok()
    }

    /// Sends one command and awaits its answer's `value`.
    pub async fn call(&self, command: Command<'_>, deadline: Deadline) -> Result<Value, WireError> {
        let (method, path, body) = command.request();
        let path = format!("session/{}/{path}", self.session);
        let path = path.trim_end_matches('/').to_owned();
        self.remote.send(&self.client, Request::new(method, path, body), deadline).await
    }

    /// `DELETE /session/{id}` (WebDriver 8.2) over a client of its own, so that a stuck command cannot delay it.
    pub async fn end(&self, deadline: Deadline) -> Result<(), WireError> {
        let client = self.remote.client().await?;
        let request = Request::new(Method::DELETE, format!("session/{}", self.session), None);
        self.remote.send(&client, request, deadline).await.map(drop)
    }
}

/// What a session is asked to do.
#[derive(Clone, Debug)]
pub enum Command<'a> {
    /// `goog/cdp/execute` (chromedriver): a DevTools command on the session's current target.
    Cdp(&'static str, &'a Value),
    /// Any `POST` of the standard by its path below the session.
    Post(&'a str, &'a Value),
    /// Any `GET` of the standard by its path below the session.
    Get(&'a str),
    /// Any `DELETE` of the standard by its path below the session.
    Delete(&'a str),
}

impl Command<'_> {
    /// Method, path and body as text: bodies may hold whole scripts, which are not copied more often than they must be.
    fn request(&self) -> (Method, &str, Option<String>) {
        match self {
            Self::Cdp(name, parameters) => {
                let name = Value::from(*name);
                let body = format!(r#"{{"cmd":{name},"params":{parameters}}}"#);
                (Method::POST, "goog/cdp/execute", Some(body))
            }
            Self::Post(path, body) => (Method::POST, path, Some(body.to_string())),
            Self::Get(path) => (Method::GET, path, None),
            Self::Delete(path) => (Method::DELETE, path, None),
        }
    }
}

/// One request as fantoccini takes it.
#[derive(Debug)]
struct Request {
    method: Method,
    path: String,
    body: Option<String>,
}

impl Request {
    fn new(method: Method, path: String, body: Option<String>) -> Self {
        Self { method, path, body }
    }
}

impl WebDriverCompatibleCommand for Request {
    fn endpoint(&self, base: &Url, _session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&self.path)
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.clone())
    }
}

/// A value, short enough for a message.
fn short(value: &Value) -> String {
    value.to_string().chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::FailureKind;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A remote end that answers every request with these bytes, or never.
    async fn remote(answer: Option<&'static [u8]>) -> Remote {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://user:pa%20ss@{}/wd/hub", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                        let Some(answer) = answer else { continue };
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        Remote::new(url.parse().unwrap(), &[]).unwrap()
    }

    async fn status_of(answer: &'static [u8]) -> WireError {
        let remote = remote(Some(answer)).await;
        remote.status(Deadline::after("test", Duration::from_secs(10))).await.unwrap_err()
    }

    #[tokio::test]
    async fn credentials_are_in_no_address() {
        let remote = remote(None).await;
        assert!(remote.url().as_str().ends_with("/wd/hub/"), "{}", remote.url());
        assert!(!remote.url().as_str().contains("pa"), "{}", remote.url());
    }

    #[tokio::test]
    async fn answers_that_are_not_webdriver_are_protocol_errors() {
        let html = status_of(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<h1>x</h1",
        )
        .await;
        assert_eq!(html.to_string(), "the answer is not WebDriver: <h1>x</h1");
        assert_eq!(html.kind(), FailureKind::Protocol);
        let latin = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"value\":\"\xe9\"}";
        assert_eq!(
            status_of(latin).await.to_string(),
            "the answer is not WebDriver: the answer is not UTF-8"
        );
        let empty = status_of(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(empty.to_string(), "the answer is not WebDriver: an empty body");
    }

    #[tokio::test]
    async fn an_error_whose_code_is_not_in_the_standard_keeps_its_code() {
        let crashed = status_of(
            b"HTTP/1.1 500 Error\r\nContent-Type: application/json\r\nContent-Length: 52\r\n\r\n\
              {\"value\":{\"error\":\"tab crashed\",\"message\":\"it did\"}}",
        )
        .await;
        assert!(crashed.is("tab crashed"), "{crashed}");
        assert_eq!(crashed.kind(), FailureKind::BrowserCrash);
    }

    #[tokio::test]
    async fn nobody_listening_is_an_endpoint_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let remote = Remote::new(url.parse().unwrap(), &[]).unwrap();
        let error = remote.status(Deadline::after("test", Duration::from_secs(10))).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Endpoint, "{error}");
    }

    #[tokio::test]
    async fn f40_a_mute_remote_end_is_missed_by_its_deadline() {
        let remote = remote(None).await;
        let error = remote.status(Deadline::after("command", Duration::from_millis(50))).await.unwrap_err();
        assert_eq!(error.to_string(), "no answer from the driver: command of 50ms missed");
        assert_eq!(error.kind(), FailureKind::Hung);
    }
}

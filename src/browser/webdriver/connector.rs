//! The connections under fantoccini: connect timeout, no Nagle delay, TLS for `https`, extra request headers, and
//! answers that can neither fill the memory nor panic the client.
//!
//! fantoccini collects an answer without bound and panics on one that is not UTF-8. Both are stopped here, on the
//! bytes of the stream, where they become an error that the wire recognises.

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// The most bytes that one answer may have, its head included.
pub(super) const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

/// The message of the error that an answer over the limit becomes; the wire recognises it.
pub(super) const TOO_LARGE: &str = "the answer is larger than 64 MiB";

/// The message of the error that an answer becomes which is not UTF-8.
pub(super) const NOT_UTF_8: &str = "the answer is not UTF-8";

/// What the error begins with that an answer becomes which refuses the credentials; its status follows. WebDriver has
/// no such answers of its own, and fantoccini tells nobody the status of an answer that is not WebDriver.
pub(super) const UNAUTHORIZED: &str = "the credentials were refused with the status";

/// How long a TCP connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

type Inner = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Makes the connections of one endpoint.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector>,
    headers: Arc<[u8]>,
}

/// What keeps a connector from being made.
#[derive(Debug)]
pub enum ConnectorError {
    /// The system's certificates cannot be read.
    Certificates(io::Error),
    /// A header's name or value has characters that HTTP does not allow (RFC 9110 section 5).
    Header(String),
}

impl std::fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Certificates(error) => write!(f, "the system's certificates cannot be read: {error}"),
            Self::Header(name) => write!(f, "header `{name}` has characters that HTTP does not allow"),
        }
    }
}

impl std::error::Error for ConnectorError {}

impl Connector {
    /// A connector that adds `headers` to every request.
    pub(super) fn new(headers: &[(String, String)]) -> Result<Self, ConnectorError> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let inner = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(ConnectorError::Certificates)?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let mut lines = Vec::new();
        for (name, value) in headers {
            let valid = http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                && http::HeaderValue::from_str(value).is_ok();
            if !valid {
                return Err(ConnectorError::Header(name.clone()));
            }
            lines.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        Ok(Self { inner, headers: lines.into() })
    }
}

impl Service<Uri> for Connector {
    type Response = Guarded;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Guarded, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        let headers = Arc::clone(&self.headers);
        Box::pin(async move {
            Ok(Guarded {
                stream: connecting.await?,
                headers,
                pending: Vec::new(),
                read: 0,
                answer: Answer::default(),
            })
        })
    }
}

/// A stream that adds headers to what is written and watches what is read.
pub(super) struct Guarded {
    stream: Inner,
    headers: Arc<[u8]>,
    /// Bytes of a request head with its added headers that the stream has not taken yet.
    pending: Vec<u8>,
    /// Bytes read since the last request began.
    read: usize,
    answer: Answer,
}

impl Guarded {
    fn flush_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.pending))?;
            self.pending.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.flush_pending(context))?;
        // One request at a time: what is written after something was read begins a new request.
        let begins = self.read > 0 || matches!(self.answer, Answer::Idle);
        if begins {
            self.read = 0;
            self.answer = Answer::Head(Vec::new());
        }
        if begins
            && !self.headers.is_empty()
            && let Some(end) = find(bytes, b"\r\n")
        {
            // hyper hands over a request's head in one piece: the headers go in behind its first line.
            let headers = Arc::clone(&self.headers);
            self.pending.extend_from_slice(&bytes[..end + 2]);
            self.pending.extend_from_slice(&headers);
            self.pending.extend_from_slice(&bytes[end + 2..]);
            // Taken into `pending` as a whole; what the stream does not take now goes out with the next poll.
            return match self.flush_pending(context) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                _ => Poll::Ready(Ok(bytes.len())),
            };
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.flush_pending(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.flush_pending(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Read for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [0_u8; 16 * 1024];
        let wanted = cursor.remaining().min(space.len());
        let mut buffer = hyper::rt::ReadBuf::new(&mut space[..wanted]);
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer.unfilled()))?;
        let length = buffer.filled().len();
        self.read += length;
        if self.read > ANSWER_LIMIT {
            return Poll::Ready(Err(io::Error::other(TOO_LARGE)));
        }
        if !self.answer.is_text(&space[..length]) {
            return Poll::Ready(Err(io::Error::other(NOT_UTF_8)));
        }
        if let Answer::Unauthorized(status) = self.answer {
            return Poll::Ready(Err(io::Error::other(format!("{UNAUTHORIZED} {status}"))));
        }
        cursor.put_slice(&space[..length]);
        Poll::Ready(Ok(()))
    }
}

impl Connection for Guarded {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

/// How far an answer has been read, to know which of its bytes must be UTF-8.
#[derive(Debug, Default)]
enum Answer {
    /// No request was sent yet.
    #[default]
    Idle,
    /// In the head; its bytes so far.
    Head(Vec<u8>),
    /// In a body without chunks: the bytes still to come, where announced, and the open UTF-8 sequence.
    Body { left: Option<usize>, sequence: Utf8 },
    /// In a body with chunks, whose framing may stand inside a character: not checked.
    Chunked,
    /// It refuses the credentials: nothing more is read.
    Unauthorized(u16),
}

impl Answer {
    /// Takes the next bytes; an empty slice is the end of the stream. `false`: the body is not UTF-8.
    fn is_text(&mut self, mut bytes: &[u8]) -> bool {
        if let Self::Head(head) = self {
            let before = head.len();
            head.extend_from_slice(bytes);
            let Some(end) = find(head, b"\r\n\r\n") else { return true };
            bytes = &bytes[end + 4 - before..];
            let head = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
            let field = |name: &str| {
                head.lines()
                    .filter_map(|line| line.split_once(':'))
                    .find(|(key, _)| *key == name)
                    .map(|(_, it)| it.trim())
            };
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            *self = if let Some(status @ (401 | 403)) = status {
                Self::Unauthorized(status)
            } else if field("transfer-encoding").is_some() {
                Self::Chunked
            } else {
                let left = field("content-length").and_then(|length| length.parse().ok());
                Self::Body { left, sequence: Utf8::default() }
            };
            if bytes.is_empty() {
                return true;
            }
        }
        let Self::Body { left, sequence } = self else { return true };
        if let Some(left) = left {
            *left = left.saturating_sub(bytes.len());
        }
        let ended = bytes.is_empty() || *left == Some(0);
        sequence.accepts(bytes) && !(ended && sequence.is_open())
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// A UTF-8 sequence in the middle of a stream (RFC 3629 section 4).
#[derive(Debug, Default)]
struct Utf8 {
    open: Vec<u8>,
}

impl Utf8 {
    fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn accepts(&mut self, bytes: &[u8]) -> bool {
        if self.open.is_empty() && bytes.is_ascii() {
            return true;
        }
        self.open.extend_from_slice(bytes);
        match std::str::from_utf8(&self.open) {
            Ok(_) => self.open.clear(),
            Err(error) if error.error_len().is_none() => {
                self.open.drain(..error.valid_up_to());
            }
            Err(_) => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an answer is taken for text when it arrives in pieces of `size` bytes.
    fn is_text(answer: &[u8], size: usize) -> bool {
        let mut state = Answer::Head(Vec::new());
        answer.chunks(size).all(|piece| state.is_text(piece))
    }

    fn with_length(body: &[u8]) -> Vec<u8> {
        let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        answer.extend_from_slice(body);
        answer
    }

    #[test]
    fn an_answer_that_is_not_utf_8_is_noticed_however_it_arrives() {
        let good = with_length("grüße, 日本 🦀".as_bytes());
        let bad = with_length(b"gr\xfc\xdfe");
        let cut = with_length(&"🦀".as_bytes()[..3]);
        for size in 1..good.len() {
            assert!(is_text(&good, size), "pieces of {size}");
            assert!(!is_text(&bad, size), "pieces of {size}");
            assert!(!is_text(&cut, size), "pieces of {size}");
        }
    }

    #[test]
    fn headers_that_http_does_not_allow_are_refused() {
        let bad = [("X-Key".to_owned(), "a\r\nHost: other".to_owned())];
        assert_eq!(
            Connector::new(&bad).err().unwrap().to_string(),
            "header `X-Key` has characters that HTTP does not allow"
        );
    }
}

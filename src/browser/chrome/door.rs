//! The door of a gate: as much HTTP and WebSocket as a driver needs, and closed to web pages.
//!
//! A page under test can reach any port of the loopback. It cannot read an answer (there are no CORS headers), rebinding
//! a name is caught by the `Host` header, and the WebSocket, which no such rule protects, wants a secret path and
//! refuses whoever sends an `Origin`, as every page must (RFC 6455 section 10.2).

use super::framing::MAX_MESSAGE;
use super::gate::Core;
use super::link::Link;
use crate::deadline::Deadline;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

/// A driver asks at once; whoever does not is none.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a driver may take to close the connection of a session that it has ended.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the browser may take to answer for the door.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The head of a driver's request has a few hundred bytes.
const MAX_HEAD: usize = 8 << 10;

/// Connections at a time. A driver needs two.
const CONNECTIONS: usize = 8;

/// Accepts connections until it is aborted; open ones end with it.
pub(super) async fn accept(listener: TcpListener, core: Arc<Core>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let socket = Arc::new(Semaphore::new(1));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, perhaps: accepting again at once would only spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Without room the connection is closed by being dropped.
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (core, socket) = (Arc::clone(&core), Arc::clone(&socket));
        connections.spawn(async move {
            // A peer that goes away in the middle is nobody's trouble.
            let _ = serve(stream, &core, &socket).await;
            drop(permit);
        });
    }
}

/// The parts of a request that matter.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    method: String,
    path: String,
    host: String,
    /// Only web pages send an `Origin`, or a `Sec-Fetch-Site` that names a site.
    from_page: bool,
    upgrade: bool,
    key: String,
}

async fn serve(mut stream: TcpStream, core: &Arc<Core>, socket: &Semaphore) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let head = Deadline::after("request", HEAD_TIMEOUT).bound(read_head(&mut stream)).await;
    let Ok(Ok(head)) = head else { return Ok(()) };
    // chromedriver leaves out the port in its WebSocket request.
    let own_names = [core.address.to_string(), core.address.ip().to_string()];
    if head.from_page || head.method != "GET" || !own_names.contains(&head.host) {
        return respond(&mut stream, "403 Forbidden", &json!({})).await;
    }
    let deadline = Deadline::after("answer of the browser", ANSWER_TIMEOUT);
    match head.path.trim_end_matches('/') {
        "/json/version" => respond(&mut stream, "200 OK", &core.version()).await,
        "/json" | "/json/list" => match core.pages(deadline).await {
            Ok(pages) => respond(&mut stream, "200 OK", &pages).await,
            Err(error) => respond(&mut stream, "500 Internal Server Error", &json!(error.to_string())).await,
        },
        path if head.upgrade && path == core.socket_path() => {
            // Two drivers at one gate would each get half of what belongs to the slot. A driver that has ended its
            // session may still be closing the connection.
            let free = Deadline::after("end of the session before", FAREWELL_TIMEOUT);
            match free.bound(socket.acquire()).await {
                Ok(Ok(_held)) => relay(stream, core, &head.key, deadline).await,
                _ => respond(&mut stream, "409 Conflict", &json!({})).await,
            }
        }
        _ => respond(&mut stream, "404 Not Found", &json!({})).await,
    }
}

async fn read_head(stream: &mut TcpStream) -> io::Result<Head> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        // Whoever sends more than one head before an answer loses it; a driver does not.
        if bytes.len() > MAX_HEAD || stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
    parse_head(&text).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn parse_head(text: &str) -> Option<Head> {
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let mut head =
        Head { method: first.next()?.to_owned(), path: first.next()?.to_owned(), ..Head::default() };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "host" => value.clone_into(&mut head.host),
            "origin" => head.from_page = true,
            "sec-fetch-site" => head.from_page |= value != "none",
            "upgrade" => head.upgrade = value.eq_ignore_ascii_case("websocket"),
            "sec-websocket-key" => value.clone_into(&mut head.key),
            _ => {}
        }
    }
    Some(head)
}

async fn respond(stream: &mut TcpStream, status: &str, body: &serde_json::Value) -> io::Result<()> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: {}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    stream.shutdown().await
}

/// Gives a driver its session and carries messages both ways until one side ends.
async fn relay(mut stream: TcpStream, core: &Arc<Core>, key: &str, deadline: Deadline) -> io::Result<()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Attached {
        session_id: String,
    }
    let attached = core.pipe.call(None, "Target.attachToBrowserTarget", &json!({}), deadline).await;
    let session = match attached {
        Ok(Attached { session_id }) => session_id,
        Err(error) => return respond(&mut stream, "502 Bad Gateway", &json!(error.to_string())).await,
    };
    let (link, mut messages) = Link::new(Arc::clone(core), session);
    let _closes = Closes(&link);
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    // Messages of the browser pass whole, so the buffer must take the largest; a driver's are bounded as well.
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        .max_write_buffer_size(2 * MAX_MESSAGE);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits)).await;
    let (mut to_driver, mut from_driver) = socket.split();
    loop {
        tokio::select! {
            // A driver that is not told waits for its answers until a timeout of its own.
            () = core.pipe.closed() => return Ok(()),
            command = from_driver.next() => match command {
                Some(Ok(Message::Text(text))) => {
                    if !link.command(&text) {
                        return Ok(());
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(_) | Err(_)) | None => return Ok(()),
            },
            message = messages.recv() => {
                let Some(message) = message else { return Ok(()) };
                let mut sent = to_driver.feed(Message::text(message)).await;
                // What queued meanwhile goes along: one system call instead of several.
                while sent.is_ok()
                    && let Ok(message) = messages.try_recv()
                {
                    sent = to_driver.feed(Message::text(message)).await;
                }
                if sent.is_err() || to_driver.flush().await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// Ends a link however its task ends.
struct Closes<'a>(&'a Link);

impl Drop for Closes<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_whatever_the_case_of_its_names() {
        let text = "GET /json/version HTTP/1.1\r\nHOST: 127.0.0.1:9\r\norigin: null\r\nUpgrade: WebSocket\r\n\
                    Sec-WebSocket-Key: abc\r\n\r\n";
        let head = parse_head(text).unwrap();
        let expected = Head {
            method: "GET".to_owned(),
            path: "/json/version".to_owned(),
            host: "127.0.0.1:9".to_owned(),
            from_page: true,
            upgrade: true,
            key: "abc".to_owned(),
        };
        assert_eq!(head, expected);
    }
}

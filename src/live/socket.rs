//! The WebSocket (RFC 6455): a snapshot, then every event. A client reads at its own pace from the feed; what it has not
//! taken yet is nowhere but there.

use super::feed::{Feed, Next};
use super::guard::refuse;
use super::server::{Held, Site};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Utf8Bytes};

/// How long a client may take to send its token, and to take anything at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Events that are looked up at once.
const GROUP: usize = 256;

/// A token needs far less, and nothing else is read.
const LARGEST_MESSAGE: usize = 4 << 10;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A client's first message, where it could send no header.
#[derive(Deserialize)]
struct Opening {
    token: String,
}

/// Answers the request for a WebSocket.
pub(super) async fn events(State(site): State<Site>, mut request: Request<Body>) -> Response {
    let Ok(after) = after(request.uri().query().unwrap_or_default()) else {
        return refuse(StatusCode::BAD_REQUEST, "`after` is the number of an event");
    };
    let headers = request.headers();
    let is = |name: header::HeaderName, word: &str| {
        let words = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        words.split(',').any(|it| it.trim().eq_ignore_ascii_case(word))
    };
    let asked = is(header::UPGRADE, "websocket") && is(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).cloned();
    let known = site.token.is_in(headers);
    if !known && headers.contains_key(header::AUTHORIZATION) {
        return refuse(StatusCode::UNAUTHORIZED, "the token is wrong");
    }
    let held = request.extensions().get::<Held>().cloned();
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let (true, Some(key), Some(upgrade)) = (asked, key, upgrade) else {
        return refuse(StatusCode::UPGRADE_REQUIRED, "this is a WebSocket (RFC 6455)");
    };
    let Ok(permit) = std::sync::Arc::clone(&site.sockets).try_acquire_owned() else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "too many WebSockets are open");
    };
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let config = WebSocketConfig::default()
                .max_message_size(Some(LARGEST_MESSAGE))
                .max_frame_size(Some(LARGEST_MESSAGE))
                .write_buffer_size(0);
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
            // A client that goes away is nobody's trouble.
            let _ = serve(socket, &site, known, after).await;
        }
        drop((permit, held));
    });
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = accept {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    answer
}

/// The last event that the client has.
fn after(query: &str) -> Result<Option<u64>, std::num::ParseIntError> {
    let mut given = url::form_urlencoded::parse(query.as_bytes());
    given.find(|(name, _)| name == "after").map(|(_, value)| value.parse()).transpose()
}

async fn serve(mut socket: Socket, site: &Site, known: bool, after: Option<u64>) -> tungstenite::Result<()> {
    if !known && !introduced(&mut socket, site).await {
        return close(&mut socket, CloseCode::Policy, "the token is missing or wrong").await;
    }
    let mut news = site.feed.news();
    // Before the first event there is nothing to show.
    let begun = tokio::time::timeout(PATIENCE, news.wait_for(|(seq, over)| *seq > 0 || *over)).await;
    drop(begun.map_err(|_| tungstenite::Error::ConnectionClosed)?);
    let mut at = match after {
        Some(after) => after,
        None => picture(&mut socket, &site.feed).await?,
    };
    loop {
        news.mark_unchanged();
        match site.feed.behind(at, GROUP) {
            Next::Events(events) => {
                for (seq, json) in events {
                    send(&mut socket, Utf8Bytes::from(&*json)).await?;
                    at = seq;
                }
                continue;
            }
            Next::Snapshot => {
                at = picture(&mut socket, &site.feed).await?;
                continue;
            }
            Next::Over => return close(&mut socket, CloseCode::Normal, "the batch is over").await,
            Next::Wait => {}
        }
        tokio::select! {
            // The feed lives as long as this does.
            _ = news.changed() => {}
            said = socket.next() => match said {
                // Pings are answered by being read; nothing else is expected.
                Some(Ok(message)) if !message.is_close() => {}
                _ => return Ok(()),
            },
        }
    }
}

/// Whether the client's first message has the token.
async fn introduced(socket: &mut Socket, site: &Site) -> bool {
    let Ok(Some(Ok(Message::Text(said)))) = tokio::time::timeout(PATIENCE, socket.next()).await else {
        return false;
    };
    serde_json::from_str::<Opening>(&said).is_ok_and(|opening| site.token.is(&opening.token))
}

/// Sends a snapshot; answers the last event that is in it.
async fn picture(socket: &mut Socket, feed: &Feed) -> tungstenite::Result<u64> {
    let feed = feed.clone();
    let made = tokio::task::spawn_blocking(move || feed.snapshot()).await;
    let (seq, json) = made.map_err(|_| tungstenite::Error::ConnectionClosed)?;
    send(socket, json.into()).await?;
    Ok(seq)
}

/// Sends a text, unless the client takes nothing for too long.
async fn send(socket: &mut Socket, text: Utf8Bytes) -> tungstenite::Result<()> {
    let sent = tokio::time::timeout(PATIENCE, socket.send(Message::Text(text))).await;
    sent.map_err(|_| tungstenite::Error::ConnectionClosed)?
}

async fn close(socket: &mut Socket, code: CloseCode, why: &'static str) -> tungstenite::Result<()> {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(why) };
    let closed = tokio::time::timeout(PATIENCE, socket.close(Some(frame))).await;
    closed.map_err(|_| tungstenite::Error::ConnectionClosed)?
}

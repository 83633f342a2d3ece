//! Who may ask. The server listens on the loopback, where every page under test can reach it, too:
//!
//! - `Host` must be the address that the connection came in on, so that no name can be rebound to it; where other
//!   machines are let in, any address by its number;
//! - `Origin`, which browsers send with whatever a page could do harm with, must be that same address: another port is
//!   foreign. There are no CORS headers and no cookies;
//! - the API wants the token, compared in constant time;
//! - what changes something is a POST of `application/json`, which no form can send.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;

/// What the page may load: only what comes from here, and pictures that it has fetched itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const ALWAYS: [(&str, &str); 5] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// What opens the API.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    pub(super) fn new() -> Self {
        Self(crate::id::secret())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Compares digests, so that the time it takes says nothing about the token.
    pub(super) fn is(&self, given: &str) -> bool {
        let [ours, theirs] = [self.0.as_bytes(), given.as_bytes()].map(Sha256::digest);
        ours.iter().zip(theirs.iter()).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }

    /// Whether a request carries it.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = given.and_then(|given| given.split_once(' '));
        bearer.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && self.is(token.trim()))
    }
}

/// An answer that refuses, with the reason for people.
pub fn refuse(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

/// What is said of a request that was not understood is a few words.
const LONGEST_WORDS: usize = 4 << 10;

/// The answer; one that refuses says so in the one form that all such answers have, whoever made it.
async fn in_words(answer: Response) -> Response {
    let status = answer.status();
    let is_json = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let allowed = answer.headers().get(header::ALLOW).cloned();
    let said = axum::body::to_bytes(answer.into_body(), LONGEST_WORDS).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let why = match (said.trim(), &allowed) {
        ("", Some(methods)) => format!("this takes {}", methods.to_str().unwrap_or_default()),
        ("", None) => status.canonical_reason().unwrap_or("it is not understood").to_lowercase(),
        (said, _) => said.to_owned(),
    };
    let mut answer = refuse(status, &why);
    if let Some(methods) = allowed {
        answer.headers_mut().insert(header::ALLOW, methods);
    }
    answer
}

/// Lets a request through, or answers in its place.
pub(super) async fn check(State(token): State<Token>, request: Request, next: Next) -> Response {
    let mut answer = match refusal(&token, &request) {
        Some((status, why)) => refuse(status, why),
        None => in_words(next.run(request).await).await,
    };
    for (name, value) in ALWAYS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        // One request each: none is cut off because the one before it took long.
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

fn refusal(token: &Token, request: &Request<Body>) -> Option<(StatusCode, &'static str)> {
    let Some(address) = request.extensions().get::<SocketAddr>() else {
        return Some((StatusCode::INTERNAL_SERVER_ERROR, "a bug in batchrun"));
    };
    let headers = request.headers();
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(host) = text(header::HOST).filter(|host| is_own(host, *address)) else {
        return Some((StatusCode::FORBIDDEN, "this is not the address of this server"));
    };
    if headers.get_all(header::HOST).iter().count() > 1 {
        return Some((StatusCode::BAD_REQUEST, "one `Host` is enough"));
    }
    if text(header::ORIGIN).is_some_and(|origin| origin.strip_prefix("http://") != Some(host)) {
        return Some((StatusCode::FORBIDDEN, "pages of other origins are not answered"));
    }
    let path = request.uri().path();
    let (is_api, is_socket) = (path.starts_with("/api/"), path == "/api/events");
    if is_api && !is_socket && !token.is_in(headers) {
        return Some((
            StatusCode::UNAUTHORIZED,
            "the token is missing or wrong: `Authorization: Bearer TOKEN`",
        ));
    }
    let is_json = text(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json");
    if request.method() == Method::POST && !is_json {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected `Content-Type: application/json`"));
    }
    None
}

/// Whether `Host` may be meant for a connection that came in on `address`.
///
/// On the loopback it is that address, by number or as `localhost`: everything else is another server's. Where other
/// machines are let in, they may come by a forwarded port or another of this machine's addresses; a number cannot be
/// rebound as a name can, so any number is taken, and no name but `localhost`.
fn is_own(host: &str, address: SocketAddr) -> bool {
    let ip = address.ip().to_canonical();
    if ip.is_loopback() {
        return host == SocketAddr::new(ip, address.port()).to_string()
            || host == format!("localhost:{}", address.port());
    }
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.parse::<u16>().is_ok() && !bare.ends_with(':') => bare,
        _ => host,
    };
    let number = bare.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(bare);
    bare == "localhost" || number.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_address_itself_or_where_others_are_let_in_any_number() {
        let on = |address: &str, host: &str| is_own(host, address.parse().unwrap());
        let here = "127.0.0.1:8080";
        assert!(on(here, "127.0.0.1:8080") && on(here, "localhost:8080") && on("[::1]:8080", "[::1]:8080"));
        for host in ["127.0.0.1:9000", "127.0.0.1", "localhost", "evil.test:8080", "10.0.0.1:8080", ""] {
            assert!(!on(here, host), "{host}");
        }
        let shared = "172.17.0.2:8080";
        for host in ["172.17.0.2:8080", "192.168.1.2:9000", "localhost:8080", "192.168.1.2", "[fe80::1]:8080"]
        {
            assert!(on(shared, host), "{host}");
        }
        assert!(on("[::ffff:192.168.1.2]:8080", "192.168.1.2:8080"));
        for host in ["evil.test", "evil.test:8080", "buildbox:8080", "", "[evil]:1", "1.2.3.4.evil.test:80"] {
            assert!(!on(shared, host), "{host}");
        }
    }

    #[test]
    fn the_token_is_a_bearer_and_whole() {
        let token = Token::new();
        let with = |value: String| {
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
        };
        let whole = token.expose().to_owned();
        assert!(
            token.is_in(&with(format!("Bearer {whole}"))) && token.is_in(&with(format!("bearer {whole}")))
        );
        for wrong in
            [whole.clone(), format!("Basic {whole}"), format!("Bearer {}", &whole[1..]), "Bearer ".to_owned()]
        {
            assert!(!token.is_in(&with(wrong.clone())), "{wrong}");
        }
        assert!(!token.is_in(&HeaderMap::new()));
    }
}

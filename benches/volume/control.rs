//! The control: the requests of a case, and nothing else, from a client that does not look at the answers. It shows what
//! the scripted driver and the machine can do, so that they are not taken for the runner's limit.

use crate::http;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// The requests of a case of [`crate::project`] between making its session and ending it.
fn requests(session: &str) -> [String; 6] {
    let engine = |call: &str| {
        // About as long as the script that calls the engine.
        let script = "x".repeat(250);
        format!(
            r#"{{"script":"{script}","args":[{{"op":"{call}","query":["css","button"],"wait_ms":10000}}]}}"#
        )
    };
    let post = |path: &str, body: &str| request("POST", &format!("/session/{session}/{path}"), body);
    [
        post("url", r#"{"url":"http://shop.test/orders/1"}"#),
        post("execute/async", &engine("document")),
        post("execute/async", &engine("act")),
        post("actions", &format!(r#"{{"actions":["{}"]}}"#, "x".repeat(400))),
        post("execute/async", &engine("landed")),
        post("execute/async", &engine("check")),
    ]
}

fn request(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// How long `cases` take over `slots` connections.
pub(crate) fn run(address: &str, cases: usize, slots: usize) -> io::Result<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let left = Rc::new(std::cell::Cell::new(cases));
    let started = Instant::now();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let slots: Vec<_> = (0..slots)
            .map(|_| tokio::task::spawn_local(slot(address.to_owned(), Rc::clone(&left))))
            .collect();
        for slot in slots {
            slot.await.map_err(io::Error::other)??;
        }
        Ok(started.elapsed())
    })
}

async fn slot(address: String, left: Rc<std::cell::Cell<usize>>) -> io::Result<()> {
    let stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while left.get() > 0 {
        left.set(left.get() - 1);
        let made = ask(&stream, &mut buffer, &request("POST", "/session", "{}")).await?;
        let session = made.split(r#""sessionId":""#).nth(1).and_then(|it| it.split('"').next());
        let session = session.ok_or(io::ErrorKind::InvalidData)?.to_owned();
        for request in requests(&session) {
            ask(&stream, &mut buffer, &request).await?;
        }
        ask(&stream, &mut buffer, &request("DELETE", &format!("/session/{session}"), "")).await?;
    }
    Ok(())
}

async fn ask(stream: &TcpStream, buffer: &mut Vec<u8>, request: &str) -> io::Result<String> {
    http::send(stream, request.as_bytes()).await?;
    let answer = http::receive(stream, buffer).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let (body, length) = (answer.body.to_owned(), answer.length);
    buffer.drain(..length);
    Ok(body)
}

//! Clients of a live run: they read whatever comes, as fast as they can, and do nothing with it.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

/// Starts `count` clients of the run that says in `output` where it is live. Each answers how many bytes it was sent.
pub(crate) fn start(count: usize, output: &Path) -> io::Result<Vec<JoinHandle<u64>>> {
    (0..count)
        .map(|_| {
            let mut stream = connect(output)?;
            Ok(std::thread::spawn(move || {
                let (mut buffer, mut bytes) = (vec![0; 64 << 10], 0);
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    bytes += count as u64;
                }
                bytes
            }))
        })
        .collect()
}

/// A client of the run that says in `output` where it is live. It is told everything as soon as it reads.
pub(crate) fn connect(output: &Path) -> io::Result<TcpStream> {
    let (host, token) = loop {
        let said = fs::read_to_string(output)?;
        let url = said.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        if let Some((host, token)) = url.and_then(|url| url.split_once("/#")) {
            break (host.to_owned(), token.to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let request = format!(
        "GET /api/events HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(&host)?;
    stream.write_all(request.as_bytes())?;
    Ok(stream)
}

//! As much of HTTP/1.1 as the two ends of this measurement need: messages with a `Content-Length`, one after the other.

use std::io;
use tokio::net::TcpStream;

/// A message at the beginning of a buffer.
pub(crate) struct Message<'b> {
    /// The request or status line.
    pub(crate) first_line: &'b str,
    /// The body.
    pub(crate) body: &'b str,
    /// Bytes of the whole.
    pub(crate) length: usize,
}

/// Reads until the buffer begins with a whole message; `None` at the end of the stream.
pub(crate) async fn receive<'b>(
    stream: &TcpStream,
    buffer: &'b mut Vec<u8>,
) -> io::Result<Option<Message<'b>>> {
    let (head, length) = loop {
        if let Some(found) = measure(buffer) {
            break found;
        }
        stream.readable().await?;
        match stream.try_read_buf(buffer) {
            Ok(0) => return Ok(None),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            Ok(_) | Err(_) => {}
        }
    };
    let text = std::str::from_utf8(&buffer[..length]).map_err(io::Error::other)?;
    let first_line = text.split("\r\n").next().unwrap_or_default();
    Ok(Some(Message { first_line, body: &text[head..], length }))
}

/// Bytes of the head and of the whole message, once all of it is there.
fn measure(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let lengths = text.lines().filter_map(|line| line.split_once(':'));
    let length = lengths
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse::<usize>().ok());
    let whole = head + length.unwrap_or(0);
    (buffer.len() >= whole).then_some((head, whole))
}

/// Sends all of it.
pub(crate) async fn send(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

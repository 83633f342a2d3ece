//! Messages on the debugging pipe: text that ends with NUL, in both directions. Reads none of it but the number of an
//! answer that is too large to be read.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

/// Larger messages of the browser are not kept: a screenshot of a huge page, a page of 200 MB as one string.
pub(super) const MAX_MESSAGE: usize = 64 << 20;

/// What is read at once.
const CHUNK: usize = 64 << 10;

/// The id of an answer of which only the beginning is there. The browser writes it first.
pub(super) fn id_at_start(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(br#"{"id":"#)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// Writes what is queued until nobody can queue more.
pub(super) async fn write(mut pipe: pipe::Sender, mut queue: mpsc::UnboundedReceiver<String>) {
    while let Some(text) = queue.recv().await {
        let mut bytes = text.into_bytes();
        bytes.push(0);
        // What queued meanwhile goes along: one system call instead of several.
        while bytes.len() < CHUNK
            && let Ok(more) = queue.try_recv()
        {
            bytes.extend_from_slice(more.as_bytes());
            bytes.push(0);
        }
        if pipe.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Reads until the end, and hands on each message with its size. Of one beyond [`MAX_MESSAGE`] only a beginning is kept.
pub(super) async fn read(mut pipe: pipe::Receiver, mut each: impl FnMut(&[u8], usize)) {
    let mut message: Vec<u8> = Vec::new();
    let mut dropped = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        let got = match pipe.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(got) => got,
        };
        let mut rest = &chunk[..got];
        while let Some(end) = rest.iter().position(|&byte| byte == 0) {
            if message.is_empty() && dropped == 0 {
                each(&rest[..end], end);
            } else {
                keep(&mut message, &mut dropped, &rest[..end]);
                each(&message, message.len() + dropped);
                message.clear();
                // One huge message must not cost its memory for ever.
                message.shrink_to(CHUNK);
                dropped = 0;
            }
            rest = &rest[end + 1..];
        }
        keep(&mut message, &mut dropped, rest);
    }
}

fn keep(message: &mut Vec<u8>, dropped: &mut usize, more: &[u8]) {
    if *dropped > 0 || message.len() + more.len() > MAX_MESSAGE {
        *dropped += more.len() + message.len().saturating_sub(CHUNK);
        message.truncate(CHUNK);
    } else {
        message.extend_from_slice(more);
    }
}

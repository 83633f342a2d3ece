//! A file without a name for what is wanted again later and would be much in memory. It ends with the process, however
//! that ends, and leaves nothing behind.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// The file; it only grows.
#[derive(Debug)]
pub struct Shelf {
    file: File,
    end: AtomicU64,
}

/// Where something lies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    at: u64,
    length: u32,
}

impl Shelf {
    /// An empty one, in the folder for temporary files.
    pub fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, end: AtomicU64::new(0) })
    }

    /// Puts bytes down, fewer than 4 GiB.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Chunk> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let at = self.end.fetch_add(u64::from(length), Ordering::Relaxed);
        self.file.write_all_at(bytes, at)?;
        Ok(Chunk { at, length })
    }

    /// Reads them again.
    pub fn get(&self, chunk: Chunk) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; chunk.length as usize];
        self.file.read_exact_at(&mut bytes, chunk.at)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_down_is_got_again() {
        let shelf = Shelf::new().unwrap();
        let chunks: Vec<Chunk> =
            ["one", "", "three"].map(|text| shelf.put(text.as_bytes()).unwrap()).to_vec();
        let texts: Vec<_> = chunks.iter().rev().map(|chunk| shelf.get(*chunk).unwrap()).collect();
        assert_eq!(texts, [&b"three"[..], b"", b"one"]);
    }
}

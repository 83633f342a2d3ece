//! Where events go that the database does not take: a file of JSON lines beside it, one event each.

use super::open::create_private;
use crate::event::Stamped;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

/// An open spool.
#[derive(Debug)]
pub(super) struct Spool {
    path: PathBuf,
    file: File,
    /// Events in it.
    pub(super) events: u64,
}

impl Spool {
    /// Makes the spool, or goes on with one that is there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = match create_private(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                OpenOptions::new().append(true).open(path)?
            }
            other => other?,
        };
        Ok(Self { path: path.to_owned(), file, events: 0 })
    }

    /// One that a run has left.
    pub(super) fn existing(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: File::open(path)?, events: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds events, and returns when they are on the disk.
    pub(super) fn add(&mut self, events: &[Stamped]) -> io::Result<()> {
        let mut lines = Vec::new();
        for event in events {
            serde_json::to_writer(&mut lines, event)?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines)?;
        self.file.sync_data()?;
        self.events += events.len() as u64;
        Ok(())
    }

    /// The events in it, from the first.
    pub(super) fn read(&self) -> io::Result<impl Iterator<Item = io::Result<Stamped>> + use<>> {
        let mut lines = BufReader::new(File::open(&self.path)?);
        Ok(std::iter::from_fn(move || {
            let mut line = Vec::new();
            match lines.read_until(b'\n', &mut line) {
                // A line without an end was cut off, by a full disk or with its runner: nobody was told of what it says.
                Ok(_) if !line.ends_with(b"\n") => None,
                Ok(_) => Some(serde_json::from_slice(&line).map_err(io::Error::from)),
                Err(error) => Some(Err(error)),
            }
        }))
    }

    /// Removes it: what it held is in the database.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

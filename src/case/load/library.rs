//! The case files of a run as they were loaded. Their texts lie in a file without a name, and a case is read from there
//! again when it is wanted: a case takes memory only while it runs, and what becomes of its file meanwhile changes
//! nothing. Reading one again takes some ten microseconds.
//!
//! Files with rows are kept in memory instead: their rows may come from large data files, and every row is a job.

use super::files::Flows;
use super::{LoadOptions, parse};
use crate::case::model::Case;
use crate::shelf::{Chunk, Shelf};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files of several cases that stay in memory after one of them was wanted: the next one mostly is of the same file.
const RECENT: usize = 16;

/// A case's place among what was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseKey {
    /// Its file, in the order of the files.
    pub(super) file: u32,
    /// Its number in the file.
    pub(super) number: u32,
}

/// Everything that was loaded.
#[derive(Debug)]
pub struct Library {
    flows: Flows,
    /// `None` where no file can be made: then all is kept in memory.
    shelf: Option<Shelf>,
    files: Vec<Held>,
    recent: Mutex<VecDeque<(u32, Cases)>>,
}

/// The cases of one file with their numbers, those that were not asked for left out.
type Cases = Arc<[(u32, Arc<Case>)]>;

/// How a file is held.
#[derive(Debug)]
pub(super) enum Held {
    /// On the shelf: its path, of so many bytes, and its text.
    Shelved(Chunk, u32),
    /// In memory.
    Kept(Cases),
}

/// A case that cannot be read again.
#[derive(Debug)]
pub struct Unreadable(io::Error);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let folder = std::env::temp_dir();
        let Self(cause) = self;
        write!(f, "the case cannot be read again from the temporary file in `{}`: {cause}", folder.display())
    }
}

impl std::error::Error for Unreadable {}

impl Library {
    /// An empty one.
    pub(super) fn new(options: LoadOptions) -> Self {
        Self {
            flows: Flows::new(options),
            shelf: Shelf::new().ok(),
            files: Vec::new(),
            recent: Mutex::default(),
        }
    }

    pub(super) fn flows(&self) -> &Flows {
        &self.flows
    }

    pub(super) fn flows_mut(&mut self) -> &mut Flows {
        &mut self.flows
    }

    /// Puts a file away that needs no other to be read again; keeps it in memory where that cannot be done.
    pub(super) fn shelve(&self, path: &Path, cases: &[(u32, Arc<Case>)]) -> Held {
        let shelved = self.shelf.as_ref().zip(cases.first()).and_then(|(shelf, (_, case))| {
            let path = path.as_os_str().as_bytes();
            let chunk = shelf.put(&[path, case.source.text.as_bytes()].concat()).ok()?;
            Some(Held::Shelved(chunk, u32::try_from(path.len()).ok()?))
        });
        shelved.unwrap_or_else(|| Held::Kept(cases.into()))
    }

    /// Says which file is which: the keys count them in this order.
    pub(super) fn arrange(&mut self, files: Vec<Held>) {
        self.files = files;
    }

    /// The case. Keys are those of this very library. The calling thread's stack should be [`STACK`](super::STACK).
    pub fn case(&self, key: CaseKey) -> Result<Arc<Case>, Unreadable> {
        let none = || Unreadable(io::ErrorKind::NotFound.into());
        let cases = match self.files.get(key.file as usize).ok_or_else(none)? {
            Held::Kept(cases) => Arc::clone(cases),
            Held::Shelved(chunk, path) => match self.recent(key.file) {
                Some(cases) => cases,
                None => self.read(key.file, *chunk, *path as usize).map_err(Unreadable)?,
            },
        };
        cases
            .iter()
            .find(|(number, _)| *number == key.number)
            .map(|(_, case)| Arc::clone(case))
            .ok_or_else(none)
    }

    fn recent(&self, file: u32) -> Option<Cases> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().find(|(it, _)| *it == file).map(|(_, cases)| Arc::clone(cases))
    }

    fn read(&self, file: u32, chunk: Chunk, path: usize) -> io::Result<Cases> {
        let mut bytes = self.shelf.as_ref().ok_or(io::ErrorKind::NotFound)?.get(chunk)?;
        let text = String::from_utf8(bytes.split_off(path)).map_err(io::Error::other)?;
        let path = PathBuf::from(OsString::from_vec(bytes));
        let (cases, _) = parse(&path, text, &self.flows);
        let cases: Cases = cases.into_iter().map(|(number, case)| (number, Arc::new(case))).collect();
        if cases.len() > 1 {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.truncate(RECENT - 1);
            recent.push_front((file, Arc::clone(&cases)));
        }
        Ok(cases)
    }
}

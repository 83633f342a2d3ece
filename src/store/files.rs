//! Files that a record names as what was kept of a batch. It may have come from elsewhere: nothing outside of the
//! batch's folder of evidence is read, and no link is followed.

use crate::id::BatchId;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The files of a batch's evidence.
#[derive(Debug)]
pub struct Files {
    /// The record's folder.
    root: PathBuf,
    /// Where the batch's lie in it.
    own: PathBuf,
    /// A folder that was seen to lie below it: most files have the same.
    seen: PathBuf,
}

impl Files {
    /// Those of a batch of the record in `folder`.
    pub fn of(folder: &Path, batch: &BatchId) -> Self {
        Self {
            root: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
            own: Path::new("evidence").join(batch.as_str()),
            seen: PathBuf::new(),
        }
    }

    /// Opens a file by the path that the record has; with its size.
    pub fn open(&mut self, path: &str) -> io::Result<(File, u64)> {
        let own = inside(path).filter(|path| path.starts_with(&self.own));
        let own =
            own.ok_or_else(|| io::Error::other("the record names a file that is no evidence of the batch"))?;
        let path = self.root.join(own);
        // A link in between would lead out as well.
        if !self.is_below(path.parent().unwrap_or(Path::new("/")))? || !path.symlink_metadata()?.is_file() {
            return Err(io::Error::other("it is not a file of the record"));
        }
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    }

    fn is_below(&mut self, folder: &Path) -> io::Result<bool> {
        if folder != self.seen {
            if !folder.canonicalize()?.starts_with(self.root.join(&self.own)) {
                return Ok(false);
            }
            folder.clone_into(&mut self.seen);
        }
        Ok(true)
    }
}

/// A path that does not lead out of the folder of the record.
pub fn inside(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

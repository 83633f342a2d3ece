//! Files that a record names. It may have come from elsewhere: nothing outside of its folder is read, and no link is
//! followed.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The files below the folder of a record.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    /// A folder that was seen to lie below it: most files have the same.
    seen: PathBuf,
}

impl Files {
    /// Those of the record in `folder`.
    pub fn of(folder: &Path) -> Self {
        Self { root: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), seen: PathBuf::new() }
    }

    /// Opens a file by the path that the record has; with its size.
    pub fn open(&mut self, path: &str) -> io::Result<(File, u64)> {
        let path =
            inside(path).ok_or_else(|| io::Error::other("the record names a file outside of its folder"))?;
        let path = self.root.join(path);
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
            if !folder.canonicalize()?.starts_with(&self.root) {
                return Ok(false);
            }
            folder.clone_into(&mut self.seen);
        }
        Ok(true)
    }
}

/// A path that does not lead out of the folder of the record.
fn inside(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

//! Temporary folders: one per run, whose name is agreed before it exists, and all others inside it.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A temporary folder of one's own, mode 0700. Removed by [`super::Custody::remove`], at the latest at the end.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder `name` inside `parent`.
    pub(super) fn make(parent: &Path, name: &str) -> io::Result<Self> {
        let path = parent.join(name);
        make_private(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A name for a run's folder that nobody else can have: the guard refuses one that exists.
pub(super) fn fresh_name() -> PathBuf {
    std::env::temp_dir().join(format!("batchrun-{}", crate::id::secret()))
}

/// Makes a folder that must not exist yet, for its owner only.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// Removes a folder with all in it, again and again until `patience` is over: who is just dying may still write.
/// Nothing there is fine.
pub(super) fn remove(path: &Path, patience: Duration) -> io::Result<()> {
    let until = Instant::now() + patience;
    loop {
        match std::fs::remove_dir_all(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => return Ok(()),
            Err(error) if Instant::now() > until => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// The names of what lies in a folder.
pub(super) fn names_in(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

//! Temporary folders: one per run, whose name is agreed before it exists, and all others inside it.

use rustix::fd::OwnedFd;
use rustix::fs::FlockOperation;
use std::fs::{DirEntry, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
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

/// How names of runs' folders begin.
const PREFIX: &str = "batchrun-";

/// Lies in a run's folder and is locked (`flock(2)`) while its guard lives.
const ALIVE: &str = ".alive";

/// The folder that browsers and drivers take for the system's temporary one.
pub(super) const TEMPORARY: &str = "tmp";

/// A name for a run's folder that nobody else can have: the guard refuses one that exists.
pub(super) fn fresh_name() -> PathBuf {
    // Half of the bits will do, and leave room in the 108 bytes that a socket's path may have.
    std::env::temp_dir().join(format!("{PREFIX}{}", &crate::id::secret()[..16]))
}

/// Makes a folder that must not exist yet, for its owner only.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// Makes a run's folder. It counts as in use for as long as the result is kept.
pub(super) fn make_base(path: &Path) -> io::Result<OwnedFd> {
    make_private(path)?;
    make_private(&path.join(TEMPORARY))?;
    // Locked before it gets its name: nobody may find it there and free.
    let unnamed = path.join(TEMPORARY).join("alive");
    let alive = OwnedFd::from(std::fs::File::create(&unnamed)?);
    rustix::fs::flock(&alive, FlockOperation::NonBlockingLockExclusive)?;
    std::fs::rename(unnamed, path.join(ALIVE))?;
    Ok(alive)
}

/// Removes what earlier runs left in a folder of temporary files because all of their processes were killed at once.
pub(super) fn sweep(temporary: &Path) {
    for entry in std::fs::read_dir(temporary).into_iter().flatten().flatten() {
        let path = entry.path();
        if is_abandoned(&entry) {
            // Another run may be doing the same.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// Whether this is a run's folder of ours that nobody uses.
fn is_abandoned(entry: &DirEntry) -> bool {
    let ours = |about: &Metadata| about.is_dir() && about.uid() == rustix::process::geteuid().as_raw();
    if !entry.file_name().as_bytes().starts_with(PREFIX.as_bytes())
        || !entry.metadata().is_ok_and(|it| ours(&it))
    {
        return false;
    }
    // Without the file it is somebody else's folder of that name, or one that is being made right now.
    std::fs::File::open(entry.path().join(ALIVE))
        .is_ok_and(|alive| rustix::fs::flock(&alive, FlockOperation::NonBlockingLockExclusive).is_ok())
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

/// The names of what lies in a run's folder, but for what every run has there.
pub(super) fn names_in(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != ALIVE && name != TEMPORARY)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f89_a_place_that_somebody_has_prepared_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let path = |name: &str| temporary.path().join(name);
        std::fs::create_dir_all(path("prepared")).unwrap();
        std::os::unix::fs::symlink(path("prepared"), path("link")).unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
        for name in ["prepared", "link", "dangling"] {
            assert_eq!(make_base(&path(name)).unwrap_err().kind(), io::ErrorKind::AlreadyExists, "{name}");
        }
        assert!(names_in(&path("prepared")).is_empty() && !path("nowhere").exists());
        assert_ne!(fresh_name(), fresh_name());
    }

    #[test]
    fn folders_of_dead_runs_are_swept_and_others_stay() {
        let temporary = tempfile::tempdir().unwrap();
        let path = |name: &str| temporary.path().join(name);
        let _lives = make_base(&path("batchrun-lives")).unwrap();
        drop(make_base(&path("batchrun-dead")).unwrap());
        std::fs::write(path("batchrun-dead").join("file"), "x").unwrap();
        std::fs::create_dir_all(path("batchrun-foreign").join("inner")).unwrap();
        std::fs::create_dir(path("batchrun-young")).unwrap();
        std::fs::create_dir(path("other")).unwrap();
        sweep(temporary.path());
        let mut left = names_in(temporary.path());
        left.sort();
        assert_eq!(left, ["batchrun-foreign", "batchrun-lives", "batchrun-young", "other"]);
    }
}

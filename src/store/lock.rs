//! Locks of whole runs: one a batch, to show that its runner lives, and those that `--lock NAME` asks for. They are file
//! locks (flock(2)): the kernel frees them however a process ends.

use crate::id::BatchId;
use crate::text::Untrusted;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Held for the life of a batch.
#[derive(Debug)]
pub struct BatchLock {
    batch: BatchId,
    path: PathBuf,
    // Dropping it frees the lock.
    _file: File,
}

impl BatchLock {
    /// Takes the lock of a new batch in the folder `run`.
    pub(super) fn take(run: &Path, batch: &BatchId) -> io::Result<Self> {
        let path = path_of(run, batch);
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => {
                // Where a runner that was killed listened.
                file.set_len(0)?;
                Ok(Self { batch: batch.clone(), path, _file: file })
            }
            Err(TryLockError::WouldBlock) => Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("batch `{batch}` is running already"),
            )),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The batch.
    pub fn batch(&self) -> &BatchId {
        &self.batch
    }
}

impl Drop for BatchLock {
    fn drop(&mut self) {
        // While it is held nobody takes it for dead, and afterwards nobody needs it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the runner of a batch lives.
pub(super) fn is_held(run: &Path, batch: &BatchId) -> bool {
    match File::open(path_of(run, batch)) {
        // Shared, so that two who ask at once do not take each other for the runner.
        Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

/// A batch whose runner lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningBatch {
    /// The batch.
    pub batch: BatchId,
    /// The socket at which its runner listens, once it does.
    pub socket: Option<PathBuf>,
}

/// Characters of an id that are the time of its batch: `20270102-030405`.
const SECONDS: usize = 15;

/// The batches whose runners live, the oldest first. `run` is the folder of their locks.
pub fn running_batches(run: &Path) -> Vec<RunningBatch> {
    let mut found: Vec<RunningBatch> = Vec::new();
    for entry in fs::read_dir(run).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(batch) = name.to_str().and_then(|name| name.strip_suffix(".lock")) else { continue };
        if batch.starts_with(NAMED) {
            continue;
        }
        let batch = BatchId::from_stored(batch);
        if is_held(run, &batch) {
            let socket = fs::read(entry.path()).unwrap_or_default();
            let socket = (!socket.is_empty()).then(|| PathBuf::from(OsString::from_vec(socket)));
            found.push(RunningBatch { batch, socket });
        }
    }
    // Ids of one second say nothing about which came first; files do.
    let since = |it: &RunningBatch| fs::metadata(path_of(run, &it.batch)).and_then(|it| it.modified()).ok();
    let second = |it: &RunningBatch| it.batch.as_str().get(..SECONDS).map(ToOwned::to_owned);
    found.sort_by_cached_key(|it| (second(it), since(it), it.batch.to_string()));
    found
}

/// Writes into the lock of a batch at which socket its runner listens.
pub fn say_where(run: &Path, batch: &BatchId, socket: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(path_of(run, batch))?.write_all(socket.as_os_str().as_bytes())
}

/// Removes the lock of a batch that is known to be dead.
pub(super) fn forget(run: &Path, batch: &BatchId) {
    let _ = fs::remove_file(path_of(run, batch));
}

/// How the files of named locks begin.
const NAMED: &str = "named-";

fn path_of(run: &Path, batch: &BatchId) -> PathBuf {
    run.join(format!("{}.lock", Untrusted::from(batch.as_str()).file_name()))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// The lock of `--lock NAME`, held until it is dropped.
#[derive(Debug)]
pub struct NamedLock {
    _file: File,
}

/// Why a named lock was not had.
#[derive(Debug)]
pub enum LockError {
    /// Another run holds it.
    Held {
        /// Its name.
        name: String,
        /// The process that holds it, where it says so.
        by: Option<u32>,
    },
    /// Its file cannot be opened.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { name, by: Some(process) } => {
                write!(f, "lock `{name}` is held by another run (process {process})")
            }
            Self::Held { name, by: None } => write!(f, "lock `{name}` is held by another run"),
            Self::File { path, cause } => write!(f, "cannot lock `{}`: {cause}", path.display()),
        }
    }
}

impl std::error::Error for LockError {}

impl NamedLock {
    /// Takes the lock called `name` in the folder `run`, waiting for at most `wait`. Blocks the thread while it waits.
    pub fn take(run: &Path, name: &str, wait: Duration) -> Result<Self, LockError> {
        Self::take_with(run, name, wait, std::thread::sleep)
    }

    fn take_with(
        run: &Path,
        name: &str,
        wait: Duration,
        mut pause: impl FnMut(Duration),
    ) -> Result<Self, LockError> {
        let path = run.join(format!("{NAMED}{}.lock", Untrusted::from(name).file_name()));
        let failed = |cause| LockError::File { path: path.clone(), cause };
        let mut file = open(&path).map_err(failed)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // There is no flock(2) with a time limit.
                Err(TryLockError::WouldBlock) if started.elapsed() < wait => {
                    pause(Duration::from_millis(50).min(wait));
                }
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    let by = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                    return Err(LockError::Held { name: name.to_owned(), by });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let holder = format!("{}\n", std::process::id());
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f60_a_lock_that_is_held_is_refused_with_its_holder() {
        let run = tempfile::tempdir().unwrap();
        let held = NamedLock::take(run.path(), "nightly", Duration::ZERO).unwrap();
        let error = NamedLock::take(run.path(), "nightly", Duration::ZERO).unwrap_err();
        let process = std::process::id();
        assert_eq!(error.to_string(), format!("lock `nightly` is held by another run (process {process})"));
        NamedLock::take(run.path(), "night/ly", Duration::ZERO).unwrap();
        drop(held);
        NamedLock::take(run.path(), "nightly", Duration::ZERO).unwrap();
    }

    #[test]
    fn f60_a_lock_is_waited_for() {
        let run = tempfile::tempdir().unwrap();
        let mut held = Some(NamedLock::take(run.path(), "nightly", Duration::ZERO).unwrap());
        let minute = Duration::from_secs(60);
        let had = NamedLock::take_with(run.path(), "nightly", minute, |_| drop(held.take())).map(drop);
        had.unwrap();
        assert!(held.is_none(), "it was not waited for");
    }

    #[test]
    fn a_batch_lives_as_long_as_its_lock() {
        let run = tempfile::tempdir().unwrap();
        let batch = BatchId::from_stored("20270102-030405-7k2m9qxd");
        assert!(!is_held(run.path(), &batch));
        // Another runner was killed, which listened elsewhere.
        fs::write(path_of(run.path(), &batch), "/tmp/long/gone/ctl.sock").unwrap();
        let lock = BatchLock::take(run.path(), &batch).unwrap();
        assert!(is_held(run.path(), &batch));
        assert!(is_held(run.path(), &batch));
        let running = |socket: Option<&str>| {
            vec![RunningBatch { batch: batch.clone(), socket: socket.map(PathBuf::from) }]
        };
        assert_eq!(running_batches(run.path()), running(None));
        say_where(run.path(), &batch, Path::new("/tmp/x/ctl.sock")).unwrap();
        assert_eq!(running_batches(run.path()), running(Some("/tmp/x/ctl.sock")));
        drop(lock);
        assert!(!is_held(run.path(), &batch));
        assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_named_lock_is_no_running_batch() {
        let run = tempfile::tempdir().unwrap();
        let _held = NamedLock::take(run.path(), "nightly", Duration::ZERO).unwrap();
        assert_eq!(running_batches(run.path()), []);
    }
}

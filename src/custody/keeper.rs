//! The runner's end of custody.

use super::process::{Outgoing, Process, Spawn, SpawnError};
use super::reports::{State, lock, read, write};
use super::wire::{Request, SpawnRequest};
use super::{MARK, descendants, folder, folder::Folder, watcher};
use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// How long the guard may take to be there: it only has to be executed.
const START: Duration = Duration::from_secs(10);

/// How long the guard may take to end everything: a second for servers, then what the kernel needs.
const FINISH: Duration = Duration::from_secs(5);

/// How long the watcher may take to clean up after a guard that was killed.
const WATCHER: Duration = Duration::from_secs(3);

/// Everything a run starts, and the folder of its temporary files.
///
/// Dropping it is as good as [`Custody::finish`], only that nobody waits for it.
#[derive(Debug)]
pub struct Custody {
    base: PathBuf,
    state: Arc<Mutex<State>>,
    to_guard: mpsc::UnboundedSender<Outgoing>,
    lost: watch::Receiver<bool>,
    watcher: Mutex<Watcher>,
    next: AtomicU64,
    tasks: [JoinHandle<()>; 2],
}

/// The watcher, and the line whose end says that it is gone.
#[derive(Debug)]
struct Watcher {
    child: std::process::Child,
    line: Option<OwnedFd>,
}

/// What was still there at the end although everything should have been ended and removed by then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Processes, by the names that the system has for them. All were ended.
    pub processes: Vec<String>,
    /// Temporary folders. All were removed.
    pub folders: Vec<String>,
}

impl Leftovers {
    /// How many there were.
    pub fn count(&self) -> usize {
        self.processes.len() + self.folders.len()
    }
}

/// Why there is no guard.
#[derive(Debug)]
pub enum StartError {
    /// The system refused.
    System(io::Error),
    /// The guard says why.
    Guard(String),
    /// It died, or it never answered.
    Silent,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => write!(f, "cannot start the guard of this run: {error}"),
            Self::Guard(message) => f.write_str(message),
            Self::Silent => f.write_str("the guard of this run does not answer"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Custody {
    /// Starts the guard from this very program, whose `main` must begin with [`super::guard_main_if_asked`].
    pub async fn start() -> Result<Self, StartError> {
        // The link leads to this program also after it was replaced or removed.
        if cfg!(target_os = "linux") {
            Self::start_from(Path::new("/proc/self/exe")).await
        } else {
            Self::start_from(&std::env::current_exe()?).await
        }
    }

    /// Starts the guard from another copy of batchrun: for tests, whose own `main` belongs to the harness.
    pub async fn start_from(program: &Path) -> Result<Self, StartError> {
        // Should guard and watcher both be killed, their orphans come here and can be found.
        watcher::become_subreaper()?;
        let pair = || socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None);
        let (socket, guards) = pair().map_err(io::Error::from)?;
        let (line, watchers) = pair().map_err(io::Error::from)?;
        let base = folder::fresh_name();
        let mut command = Command::new(program);
        command.arg(MARK).arg(&base).env(descendants::MARK, &base);
        command.stdin(watchers).stdout(guards).stderr(terminal());
        let child = command.spawn()?;
        drop(command);

        let (ready, is_ready) = oneshot::channel();
        let state = Arc::new(Mutex::new(State { ready: Some(ready), ..State::default() }));
        let socket = std::os::unix::net::UnixStream::from(socket);
        socket.set_nonblocking(true)?;
        let socket = Arc::new(UnixStream::from_std(socket)?);
        let (to_guard, outgoing) = mpsc::unbounded_channel();
        let (is_lost, lost) = watch::channel(false);
        let tasks = [
            tokio::spawn(write(Arc::clone(&socket), outgoing)),
            tokio::spawn(read(socket, Arc::clone(&state), is_lost)),
        ];
        let watcher = Mutex::new(Watcher { child, line: Some(line) });
        let custody = Self { base, state, to_guard, lost, watcher, next: AtomicU64::new(1), tasks };
        match tokio::time::timeout(START, is_ready).await {
            Ok(Ok(Ok(()))) => {
                // Nobody waits for it.
                drop(tokio::task::spawn_blocking(|| folder::sweep(&std::env::temp_dir())));
                Ok(custody)
            }
            Ok(Ok(Err(message))) => Err(StartError::Guard(message)),
            Ok(Err(_)) | Err(_) => Err(StartError::Silent),
        }
    }

    /// Starts a process.
    pub async fn spawn(&self, spawn: Spawn) -> Result<Process, SpawnError> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let (exited, exit) = watch::channel(None);
        let (started, is_started) = oneshot::channel();
        {
            let mut state = lock(&self.state);
            state.processes.insert(key, exited);
            state.starting.insert(key, started);
        }
        let log = spawn.log.is_some();
        let (given, targets): (Vec<_>, Vec<_>) = spawn.fds.into_iter().unzip();
        let request = Request::Spawn(SpawnRequest {
            key,
            kind: spawn.kind,
            program: spawn.program.into_os_string(),
            args: spawn.args,
            env: spawn.env,
            cwd: spawn.cwd.map(PathBuf::into_os_string),
            log,
            targets,
        });
        let fds = spawn.log.into_iter().chain(given).collect();
        // Made before the answer is awaited, so that whoever stops waiting ends the process by it.
        let mut process = Process { key, pid: 0, exit, to_guard: self.to_guard.clone() };
        self.to_guard.send(Outgoing { request, fds }).map_err(|_| SpawnError::GuardLost)?;
        if *self.lost.borrow() {
            return Err(SpawnError::GuardLost);
        }
        process.pid = is_started.await.map_err(|_| SpawnError::GuardLost)?.map_err(SpawnError::System)?;
        Ok(process)
    }

    /// Makes a temporary folder, mode 0700; `prefix` is for people who look.
    pub fn folder(&self, prefix: &str) -> io::Result<Folder> {
        // Lies in the run's folder, which the guard removes: nobody has to be told of it.
        Folder::make(&self.base, &format!("{prefix}-{}", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// Removes a temporary folder while its users may still be dying.
    pub async fn remove(&self, folder: Folder) -> io::Result<()> {
        let removed =
            tokio::task::spawn_blocking(move || folder::remove(folder.path(), Duration::from_secs(2)));
        removed.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// Completes when the guard is gone although nobody asked it to. All processes are lost then, and what is left to
    /// do is [`Custody::clean_up_alone`].
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // Without a sender the reading task is gone, which only happens together with this value.
        let _ = lost.wait_for(|lost| *lost).await;
    }

    /// Ends everything, removes all folders, and says what was left over.
    pub async fn finish(self) -> Leftovers {
        let (finished, is_finished) = oneshot::channel();
        lock(&self.state).finished = Some(finished);
        let asked = self.to_guard.send(Outgoing { request: Request::Finish, fds: vec![] }).is_ok();
        if asked
            && !*self.lost.borrow()
            && let Ok(Ok(leftovers)) = tokio::time::timeout(FINISH, is_finished).await
            && self.watcher_is_gone().await
        {
            return leftovers;
        }
        self.clean_up_alone().await
    }

    /// Ends and removes what a lost guard left behind. The watcher does so as well and is waited for first.
    pub async fn clean_up_alone(self) -> Leftovers {
        self.watcher_is_gone().await;
        let base = self.base.clone();
        drop(self);
        let cleaned = tokio::task::spawn_blocking(move || {
            let processes = descendants::end_marked(&base, Duration::from_secs(2));
            let folders = folder::names_in(&base);
            let _ = folder::remove(&base, Duration::from_secs(2));
            Leftovers { processes, folders }
        });
        cleaned.await.unwrap_or_default()
    }

    /// Waits for the watcher's end and reaps it; kills it when it takes too long.
    async fn watcher_is_gone(&self) -> bool {
        let line = lock(&self.watcher).line.take();
        let gone = match line {
            None => true,
            Some(line) => tokio::time::timeout(WATCHER, closed(line)).await.is_ok(),
        };
        let mut watcher = lock(&self.watcher);
        if !gone {
            let _ = watcher.child.kill();
        }
        let _ = watcher.child.wait();
        gone
    }
}

impl Drop for Custody {
    fn drop(&mut self) {
        // Closes the socket; its end is what the guard acts on.
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// The terminal whose mode the guard restores.
fn terminal() -> Stdio {
    [rustix::stdio::stdin(), rustix::stdio::stderr()]
        .into_iter()
        .find(|fd| rustix::termios::isatty(fd))
        .and_then(|fd| fd.try_clone_to_owned().ok())
        .map_or_else(Stdio::null, Stdio::from)
}

/// Completes when the other end of a line is closed.
async fn closed(line: OwnedFd) -> io::Result<()> {
    let line = std::os::unix::net::UnixStream::from(line);
    line.set_nonblocking(true)?;
    let line = UnixStream::from_std(line)?;
    line.readable().await
}

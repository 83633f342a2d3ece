//! Processes in custody, as the runner sees them.

use super::wire::{Ending, Key, Kind, Request};
use rustix::fd::OwnedFd;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A killed process that is still there after this long will not go by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to start.
#[derive(Debug)]
pub struct Spawn {
    /// What it is.
    pub kind: Kind,
    /// A path, or a name to be found in PATH.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Changes to the runner's environment; `None` removes a variable.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// Where it starts; the runner's own without it.
    pub cwd: Option<PathBuf>,
    /// A file or pipe for standard output and standard error; nothing is kept without it.
    pub log: Option<OwnedFd>,
    /// Further descriptors, with the numbers that they get in the process: from 3 to 15, or 0 for its standard input.
    /// At most seven.
    pub fds: Vec<(OwnedFd, i32)>,
}

impl Spawn {
    /// A program without arguments.
    pub fn new(kind: Kind, program: impl Into<PathBuf>) -> Self {
        Self { kind, program: program.into(), args: vec![], env: vec![], cwd: None, log: None, fds: vec![] }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// The guard was lost; with it the process.
    Lost,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Lost => f.write_str("the loss of its guard"),
        }
    }
}

/// Why a process could not be started.
#[derive(Debug)]
pub enum SpawnError {
    /// The system refused.
    System(io::Error),
    /// The guard is gone.
    GuardLost,
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => error.fmt(f),
            Self::GuardLost => f.write_str("the guard of this run is gone"),
        }
    }
}

impl std::error::Error for SpawnError {}

/// A message on its way to the guard, with descriptors.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) request: Request,
    pub(super) fds: Vec<OwnedFd>,
}

/// A process in custody. Dropping it kills its group.
#[derive(Debug)]
pub struct Process {
    pub(super) key: Key,
    pub(super) pid: u32,
    pub(super) exit: watch::Receiver<Option<Exit>>,
    pub(super) to_guard: mpsc::UnboundedSender<Outgoing>,
}

impl Process {
    /// Its number in the system.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// Waits for its end.
    pub async fn exited(&self) -> Exit {
        let mut exit = self.exit.clone();
        exit.wait_for(Option::is_some).await.ok().and_then(|exit| *exit).unwrap_or(Exit::Lost)
    }

    /// Asks its group to end by SIGTERM, and kills it after `grace`; zero kills at once. `None`: it cannot be ended.
    pub async fn end(&self, grace: Duration) -> Option<Exit> {
        if !grace.is_zero() {
            self.tell(Ending::Terminate);
            if let Ok(exit) = tokio::time::timeout(grace, self.exited()).await {
                return Some(exit);
            }
        }
        self.tell(Ending::Kill);
        tokio::time::timeout(PATIENCE, self.exited()).await.ok()
    }

    fn tell(&self, ending: Ending) {
        if self.exit().is_none() {
            // Without a guard there is no process either.
            let _ = self.to_guard.send(Outgoing { request: Request::Signal(self.key, ending), fds: vec![] });
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.tell(Ending::Kill);
    }
}

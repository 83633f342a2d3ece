//! The guard: forks what the runner asks for, tells it of every end, and ends everything when the runner is gone or
//! asks for it. Single-threaded; knows nothing of what the processes do.

use super::descendants::{self, Children, reap};
use super::process::Exit;
use super::terminal::Terminal;
use super::wire::{self, Ending, Inbox, Key, Kind, Report, Request, SpawnRequest};
use super::{folder, leave, signals, watcher};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::HashMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a `[server]` gets between SIGTERM and SIGKILL when nobody said otherwise.
const SERVER_GRACE: Duration = Duration::from_secs(1);

/// How long ending everything else may take.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What may end by itself after its process was ended in good order (a browser's crash handler) gets this long before
/// it counts as left over.
const FAREWELL: Duration = Duration::from_millis(500);

/// The descriptors below this are what the processes get theirs as.
const FIRST_OWN_FD: i32 = 16;

struct Guard {
    socket: OwnedFd,
    wake: OwnedFd,
    /// Says to other runs that the folder is in use.
    _alive: OwnedFd,
    base: PathBuf,
    terminal: Option<Terminal>,
    inbox: Inbox,
    running: HashMap<Key, Running>,
}

struct Running {
    pid: Pid,
    kind: Kind,
}

/// Becomes the guard.
pub(super) fn run(socket: OwnedFd, base: &Path, terminal: Option<Terminal>) -> ! {
    match prepare(base) {
        Ok((wake, alive)) => Guard {
            socket,
            wake,
            _alive: alive,
            base: base.to_owned(),
            terminal,
            inbox: Inbox::default(),
            running: HashMap::new(),
        }
        .serve(),
        Err(error) => {
            let message = format!("cannot make the folder `{}`: {error}", base.display());
            let _ = wire::send(&socket, &wire::line(&Report::NotReady { message }), &[]);
            leave(1)
        }
    }
}

/// Everything between being forked and being ready: the pipe that wakes, and what keeps the folder in use.
fn prepare(base: &Path) -> io::Result<(OwnedFd, OwnedFd)> {
    watcher::become_subreaper()?;
    let wake = signals::install()?;
    // The numbers that processes get descriptors as stay taken here: what the standard library opens between fork and
    // exec must never be what is replaced there.
    let nothing = std::fs::File::open("/dev/null")?;
    for _ in 0..FIRST_OWN_FD {
        std::mem::forget(nothing.try_clone()?);
    }
    Ok((wake, folder::make_base(base)?))
}

impl Guard {
    fn serve(mut self) -> ! {
        self.report(&Report::Ready { guard: std::process::id() });
        loop {
            let mut fds = [PollFd::new(&self.socket, PollFlags::IN), PollFd::new(&self.wake, PollFlags::IN)];
            // An interrupted poll reports nothing, and the wake pipe is readable in the next round.
            let _ = poll(&mut fds, None);
            let asked = !fds[0].revents().is_empty();
            self.reap();
            if !asked {
                continue;
            }
            match self.inbox.receive(&self.socket) {
                Ok(0) => self.end(Why::RunnerGone),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Err(_) => self.end(Why::RunnerGone),
            }
            while let Some(request) = self.inbox.next() {
                match request {
                    Ok(Request::Spawn(request)) => self.spawn(request),
                    Ok(Request::Signal(key, ending)) => self.signal(key, ending),
                    Ok(Request::Finish) => self.end(Why::Asked),
                    Err(_) => self.end(Why::RunnerGone),
                }
            }
        }
    }

    /// A runner that does not listen any more is noticed by the end of its stream, not here.
    fn report(&self, report: &Report) {
        let bytes = wire::line(report);
        let mut sent = 0;
        while sent < bytes.len() {
            match wire::send(&self.socket, &bytes[sent..], &[]) {
                Ok(more) => sent += more,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    /// Tells the runner of every process that ended, and ends what it left in its group: a wrapper script may die
    /// before the browser that it started.
    fn reap(&mut self) -> Children {
        signals::drain(&self.wake);
        let mut ended: Vec<(Pid, Exit)> = Vec::new();
        let running = &self.running;
        let children = reap(|pid, exit| {
            if running.values().any(|process| process.pid == pid) {
                let _ = kill_process_group(pid, Signal::KILL);
                ended.push((pid, exit));
            }
        });
        for (pid, exit) in ended {
            let key = self.running.iter().find(|(_, process)| process.pid == pid).map(|(key, _)| *key);
            if let Some(key) = key {
                self.running.remove(&key);
                self.report(&Report::Exited { key, exit });
            }
        }
        children
    }

    fn signal(&self, key: Key, ending: Ending) {
        let signal = match ending {
            Ending::Terminate => Signal::TERM,
            Ending::Kill => Signal::KILL,
        };
        // Unknown means ended meanwhile, which the runner is told anyway.
        if let Some(process) = self.running.get(&key) {
            let _ = kill_process_group(process.pid, signal);
        }
    }

    fn spawn(&mut self, request: SpawnRequest) {
        let (key, kind) = (request.key, request.kind);
        match self.fork(request) {
            Ok(pid) => {
                self.running.insert(key, Running { pid, kind });
                self.report(&Report::Spawned { key, pid: pid.as_raw_nonzero().get().unsigned_abs() });
            }
            Err(error) => {
                let (errno, message) = (error.raw_os_error(), error.to_string());
                self.report(&Report::NotSpawned { key, errno, message });
            }
        }
    }

    fn fork(&mut self, request: SpawnRequest) -> io::Result<Pid> {
        let mut claim = || self.inbox.fds.pop_front().ok_or(io::ErrorKind::InvalidInput);
        let log = if request.log { Some(claim()?) } else { None };
        let mut given = Vec::new();
        for target in request.targets {
            given.push((rustix::io::fcntl_dupfd_cloexec(claim()?, FIRST_OWN_FD)?, target));
        }

        let mut command = Command::new(request.program);
        command.args(request.args).process_group(0).stdin(Stdio::null());
        if request.kind != Kind::Server {
            // Browsers keep sockets and downloads in flight there, and leave them behind when they are killed.
            command.env("TMPDIR", self.base.join(folder::TEMPORARY));
        }
        for (name, value) in request.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(cwd) = request.cwd {
            command.current_dir(cwd);
        }
        match log {
            Some(log) => command.stdout(log.try_clone()?).stderr(log),
            None => command.stdout(Stdio::null()).stderr(Stdio::null()),
        };
        let guard = rustix::process::getpid();
        // SAFETY: only async-signal-safe calls between fork and exec, and no memory is allocated.
        unsafe { command.pre_exec(move || in_child(guard, &given)) };
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        // The child is reaped with all others; dropping its handle neither waits nor kills.
        pid.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Ends everything, removes the folder and exits.
    fn end(&mut self, why: Why) -> ! {
        let mut left: Vec<String> = Vec::new();
        if why == Why::Asked {
            let since = Instant::now();
            while self.running.is_empty() && since.elapsed() < FAREWELL && self.reap() == Children::Some {
                self.sleep_or_wake(FAREWELL.saturating_sub(since.elapsed()));
            }
            left = descendants::of(rustix::process::getpid()).into_iter().map(|it| it.name).collect();
        }
        self.end_groups();
        let clean = descendants::end_all(PATIENCE, |_, _| {});
        let folders = folder::names_in(&self.base);
        let removed = folder::remove(&self.base, PATIENCE);
        match why {
            Why::Asked => self.report(&Report::Finished { processes: left, folders }),
            Why::RunnerGone => {
                if let Some(terminal) = &self.terminal {
                    terminal.restore();
                }
            }
        }
        leave(i32::from(!clean || removed.is_err()))
    }

    /// Kills the groups of all but servers; these are asked first.
    fn end_groups(&mut self) {
        for process in self.running.values() {
            let signal = if process.kind == Kind::Server { Signal::TERM } else { Signal::KILL };
            let _ = kill_process_group(process.pid, signal);
        }
        let since = Instant::now();
        while self.running.values().any(|process| process.kind == Kind::Server)
            && since.elapsed() < SERVER_GRACE
        {
            self.sleep_or_wake(SERVER_GRACE.saturating_sub(since.elapsed()));
            self.reap();
        }
        for process in self.running.values() {
            let _ = kill_process_group(process.pid, Signal::KILL);
        }
    }

    /// Waits until a child ends, at most this long.
    fn sleep_or_wake(&self, most: Duration) {
        let timeout = Timespec::try_from(most).unwrap_or_default();
        let _ = poll(&mut [PollFd::new(&self.wake, PollFlags::IN)], Some(&timeout));
    }
}

/// Why everything is ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Asked,
    RunnerGone,
}

/// What the forked child does before it becomes another program.
fn in_child(guard: Pid, given: &[(OwnedFd, i32)]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The guard may have died before that took effect; then nobody would send it any more.
        if rustix::process::getppid() != Some(guard) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = guard;
    for (fd, target) in given {
        // SAFETY: replaces a descriptor of this child, which holds nothing there but a placeholder.
        if unsafe { libc::dup2(fd.as_raw_fd(), *target) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

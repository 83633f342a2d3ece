//! The watcher: forks the guard, waits for its end, and ends and removes what a guard that was killed left behind.

use super::{descendants, folder, guard, leave, signals, terminal::Terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the guard may take to end everything once the runner is gone. It needs two seconds at the very most.
const PATIENCE_WITH_GUARD: Duration = Duration::from_secs(3);

/// How long ending what the guard left may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Becomes the watcher. Standard input is the line to the runner, standard output becomes the guard's socket, standard
/// error is the terminal if there is one.
pub(super) fn run(base: &Path) -> ! {
    leave(i32::from(watch(base).is_err()))
}

fn watch(base: &Path) -> io::Result<()> {
    rustix::process::setsid()?;
    become_subreaper()?;
    let wake = signals::install()?;
    let terminal = Terminal::remember(rustix::stdio::stderr());
    let runner = rustix::stdio::stdin().try_clone_to_owned()?;
    let socket = rustix::stdio::stdout().try_clone_to_owned()?;
    // From here on each line has exactly one holder on this side, so that its end is noticed on the other.
    let nothing = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;

    // SAFETY: this process is single-threaded, so the child may go on as usual.
    let Some(guard) = Pid::from_raw(unsafe { libc::fork() }) else {
        drop((runner, wake));
        guard::run(socket, base, terminal)
    };
    if guard.as_raw_nonzero().get() < 0 {
        return Err(io::Error::last_os_error());
    }
    drop(socket);

    let runner_is_there = wait_for_end(guard, &runner, &wake);
    let clean = descendants::end_all(PATIENCE, |_, _| {});
    let removed = folder::remove(base, PATIENCE);
    if let Some(terminal) = terminal
        && !runner_is_there
    {
        terminal.restore();
    }
    removed?;
    if clean { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
}

/// Makes this process the one that orphans below it are handed to.
pub(super) fn become_subreaper() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// Waits until the guard has ended; kills it when it outlives the runner by too much. Says whether the runner lives.
fn wait_for_end(guard: Pid, runner: &OwnedFd, wake: &OwnedFd) -> bool {
    let mut give_up: Option<Instant> = None;
    loop {
        let left = give_up.map(|at| at.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            // A stopped guard does not end by itself. Orphans arrive here once it is gone.
            let _ = kill_process(guard, Signal::KILL);
        }
        let left = left.map(|left| left.max(Duration::from_millis(10)));
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let mut fds = vec![PollFd::new(wake, PollFlags::IN)];
        if give_up.is_none() {
            fds.push(PollFd::new(runner, PollFlags::IN));
        }
        let polled = poll(&mut fds, timeout.as_ref());
        let runner_gone = fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
        drop(fds);
        if polled.is_ok() && runner_gone && give_up.is_none() {
            give_up = Some(Instant::now() + PATIENCE_WITH_GUARD);
        }
        signals::drain(wake);
        let mut ended = false;
        descendants::reap(|pid, _| ended |= pid == guard);
        if ended {
            return give_up.is_none() && !hung_up(runner);
        }
    }
}

/// Whether the other end is closed.
fn hung_up(line: &OwnedFd) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(line.as_fd(), PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

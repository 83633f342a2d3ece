//! Keys while a batch runs at a terminal. The terminal's own signals (Ctrl-C, Ctrl-Z) stay with it.

use super::Desk;
use crate::control::{Command, Limit, Stop};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd as _, OwnedFd};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use std::io;

const HELP: &str = "+ more at once · - fewer · p pause, go on · r what runs · q end what runs and stop";

/// A terminal that gives keys as they are pressed, for as long as this lives.
pub(super) struct Terminal {
    before: Termios,
    /// Its end ends the reading thread.
    _open: OwnedFd,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = rustix::termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Begins to read keys where there is a terminal to read from and to show on. In the background of a shell there is not.
pub(super) fn listen(desk: Desk) -> Option<Terminal> {
    let (input, shown) = (rustix::stdio::stdin(), rustix::stdio::stderr());
    if !rustix::termios::isatty(input) || !rustix::termios::isatty(shown) || !is_in_front() {
        return None;
    }
    let before = rustix::termios::tcgetattr(input).ok()?;
    let (closed, open) = io::pipe().ok()?;
    let mut keys = before.clone();
    keys.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    keys.special_codes[SpecialCodeIndex::VMIN] = 1;
    keys.special_codes[SpecialCodeIndex::VTIME] = 0;
    rustix::termios::tcsetattr(input, OptionalActions::Now, &keys).ok()?;
    let runtime = tokio::runtime::Handle::current();
    let closed = OwnedFd::from(closed);
    // Reading a terminal cannot be given up: a thread of its own, which the end of a pipe wakes.
    std::thread::spawn(move || {
        while let Some(key) = next_key(&closed) {
            runtime.block_on(press(&desk, key));
        }
    });
    Some(Terminal { before, _open: OwnedFd::from(open) })
}

/// Whether this process belongs to those that the terminal is for: others are stopped when they read.
fn is_in_front() -> bool {
    rustix::termios::tcgetpgrp(rustix::stdio::stdin()).is_ok_and(|front| front == rustix::process::getpgrp())
}

/// Waits for a key; `None`: nobody wants one any more.
fn next_key(closed: &OwnedFd) -> Option<u8> {
    loop {
        let input = rustix::stdio::stdin();
        let mut fds =
            [PollFd::new(closed, PollFlags::IN), PollFd::from_borrowed_fd(input.as_fd(), PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        if !fds[0].revents().is_empty() || !is_in_front() {
            return None;
        }
        let mut key = [0];
        match rustix::io::read(input, &mut key) {
            Ok(1) => return Some(key[0]),
            Err(rustix::io::Errno::INTR) => {}
            Ok(_) | Err(_) => return None,
        }
    }
}

async fn press(desk: &Desk, key: u8) {
    let why = format!("key {}", char::from(key));
    match key {
        b'+' | b'=' => desk.wish(Command::Concurrency { limit: Limit::More(1), why }).await,
        b'-' => desk.wish(Command::Concurrency { limit: Limit::Fewer(1), why }).await,
        b'p' if desk.board.standing().paused.is_some() => desk.wish(Command::Resume { why }).await,
        b'p' => desk.wish(Command::Pause { why }).await,
        b'r' => desk.show_running(),
        b'q' => desk.wish(Command::Stop { how: Stop::Drain, why }).await,
        b'?' => desk.say(HELP.to_owned()),
        _ => {}
    }
}

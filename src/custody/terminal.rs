//! The mode of the terminal, to be put back when the runner died without doing so.

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

/// A terminal and the mode it was in.
#[derive(Debug)]
pub(super) struct Terminal {
    fd: OwnedFd,
    mode: Termios,
}

impl Terminal {
    /// Remembers the mode of a terminal; `None` when `fd` is something else.
    pub(super) fn remember(fd: BorrowedFd<'_>) -> Option<Self> {
        if !isatty(fd) {
            return None;
        }
        Some(Self { fd: fd.try_clone_to_owned().ok()?, mode: tcgetattr(fd).ok()? })
    }

    /// Puts the mode back and shows the cursor, which bars hide.
    pub(super) fn restore(&self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&self.fd, OptionalActions::Now, &self.mode);
        let _ = rustix::io::write(&self.fd, b"\x1b[?25h");
    }
}

//! Signals in guard and watcher: the death of a child wakes `poll`, what a terminal or an init system sends is noted
//! and ignored. Not for the runner.

use rustix::fd::{IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

/// The writing end of the pipe that wakes `poll`; -1 before [`install`].
static WAKE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn wake(_signal: libc::c_int) {
    // SAFETY: `write` is async-signal-safe; a full pipe wakes as well, so its result does not matter. The descriptor
    // is never closed while handlers are installed. errno is put back for whoever was interrupted.
    unsafe {
        let errno = *errno_location();
        libc::write(WAKE.load(Ordering::Relaxed), [0u8].as_ptr().cast(), 1);
        *errno_location() = errno;
    }
}

extern "C" fn ignore(_signal: libc::c_int) {}

#[cfg(target_os = "linux")]
unsafe fn errno_location() -> *mut libc::c_int {
    // SAFETY: always valid for the calling thread.
    unsafe { libc::__errno_location() }
}

#[cfg(not(target_os = "linux"))]
unsafe fn errno_location() -> *mut libc::c_int {
    // SAFETY: always valid for the calling thread.
    unsafe { libc::__error() }
}

/// Installs the handlers and returns the end of a pipe that becomes readable when a child ends.
///
/// Handlers, not `SIG_IGN`: `exec` resets handlers, while ignoring would be inherited by every browser and driver.
pub(super) fn install() -> std::io::Result<OwnedFd> {
    let (reader, writer) = std::io::pipe()?;
    let (reader, writer) = (OwnedFd::from(reader), OwnedFd::from(writer));
    rustix::io::ioctl_fionbio(&reader, true)?;
    rustix::io::ioctl_fionbio(&writer, true)?;
    // The guard is forked from the watcher and installs again; the watcher's pipe stays with the watcher.
    WAKE.store(writer.into_raw_fd(), Ordering::Relaxed);
    let on = |signal, handler: extern "C" fn(libc::c_int)| {
        // SAFETY: a zeroed sigaction is a valid value, and both handlers are async-signal-safe.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
    };
    on(libc::SIGCHLD, wake);
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGPIPE, libc::SIGUSR1] {
        on(signal, ignore);
    }
    Ok(reader)
}

/// Empties the pipe after it woke.
pub(super) fn drain(reader: &OwnedFd) {
    let mut bytes = [0; 64];
    while matches!(rustix::io::read(reader, &mut bytes), Ok(1..)) {}
}

//! Signals: from the kernel to commands for the dispatcher.
//!
//! SIGINT, SIGTERM and SIGHUP: the first gives the running cases their grace, the second interrupts them, the third
//! ends this process at once. What they left is the guard's business.

use crate::control::{Command, Stop};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// Listens for as long as the process lives.
#[derive(Debug)]
pub struct Signals {
    first: Arc<AtomicU8>,
}

/// The signals that ask for an end, by number and by the name people know.
const ENDING: [(u8, &str); 3] = [(2, "Ctrl-C"), (15, "SIGTERM"), (1, "SIGHUP")];

impl Signals {
    /// Begins to listen. From now on no signal of these ends the process by itself.
    pub fn listen(commands: &mpsc::Sender<Command>) -> io::Result<Self> {
        let first = Arc::new(AtomicU8::new(0));
        let count = Arc::new(AtomicU8::new(0));
        for (number, name) in ENDING {
            let stream = signal(SignalKind::from_raw(i32::from(number)))?;
            tokio::spawn(listen(
                stream,
                (number, name),
                Arc::clone(&first),
                Arc::clone(&count),
                commands.clone(),
            ));
        }
        Ok(Self { first })
    }

    /// The first signal that came, which the process is to end by.
    pub fn received(&self) -> Option<u8> {
        Some(self.first.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }
}

async fn listen(
    mut stream: Signal,
    (number, name): (u8, &'static str),
    first: Arc<AtomicU8>,
    count: Arc<AtomicU8>,
    commands: mpsc::Sender<Command>,
) {
    while stream.recv().await.is_some() {
        // Whichever came first is the one that the exit code names.
        let _ = first.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst);
        let how = match count.fetch_add(1, Ordering::SeqCst) {
            0 => Stop::Grace,
            1 => Stop::Now,
            _ => {
                // SAFETY: `_exit` does nothing but end the process; the guard cleans up behind it.
                unsafe { libc::_exit(128 + i32::from(number)) }
            }
        };
        // A full queue or a dispatcher that is gone: the batch is ending already.
        let _ = commands.try_send(Command::Stop { how, why: name.to_owned() });
    }
}

/// Ends this process by a signal, so that whoever waits for it sees that it was one (and not an exit code).
pub fn die_by(signal: u8) -> ! {
    let number = i32::from(signal);
    // SAFETY: resets one signal to its default and raises it in this thread; both are plain system calls.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        libc::raise(number);
        libc::_exit(128 + number)
    }
}

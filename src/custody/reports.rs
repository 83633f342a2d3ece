//! The runner's two tasks on the socket: one sends requests, one reads reports and keeps the state up to date.

use super::keeper::Leftovers;
use super::process::{Exit, Outgoing};
use super::wire::{self, Inbox, Key, Report};
use rustix::fd::AsFd;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};

/// What is known of the processes, kept up to date by the reading task.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) processes: HashMap<Key, watch::Sender<Option<Exit>>>,
    pub(super) starting: HashMap<Key, oneshot::Sender<Result<u32, io::Error>>>,
    pub(super) ready: Option<oneshot::Sender<Result<(), String>>>,
    pub(super) finished: Option<oneshot::Sender<Leftovers>>,
}

/// A lock that a panic elsewhere does not spoil: the maps hold whole values at any time.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends what is asked, in order.
pub(super) async fn write(socket: Arc<UnixStream>, mut outgoing: mpsc::UnboundedReceiver<Outgoing>) {
    while let Some(Outgoing { request, fds }) = outgoing.recv().await {
        let bytes = wire::line(&request);
        let mut sent = 0;
        while sent < bytes.len() {
            let beside: Vec<_> = if sent == 0 { fds.iter().map(AsFd::as_fd).collect() } else { Vec::new() };
            let attempt = || Ok(wire::send(&*socket, &bytes[sent..], &beside)?);
            match socket.async_io(Interest::WRITABLE, attempt).await {
                Ok(more) => sent += more,
                // The reading task notices and says so.
                Err(_) => return,
            }
        }
    }
}

/// Reads until the guard is gone, and tells everybody who waits for something.
pub(super) async fn read(socket: Arc<UnixStream>, state: Arc<Mutex<State>>, lost: watch::Sender<bool>) {
    let mut inbox = Inbox::default();
    'stream: loop {
        match socket.async_io(Interest::READABLE, || Ok(inbox.receive(&*socket)?)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        while let Some(report) = inbox.next::<Report>() {
            match report {
                Ok(report) => lock(&state).take(report),
                Err(_) => break 'stream,
            }
        }
    }
    let mut state = lock(&state);
    lost.send_replace(true);
    for (_, exit) in state.processes.drain() {
        exit.send_replace(Some(Exit::Lost));
    }
    state.starting.clear();
    state.ready = None;
    state.finished = None;
}

impl State {
    fn take(&mut self, report: Report) {
        // Whoever stopped waiting for an answer does not want it: results of sending are of no interest.
        match report {
            Report::Ready { .. } => drop(self.ready.take().map(|ready| ready.send(Ok(())))),
            Report::NotReady { message } => drop(self.ready.take().map(|ready| ready.send(Err(message)))),
            Report::Spawned { key, pid } => drop(self.starting.remove(&key).map(|it| it.send(Ok(pid)))),
            Report::NotSpawned { key, errno, message } => {
                let error = errno.map_or_else(|| io::Error::other(message), io::Error::from_raw_os_error);
                self.processes.remove(&key);
                drop(self.starting.remove(&key).map(|it| it.send(Err(error))));
            }
            Report::Exited { key, exit } => {
                if let Some(process) = self.processes.remove(&key) {
                    process.send_replace(Some(exit));
                }
            }
            Report::Finished { processes, folders } => {
                drop(self.finished.take().map(|it| it.send(Leftovers { processes, folders })));
            }
        }
    }
}

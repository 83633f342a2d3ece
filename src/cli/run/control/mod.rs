//! How a batch is steered while it runs, besides by signals that end it: keys at a terminal, `batchrun ctl` over a
//! socket, SIGUSR1. All of them send commands to the dispatcher or ask what the batch is at.

mod keys;
mod socket;

pub(in crate::cli) use socket::Shown;

use super::dashboard::Dashboard;
use crate::control::Command;
use crate::custody::{Custody, Folder};
use crate::event::{Event, Level};
use crate::id::BatchId;
use crate::live::Steer;
use crate::reporter::Board;
use crate::runner::dispatcher::Sink;
use crate::store::{self, Place};
use crate::text::Untrusted;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What everyone who steers needs.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) board: Board,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) dashboard: Dashboard,
}

impl Desk {
    /// Sends a wish. A batch that is ending takes none any more.
    async fn wish(&self, command: Command) {
        let _ = self.commands.send(command).await;
    }

    /// Shows people at the run's own terminal what it is at.
    fn show_running(&self) {
        self.say(self.board.standing().text());
    }

    fn say(&self, text: String) {
        self.sink.send(Event::Message { level: Level::Info, text: Untrusted::from(text) });
    }
}

/// The ways to steer, open for as long as it lives.
pub(super) struct Steering {
    tasks: Vec<JoinHandle<()>>,
    keys: Option<keys::Terminal>,
    folder: Option<Folder>,
}

impl Steering {
    /// Opens all ways that there are. One that cannot be opened is told of and missing: the batch runs without it.
    pub(super) fn open(desk: &Desk, custody: &Custody, place: &Place, batch: &BatchId) -> Self {
        let mut tasks = vec![tokio::spawn(on_usr1(desk.clone()))];
        let folder = match custody.folder("ctl") {
            Ok(folder) => match socket::listen(
                &folder.path().join("ctl.sock"),
                Steer { commands: desk.commands.clone(), board: desk.board.clone(), who: "batchrun ctl" },
                desk.dashboard.clone(),
            ) {
                Ok((path, task)) => {
                    tasks.push(task);
                    if let Err(error) = store::say_where(&place.run(), batch, &path) {
                        tracing::warn!("`batchrun ctl` will not find this run: {error}");
                    }
                    Some(folder)
                }
                Err(error) => {
                    tracing::warn!("`batchrun ctl` cannot reach this run: {error}");
                    None
                }
            },
            Err(error) => {
                tracing::warn!("`batchrun ctl` cannot reach this run: {error}");
                None
            }
        };
        Self { tasks, keys: keys::listen(desk.clone()), folder }
    }

    /// Closes them.
    pub(super) async fn close(self, custody: &Custody) {
        let Self { tasks, keys, folder } = self;
        drop(keys);
        tasks.iter().for_each(JoinHandle::abort);
        if let Some(folder) = folder
            && let Err(error) = custody.remove(folder).await
        {
            tracing::warn!("the folder of the socket could not be removed yet: {error}");
        }
    }
}

/// SIGUSR1 shows what runs.
async fn on_usr1(desk: Desk) {
    let Ok(mut stream) = signal(SignalKind::user_defined1()) else { return };
    while stream.recv().await.is_some() {
        desk.show_running();
    }
}

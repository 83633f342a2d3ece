//! The live view of this run: switched on from its beginning, or later by `ctl live`.

use super::super::arguments::{LiveAddress, RecordArguments};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::listening::{self, Remote};
use super::opening::Opened;
use crate::control::Command;
use crate::live::{Feed, Live, Record, Steer};
use crate::store::EventSender;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use tempfile::NamedTempFile;
use tokio::sync::{Mutex, mpsc};

/// The live view, on or not yet.
#[derive(Clone)]
pub(super) struct Dashboard(Arc<Inner>);

struct Inner {
    live: Mutex<Option<Live>>,
    steer: Steer,
    record: Record,
    events: EventSender,
}

/// Listens where the arguments say, before anything else is begun: what cannot be had is told of at once.
pub(super) fn bind(
    arguments: &RecordArguments,
    console: &mut Console,
) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = arguments.dashboard() else { return Ok(None) };
    let told = Remote {
        refused: format!(
            "`--live={address}` would let other machines see and steer this run: add `--live-allow-remote` if that is meant"
        ),
        warning: "`--live-allow-remote`: whoever learns the URL sees and steers this run; nothing is encrypted",
    };
    listening::bind(address, arguments.live_allow_remote, told, console).map(Some)
}

impl Dashboard {
    pub(super) fn new(opened: &Opened, commands: &mpsc::Sender<Command>) -> Self {
        let steer = Steer { commands: commands.clone(), board: opened.board.clone(), who: "dashboard" };
        let record = Record { database: opened.place.database().to_owned(), batch: opened.batch.clone() };
        Self(Arc::new(Inner { live: Mutex::default(), steer, record, events: opened.recorder.sender() }))
    }

    /// Switches it on, on a free port of the loopback; answers its URL. On already, it stays as it is.
    pub(super) async fn switch_on(&self) -> io::Result<String> {
        let mut live = self.0.live.lock().await;
        if let Some(live) = live.as_ref() {
            return Ok(live.url());
        }
        let started = self.start(listening::listen(LiveAddress::default())?)?;
        Ok(live.insert(started).url())
    }

    /// Serves on `listener`, tells people where, and opens it for them if they want that.
    pub(super) async fn show(
        &self,
        listener: TcpListener,
        open: bool,
        console: &mut Console,
    ) -> io::Result<Option<NamedTempFile>> {
        let live = self.start(listener)?;
        let url = live.url();
        console.tell(&format!("        Live {}", listening::reachable(&url)));
        *self.0.live.lock().await = Some(live);
        Ok(if open { listening::open(&url, console) } else { None })
    }

    /// Lets those who look see the end.
    pub(super) async fn close(&self) {
        if let Some(live) = self.0.live.lock().await.take() {
            live.close().await;
        }
    }

    fn start(&self, listener: TcpListener) -> io::Result<Live> {
        let Inner { steer, record, events, .. } = &*self.0;
        let feed = Feed::default();
        let live = Live::start(listener, feed.clone(), steer.clone(), record.clone())?;
        events.add(feed.keeper());
        Ok(live)
    }
}

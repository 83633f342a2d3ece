//! The live view of this run: switched on from its beginning, or later by `ctl live`.

use super::super::arguments::RecordArguments;
use super::super::console::Console;
use super::super::failure::Failure;
use super::opening::Opened;
use crate::control::Command;
use crate::diagnostic::Diagnostic;
use crate::live::{Feed, Live, Record, Steer};
use crate::outcome::ExitCode;
use crate::store::EventSender;
use anyhow::Context as _;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
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
    let address = address.0;
    if !address.ip().is_loopback() {
        if !arguments.live_allow_remote {
            return Err(Failure::input(format!(
                "`--live={address}` would let other machines see and steer this run: add `--live-allow-remote` if that is meant"
            )));
        }
        warn(
            console,
            "`--live-allow-remote`: whoever learns the URL sees and steers this run; nothing is encrypted",
        );
    }
    let listener = listen(address).with_context(|| format!("the dashboard cannot be served at {address}"));
    listener.map(Some).map_err(|error| Failure::Other(ExitCode::Usage, error))
}

fn warn(console: &mut Console, what: &str) {
    console.warnings(&[Diagnostic::warning(what)]);
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
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
        let started = self.start(listen((Ipv4Addr::LOCALHOST, 0).into())?)?;
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
        if live.address().ip().is_unspecified() {
            let any = live.address().ip().to_string();
            console.say(&format!("        Live {}", url.replacen(&any, "ADDRESS-OF-THIS-MACHINE", 1)));
        } else {
            console.say(&format!("        Live {url}"));
        }
        *self.0.live.lock().await = Some(live);
        if !open {
            return Ok(None);
        }
        let opened = open_in_browser(&url);
        if let Err(error) = &opened {
            warn(console, &format!("`--open`: no browser could be started: {error}"));
        }
        Ok(opened.ok())
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

/// Opens a file that leads to `url`: arguments of processes can be seen by every user of the machine, and the URL holds
/// the token. The file is its owner's only, and is gone with the value.
fn open_in_browser(url: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("batchrun-live-").suffix(".html").tempfile()?;
    write!(
        file,
        "<!doctype html><meta http-equiv=\"refresh\" content=\"0; url={url}\"><title>batchrun</title>"
    )?;
    file.flush()?;
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = std::process::Command::new(opener);
    command.arg(file.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child =
        command.spawn().map_err(|error| io::Error::new(error.kind(), format!("`{opener}`: {error}")))?;
    // It is the desktop's from now on, and ends when it likes.
    std::thread::spawn(move || child.wait());
    Ok(file)
}

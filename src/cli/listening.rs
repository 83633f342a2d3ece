//! Where a command serves pages, and how people get there.

use super::arguments::LiveAddress;
use super::console::Console;
use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use anyhow::Context as _;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use tempfile::NamedTempFile;

/// What is said of an address that other machines can reach.
pub(super) struct Remote {
    /// Where that was not allowed.
    pub(super) refused: String,
    /// Where it was.
    pub(super) warning: &'static str,
}

/// Listens there, before anything else is begun: what cannot be had is told of at once.
pub(super) fn bind(
    address: LiveAddress,
    allow_remote: bool,
    remote: Remote,
    console: &mut Console,
) -> Result<TcpListener, Failure> {
    if !address.0.ip().is_loopback() {
        if !allow_remote {
            return Err(Failure::input(remote.refused));
        }
        warn(console, remote.warning);
    }
    let listener = listen(address).with_context(|| format!("pages cannot be served at {address}"));
    listener.map_err(|error| Failure::Other(ExitCode::Usage, error))
}

/// Listens there, and does not block.
pub(super) fn listen(address: LiveAddress) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address.0)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The URL as people can use it: no address at all stands for every one of this machine.
pub(super) fn reachable(url: &str) -> String {
    ["://0.0.0.0:", "://[::]:"]
        .iter()
        .fold(url.to_owned(), |url, any| url.replacen(any, "://ADDRESS-OF-THIS-MACHINE:", 1))
}

/// Opens `url` in the browser of the desktop; where that fails, it is said. What leads there lives as long as the value.
pub(super) fn open(url: &str, console: &mut Console) -> Option<NamedTempFile> {
    // No address at all stands for all of this machine's, of which its own browser takes the nearest.
    let url = url.replacen("://0.0.0.0:", "://127.0.0.1:", 1).replacen("://[::]:", "://[::1]:", 1);
    match open_in_browser(&url) {
        Ok(file) => Some(file),
        Err(error) => {
            warn(console, &format!("`--open`: no browser could be started: {error}"));
            None
        }
    }
}

fn warn(console: &mut Console, what: &str) {
    console.warnings(&[Diagnostic::warning(what)]);
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

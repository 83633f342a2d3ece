//! A driver process of ours: chromedriver on a free loopback port, in custody.

use super::wire::Remote;
use crate::custody::{Custody, Exit, Kind, Process, Spawn};
use crate::deadline::Deadline;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::watch;
use url::Url;

/// Lines of its log that are kept for messages.
const LOG_LINES: usize = 20;

/// How long after each other the end of a driver and that of its output may be noticed.
const EXIT_NOTICE: std::time::Duration = std::time::Duration::from_secs(1);

/// A running driver. Ends with its value.
pub struct Driver {
    process: Process,
    remote: Remote,
    log: Log,
    version: Arc<OnceLock<String>>,
}

/// The end of a driver's log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LOG_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().flat_map(|line| ["\n    ", line]).collect()
    }
}

/// Why the driver does not run.
#[derive(Debug)]
pub struct DriverError {
    message: String,
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DriverError {}

impl Driver {
    /// Starts `program` and waits until it listens.
    pub async fn start(custody: &Custody, program: &Path, deadline: Deadline) -> Result<Self, DriverError> {
        let name = program.display();
        let failed = |what: &str, log: &Log| DriverError {
            message: format!("the driver `{name}` {what}{}", log.text()),
        };
        let log = Log::default();
        let system = |error: io::Error| failed(&format!("cannot be started: {error}"), &Log::default());
        let (write, read) = pipe::pipe().map_err(system)?;
        // The process writes whenever it likes: its end must block.
        let write = write.into_blocking_fd().map_err(system)?;
        let mut spawn = Spawn::new(Kind::Driver, program).args(["--port=0"]);
        spawn.log = Some(write);
        let process = custody
            .spawn(spawn)
            .await
            .map_err(|error| failed(&format!("cannot be started: {error}"), &log))?;
        let (port, mut listens) = watch::channel(None);
        let version = Arc::default();
        tokio::spawn(read_log(read, log.clone(), port, Arc::clone(&version)));
        let listening = async {
            tokio::select! {
                port = listens.wait_for(Option::is_some) => Ok(port.ok().and_then(|port| *port)),
                exit = process.exited() => Err(exit),
            }
        };
        let port = match deadline.bound(listening).await {
            Ok(Ok(Some(port))) => port,
            Ok(Err(exit)) => {
                // What it said last may not have been read yet.
                let read = async { while listens.changed().await.is_ok() {} };
                let _ = tokio::time::timeout(EXIT_NOTICE, read).await;
                return Err(failed(&format!("ended at once, by {exit}; its log:"), &log));
            }
            Ok(Ok(None)) => {
                // A driver that ends closes its output a moment before its end is reported.
                if let Ok(exit) = tokio::time::timeout(EXIT_NOTICE, process.exited()).await {
                    return Err(failed(&format!("ended at once, by {exit}; its log:"), &log));
                }
                return Err(failed("closed its output and never said where it listens; its log:", &log));
            }
            Err(missed) => return Err(failed(&format!("never listened: {missed}; its log:"), &log)),
        };
        let url = Url::parse(&format!("http://127.0.0.1:{port}/"))
            .map_err(|error| failed(&error.to_string(), &log))?;
        let remote = Remote::new(url, &[]).map_err(|error| failed(&error.to_string(), &log))?;
        Ok(Self { process, remote, log, version })
    }

    /// Where it listens.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// What it says it is: `ChromeDriver 156.0.8078.79 (…)`. It does so before it says where it listens.
    pub fn version(&self) -> Option<&str> {
        self.version.get().map(String::as_str)
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        self.process.exit()
    }

    /// The end of its log, each line indented on a line of its own.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Its number in the system.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Ends it at once: its sessions are attached to browsers that are not its own.
    pub async fn end(&self) {
        self.process.end(std::time::Duration::ZERO).await;
    }
}

async fn read_log(
    read: pipe::Receiver,
    log: Log,
    port: watch::Sender<Option<u16>>,
    version: Arc<OnceLock<String>>,
) {
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(found) = version_in(&line) {
            version.get_or_init(|| found.to_owned());
        }
        if let Some(found) = port_in(&line) {
            port.send_replace(Some(found));
        }
        tracing::debug!(target: "batchrun::driver", "{line}");
        log.push(line);
    }
}

/// The version in "Starting `ChromeDriver` 156.0.8078.79 (…) on port 0".
fn version_in(line: &str) -> Option<&str> {
    line.strip_prefix("Starting ")?.split(" on port ").next()
}

/// The port in "`ChromeDriver` was started successfully on port 41234."; its first line says "on port 0".
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end_matches('.').trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{port_in, version_in};

    #[test]
    fn f20_the_version_is_what_it_says_first() {
        let line = "Starting ChromeDriver 156.0.8078.79 (a21ce95) on port 0";
        assert_eq!(version_in(line), Some("ChromeDriver 156.0.8078.79 (a21ce95)"));
        assert_eq!(version_in("ChromeDriver was started successfully on port 41953."), None);
    }

    #[test]
    fn the_port_is_the_one_that_it_was_started_on() {
        assert_eq!(port_in("Starting ChromeDriver 156.0.8078.79 on port 0"), None);
        assert_eq!(port_in("ChromeDriver was started successfully on port 41953."), Some(41953));
    }
}

//! Whoever is told: a program, by its standard input, and an address, by a POST. Both have ten seconds.

use crate::config::{NotifyCommand, Webhook};
use crate::custody::{Custody, Exit, Kind, Spawn, SpawnError};
use crate::deadline::Deadline;
use crate::mask::Masker;
use crate::text::Untrusted;
use http::Request;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// How long a batch that has ended waits for it at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes at the end of what a program says that its last words are looked for in.
const TAIL: u64 = 2_000;

/// Who is told.
pub(super) struct Recipient {
    pub(super) command: Option<NotifyCommand>,
    pub(super) webhook: Option<Webhook>,
    /// Where the program's output goes.
    pub(super) log: PathBuf,
    /// What a program or a server says is foreign text.
    pub(super) masker: Masker,
}

impl Recipient {
    /// Tells the program and the address; answers with what went wrong, a line for each. A program that is started
    /// without a custody gets one of its own.
    pub(super) async fn tell(&self, custody: Option<&Custody>, document: &Value) -> Vec<String> {
        let text = format!("{document}\n");
        let command = async {
            let Some(command) = &self.command else { return Ok(()) };
            self.run(custody, command, &text).await.map_err(|why| format!("`notify.command` {why}"))
        };
        let webhook = async {
            let Some(webhook) = &self.webhook else { return Ok(()) };
            let deadline = Deadline::after("limit", PATIENCE);
            let posted = deadline.bound(post(webhook, text.clone())).await;
            let posted = posted.unwrap_or_else(|_| Err(format!("did not answer within {}", patience())));
            posted.map_err(|why| format!("`notify.webhook` {why}"))
        };
        let (command, webhook) = tokio::join!(command, webhook);
        let wrong = [command, webhook].into_iter().filter_map(Result::err);
        wrong.map(|it| Untrusted::from(self.masker.mask(&it)).line()).collect()
    }

    /// Runs the program in custody: whatever becomes of this process, it ends, and so does what it starts.
    async fn run(
        &self,
        custody: Option<&Custody>,
        command: &NotifyCommand,
        text: &str,
    ) -> Result<(), String> {
        if let Some(custody) = custody {
            return self.run_in(custody, command, text).await;
        }
        let custody = Custody::start().await.map_err(|error| format!("cannot be started: {error}"))?;
        let told = self.run_in(&custody, command, text).await;
        custody.finish().await;
        told
    }

    async fn run_in(&self, custody: &Custody, command: &NotifyCommand, text: &str) -> Result<(), String> {
        let deadline = Deadline::after("limit", PATIENCE);
        let Some((program, arguments)) = command.command.split_first() else { return Ok(()) };
        let unwritten = |error: io::Error| format!("was not started: {error}");
        let input = file_of(text).map_err(unwritten)?;
        let mut options = File::options();
        let log = options.create(true).append(true).mode(0o600).open(&self.log).map_err(unwritten)?;
        let before = log.metadata().map_err(unwritten)?.len();
        let mut spawn = Spawn::new(Kind::Server, program).args(arguments);
        spawn.cwd = Some(command.folder.clone());
        spawn.log = Some(log.into());
        spawn.fds = vec![(input.into(), 0)];
        let process = match deadline.bound(custody.spawn(spawn)).await {
            Ok(Ok(process)) => process,
            Ok(Err(SpawnError::System(error))) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!("cannot be started: there is no program `{program}`"));
            }
            Ok(Err(error)) => return Err(format!("cannot be started: {error}")),
            Err(_) => return Err(format!("was not started within {}", patience())),
        };
        match deadline.bound(process.exited()).await {
            Ok(Exit::Code(0)) => Ok(()),
            Ok(exit) => Err(format!("ended by {exit}{}", self.last_words(before))),
            Err(_) => {
                process.end(Duration::ZERO).await;
                Err(format!("was ended, since it took longer than {}", patience()))
            }
        }
    }

    /// The last line of what the program said; its log may hold what an earlier one did.
    fn last_words(&self, before: u64) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(&self.log)?;
            let from = file.metadata()?.len().saturating_sub(TAIL).max(before);
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(TAIL).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let said = read().unwrap_or_default();
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        last.map_or_else(String::new, |line| format!("; its last words: {line}"))
    }
}

/// A file without a name that holds a text and is read from its beginning. A pipe could be full, and its reader gone.
fn file_of(text: &str) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

async fn post(webhook: &Webhook, text: String) -> Result<(), String> {
    let request = Request::post(webhook.expose().as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("batchrun/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(Bytes::from(text)))
        .map_err(|error| format!("cannot be asked: {error}"))?;
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("cannot be asked: the system's certificates cannot be read: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let answer =
        client.request(request).await.map_err(|error| format!("cannot be reached: {}", root(&error)))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(format!("answered with the status {}", answer.status()))
}

/// What lies below an error: what the client says of it itself is no news to people.
fn root(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

fn patience() -> String {
    crate::text::duration(PATIENCE)
}

//! A `[server]` command: a program that serves what is tested, in custody, ready once its URL answers.

use crate::custody::{Custody, Exit, Kind, Process, Spawn, SpawnError};
use crate::deadline::Deadline;
use crate::mask::Masker;
use http::Request;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::fmt;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

/// How often a server that is starting is asked whether it is there. It cannot tell us by itself.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How long a server has after SIGTERM.
const END_GRACE: Duration = Duration::from_secs(1);

/// Bytes at the end of its log that are looked at: more than is told, so that no secret in what is told has lost its
/// beginning before it is masked.
const LOG_TAIL: u64 = 64 << 10;

/// Lines of its output that go into a message, and characters of them.
const TOLD_LINES: usize = 20;
const TOLD: usize = 2_000;

/// What to start.
#[derive(Clone, Debug)]
pub struct Program {
    /// Program and arguments; no shell.
    pub command: Vec<String>,
    /// Where it is run.
    pub folder: PathBuf,
    /// Answers once it is ready.
    pub url: String,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// Whether one that answers already is taken and left running.
    pub reuse: bool,
    /// Where its output goes, as it is.
    pub log: PathBuf,
    /// What must not be told of its output.
    pub masker: Masker,
}

/// A running server. Ends with its value.
#[derive(Debug)]
pub struct CommandServer {
    /// None: it was there already.
    process: Option<Process>,
    name: String,
    log: PathBuf,
    masker: Masker,
}

/// Why a server is not there.
#[derive(Debug)]
pub struct ServerError {
    message: String,
    /// Whether there is no such program.
    pub missing: bool,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ServerError {}

impl CommandServer {
    /// Starts the program and waits until its URL answers, with whatever status.
    pub async fn start(custody: &Custody, program: &Program) -> Result<Self, ServerError> {
        let name = program.command.join(" ");
        let failed =
            |what: String| ServerError { message: format!("server `{name}` {what}"), missing: false };
        let (log, masker) = (program.log.clone(), program.masker.clone());
        if answers(&program.url).await {
            if program.reuse {
                return Ok(Self { process: None, name, log, masker });
            }
            let url = &program.url;
            return Err(failed(format!(
                "was not started: something answers at {url} already; `reuse = true` takes that"
            )));
        }
        let Some((first, arguments)) = program.command.split_first() else {
            return Err(failed("has no program to start".to_owned()));
        };
        let file = std::fs::File::create(&log)
            .map_err(|error| failed(format!("cannot write its log `{}`: {error}", log.display())))?;
        let mut spawn = Spawn::new(Kind::Server, first).args(arguments);
        spawn.cwd = Some(program.folder.clone());
        spawn.log = Some(file.into());
        let process = custody.spawn(spawn).await.map_err(|error| match error {
            SpawnError::System(error) if error.kind() == io::ErrorKind::NotFound => {
                let what = format!(
                    "cannot be started: there is no program `{first}` (is it installed, and on the PATH?)"
                );
                ServerError { missing: true, ..failed(what) }
            }
            error => failed(format!("cannot be started: {error}")),
        })?;
        let server = Self { process: Some(process), name: name.clone(), log, masker };
        let deadline = Deadline::after("timeout", program.timeout);
        tokio::select! {
            exit = server.exited() => Err(failed(format!("ended before it was ready, by {exit}{}", server.last_words()))),
            ready = deadline.bound(until_it_answers(&program.url)) => match ready {
                Ok(()) => Ok(server),
                Err(missed) => Err(failed(format!("does not answer at {}: {missed}{}", program.url, server.last_words()))),
            },
        }
    }

    /// Completes when it ends by itself; never for one that was there already.
    pub async fn exited(&self) -> Exit {
        match &self.process {
            Some(process) => process.exited().await,
            None => std::future::pending().await,
        }
    }

    /// As people know it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The end of its log, for messages.
    pub fn last_words(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = std::fs::File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        match read() {
            Ok(text) if !text.trim().is_empty() => {
                format!("; the end of its output:{}", end_of(&self.masker.mask(&text)))
            }
            _ => "; it wrote nothing".to_owned(),
        }
    }

    /// Ends it, with a second to do so in good order. One that was there already stays.
    pub async fn end(&self) {
        if let Some(process) = &self.process {
            process.end(END_GRACE).await;
        }
    }
}

async fn until_it_answers(url: &str) {
    while !answers(url).await {
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Whether there is an HTTP answer, of whatever status, within 5 s.
async fn answers(url: &str) -> bool {
    let Ok(request) = Request::get(url).body(Empty::<Bytes>::new()) else { return false };
    let mut connector = HttpConnector::new();
    connector.enforce_http(true);
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let deadline = Deadline::after("answer of the server", Duration::from_secs(5));
    matches!(deadline.bound(client.request(request)).await, Ok(Ok(_)))
}

/// The last lines, each on a line of its own, as far as they are short.
fn end_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let lines = lines[lines.len().saturating_sub(TOLD_LINES)..].join("\n");
    let cut = lines.char_indices().nth_back(TOLD - 1).map_or(0, |(at, _)| at);
    lines[cut..].lines().flat_map(|line| ["\n    ", line]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_output_is_a_few_lines_and_short() {
        assert_eq!(end_of("one\ntwo\n"), "\n    one\n    two");
        let many = (0..100).map(|number| format!("line {number}")).collect::<Vec<_>>().join("\n");
        assert!(end_of(&many).starts_with("\n    line 80\n") && end_of(&many).ends_with("\n    line 99"));
        assert_eq!(end_of(&"ä".repeat(9_000)), format!("\n    {}", "ä".repeat(TOLD)));
    }
}

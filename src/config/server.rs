//! `[server]`: what a batch starts before its first case and stops after its last one. Starts nothing.

use super::address::Address;
use super::duration::TimeLimit;
use super::reading::{Given, Reading};
use super::setting::{FilePath, Setting, read_each, told};
use crate::source::Span;
use serde_json::{Value, json};
use std::path::PathBuf;

/// One `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// Static files on a free port.
    Folder {
        /// The folder that is `/`.
        dir: FilePath,
    },
    /// A program that serves.
    Command {
        /// Program and arguments; no shell.
        command: Vec<String>,
        /// Where it is run: the folder of runner.toml.
        folder: PathBuf,
        /// Answers once it is ready.
        url: Address,
        /// How long it may take to answer.
        timeout: TimeLimit,
        /// Whether one that answers already is taken and left running.
        reuse: bool,
    },
}

/// All servers, in the order of the file; `${server.url}` is the first one's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers(Vec<Server>);

impl Servers {
    /// The servers.
    pub fn as_slice(&self) -> &[Server] {
        &self.0
    }
}

/// What is known of a server before it is clear which kind it is.
#[derive(Default)]
struct Parts {
    dir: Option<FilePath>,
    command: Option<Vec<String>>,
    url: Option<Address>,
    timeout: Option<TimeLimit>,
    reuse: Option<bool>,
    faulty: bool,
}

const KEYS: [&str; 5] = ["dir", "command", "url", "timeout", "reuse"];

/// How long a command may take until it answers.
const START: TimeLimit = TimeLimit::seconds(60);

impl Parts {
    fn read(table: &toml::de::DeTable<'_>, reading: &mut Reading<'_>) -> Self {
        let before = reading.findings.len();
        let mut parts = Self::default();
        for (key, given) in reading.entries(table, &KEYS) {
            reading.within(key, |reading| match key {
                "dir" => parts.dir = FilePath::read(given, reading),
                "command" => parts.command = read_command(given, reading),
                "url" => parts.url = Address::read(given, reading),
                "timeout" => parts.timeout = TimeLimit::read(given, reading),
                _ => parts.reuse = bool::read(given, reading),
            });
        }
        parts.faulty = reading.findings.len() > before;
        parts
    }

    fn into_server(self, span: Span, reading: &mut Reading<'_>) -> Option<Server> {
        if self.faulty {
            return None;
        }
        match (self.dir, self.command, self.url) {
            (Some(dir), None, None) if self.timeout.is_none() && self.reuse.is_none() => {
                Some(Server::Folder { dir })
            }
            (Some(_), None, _) => {
                let message = "`url`, `timeout` and `reuse` go with `command`: a `dir` is served on a free port at once";
                reading.error(message, span, "");
                None
            }
            (None, Some(command), Some(url)) => Some(Server::Command {
                command,
                folder: reading.base.to_owned(),
                url,
                timeout: self.timeout.unwrap_or(START),
                reuse: self.reuse.unwrap_or(false),
            }),
            (None, Some(_), None) => {
                reading.error(
                    "a server with a `command` needs the `url` that answers once it is ready",
                    span,
                    "",
                );
                None
            }
            (Some(_), Some(_), _) | (None, None, _) => {
                reading.error("a server needs either `dir` or `command`", span, "");
                None
            }
        }
    }
}

/// A program with its arguments, which no shell ever sees.
pub(super) fn read_command(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Vec<String>> {
    const EXPECTED: &str = "an array of a program and its arguments such as `[\"npm\", \"start\"]`";
    let words = read_each(EXPECTED, given, reading, |element, reading| {
        reading.text("a string", element).map(str::to_owned)
    })?;
    if words.first().is_none_or(String::is_empty) {
        reading.bad_value("must name a program, found none", given);
        return None;
    }
    Some(words)
}

impl Setting for Servers {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let one = |given: &Given<'_>, reading: &mut Reading<'_>| {
            let table = reading.table(given)?;
            Parts::read(table, reading).into_server(given.span().into(), reading)
        };
        if given.get_ref().is_table() {
            return one(given, reading).map(|server| Self(vec![server]));
        }
        read_each("a table", given, reading, one).map(Self)
    }

    fn show(&self) -> Value {
        self.0
            .iter()
            .map(|server| match server {
                Server::Folder { dir } => json!({"dir": dir.show()}),
                Server::Command { command, url, timeout, reuse, .. } => json!({
                    "command": command, "url": url.as_str(), "timeout": timeout.show(), "reuse": reuse,
                }),
            })
            .collect()
    }

    fn schema() -> Value {
        let folder = json!({
            "type": "object",
            "properties": {"dir": told(&FilePath::schema(), "A folder whose files are served on a free port.")},
            "required": ["dir"],
            "additionalProperties": false,
        });
        let command = json!({
            "type": "object",
            "properties": {
                "command": {
                    "type": "array", "items": {"type": "string"}, "minItems": 1,
                    "description": "A program and its arguments, run in the folder of runner.toml, without a shell.",
                },
                "url": told(&Address::schema(), "What answers, with whatever status, once it is ready."),
                "timeout": told(&TimeLimit::schema(), "How long it may take to be ready, `60s` by default."),
                "reuse": told(&bool::schema(), "Whether one that answers already is taken as it is."),
            },
            "required": ["command", "url"],
            "additionalProperties": false,
        });
        let one = json!({"oneOf": [folder, command]});
        json!({"oneOf": [folder, command, {"type": "array", "items": one}]})
    }
}

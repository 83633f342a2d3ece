//! The `[server]`s of a batch: started in the order of runner.toml before the first case, ended after the last one.

use super::opening::Opened;
use crate::config::{Server, Settings};
use crate::control::{Command, Stop};
use crate::custody::Custody;
use crate::outcome::ExitCode;
use crate::serve::{CommandServer, Program, ServerError, StaticSite};
use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Servers that run.
pub(super) struct RunningServers {
    sites: Vec<StaticSite>,
    commands: Vec<Arc<CommandServer>>,
    first: Option<String>,
}

impl RunningServers {
    /// Starts all of them, one after the other: a later one may need an earlier one.
    pub(super) async fn start(
        custody: &Custody,
        settings: &Settings,
        opened: &Opened,
    ) -> anyhow::Result<Self> {
        let mut running = Self { sites: Vec::new(), commands: Vec::new(), first: None };
        for (number, server) in (1..).zip(settings.servers.value.as_slice()) {
            let url = match server {
                Server::Folder { dir } => {
                    let path = dir.as_path();
                    let site = StaticSite::start(path).await.with_context(|| {
                        format!("the folder `{}` of `[server]` cannot be served", path.display())
                    })?;
                    let url = site.url();
                    running.sites.push(site);
                    url
                }
                Server::Command { command, folder, url, timeout, reuse } => {
                    let program = Program {
                        command: command.clone(),
                        folder: folder.clone(),
                        url: url.as_str().to_owned(),
                        timeout: timeout.get(),
                        reuse: *reuse,
                        log: opened.place.server_log(&opened.batch, number),
                        masker: opened.masker.clone(),
                    };
                    running.commands.push(Arc::new(CommandServer::start(custody, &program).await?));
                    origin(&program.url)
                }
            };
            running.first.get_or_insert(url);
        }
        Ok(running)
    }

    /// `${server.url}`: where the first one listens.
    pub(super) fn url(&self) -> Option<String> {
        self.first.clone()
    }

    /// Stops the batch when one of them ends by itself: what fails after that says nothing about the product.
    pub(super) fn watch(&self, commands: &mpsc::Sender<Command>) -> Watch {
        let (mut tasks, died) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for server in &self.commands {
            let (server, commands, died) = (Arc::clone(server), commands.clone(), Arc::clone(&died));
            tasks.spawn(async move {
                let exit = server.exited().await;
                died.store(true, Ordering::Relaxed);
                let why = format!("server `{}` ended by {exit}{}", server.name(), server.last_words());
                let _ = commands.send(Command::Stop { how: Stop::Now, why }).await;
            });
        }
        Watch { tasks, died }
    }

    /// Ends them, the last one first.
    pub(super) async fn end(self) {
        for server in self.commands.iter().rev() {
            server.end().await;
        }
    }
}

/// Watches servers for as long as it lives.
pub(super) struct Watch {
    tasks: JoinSet<()>,
    died: Arc<AtomicBool>,
}

impl Watch {
    /// Ends the watch: ends of servers are intended from now on. Says whether one ended by itself.
    pub(super) fn end(mut self) -> bool {
        self.tasks.abort_all();
        self.died.load(Ordering::Relaxed)
    }
}

/// What the run exits with when servers are not there: a program that does not exist is a mistake in the settings.
pub(super) fn exit_of(error: &anyhow::Error) -> ExitCode {
    let is_missing = error.downcast_ref::<ServerError>().is_some_and(|error| error.missing);
    if is_missing { ExitCode::Usage } else { ExitCode::Errored }
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |it| it.origin().ascii_serialization())
}

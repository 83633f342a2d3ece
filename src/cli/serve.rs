//! `serve`: past batches as pages, until somebody stops it. Only reads the record.

use super::arguments::ServeArguments;
use super::console::Console;
use super::failure::Failure;
use super::listening::{self, Remote};
use super::record;
use crate::live::Archive;
use crate::outcome::ExitCode;
use anyhow::Context as _;

/// Serves until Ctrl-C.
pub(crate) fn run(arguments: &ServeArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.project, console)?;
    let address = arguments.address.unwrap_or_default();
    let told = Remote {
        refused: format!(
            "`serve {address}` would let other machines see the record: add `--allow-remote` if that is meant"
        ),
        warning: "`--allow-remote`: whoever learns the URL sees the record; nothing is encrypted",
    };
    let listener = listening::bind(address, arguments.allow_remote, told, console)?;
    let archive = Archive { database: record.reader.place().database().to_owned(), busy: record.busy };
    let failed = |error| Failure::Other(ExitCode::Usage, error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the runtime cannot be started").map_err(failed)?;
    runtime.block_on(async {
        let serving = archive.serve(listener).context("pages cannot be served").map_err(failed)?;
        let url = serving.url();
        console.data(&format!("{}\n", listening::reachable(&url)))?;
        console.say("Ctrl-C ends it");
        let _file = arguments.open.then(|| listening::open(&url, console));
        tokio::select! {
            () = serving.run() => {}
            stopped = tokio::signal::ctrl_c() => {
                stopped.context("Ctrl-C cannot be waited for").map_err(failed)?;
            }
        }
        Ok(ExitCode::Success)
    })
}

//! What the commands take that look at batches that have run.

use super::{ConsoleArguments, LiveAddress, PrintArguments, ProjectArguments};
use crate::reporter::ReportSpec;
use clap::Args;

/// What `show` takes.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A batch (`last`, or the beginning of its id) or the id of a case [default: last]
    #[arg(value_name = "BATCH|ID")]
    pub(crate) subject: Option<String>,

    /// The batch in which the case is looked up [default: the latest that has it]
    #[arg(long, value_name = "BATCH")]
    pub(crate) batch: Option<String>,

    /// Only cases that failed or errored, each in full; of one case, the last such run
    #[arg(long)]
    pub(crate) failed: bool,

    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// What `serve` takes.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// A port, an address, or both [default: a free port of 127.0.0.1]
    #[arg(value_name = "ADDR")]
    pub(crate) address: Option<LiveAddress>,

    /// Open it in the browser of this desktop
    #[arg(long)]
    pub(crate) open: bool,

    /// Let other machines see the record, unencrypted
    #[arg(long)]
    pub(crate) allow_remote: bool,

    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

/// What `report` takes.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// A batch: `last`, or the beginning of its id
    #[arg(value_name = "BATCH", default_value = "last")]
    pub(crate) batch: String,

    /// What to write: junit, html, json, jsonl, tap, github, md or trace, as in `junit=FILE`; `-` for stdout; repeatable
    #[arg(long = "report", value_name = "KIND=FILE", required = true)]
    pub(crate) reports: Vec<ReportSpec>,

    /// Put everything of the HTML report into its page, pictures too, for mail and artifacts
    #[arg(long)]
    pub(crate) single_file: bool,

    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

//! What the commands take that keep the record in order.

use super::{ConsoleArguments, PrintArguments, ProjectArguments};
use crate::duration;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// What `prune` takes.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
pub(crate) struct PruneArguments {
    /// Keep the latest N batches
    #[arg(long, value_name = "N", group = "which")]
    pub(crate) keep: Option<u32>,

    /// Only batches that started longer ago than this: `90d`, `12h`
    #[arg(long, value_name = "TIME", group = "which", value_parser = age)]
    pub(crate) older_than: Option<Duration>,

    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

/// What `merge` takes.
#[derive(Debug, Args)]
pub(crate) struct MergeArguments {
    /// Databases whose batches are brought into the one of this project, with their evidence; or what a run could not
    /// write there (`….spool.jsonl`)
    #[arg(value_name = "DB", required = true)]
    pub(crate) databases: Vec<PathBuf>,

    /// Make one batch of the latest batches of these databases, which are the shards of one
    #[arg(long)]
    pub(crate) join: bool,

    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

/// What `export` takes.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The form
    #[arg(value_name = "FORM")]
    pub(crate) form: ExportForm,

    /// A batch (`last`, or the beginning of its id); without it all of them
    #[arg(value_name = "BATCH")]
    pub(crate) batch: Option<String>,

    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

/// In which form cases are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// One line a case, with a heading (RFC 4180)
    Csv,
    /// One JSON document
    Json,
}

/// What `quarantine` takes.
#[derive(Debug, Args)]
pub(crate) struct QuarantineArguments {
    #[command(subcommand)]
    pub(crate) what: QuarantineWhat,
}

/// What `quarantine` does.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineWhat {
    /// Print the cases that are flaky without doubt, as settings to copy. Changes nothing
    Suggest(SuggestArguments),
}

/// What `quarantine suggest` takes.
#[derive(Debug, Args)]
pub(crate) struct SuggestArguments {
    /// How many of each case's runs count, the latest
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) last: u32,

    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// `90d`, or any duration.
fn age(text: &str) -> Result<Duration, String> {
    if let Some(days) = text.trim().strip_suffix('d').and_then(|days| days.trim().parse::<u32>().ok()) {
        return Ok(Duration::from_secs(u64::from(days) * 24 * 60 * 60));
    }
    duration::parse(text).map_err(|error| format!("{error}; days are written `90d`"))
}

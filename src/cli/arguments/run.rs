//! Everything that `run` takes.

use super::{
    BrowserArguments, ConsoleArguments, LimitArguments, ProjectArguments, RecordArguments, SelectionArguments,
};
use crate::config::TimeLimit;
use clap::Args;

/// Everything that `run` takes.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,

    #[command(flatten)]
    pub(crate) browser: BrowserArguments,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,

    #[command(flatten)]
    pub(crate) project: ProjectArguments,

    #[command(flatten)]
    pub(crate) record: RecordArguments,

    #[command(flatten)]
    pub(crate) console: ConsoleArguments,

    /// Show what would run, and run nothing
    #[arg(long, help_heading = "Selection")]
    pub(crate) dry_run: bool,

    /// Exit with 75 where another run into the same database holds this name
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = "Limits")]
    pub(crate) lock: Option<String>,

    /// Wait for the lock, at most so long
    #[arg(long, value_name = "D", hide_short_help = true, help_heading = "Limits", requires = "lock")]
    pub(crate) wait_lock: Option<TimeLimit>,
}

//! What is written besides the database, and what is shown while it runs.

use crate::reporter::ReportSpec;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What is written besides the database, and what is shown while it runs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct RecordArguments {
    /// Write a report: `junit=FILE`, `json=FILE` or `jsonl=FILE`, `-` for stdout; repeatable
    #[arg(long = "report", value_name = "KIND=FILE")]
    pub(crate) reports: Vec<ReportSpec>,

    /// What is shown while it runs [default: auto]
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub(crate) progress: Progress,

    /// Write the log to this file, too
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) log: Option<PathBuf>,
}

/// What is shown while a batch runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// Bars at a terminal, lines elsewhere and where `CI` is set
    #[default]
    Auto,
    /// A bar for the batch and one for each running case
    Bars,
    /// A line for each finished case
    Lines,
    /// Nothing
    None,
}

//! What `ctl` takes.

use super::{ConsoleArguments, FormatArguments, ProjectArguments};
use crate::control::{Limit, MOST_SLOTS};
use clap::{Args, Subcommand};

/// What `ctl` takes.
#[derive(Debug, Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(crate) struct CtlArguments {
    /// The batch: `last`, or the beginning of its id [default: the only one that runs]
    #[arg(value_name = "BATCH")]
    pub(crate) batch: Option<String>,

    #[command(subcommand)]
    pub(crate) command: CtlCommand,

    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

/// What is asked or wanted.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum CtlCommand {
    /// Show what is done and what runs
    Status,
    /// Change how many cases run at once: `8`, `+2` or `-1`
    Concurrency {
        /// How many
        #[arg(value_name = "N", value_parser = limit, allow_hyphen_values = true)]
        limit: Limit,
    },
    /// Start nothing more for now; running cases go on
    Pause,
    /// Go on after a pause
    Resume,
    /// Stop as one Ctrl-C does
    Cancel,
}

/// Reads `8`, `+2` or `-1`.
fn limit(text: &str) -> Result<Limit, String> {
    let number = |digits: &str| {
        let number = digits.parse::<u32>().ok().filter(|number| (1..=MOST_SLOTS).contains(number));
        number.ok_or_else(|| format!("expected a number from 1 to {MOST_SLOTS}, found `{digits}`"))
    };
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(more), _) => number(more).map(Limit::More),
        (None, Some(fewer)) => number(fewer).map(Limit::Fewer),
        (None, None) => number(text).map(Limit::To),
    }
}

//! Which cases.

use crate::config::TimeLimit;
use crate::plan::{Shard, ShardBy};
use clap::{Args, ValueEnum};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Which cases.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectionArguments {
    /// Folders, files, `file.toml:LINE` or ids [default: testcases/]
    #[arg(value_name = "PATHS", help_heading = None)]
    pub(crate) paths: Vec<PathBuf>,

    /// Only cases that an expression finds
    ///
    /// Tests are `tag(…)`, `file(…)`, `name(…)` and `id(…)`, each with a glob, a `/pattern/` or a quoted text, and of past
    /// runs `last(failed)`, `flaky()`, `slow(10s)` and `new()`, joined by `&`, `|`, `!` and brackets:
    /// `tag(smoke) & !file(admin/*)`. Given several times, all must hold.
    #[arg(short, long = "filter", value_name = "EXPR")]
    pub(crate) filters: Vec<String>,

    /// Only cases with this tag; given several times, with any of them
    #[arg(short, long = "tag", value_name = "T")]
    pub(crate) tags: Vec<String>,

    /// No cases with this tag
    #[arg(long = "skip-tag", value_name = "T")]
    pub(crate) skip_tags: Vec<String>,

    /// Only what failed or errored in a batch: `last`, or the beginning of its id
    #[arg(long, value_name = "BATCH", num_args = 0..=1, require_equals = true, default_missing_value = "last")]
    pub(crate) rerun_failed: Option<String>,

    /// Go on with a batch that was interrupted: `last`, or the beginning of its id
    ///
    /// Runs what it left (interrupted, errored or never run) and records it in the same batch, whose verdicts together
    /// decide the exit code. Settings are those of now.
    #[arg(
        long,
        value_name = "BATCH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "last",
        conflicts_with_all = ["paths", "filters", "tags", "skip_tags", "rerun_failed", "shard", "repeat", "budget", "order"]
    )]
    pub(crate) resume: Option<String>,

    /// Only one of N parts, the same on every machine with the same files and past runs
    #[arg(long, value_name = "I/N", hide_short_help = true)]
    pub(crate) shard: Option<Shard>,

    /// What the parts have about the same of [default: time]
    #[arg(
        long,
        value_name = "WHAT",
        hide_short_help = true,
        requires = "shard",
        default_value = "time",
        hide_default_value = true
    )]
    pub(crate) shard_by: Split,

    /// A file with the split: written where it is missing, else read, so that all machines have the same
    #[arg(long, value_name = "FILE", hide_short_help = true, requires = "shard")]
    pub(crate) shard_plan: Option<PathBuf>,

    /// Run every case N times
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) repeat: Option<NonZeroU32>,

    /// Only what fits into this time by past runs: what failed or is new, then what has not run for longest
    ///
    /// The others are recorded as not run, and the exit code is 6 where nothing is worse.
    #[arg(long, value_name = "D", hide_short_help = true)]
    pub(crate) budget: Option<TimeLimit>,

    /// Exit with 0, not 5, when nothing is selected
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_empty: bool,
}

impl SelectionArguments {
    /// Whether what runs depends on how long it took in the past.
    pub(crate) fn asks_for_times(&self) -> bool {
        self.budget.is_some() || (self.shard.is_some() && self.shard_by == Split::Time)
    }

    /// Whether nothing is left out.
    pub(crate) fn is_everything(&self) -> bool {
        let listed = [&self.filters, &self.tags, &self.skip_tags];
        let chosen = [&self.rerun_failed, &self.resume];
        self.paths.is_empty()
            && listed.iter().all(|it| it.is_empty())
            && chosen.iter().all(|it| it.is_none())
            && self.shard.is_none()
    }
}

/// What parts have about the same of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Split {
    /// Time, by past runs
    #[default]
    Time,
    /// Cases
    Count,
}

impl From<Split> for ShardBy {
    fn from(split: Split) -> Self {
        match split {
            Split::Time => Self::Time,
            Split::Count => Self::Count,
        }
    }
}

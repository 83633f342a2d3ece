//! What the commands take that look at many batches at once.

use super::PrintArguments;
use clap::Args;

/// What `history` takes.
#[derive(Debug, Args)]
pub(crate) struct HistoryArguments {
    /// The id of a case; without it, the batches
    #[arg(value_name = "ID")]
    pub(crate) case: Option<String>,

    /// How many of them, the latest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) last: u32,

    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// What `flaky` and `slow` take.
#[derive(Debug, Args)]
pub(crate) struct PastArguments {
    /// Only cases whose id contains this
    #[arg(value_name = "TEXT")]
    pub(crate) part: Option<String>,

    /// How many of each case's runs count, the latest
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) last: u32,

    /// How many cases are listed at most; 0: all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,

    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// What `compare` takes.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// The older batch: the beginning of its id [default: the one before B]
    #[arg(value_name = "A")]
    pub(crate) before: Option<String>,

    /// The newer one: `last`, or the beginning of its id
    #[arg(value_name = "B", default_value = "last")]
    pub(crate) after: String,

    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

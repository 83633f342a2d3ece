//! What every command takes that looks at a project and prints data.

use super::{ConsoleArguments, FormatArguments, ProjectArguments};
use clap::Args;

/// Which project, in which form, and how much is said beside it.
#[derive(Debug, Default, Args)]
pub(crate) struct PrintArguments {
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

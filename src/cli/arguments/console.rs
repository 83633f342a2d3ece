//! How much is said to people, in which colours, and in which form data is printed.

use clap::{ArgAction, Args, ValueEnum};

/// How much is said to people, and in which colours.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ConsoleArguments {
    /// Say only what went wrong
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more; twice, even more
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to use colours [default: auto]
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub(crate) color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// At a terminal, unless `NO_COLOR` is set; elsewhere only with `FORCE_COLOR`
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// In which form data is printed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FormatArguments {
    /// Form of what is printed on stdout: text or json [default: text]
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub(crate) format: Format,
}

/// In which form data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

//! What the commands beside `run` take.

use super::{BrowserArguments, ConsoleArguments, PrintArguments, ProjectArguments, SelectionArguments};
use clap::{Args, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// What `list` takes.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) browser: BrowserArguments,
    #[command(flatten)]
    pub(crate) limits: super::LimitArguments,

    /// Say of each job whether it would start at once, and if not, why
    #[arg(long)]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// What `check` takes.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Folders and files [default: testcases/]
    #[arg(value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

/// What `config` takes.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(flatten)]
    pub(crate) browser: BrowserArguments,
    #[command(flatten)]
    pub(crate) limits: super::LimitArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// What `docs` takes.
#[derive(Debug, Args)]
pub(crate) struct DocsArguments {
    /// A verb, matcher, key or condition [default: the whole reference, in Markdown]
    #[arg(value_name = "WORD")]
    pub(crate) word: Option<String>,
}

/// What `schema` takes.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Of which files
    #[arg(value_enum, default_value_t)]
    pub(crate) of: SchemaOf,
}

/// What a schema is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// Case files
    #[default]
    Cases,
    /// runner.toml
    Runner,
}

/// What `completions` takes.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// For which shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// What `doctor` takes.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// What `init` takes.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

/// What `setup` takes.
#[derive(Debug, Args)]
pub(crate) struct SetupArguments {
    /// The browser: chrome
    #[arg(value_name = "BROWSER", default_value = "chrome", hide_default_value = true)]
    pub(crate) browser: crate::config::Browser,
    /// Do it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) console: ConsoleArguments,
}

//! The command line as it is typed, one struct a concern. Decides nothing: what flags mean together is `config`'s and
//! `prepare`'s part.

mod archive;
mod browser;
mod commands;
mod console;
mod ctl;
mod history;
mod limits;
mod past;
mod print;
mod project;
mod record;
mod run;
mod selection;

pub(crate) use archive::{
    ExportArguments, ExportForm, MergeArguments, PruneArguments, QuarantineArguments, QuarantineWhat,
    SuggestArguments,
};
pub(crate) use browser::BrowserArguments;
pub(crate) use commands::{
    CheckArguments, CompletionsArguments, ConfigArguments, DocsArguments, DoctorArguments, InitArguments,
    ListArguments, SchemaArguments, SchemaOf, SetupArguments,
};
pub(crate) use console::{Color, ConsoleArguments, Format, FormatArguments};
pub(crate) use ctl::{CtlArguments, Wish};
pub(crate) use history::{CompareArguments, HistoryArguments, PastArguments};
pub(crate) use limits::{LimitArguments, Pace};
pub(crate) use past::{ReportArguments, ServeArguments, ShowArguments};
pub(crate) use print::PrintArguments;
pub(crate) use project::ProjectArguments;
pub(crate) use record::{LiveAddress, Progress, RecordArguments};
pub(crate) use run::RunArguments;
pub(crate) use selection::SelectionArguments;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Runs browser test cases in bulk and keeps a record worth trusting.
///
/// `batchrun PATHS…` is the same as `batchrun run PATHS…`. A folder that is named like a command is written `./list`.
#[derive(Debug, Parser)]
#[command(
    name = "batchrun",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 all passed, 1 a case failed, 2 wrong input, 3 infrastructure broke, 4 not saved,\n\
                  5 nothing selected, 6 incomplete, 75 locked, 101 a bug, 128+n ended by a signal."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run cases (as `batchrun PATHS…` does)
    Run(Box<RunArguments>),
    /// List the jobs that a run would have, in their order
    List(Box<ListArguments>),
    /// Check case files and runner.toml without a browser
    Check(CheckArguments),
    /// Show every setting with where it comes from
    Config(Box<ConfigArguments>),
    /// Show a batch that has run, or a case with its steps
    Show(ShowArguments),
    /// Show the last batches, or the last runs of a case
    History(HistoryArguments),
    /// Show which cases pass only after they have failed, and how often
    Flaky(PastArguments),
    /// Show which cases take longest, and which take longer than they used to
    Slow(PastArguments),
    /// Show what is different between two batches
    Compare(CompareArguments),
    /// Show past batches in a browser
    Serve(ServeArguments),
    /// Write reports of a batch that has run
    Report(ReportArguments),
    /// Find cases that are candidates for quarantine
    Quarantine(QuarantineArguments),
    /// Bring the batches of other databases into this project's
    Merge(MergeArguments),
    /// Remove old batches with their evidence and logs
    Prune(PruneArguments),
    /// Print the runs of cases as CSV or JSON, for other programs
    Export(ExportArguments),
    /// Ask or steer a batch that runs
    Ctl(CtlArguments),
    /// Write a first runner.toml and a first case here
    Init(InitArguments),
    /// Print the reference of case files, or of one word or setting: `docs click`
    Docs(DocsArguments),
    /// Print a JSON Schema for editors
    Schema(SchemaArguments),
    /// Print a completion script for a shell
    Completions(CompletionsArguments),
    /// Look at this machine: browser, driver, memory, folders
    Doctor(DoctorArguments),
    /// Install a browser and its driver
    Setup(SetupArguments),
}

impl Command {
    /// The project that cases are named in, and where: what is named may lie in another one than the working directory.
    pub(crate) fn project(&mut self) -> Option<(&mut ProjectArguments, &[PathBuf])> {
        match self {
            Self::Run(it) => Some((&mut it.project, &it.selection.paths)),
            Self::List(it) => Some((&mut it.print.project, &it.selection.paths)),
            Self::Check(it) => Some((&mut it.project, &it.paths)),
            _ => None,
        }
    }

    /// How much the command says, and in which colours; usual for commands that cannot be told.
    pub(crate) fn console(&self) -> ConsoleArguments {
        match self {
            Self::Run(arguments) => arguments.console.clone(),
            Self::List(arguments) => arguments.print.console.clone(),
            Self::Check(arguments) => arguments.console.clone(),
            Self::Config(arguments) => arguments.print.console.clone(),
            Self::Show(arguments) => arguments.print.console.clone(),
            Self::History(arguments) => arguments.print.console.clone(),
            Self::Flaky(arguments) | Self::Slow(arguments) => arguments.print.console.clone(),
            Self::Compare(arguments) => arguments.print.console.clone(),
            Self::Serve(arguments) => arguments.console.clone(),
            Self::Report(arguments) => arguments.console.clone(),
            Self::Quarantine(QuarantineArguments { what: QuarantineWhat::Suggest(arguments) }) => {
                arguments.print.console.clone()
            }
            Self::Merge(arguments) => arguments.console.clone(),
            Self::Prune(arguments) => arguments.console.clone(),
            Self::Export(arguments) => arguments.console.clone(),
            Self::Ctl(arguments) => arguments.print.console.clone(),
            Self::Init(arguments) => arguments.console.clone(),
            Self::Doctor(arguments) => arguments.print.console.clone(),
            Self::Setup(arguments) => arguments.console.clone(),
            Self::Docs(_) | Self::Schema(_) | Self::Completions(_) => ConsoleArguments::default(),
        }
    }
}

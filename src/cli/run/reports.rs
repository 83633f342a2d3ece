//! Who is told of a batch: the log, the reports that were asked for, and the terminal last.

use super::super::arguments::{Progress, RunArguments};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::prepare::Prepared;
use super::super::report;
use crate::event::reporter::Reporter;
use crate::id::BatchId;
use crate::outcome::ExitCode;
use crate::reporter::Log;
use crate::reporter::terminal::{self, Surroundings, Terminal, TerminalSettings, Verbosity};
use crate::store::Place;
use std::io::IsTerminal as _;

/// The reporters, in the order in which they are told. A report that cannot be written is told of before anything runs.
pub(super) fn reporters(
    arguments: &RunArguments,
    console: &Console,
    prepared: &Prepared,
    place: &Place,
    batch: &BatchId,
) -> Result<Vec<Box<dyn Reporter>>, Failure> {
    let record = &arguments.record;
    let specs = report::with_places(&record.reports, record.single_file, &prepared.environment)?;
    let root = &prepared.settings.project.root;
    let reports =
        specs.iter().map(|spec| spec.open(root)).collect::<Result<Vec<_>, _>>().map_err(not_written)?;
    let mut reporters: Vec<Box<dyn Reporter>> =
        vec![Box::new(Log::create(&place.log(batch)).map_err(not_written)?)];
    reporters.extend(reports);
    reporters.push(Box::new(Terminal::new(terminal(arguments, console, prepared))));
    Ok(reporters)
}

fn not_written(error: crate::event::reporter::ReportError) -> Failure {
    Failure::Other(ExitCode::Usage, anyhow::Error::new(error))
}

fn terminal(arguments: &RunArguments, console: &Console, prepared: &Prepared) -> TerminalSettings {
    let variable = |name: &str| std::env::var(name).ok();
    let around = Surroundings { is_terminal: std::io::stderr().is_terminal(), variable: &variable };
    let progress = match arguments.record.progress {
        Progress::Auto => terminal::Progress::Auto,
        Progress::Bars => terminal::Progress::Bars,
        Progress::Lines => terminal::Progress::Lines,
        Progress::None => terminal::Progress::None,
    };
    let verbosity = match (arguments.console.quiet, arguments.console.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    };
    TerminalSettings {
        shape: progress.resolve(around),
        color: console.colored(),
        verbosity,
        rerun: arguments.project.rerun(),
        working_directory: prepared.environment.working_directory.clone(),
    }
}

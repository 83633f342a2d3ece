//! The command line: from arguments to an exit code. Wires the parts together and holds no logic of its own.
//!
//! Data goes to stdout, everything for people to stderr. Only this module ends the process.

mod archive;
mod arguments;
mod cases;
mod check;
mod completions;
mod console;
mod ctl;
mod docs;
mod doctor;
mod elsewhere;
mod failure;
mod init;
mod list;
mod listening;
mod past;
mod prepare;
mod record;
mod remarks;
mod remembered;
mod report;
mod resumed;
mod run;
mod schema;
mod serve;
mod settings;
mod setup;
mod shard_plan;
mod show;

use arguments::{Arguments, Command};
use clap::Parser as _;
use console::Console;
use failure::Failure;

use crate::outcome::ExitCode;

/// Runs the program with the arguments of this process.
pub fn main() -> std::process::ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => dispatch(arguments),
        Err(mut error) => {
            elsewhere::translate(&mut error);
            usage(&error)
        }
    };
    std::process::ExitCode::from(exit.code())
}

/// Shows clap's own message: help and version on stdout, mistakes on stderr.
fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    match (error.use_stderr(), shown) {
        (true, _) => ExitCode::Usage,
        (false, Ok(())) => ExitCode::Success,
        (false, Err(error)) => Failure::Stdout(error).exit(),
    }
}

fn dispatch(arguments: Arguments) -> ExitCode {
    let mut command = arguments.command.unwrap_or_else(|| Command::Run(Box::new(arguments.run)));
    let mut console = Console::new(&command.console());
    if let (Some((project, paths)), Ok(environment)) = (command.project(), prepare::environment()) {
        project.belong_to(paths, &environment);
    }
    let ended = match &command {
        Command::Run(arguments) => run::run(arguments, &mut console),
        Command::List(arguments) => list::run(arguments, &mut console),
        Command::Check(arguments) => check::run(arguments, &mut console),
        Command::Config(arguments) => settings::run(arguments, &mut console),
        Command::Show(arguments) => show::run(arguments, &mut console),
        Command::History(arguments) => past::history(arguments, &mut console),
        Command::Flaky(arguments) => past::flaky(arguments, &mut console),
        Command::Slow(arguments) => past::slow(arguments, &mut console),
        Command::Compare(arguments) => past::compare(arguments, &mut console),
        Command::Report(arguments) => report::run(arguments, &mut console),
        Command::Serve(arguments) => serve::run(arguments, &mut console),
        Command::Quarantine(arguments) => past::quarantine(arguments, &mut console),
        Command::Merge(arguments) => archive::merge(arguments, &mut console),
        Command::Prune(arguments) => archive::prune(arguments, &mut console),
        Command::Export(arguments) => archive::export(arguments, &mut console),
        Command::Ctl(arguments) => ctl::run(arguments, &mut console),
        Command::Init(arguments) => init::run(arguments, &mut console),
        Command::Docs(arguments) => docs::run(arguments, &mut console),
        Command::Schema(arguments) => schema::run(arguments, &mut console),
        Command::Doctor(arguments) => doctor::run(arguments, &mut console),
        Command::Setup(arguments) => setup::run(arguments, &mut console),
        Command::Completions(arguments) => completions::run(arguments, &mut console),
    };
    ended.unwrap_or_else(|failure| {
        console.failure(&failure);
        failure.exit()
    })
}

//! The two outputs of a command: data on stdout, words for people on stderr. Knows no command.

use super::arguments::{Color, ConsoleArguments};
use super::failure::Failure;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::reporter::terminal::{ColorChoice, Surroundings};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

/// Where a command writes.
pub(crate) struct Console {
    quiet: bool,
    colored: bool,
    data_colored: bool,
}

impl Console {
    /// Decides about colours once, from the flag and the environment.
    pub(crate) fn new(arguments: &ConsoleArguments) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let choice = match arguments.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let colored = |is_terminal| choice.resolve(Surroundings { is_terminal, variable: &variable });
        Self {
            quiet: arguments.quiet,
            colored: colored(io::stderr().is_terminal()),
            data_colored: colored(io::stdout().is_terminal()),
        }
    }

    /// Whether stderr gets colours.
    pub(crate) fn colored(&self) -> bool {
        self.colored
    }

    /// Whether data for people gets colours. A pipe behind stdout gets none, whatever stderr is.
    pub(crate) fn data_colored(&self) -> bool {
        self.data_colored
    }

    /// Prints data. Its end of line is the caller's.
    #[expect(clippy::unused_self, reason = "all output goes through the console")]
    pub(crate) fn data(&mut self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
    }

    /// Prints a JSON document.
    pub(crate) fn json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        self.data(&format!("{value:#}\n"))
    }

    /// Says something to people, unless they want to hear only of trouble.
    pub(crate) fn say(&mut self, text: &str) {
        if !self.quiet {
            write_stderr(&format!("{text}\n"));
        }
    }

    /// Tells people what they have asked to be told, however little else they want to hear.
    #[expect(clippy::unused_self, reason = "all output goes through the console")]
    pub(crate) fn tell(&mut self, text: &str) {
        write_stderr(&format!("{text}\n"));
    }

    /// Shows findings, as many as anyone reads, and how many errors there are in all.
    pub(crate) fn findings(&mut self, findings: &[Diagnostic]) {
        let mut text = diagnostic::render(findings, self.colored, width());
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        if errors > 1 {
            let _ = writeln!(text, "\n{errors} errors");
        }
        write_stderr(&text);
    }

    /// Shows what is worth a warning, if anything is, and notes to those who want to hear them.
    pub(crate) fn warnings(&mut self, warnings: &[Diagnostic]) {
        let heard = |it: &&Diagnostic| !self.quiet || it.severity < Severity::Note;
        let heard: Vec<Diagnostic> = warnings.iter().filter(heard).cloned().collect();
        if !heard.is_empty() {
            self.findings(&heard);
        }
    }

    /// Says why a command could not do its work.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        match failure {
            Failure::Input(findings) => self.findings(findings),
            Failure::NothingSelected { cases, why } => {
                let finding = Diagnostic::error(match (cases, why) {
                    (_, Some(why)) => format!("no case is selected: {why}"),
                    (0, None) => "no case is selected: there is none".to_owned(),
                    (1, None) => "no case is selected: the only one does not fit".to_owned(),
                    (_, None) => format!("no case is selected: none of {cases} fits"),
                });
                self.findings(&[finding.help("`--allow-empty` exits with 0")]);
            }
            Failure::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Failure::Stdout(error) => {
                self.findings(&[Diagnostic::error(format!("stdout cannot be written: {error}"))]);
            }
            Failure::Other(_, error) => {
                // What follows the first line says what to do.
                let text = format!("{error:#}");
                let finding = match text.split_once('\n') {
                    Some((message, help)) => Diagnostic::error(message).help(help),
                    None => Diagnostic::error(text),
                };
                self.findings(&[finding]);
            }
        }
    }
}

/// A closed stderr must not end the work, so nothing is made of errors.
fn write_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Columns of the terminal behind stderr; elsewhere lines are as long as they are.
fn width() -> usize {
    const WITHOUT_TERMINAL: usize = 200;
    rustix::termios::tcgetwinsize(io::stderr()).map_or(WITHOUT_TERMINAL, |size| match size.ws_col {
        0 => WITHOUT_TERMINAL,
        columns => usize::from(columns),
    })
}

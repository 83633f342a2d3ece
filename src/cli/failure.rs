//! Why a command could not do its work, and the exit code of that: the only place that maps one to the other.

use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use std::io;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What people wrote is wrong: settings, cases, filters.
    Input(Vec<Diagnostic>),
    /// Nothing is selected of so many cases.
    NothingSelected {
        /// How many cases there are.
        cases: usize,
        /// What the selection began with, where that was nothing.
        why: Option<String>,
    },
    /// Data could not be written to stdout.
    Stdout(io::Error),
    /// Anything else, with the exit code it stands for.
    Other(ExitCode, anyhow::Error),
}

impl Failure {
    /// One finding without a place.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(vec![Diagnostic::error(message)])
    }

    /// What the process exits with.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::Usage,
            Self::NothingSelected { .. } => ExitCode::NothingSelected,
            // Whoever reads has seen enough: `batchrun list | head` is no failure.
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::Success,
            Self::Stdout(_) => ExitCode::NotSaved,
            Self::Other(exit, _) => *exit,
        }
    }
}

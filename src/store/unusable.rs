//! Why a database cannot be used: what it is instead, the exit code of that and what to do. Opens nothing.

use super::open::BUSY_TIMEOUT;
use super::schema::MIGRATIONS;
use crate::outcome::ExitCode;
use rusqlite::ErrorCode;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the database cannot be used. The file is as it was.
#[derive(Debug)]
pub enum OpenError {
    /// The folder cannot be made or written to.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The file cannot be written to.
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// It is not a database, or not one of batchrun's.
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: &'static str,
    },
    /// It was written by a later version.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: usize,
    },
    /// Another process holds it.
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The library that was linked has a bug that damages databases.
    OldSqlite {
        /// Its version.
        found: &'static str,
    },
    /// It is damaged, or something else went wrong.
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: rusqlite::Error,
    },
}

impl OpenError {
    /// What to exit with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Folder { .. }
            | Self::ReadOnly { .. }
            | Self::NotOurs { .. }
            | Self::Newer { .. }
            | Self::Broken { .. } => ExitCode::Usage,
            Self::Locked { .. } => ExitCode::NotSaved,
            Self::OldSqlite { .. } => ExitCode::Bug,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Folder { .. } | Self::ReadOnly { .. } => Some("give another place with `--db FILE`"),
            Self::NotOurs { .. } => Some("it was left as it is; give another place with `--db FILE`"),
            Self::Newer { .. } => {
                Some("use that version of batchrun, or give another place with `--db FILE`")
            }
            Self::Broken { .. } => Some(
                "it was left as it is; `sqlite3 FILE .recover` may save what is in it, move it away to start anew",
            ),
            Self::Locked { .. } => Some("`fuser FILE` names the processes that have it open"),
            Self::OldSqlite { .. } => None,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { path, cause } => {
                write!(f, "cannot write to the folder `{}`: {}", path.display(), words(cause))
            }
            Self::ReadOnly { path } => write!(f, "cannot write to the database `{}`", path.display()),
            Self::NotOurs { path, found } => {
                write!(f, "`{}`: found {found}, expected a database of batchrun", path.display())
            }
            Self::Newer { path, found } => {
                let known = MIGRATIONS.len();
                write!(
                    f,
                    "database `{}`: found schema version {found}, expected at most {known}",
                    path.display()
                )
            }
            Self::Locked { path } => {
                let waited = crate::text::duration(BUSY_TIMEOUT);
                write!(f, "database `{}`: locked by another process for more than {waited}", path.display())
            }
            Self::OldSqlite { found } => write!(f, "found SQLite {found}, expected 3.51.3 or later"),
            Self::Broken { path, cause } => {
                write!(f, "cannot use the database `{}`: {cause}", path.display())
            }
        }
    }
}

// Its text says the cause already: a `source` would have it said twice.
impl std::error::Error for OpenError {}

pub(super) fn open_error(path: &Path, cause: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match cause.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            OpenError::NotOurs { path, found: "something that is not a database" }
        }
        Some(ErrorCode::ReadOnly) => OpenError::ReadOnly { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked { path },
        _ => OpenError::Broken { path, cause },
    }
}

/// Without the number of the operating system; what is in the way of a folder is said as such.
fn words(cause: &io::Error) -> String {
    if matches!(cause.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory) {
        return "it is not a folder".to_owned();
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

//! Opening the database to write: it must be ours, new enough and writable, and whatever it is instead is said before
//! anything in it changes. Here a batch begins, too. Writes no results.

use super::journal;
use super::place::Place;
use super::schema::{self, Content, MIGRATIONS};
use crate::outcome::ExitCode;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a statement waits for another process's lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The first release without the WAL reset bug, as `SQLite` counts versions.
const OLDEST_SQLITE: i32 = 3_051_003;

/// The database, open to write.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    place: Place,
    /// Device and inode, to notice that the file is another one.
    identity: (u64, u64),
    warnings: Vec<String>,
}

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
                write!(f, "cannot write to the folder `{}`: {cause}", path.display())
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

impl Store {
    /// Opens the database at `path`; makes it, and the folders beside it, where they are missing.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        check_sqlite()?;
        let place = Place::of(path).map_err(|cause| OpenError::Folder { path: path.to_owned(), cause })?;
        let in_folder = |cause| OpenError::Folder { path: place.folder().to_owned(), cause };
        place.create().map_err(in_folder)?;
        match create_private(place.database()) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(in_folder(error)),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(place.database(), flags)
            .map_err(|cause| open_error(place.database(), cause))?;
        Self::prepare(connection, place)
    }

    fn prepare(mut connection: Connection, place: Place) -> Result<Self, OpenError> {
        let path = place.database().to_owned();
        let failed = |cause| open_error(&path, cause);
        // Until it is known to be ours, closing it must not even move its own log into it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        match schema::content(&connection).map_err(failed)? {
            Content::Foreign => {
                return Err(OpenError::NotOurs { path, found: "a database of another program" });
            }
            Content::Ours(found) if found > MIGRATIONS.len() => return Err(OpenError::Newer { path, found }),
            Content::Ours(_) | Content::Nothing => {}
        }
        if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
            return Err(OpenError::ReadOnly { path });
        }
        let mut warnings = Vec::new();
        journal::set(&connection, journal::network_filesystem(place.folder()), &mut warnings)
            .map_err(failed)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
        connection.pragma_update(None, "trusted_schema", false).map_err(failed)?;
        // In KiB. What is written is mostly appended: more pages in memory would be there for nothing.
        connection.pragma_update(None, "cache_size", -1000).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(32);
        if let Some(backup) = schema::migrate(&mut connection, MIGRATIONS, &path).map_err(failed)? {
            warnings.push(format!("the database was brought up to date; as it was: `{}`", backup.display()));
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(failed)?;
        let identity =
            identity(&path).map_err(|cause| OpenError::Folder { path: place.folder().to_owned(), cause })?;
        Ok(Self { connection, place, identity, warnings })
    }

    /// Where it lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What a person should know about it. The recorder makes messages of them.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether the file that was opened is still the one at its path.
    pub(super) fn is_in_place(&self) -> bool {
        identity(self.place.database()).is_ok_and(|now| now == self.identity)
    }
}

/// Makes an empty file that only its owner may read; it must not exist.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|it| (it.dev(), it.ino()))
}

pub(super) fn check_sqlite() -> Result<(), OpenError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite { found: rusqlite::version() });
    }
    Ok(())
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// The error, and that the file has not changed.
    fn refused(path: &Path) -> String {
        let before = fs::read(path).unwrap();
        let error = Store::open(path).unwrap_err();
        assert!(fs::read(path).unwrap() == before, "the file has changed");
        assert_eq!(error.exit_code(), ExitCode::Usage);
        error.to_string().replace(&path.display().to_string(), "PATH")
    }

    #[test]
    fn f79_a_new_database_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batchrun.db");
        let store = Store::open(&path).unwrap();
        for name in ["batchrun.db", "batchrun.db-wal", "batchrun.db-shm"] {
            assert_eq!(
                fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777,
                0o600,
                "{name}"
            );
        }
        let pragma = |name: &str| {
            store.connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
        };
        assert_eq!(pragma("journal_mode").unwrap(), "wal".to_owned().into());
        assert_eq!(pragma("synchronous").unwrap(), 2.into());
        assert_eq!(store.warnings(), [""; 0]);
    }

    #[test]
    fn f55_a_newer_schema_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batchrun.db");
        let store = Store::open(&path).unwrap();
        store.connection.pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        assert_eq!(refused(&path), "database `PATH`: found schema version 99, expected at most 1");
    }

    #[test]
    fn f57_what_is_not_ours_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(
            &path,
            "milk, eggs and bread, and a good deal more than a header of a hundred bytes".repeat(9),
        )
        .unwrap();
        assert_eq!(
            refused(&path),
            "`PATH`: found something that is not a database, expected a database of batchrun"
        );
        let path = folder.path().join("theirs.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        assert_eq!(
            refused(&path),
            "`PATH`: found a database of another program, expected a database of batchrun"
        );
    }

    #[test]
    fn f57_a_damaged_database_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batchrun.db");
        drop(Store::open(&path).unwrap());
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(refused(&path), "cannot use the database `PATH`: database disk image is malformed");
        let mut scribbled = whole;
        scribbled[100..4096].fill(0x55);
        fs::write(&path, scribbled).unwrap();
        assert_eq!(refused(&path), "cannot use the database `PATH`: database disk image is malformed");
    }

    #[test]
    fn f53_a_folder_that_takes_no_files_is_said_before_anything_runs() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Store::open(&file.join("batchrun.db")).unwrap_err();
        assert!(matches!(error, OpenError::Folder { .. }), "{error}");
        let error = Store::open(Path::new("/proc/batchrun.db")).unwrap_err();
        assert!(matches!(error, OpenError::Folder { .. }), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }

    #[test]
    fn f53_a_database_that_cannot_be_written_to_is_said_before_anything_runs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batchrun.db");
        drop(Store::open(&path).unwrap());
        // Permissions do not stop root, so that the connection itself is opened to read.
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let error = Store::prepare(connection, Place::of(&path).unwrap()).unwrap_err();
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
    }

    #[test]
    fn f59_two_first_runs_may_start_together() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("batchrun.db");
            std::thread::scope(|scope| {
                let both = [(); 2].map(|()| scope.spawn(|| Store::open(&path).map(drop)));
                for one in both {
                    one.join().unwrap().unwrap();
                }
            });
        }
    }
}

//! Opening the database to write: it must be ours, new enough and writable, and whatever it is instead is said before
//! anything in it changes. Here a batch begins, too. Writes no results.

use super::journal;
use super::place::Place;
use super::schema::{self, Content, MIGRATIONS};
use super::unusable::{OpenError, open_error};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::ExitCode;
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
        assert_eq!(
            refused(&path),
            format!("database `PATH`: found schema version 99, expected at most {}", MIGRATIONS.len())
        );
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

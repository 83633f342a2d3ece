//! The tables, and how an older database becomes a current one. Knows nothing of events.

use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// In the header of every database of ours (`PRAGMA application_id`): `brun` in ASCII.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"brun");

/// What brings a database from one version (its index here) to the next. Only ever appended to.
pub(super) const MIGRATIONS: &[&str] = &[VERSION_1, VERSION_2];

/// Plain names and text, so that `sqlite3` is a tool for it. Times are RFC 3339 UTC with milliseconds.
const VERSION_1: &str = "
CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    status TEXT NOT NULL,
    exit_code INTEGER,
    concurrency INTEGER NOT NULL,
    total INTEGER NOT NULL,
    passed INTEGER NOT NULL DEFAULT 0,
    flaky INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    errored INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    interrupted INTEGER NOT NULL DEFAULT 0,
    not_run INTEGER NOT NULL DEFAULT 0,
    host TEXT NOT NULL,
    boot_id TEXT,
    seed TEXT NOT NULL,
    shard TEXT,
    version TEXT NOT NULL,
    git_commit TEXT,
    command_line TEXT NOT NULL,
    settings_json TEXT NOT NULL
) STRICT;
CREATE TABLE case_run (
    id INTEGER PRIMARY KEY,
    batch_id TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    case_id TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    browser TEXT NOT NULL,
    row TEXT,
    tags TEXT NOT NULL,
    priority INTEGER NOT NULL,
    verdict TEXT,
    quarantined INTEGER NOT NULL,
    queued_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    duration_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    message TEXT
) STRICT;
CREATE INDEX case_run_of_batch ON case_run (batch_id);
CREATE INDEX case_run_of_case ON case_run (case_id, browser);
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    case_run_id INTEGER NOT NULL REFERENCES case_run (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    verdict TEXT,
    failure_kind TEXT,
    message TEXT,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    duration_ms INTEGER,
    running INTEGER NOT NULL,
    slot_limit INTEGER NOT NULL,
    cpu REAL,
    cpu_pressure REAL,
    memory_pressure REAL,
    memory_free_mb INTEGER,
    cpu_mean REAL,
    UNIQUE (case_run_id, number)
) STRICT;
CREATE TABLE step (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    verdict TEXT,
    started_at TEXT NOT NULL,
    duration_ms INTEGER,
    line INTEGER NOT NULL,
    message TEXT,
    PRIMARY KEY (attempt_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    step_position INTEGER,
    kind TEXT NOT NULL,
    path TEXT,
    bytes INTEGER NOT NULL,
    note TEXT
) STRICT;
CREATE INDEX evidence_of_attempt ON evidence (attempt_id);
CREATE TABLE sample (
    batch_id TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    cpu REAL,
    memory_mb INTEGER,
    net_rx INTEGER,
    net_tx INTEGER,
    running INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    slot_limit INTEGER NOT NULL
) STRICT;
CREATE INDEX sample_of_batch ON sample (batch_id, at);
CREATE TABLE event (
    batch_id TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (batch_id, seq)
) STRICT, WITHOUT ROWID;
";

/// What past runs are asked for stands in one index, so that a thousand batches of a thousand cases are read in a
/// moment: with each run how long its attempt took that passed, and how busy the processors were while the attempt ran
/// that says most, the first one that failed or else the one that passed. The time says which run was later; keys of rows
/// do not, once databases have been merged.
const VERSION_2: &str = "
ALTER TABLE case_run ADD COLUMN passed_ms INTEGER;
ALTER TABLE case_run ADD COLUMN cpu REAL;
UPDATE case_run SET
    passed_ms = (SELECT duration_ms FROM attempt WHERE case_run_id = case_run.id AND verdict = 'passed'),
    cpu = (SELECT cpu_mean FROM attempt WHERE case_run_id = case_run.id AND verdict IN ('passed', 'failed')
           ORDER BY verdict, number LIMIT 1);
DROP INDEX case_run_of_case;
CREATE INDEX case_run_of_case ON case_run (case_id, browser, queued_at, id, verdict, passed_ms, cpu);
";

/// What an open database turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing: a file of no bytes, or a database without tables that nobody has claimed.
    Nothing,
    /// A database of ours, with its version.
    Ours(usize),
    /// Somebody else's.
    Foreign,
}

/// Reads what a database is; changes nothing.
pub(super) fn content(connection: &Connection) -> rusqlite::Result<Content> {
    // One statement, so that all three are of the same moment: another first run may be making the tables.
    let sql = "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
            (SELECT count(*) FROM sqlite_schema)";
    let (id, version, tables): (i32, i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(match (id, tables) {
        (APPLICATION_ID, _) => Content::Ours(usize::try_from(version).unwrap_or(usize::MAX)),
        (0, 0) if version == 0 => Content::Nothing,
        _ => Content::Foreign,
    })
}

/// Brings a database of ours, or an empty one, to the last of `migrations`, in one transaction. One that holds something
/// is copied first; the answer says where to. `at` is the database's path.
pub(super) fn migrate(
    connection: &mut Connection,
    migrations: &[&str],
    at: &Path,
) -> rusqlite::Result<Option<PathBuf>> {
    let backup = match content(connection)? {
        Content::Ours(version) if version >= migrations.len() => return Ok(None),
        Content::Ours(version) => Some(back_up(connection, at, version)?),
        Content::Nothing | Content::Foreign => None,
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Looked at again now that nobody else can write: another run may have been faster.
    let from = match content(&transaction)? {
        Content::Ours(version) => version,
        Content::Nothing | Content::Foreign => 0,
    };
    for migration in migrations.iter().skip(from) {
        transaction.execute_batch(migration)?;
    }
    if from < migrations.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(
            None,
            "user_version",
            i64::try_from(migrations.len()).unwrap_or(i64::MAX),
        )?;
    }
    transaction.commit()?;
    Ok(backup)
}

/// A copy by `VACUUM INTO`: consistent, also while others use the database.
fn back_up(connection: &Connection, at: &Path, version: usize) -> rusqlite::Result<PathBuf> {
    let stamp = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S-%6f");
    let mut name = at.file_name().unwrap_or_default().to_owned();
    name.push(format!(".version-{version}.{stamp}.backup"));
    let path = at.with_file_name(name);
    // An empty file may stand there already, and gives the copy its permissions.
    super::open::create_private(&path)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE fruit (name TEXT NOT NULL) STRICT;";
    const SECOND: &str = "ALTER TABLE fruit ADD COLUMN colour TEXT;";

    fn with_an_apple(folder: &Path) -> (Connection, PathBuf) {
        let path = folder.join("batchrun.db");
        let mut connection = Connection::open(&path).unwrap();
        assert_eq!(migrate(&mut connection, &[FIRST], &path).unwrap(), None);
        connection.execute("INSERT INTO fruit VALUES ('apple')", []).unwrap();
        (connection, path)
    }

    #[test]
    fn f56_an_older_database_is_migrated_with_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let (mut connection, path) = with_an_apple(folder.path());
        let backup = migrate(&mut connection, &[FIRST, SECOND], &path).unwrap().unwrap();
        let colours = "SELECT count(*) FROM fruit WHERE name = 'apple' AND colour IS NULL";
        assert_eq!(connection.query_row(colours, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        assert_eq!(content(&connection).unwrap(), Content::Ours(2));
        let copy = Connection::open(&backup).unwrap();
        assert_eq!(content(&copy).unwrap(), Content::Ours(1));
        assert_eq!(
            copy.query_row("SELECT name FROM fruit", [], |row| row.get::<_, String>(0)).unwrap(),
            "apple"
        );
        assert_eq!(migrate(&mut connection, &[FIRST, SECOND], &path).unwrap(), None);
    }

    #[test]
    fn f56_a_migration_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (mut connection, path) = with_an_apple(folder.path());
        migrate(&mut connection, &[FIRST, SECOND, "ALTER TABLE vegetable ADD COLUMN x TEXT;"], &path)
            .unwrap_err();
        assert_eq!(content(&connection).unwrap(), Content::Ours(1));
        assert!(connection.prepare("SELECT colour FROM fruit").is_err());
    }
}

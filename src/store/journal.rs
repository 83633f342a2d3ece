//! How `SQLite` makes a change durable, which depends on where the database lies.

use super::open::BUSY_TIMEOUT;
use rusqlite::{Connection, ErrorCode};
use std::path::Path;
use std::time::{Duration, Instant};

/// WAL, or the rollback journal where several hosts may meet: WAL needs memory that all its users share.
pub(super) fn set(
    connection: &Connection,
    network: Option<&str>,
    warnings: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let wanted = if network.is_some() { "delete" } else { "wal" };
    // Changing the mode does not wait for others by itself, and two first runs may well start together.
    let started = Instant::now();
    let mode: String = loop {
        match connection.pragma_update_and_check(None, "journal_mode", wanted, |row| row.get(0)) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && started.elapsed() < BUSY_TIMEOUT =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => break other?,
        }
    };
    match network {
        Some(kind) => warnings.push(format!(
            "the database lies on {kind}: the slower rollback journal is used, and locks are only as good as that file system's"
        )),
        None if mode != "wal" => warnings.push(format!("the database uses the journal mode `{mode}`, expected `wal`")),
        None => {}
    }
    Ok(())
}

/// The kind of network file system a folder lies on, by the numbers of statfs(2).
pub(super) fn network_filesystem(folder: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(folder).ok()?.f_type;
    // The numbers are 32 bits wide; the field is not on every machine.
    network_name(u32::try_from(kind & 0xffff_ffff).ok()?)
}

fn network_name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        0x6969 => "NFS",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x0102_1997 => "9P",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x00c3_6400 => "Ceph",
        0x0bd0_0bd0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x786f_4256 => "a folder shared by VirtualBox",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f58_a_network_file_system_gets_a_rollback_journal_and_a_warning() {
        assert_eq!(network_name(0x6969), Some("NFS"));
        assert_eq!(network_name(0xff53_4d42), Some("SMB"));
        assert_eq!(network_name(0xef53), None, "ext4");
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("batchrun.db")).unwrap();
        let mut warnings = Vec::new();
        set(&connection, Some("NFS"), &mut warnings).unwrap();
        assert_eq!(warnings.len(), 1);
        assert_eq!(
            connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).unwrap(),
            "delete"
        );
    }
}

//! Where a database lies, and what lies beside it: evidence, logs, locks. Makes the folders, opens no database.

use crate::id::BatchId;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The folder that is wholly batchrun's own: it gets a `.gitignore`.
const OWN_FOLDER: &str = ".batchrun";

/// A database's place. All paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    database: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// The place of the database at `path`; relative to the working directory if it is relative.
    pub fn of(path: &Path) -> io::Result<Self> {
        let database = std::path::absolute(path)?;
        let folder = match (database.parent(), database.file_name()) {
            (Some(folder), Some(_)) => folder.to_owned(),
            _ => return Err(io::Error::new(io::ErrorKind::IsADirectory, "found a folder, expected a file")),
        };
        Ok(Self { database, folder })
    }

    /// The database.
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// The folder it lies in; stored paths are relative to it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the evidence of a batch lies.
    pub fn evidence(&self, batch: &BatchId) -> PathBuf {
        self.folder.join("evidence").join(batch.as_str())
    }

    /// The log of a batch.
    pub fn log(&self, batch: &BatchId) -> PathBuf {
        self.folder.join("log").join(format!("{batch}.log"))
    }

    /// What the `number`th `[server]` of a batch wrote, from 1.
    pub fn server_log(&self, batch: &BatchId, number: usize) -> PathBuf {
        self.folder.join("log").join(format!("{batch}.server-{number}.log"))
    }

    /// What the program of `[notify]` wrote.
    pub fn notify_log(&self, batch: &BatchId) -> PathBuf {
        self.folder.join("log").join(format!("{batch}.notify.log"))
    }

    /// Every log of a batch that is there.
    pub(super) fn logs(&self, batch: &BatchId) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(self.folder.join("log")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let own = format!("{batch}.");
        let mut logs = Vec::new();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let is_own = entry.file_name().to_str().is_some_and(|name| name.starts_with(&own));
            if is_own && path.extension().is_some_and(|it| it == "log") {
                logs.push(path);
            }
        }
        logs.sort();
        Ok(logs)
    }

    /// Gives the logs of a batch names that begin with `other`.
    pub(super) fn rename_logs(&self, batch: &BatchId, other: &str) -> io::Result<()> {
        for log in self.logs(batch)? {
            let name =
                log.file_name().unwrap_or_default().to_string_lossy().replacen(batch.as_str(), other, 1);
            fs::rename(&log, log.with_file_name(name))?;
        }
        Ok(())
    }

    /// Where locks and sockets lie.
    pub fn run(&self) -> PathBuf {
        self.folder.join("run")
    }

    /// Where the events of a batch go that the database does not take.
    pub fn spool(&self, batch: &BatchId) -> PathBuf {
        let mut name = self.database.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{batch}.spool.jsonl"));
        self.folder.join(name)
    }

    /// Makes the folders that are missing. What may show pages under test is for the owner only.
    pub fn create(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for own in ["evidence", "log", "run"] {
            DirBuilder::new().recursive(true).mode(0o700).create(self.folder.join(own))?;
        }
        if self.folder.file_name().is_some_and(|name| name == OWN_FOLDER) {
            match OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o644)
                .open(self.folder.join(".gitignore"))
            {
                Ok(mut file) => file.write_all(b"*\n")?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_own_folder_is_ignored_by_git_and_another_one_is_not() {
        let root = tempfile::tempdir().unwrap();
        let own = Place::of(&root.path().join(".batchrun/batchrun.db")).unwrap();
        own.create().unwrap();
        own.create().unwrap();
        assert_eq!(fs::read_to_string(own.folder().join(".gitignore")).unwrap(), "*\n");
        let other = Place::of(&root.path().join("results/all.db")).unwrap();
        other.create().unwrap();
        assert!(!other.folder().join(".gitignore").exists());
    }

    #[test]
    fn f79_evidence_is_for_its_owner_only() {
        let root = tempfile::tempdir().unwrap();
        let place = Place::of(&root.path().join("batchrun.db")).unwrap();
        place.create().unwrap();
        for name in ["evidence", "log", "run"] {
            let mode = fs::metadata(root.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{name}");
        }
    }
}

//! Whether results can be saved. Leaves nothing behind.

use super::{Sign, State};
use crate::config::Project;
use std::path::Path;

/// What is to be said about the database's place.
pub(super) fn sign(database: &Path, project: &Project) -> Sign {
    let shown = project.shown(database);
    let writable = if database.exists() {
        std::fs::OpenOptions::new().append(true).open(database).map(drop)
    } else {
        let folder = database.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
        tempfile::tempfile_in(folder).map(drop)
    };
    match writable {
        Ok(()) => Sign::well("database", format!("{shown} can be written")),
        Err(error) => Sign::new("database", State::Unwell, format!("{shown} cannot be written: {error}"))
            .help("another place: `--db FILE`, or `database` in runner.toml"),
    }
}

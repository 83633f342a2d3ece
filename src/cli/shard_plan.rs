//! `--shard-plan FILE`: the split of a plan as a file, for machines that do not have the same past runs.

use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::outcome::ExitCode;
use crate::plan::{Shard, Split};
use anyhow::Context as _;
use std::io::{self, Write as _};
use std::path::Path;

/// The split that a file holds; `None` if there is no file yet.
pub(super) fn read(path: &Path, shard: Shard) -> Result<Option<Split>, Failure> {
    let shown = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::input(format!("`--shard-plan {shown}`: {error}"))),
    };
    let split: Split = serde_json::from_str(&text)
        .map_err(|error| Failure::input(format!("`--shard-plan {shown}`: not a split: {error}")))?;
    if split.of != shard.of() || split.parts.values().any(|part| *part > split.of) {
        let found = format!("`--shard-plan {shown}`: it has {} parts, and `--shard` says {shard}", split.of);
        let help = "remove the file to have it made anew, by all machines or by none";
        return Err(Failure::Input(vec![Diagnostic::error(found).help(help)]));
    }
    Ok(Some(split))
}

/// Writes a split, whole or not at all.
pub(super) fn write(path: &Path, split: &Split) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        serde_json::to_writer_pretty(&mut file, split)?;
        file.write_all(b"\n")?;
        Ok(file.persist(path)?)
    });
    let what = || format!("`--shard-plan {}` cannot be written", path.display());
    written.map(drop).with_context(what).map_err(|error| Failure::Other(ExitCode::NotSaved, error))
}

//! `init`: a first project in the working directory: settings, a case, and a page for it. Overwrites nothing.

use super::arguments::InitArguments;
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use crate::outcome::ExitCode;
use anyhow::Context as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// What is written, by path.
const FILES: [(&str, &str); 3] = [
    ("runner.toml", include_str!("runner.toml")),
    ("testcases/greeting.toml", include_str!("greeting.toml")),
    ("testcases/_site/index.html", include_str!("index.html")),
];

/// Writes the files that are not there yet.
pub(crate) fn run(_arguments: &InitArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let folder = prepare::environment()?.working_directory;
    for (path, text) in FILES {
        let written = write_new(&folder.join(path), text).with_context(|| format!("cannot write `{path}`"));
        let written = written.map_err(|error| Failure::Other(ExitCode::NotSaved, error))?;
        console.say(&format!("{} {path}", if written { "wrote" } else { "kept " }));
    }
    console.say("\n`batchrun` runs the case; `batchrun doctor` says whether a browser is there for it");
    Ok(ExitCode::Success)
}

/// Writes a file that is not there yet; whether it did.
fn write_new(path: &Path, text: &str) -> std::io::Result<bool> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

//! Finds the case files below a folder. What cannot be looked at is reported with its path and never waited for.

use super::{names, read};
use crate::diagnostic::Diagnostic;
use std::fs;
use std::path::{Path, PathBuf};

/// Deeper than any project; only a trap of links is.
const DEEPEST: usize = 100;

pub(super) struct Walk<'a> {
    pub(super) root: &'a Path,
    /// Case files, in no order.
    pub(super) files: Vec<PathBuf>,
    pub(super) findings: Vec<Diagnostic>,
    /// The folders that the walk is in, without links: entering one again would never end.
    active: Vec<PathBuf>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, files: Vec::new(), findings: Vec::new(), active: Vec::new() }
    }

    /// Walks a folder that was named.
    pub(super) fn folder(&mut self, folder: &Path) {
        match fs::canonicalize(folder) {
            Ok(real) => self.enter(folder, real),
            Err(error) => self.cannot(folder, &read::reason(&error)),
        }
    }

    fn enter(&mut self, folder: &Path, real: PathBuf) {
        if self.active.contains(&real) {
            self.cannot(folder, "the link leads back to a folder around it");
            return;
        }
        if self.active.len() >= DEEPEST {
            self.cannot(folder, "the folders are nested too deeply");
            return;
        }
        let listing = match fs::read_dir(folder) {
            Ok(listing) => listing,
            Err(error) => return self.cannot(folder, &read::reason(&error)),
        };
        self.active.push(real);
        for entry in listing {
            match entry {
                Ok(entry) => self.entry(folder, &entry),
                Err(error) => self.cannot(folder, &read::reason(&error)),
            }
        }
        self.active.pop();
    }

    fn entry(&mut self, folder: &Path, entry: &fs::DirEntry) {
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b".") || bytes.starts_with(b"_") || name == "node_modules" || name == "target" {
            return;
        }
        let path = folder.join(&name);
        // Only a link needs a look at what it leads to.
        let file_type = match entry.file_type() {
            Ok(file_type) if file_type.is_symlink() => match fs::metadata(&path) {
                Ok(about) => about.file_type(),
                Err(error) => {
                    if is_case(bytes) || error.kind() != std::io::ErrorKind::NotFound {
                        self.cannot(&path, &read::reason(&error));
                    }
                    return;
                }
            },
            Ok(file_type) => file_type,
            Err(error) => return self.cannot(&path, &read::reason(&error)),
        };
        if file_type.is_dir() {
            let real = match fs::canonicalize(&path) {
                Ok(real) => real,
                Err(error) => return self.cannot(&path, &read::reason(&error)),
            };
            self.enter(&path, real);
        } else if is_case(bytes) {
            if file_type.is_file() {
                self.files.push(path);
            } else {
                self.cannot(&path, &format!("it is {}, not a file", read::kind(file_type)));
            }
        }
    }

    fn cannot(&mut self, path: &Path, why: &str) {
        self.findings
            .push(Diagnostic::error(format!("cannot read `{}`: {why}", names::shown(self.root, path))));
    }
}

/// Whether a file of that name is a case file: not a flow, not the settings.
fn is_case(name: &[u8]) -> bool {
    name.ends_with(b".toml") && !name.ends_with(b".flow.toml") && name != b"runner.toml"
}

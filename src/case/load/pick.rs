//! From what was asked for (folders, files, `file.toml:LINE`, ids) to files, and to what of each.

use super::walk::Walk;
use super::{names, read};
use crate::case::model::Case;
use crate::case::suggest;
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What of a file is asked for; `None` is everything in it, as it is of nearly all.
pub(super) type Pick = Option<Box<Parts>>;

/// Parts of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The cases that stand in these lines.
    pub(super) lines: Vec<usize>,
    /// The cases or rows of these ids.
    pub(super) ids: Vec<String>,
}

/// What one path asks for.
enum Wanted {
    All,
    Line(usize),
    Id(String),
}

/// Finds the files.
pub(super) struct Picker<'a> {
    pub(super) root: &'a Path,
    /// What relative paths are relative to.
    pub(super) directory: &'a Path,
    /// Each file once, in byte order of its path.
    pub(super) files: BTreeMap<PathBuf, Pick>,
    pub(super) findings: Vec<Diagnostic>,
}

impl Picker<'_> {
    pub(super) fn path(&mut self, given: &Path) {
        let path = self.absolute(given);
        match fs::metadata(&path) {
            Ok(about) if about.is_dir() => self.folder(&path),
            Ok(_) => self.file(path, Wanted::All),
            Err(error) => {
                if !self.line_of_file(given) && !self.id(given) {
                    self.nothing(given, &path, &error);
                }
            }
        }
    }

    /// The path below the root, by its name where possible, so that ids do not depend on links around the project.
    fn absolute(&self, given: &Path) -> PathBuf {
        let path = names::normalise(&self.directory.join(given));
        if path.starts_with(self.root) {
            return path;
        }
        match fs::canonicalize(&path) {
            Ok(real) if real.starts_with(self.root) => real,
            _ => path,
        }
    }

    fn folder(&mut self, folder: &Path) {
        let mut walk = Walk::new(self.root);
        walk.folder(folder);
        walk.findings.sort_by(|a, b| a.message.cmp(&b.message));
        self.findings.append(&mut walk.findings);
        for file in walk.files {
            self.files.insert(file, None);
        }
    }

    fn file(&mut self, path: PathBuf, wanted: Wanted) {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let shown = names::shown(self.root, &path);
        if name.ends_with(b".flow.toml") {
            let help = "name a case that uses it";
            self.findings
                .push(Diagnostic::error(format!("`{shown}` is a flow: it never runs by itself")).help(help));
        } else if name == b"runner.toml" {
            self.findings.push(Diagnostic::error(format!("`{shown}` holds settings, not cases")));
        } else {
            let pick = self.files.entry(path).or_insert_with(|| Some(Box::default()));
            match (wanted, pick.as_mut()) {
                (Wanted::All, _) => *pick = None,
                (Wanted::Line(line), Some(parts)) => parts.lines.push(line),
                (Wanted::Id(id), Some(parts)) => parts.ids.push(id),
                (_, None) => {}
            }
        }
    }

    /// `file.toml:LINE`
    fn line_of_file(&mut self, given: &Path) -> bool {
        let Some((file, line)) = given.to_str().and_then(|given| given.rsplit_once(':')) else {
            return false;
        };
        let (Ok(line), path) = (line.parse::<usize>(), self.absolute(Path::new(file))) else { return false };
        let found = line > 0 && path.is_file();
        if found {
            self.file(path, Wanted::Line(line));
        }
        found
    }

    /// An id: its file is the longest beginning that is one.
    fn id(&mut self, given: &Path) -> bool {
        let Some(id) = given.to_str() else { return false };
        let mut ends: Vec<usize> =
            id.match_indices("::").chain(id.match_indices('[')).map(|(at, _)| at).collect();
        ends.push(id.len());
        ends.sort_unstable();
        for end in ends.into_iter().rev() {
            let path = names::normalise(&self.root.join(format!("{}.toml", &id[..end])));
            if end > 0 && path.is_file() {
                let id = crate::id::CaseId::typed(id).as_str().to_owned();
                self.file(path, Wanted::Id(id));
                return true;
            }
        }
        false
    }

    fn nothing(&mut self, given: &Path, path: &Path, error: &std::io::Error) {
        let shown = names::escape(given.as_os_str().as_encoded_bytes());
        if error.kind() != std::io::ErrorKind::NotFound {
            self.findings.push(Diagnostic::error(format!("cannot read `{shown}`: {}", read::reason(error))));
            return;
        }
        let siblings: Vec<String> = path
            .parent()
            .and_then(|parent| fs::read_dir(parent).ok())
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .take(1000)
            .collect();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let diagnostic = Diagnostic::error(format!("`{shown}` is neither a path nor the id of a case"));
        self.findings.push(match suggest::one_of(name, siblings.iter().map(String::as_str)) {
            Some(near) => {
                let near = given.with_file_name(near);
                diagnostic
                    .help(format!("did you mean `{}`?", names::escape(near.as_os_str().as_encoded_bytes())))
            }
            None => diagnostic,
        });
    }
}

impl Parts {
    /// Keeps what is asked for of a file's cases, which come with their numbers; tells what is not there.
    pub(super) fn keep(&self, cases: &mut Vec<(u32, Case)>, shown: &str, findings: &mut Vec<Diagnostic>) {
        let mut line_hits = vec![false; self.lines.len()];
        let mut id_hits = vec![false; self.ids.len()];
        let every: Vec<String> = cases.iter().map(|(_, case)| case.id.as_str().to_owned()).collect();
        cases.retain_mut(|(_, case)| {
            let mut whole = false;
            for (index, line) in self.lines.iter().enumerate() {
                if case.source.line(case.span.start) <= *line && *line <= case.source.line(case.span.end) {
                    line_hits[index] = true;
                    whole = true;
                }
            }
            let mut rows = vec![false; case.rows.len()];
            for (index, id) in self.ids.iter().enumerate() {
                if case.id.as_str() == id {
                    id_hits[index] = true;
                    whole = true;
                }
                for (row, picked) in case.rows.iter().zip(&mut rows) {
                    if case.id.with_row(&row.name).as_str() == id {
                        id_hits[index] = true;
                        *picked = true;
                    }
                }
            }
            if !whole && rows.contains(&true) {
                let mut picked = rows.iter();
                case.rows.retain(|_| picked.next().is_some_and(|picked| *picked));
                return true;
            }
            whole
        });
        for (line, _) in self.lines.iter().zip(line_hits).filter(|(_, hit)| !hit) {
            findings.push(Diagnostic::error(format!("no case stands in line {line} of `{shown}`")));
        }
        for (id, _) in self.ids.iter().zip(id_hits).filter(|(_, hit)| !hit) {
            let diagnostic = Diagnostic::error(format!("there is no case `{id}` in `{shown}`"));
            findings.push(match suggest::one_of(id, every.iter().map(String::as_str)) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            });
        }
    }
}

//! The project: where its root is, and reading the few files that settings come from. Reads no case files.

use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the file that marks a project's root.
pub const FILE_NAME: &str = "runner.toml";

/// Larger than any settings file has a reason to be.
const LARGEST: u64 = 1024 * 1024;

/// What is around the process: never looked up anywhere else, so that tests can pin it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Absolute.
    pub working_directory: PathBuf,
    /// Variables whose names and values are Unicode.
    pub variables: BTreeMap<String, String>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_this_process() -> io::Result<Self> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self { working_directory: std::env::current_dir()?, variables })
    }
}

/// Where a project is.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder that ids and paths of cases are relative to, and that they cannot leave. Absolute.
    pub root: PathBuf,
    /// Its runner.toml, if it has one.
    pub file: Option<PathBuf>,
    /// The profile that is in use.
    pub profile: Option<String>,
}

impl Project {
    /// A path as people see it: relative to the root where it lies below that.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }
}

/// Finds runner.toml from the working directory upwards; without one the working directory is the root.
pub(super) fn find(environment: &Environment) -> Project {
    let found = environment.working_directory.ancestors().find(|folder| folder.join(FILE_NAME).is_file());
    match found {
        Some(root) => Project { root: root.to_owned(), file: Some(root.join(FILE_NAME)), profile: None },
        None => Project { root: environment.working_directory.clone(), file: None, profile: None },
    }
}

/// The runner.toml of the project that these paths belong to, where it is another one than the working directory's:
/// relative to that where it lies below. The first path that exists decides; ids do not.
pub fn above(paths: &[PathBuf], environment: &Environment) -> Option<PathBuf> {
    let here = &environment.working_directory;
    let first = paths.iter().find_map(|path| here.join(of_line(path)).canonicalize().ok())?;
    let file = first.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())?;
    let usual = find(environment).file.and_then(|file| file.canonicalize().ok());
    if usual.as_ref() == Some(&file) {
        return None;
    }
    let below = here.canonicalize().ok().and_then(|here| Some(file.strip_prefix(here).ok()?.to_owned()));
    Some(below.unwrap_or(file))
}

/// A path without the line that may stand behind it.
fn of_line(path: &Path) -> &Path {
    let split = path.to_str().and_then(|path| path.rsplit_once(':'));
    split.filter(|(_, line)| line.parse::<usize>().is_ok()).map_or(path, |(file, _)| Path::new(file))
}

/// The project of a file that was named: its folder is the root. Without links, since what lies below the root is
/// told by the beginning of its path.
pub(super) fn named(environment: &Environment, file: &Path) -> Project {
    let file = environment.working_directory.join(file);
    let folder = file.parent().unwrap_or(&environment.working_directory);
    let root = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let file = file.file_name().map_or_else(|| file.clone(), |name| root.join(name));
    Project { root, file: Some(file), profile: None }
}

/// Why a file of settings cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    shown: String,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Io(io::Error),
    NotAFile,
    TooLarge,
    NotUtf8,
}

impl Unreadable {
    /// Whether there is no such file.
    pub(super) fn is_missing(&self) -> bool {
        matches!(&self.why, Why::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// The finding.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(format!("cannot read `{}`: {}", self.shown, self.why))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotAFile => write!(f, "not a regular file"),
            Self::TooLarge => write!(f, "larger than 1 MiB"),
            Self::NotUtf8 => write!(f, "not UTF-8"),
        }
    }
}

/// Reads a file of settings. Pipes and devices are refused before they are opened: they could block for ever.
pub(super) fn read_text(path: &Path, shown: &str) -> Result<Arc<SourceFile>, Unreadable> {
    let unreadable = |why| Unreadable { shown: shown.to_owned(), why };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(Why::Io(error)))?;
    if !metadata.is_file() {
        return Err(unreadable(Why::NotAFile));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(Why::Io(error)))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(unreadable(Why::TooLarge));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable(Why::NotUtf8))?;
    Ok(SourceFile::new(shown, text))
}

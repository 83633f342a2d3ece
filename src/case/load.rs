//! Loads case files: finds them, reads them on all cores, and returns what is to be known of the cases with everything
//! that is wrong with any of them. Runs nothing and never blocks on what is not a file.

mod duplicates;
mod files;
mod library;
mod names;
mod pick;
mod read;
mod walk;

pub use super::parse::scope::SettingNames;
pub use library::{CaseKey, Library, Unreadable};

use super::model::Case;
use super::parse::cases::{self, FileFacts};
use super::parse::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;
use files::Flows;
use library::Held;
use pick::{Pick, Picker};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What loading needs to know of the settings.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The project root: ids are paths below it, and files that cases name lie below it.
    pub root: PathBuf,
    /// What paths on the command line are relative to.
    pub directory: PathBuf,
    /// The names that settings give.
    pub names: SettingNames,
    /// Schemes of URLs that are refused elsewhere: `file`, `chrome`, `view-source` and their like.
    pub allowed_schemes: Vec<String>,
}

/// Files that are read before what is to be known of them is put together: what reading takes in between is bounded.
const READ_AT_ONCE: usize = 512;

/// What was loaded: of each case what whoever loads made of it, by default the case itself.
#[derive(Debug)]
pub struct Loaded<T = Arc<Case>> {
    /// The cases, in byte order of their files' paths, then as they stand in the file. Nothing may run while
    /// `diagnostics` holds an error.
    pub cases: Vec<T>,
    /// Everything that is wrong, in the same order.
    pub diagnostics: Vec<Diagnostic>,
    /// How many case files were read.
    pub files: usize,
    /// Where the cases can be had again.
    pub library: Library,
}

impl<T> Loaded<T> {
    /// Whether anything is wrong, so that nothing may run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error)
    }
}

/// Loads `paths`: folders, files, `file.toml:LINE`, ids.
pub fn load(paths: &[PathBuf], options: &LoadOptions) -> Loaded {
    load_each(paths, options, |case, _| Arc::clone(case))
}

/// The same, but keeps of each case only what `look` makes of it. It is called from several threads.
pub fn load_each<T: Send>(
    paths: &[PathBuf],
    options: &LoadOptions,
    look: impl Fn(&Arc<Case>, CaseKey) -> T + Sync,
) -> Loaded<T> {
    let options = LoadOptions {
        root: std::fs::canonicalize(&options.root).unwrap_or_else(|_| options.root.clone()),
        directory: std::fs::canonicalize(&options.directory).unwrap_or_else(|_| options.directory.clone()),
        ..options.clone()
    };
    let (files, mut diagnostics) = find(paths, &options);
    let mut library = Library::new(options);
    let (mut cases, mut ids, mut held) = (Vec::with_capacity(files.len()), Vec::new(), Vec::new());
    ids.reserve_exact(files.len());
    held.reserve_exact(files.len());
    for (number, some) in files.chunks(READ_AT_ONCE).enumerate() {
        let read = on_all_cores(some, |index, (path, pick)| {
            let parsed = read_file(&library, path, pick);
            parsed.map(|parsed| taken_in(&library, path, number * READ_AT_ONCE + index, parsed, &look))
        });
        for mut taken in read.into_iter().map(|read| read.unwrap_or_else(Taken::unreadable)) {
            cases.append(&mut taken.looked_at);
            ids.append(&mut taken.ids);
            diagnostics.append(&mut taken.findings);
            held.push(taken.held);
        }
    }
    let count = files.len();
    drop(files);
    library.arrange(held);
    diagnostics.extend(library.flows_mut().findings());
    diagnostics.extend(duplicates::find(ids, &library));
    Loaded { cases, diagnostics, files: count, library }
}

/// The files that `paths` mean, with what of each, in byte order of their paths.
fn find(paths: &[PathBuf], options: &LoadOptions) -> (Vec<(PathBuf, Pick)>, Vec<Diagnostic>) {
    let mut picker = Picker {
        root: &options.root,
        directory: &options.directory,
        files: BTreeMap::new(),
        findings: Vec::new(),
    };
    for path in paths {
        picker.path(path);
    }
    let mut files: Vec<(PathBuf, Pick)> = picker.files.into_iter().collect();
    // Byte order of the whole path, not of its parts: `a.toml` before `a/b.toml`, `a-b/` before `a/`.
    files.sort_by(|(a, _), (b, _)| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    (files, picker.findings)
}

/// What of one file goes on.
struct Taken<T> {
    looked_at: Vec<T>,
    ids: Vec<duplicates::IdOf>,
    findings: Vec<Diagnostic>,
    held: Held,
}

impl<T> Taken<T> {
    fn unreadable(why: Diagnostic) -> Self {
        let held = Held::Kept(Arc::from([]));
        Self { looked_at: Vec::new(), ids: Vec::new(), findings: vec![why], held }
    }
}

/// What was read of one file.
struct Parsed {
    /// What is asked for, with the numbers they have in the file.
    cases: Vec<(u32, Case)>,
    findings: Vec<Diagnostic>,
    /// Whether none of its cases has rows: those may come from another file.
    stands_alone: bool,
}

fn taken_in<T>(
    library: &Library,
    path: &Path,
    index: usize,
    parsed: Parsed,
    look: &impl Fn(&Arc<Case>, CaseKey) -> T,
) -> Taken<T> {
    let Parsed { cases, findings, stands_alone } = parsed;
    let cases: Vec<_> = cases.into_iter().map(|(number, case)| (number, Arc::new(case))).collect();
    let file = u32::try_from(index).expect("the paths of so many files would not fit into memory");
    let key = |number: u32| CaseKey { file, number };
    Taken {
        looked_at: cases.iter().map(|(number, case)| look(case, key(*number))).collect(),
        ids: cases.iter().flat_map(|(number, case)| duplicates::ids(case, key(*number))).collect(),
        findings,
        held: if stands_alone { library.shelve(path, &cases) } else { Held::Kept(cases.into()) },
    }
}

/// Reads what is asked for of one file, with all that is wrong with it; or why it cannot be read at all.
fn read_file(library: &Library, path: &Path, pick: &Pick) -> Result<Parsed, Diagnostic> {
    let shown = names::shown(&library.flows().options().root, path);
    let cannot = |why: String| Diagnostic::error(format!("cannot read `{shown}`: {why}"));
    let text = read::bytes(path, read::MOST_CASE_BYTES).and_then(read::text).map_err(cannot)?;
    let (mut cases, mut findings) = parse(path, text, library.flows());
    let stands_alone = cases.iter().all(|(_, case)| case.rows.is_empty());
    if let Some(parts) = pick.as_ref().filter(|_| findings.is_empty()) {
        parts.keep(&mut cases, &shown, &mut findings);
    }
    findings.sort_by_key(|finding| finding.labels.first().map(|label| label.span.start));
    Ok(Parsed { cases, findings, stands_alone })
}

/// The cases of a file's text, numbered as they stand there.
fn parse(path: &Path, text: String, flows: &Flows) -> (Vec<(u32, Case)>, Vec<Diagnostic>) {
    let options = flows.options();
    let shown = names::shown(&options.root, path);
    let hash = hex(&Sha256::digest(&text));
    let source = SourceFile::new(shown.as_str(), text);
    let access = flows.access(path, &source);
    let mut reader = Reader::new(source, &access);
    let id = names::id(&shown);
    let facts = FileFacts {
        id,
        stem: id.rsplit('/').next().unwrap_or(id),
        hash: hash.into(),
        settings: &options.names,
    };
    let cases = cases::read(&mut reader, &facts);
    ((0..).zip(cases).collect(), reader.findings)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The stack of a thread that reads cases. Steps stand in steps, as deep as TOML allows; in an unoptimised build that
/// takes less than a quarter of this.
pub const STACK: usize = 8 << 20;

/// Does `work` on each item with its number, on as many threads as there are cores; the answers come in the order of the
/// items.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len()).clamp(1, 16);
    let next = AtomicUsize::new(0);
    let one = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(index, item)));
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads)
            .filter_map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, one).ok())
            .collect();
        let mut all = if spawned.is_empty() { one() } else { Vec::new() };
        for thread in spawned {
            match thread.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

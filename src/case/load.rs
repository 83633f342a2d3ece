//! Loads case files: finds them, reads them on all cores, and returns the cases with everything that is wrong with
//! any of them. Runs nothing and never blocks on what is not a file.

mod files;
mod names;
mod pick;
mod read;
mod walk;

pub use super::parse::scope::SettingNames;

use super::model::Case;
use super::parse::cases::{self, FileFacts};
use super::parse::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;
use files::Flows;
use pick::{Pick, Picker};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
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

/// What was loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The cases, in byte order of their files' paths, then as they stand in the file. Nothing may run while
    /// `diagnostics` holds an error.
    pub cases: Vec<Arc<Case>>,
    /// Everything that is wrong, in the same order.
    pub diagnostics: Vec<Diagnostic>,
    /// How many case files were read.
    pub files: usize,
}

impl Loaded {
    /// Whether anything is wrong, so that nothing may run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error)
    }
}

/// Loads `paths`: folders, files, `file.toml:LINE`, ids.
pub fn load(paths: &[PathBuf], options: &LoadOptions) -> Loaded {
    let options = LoadOptions {
        root: std::fs::canonicalize(&options.root).unwrap_or_else(|_| options.root.clone()),
        directory: std::fs::canonicalize(&options.directory).unwrap_or_else(|_| options.directory.clone()),
        ..options.clone()
    };
    let mut picker = Picker {
        root: &options.root,
        directory: &options.directory,
        files: BTreeMap::new(),
        findings: Vec::new(),
    };
    for path in paths {
        picker.path(path);
    }
    let mut diagnostics = std::mem::take(&mut picker.findings);
    let mut files: Vec<(PathBuf, Pick)> = picker.files.into_iter().collect();
    // Byte order of the whole path, not of its parts: `a.toml` before `a/b.toml`, `a-b/` before `a/`.
    files.sort_by(|(a, _), (b, _)| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    let flows = Flows::new(&options);
    let read = on_all_cores(&files, |(path, pick)| file(path, pick, &flows, &options));
    let mut cases = Vec::new();
    for (found, mut findings) in read {
        cases.extend(found.into_iter().map(Arc::new));
        diagnostics.append(&mut findings);
    }
    diagnostics.extend(flows.findings());
    diagnostics.extend(duplicates(&cases));
    Loaded { cases, diagnostics, files: files.len() }
}

/// Reads one file.
fn file(path: &Path, pick: &Pick, flows: &Flows<'_>, options: &LoadOptions) -> (Vec<Case>, Vec<Diagnostic>) {
    let shown = names::shown(&options.root, path);
    let cannot = |why: String| (Vec::new(), vec![Diagnostic::error(format!("cannot read `{shown}`: {why}"))]);
    let bytes = match read::bytes(path, read::MOST_CASE_BYTES) {
        Ok(bytes) => bytes,
        Err(why) => return cannot(why),
    };
    let hash = hex(&Sha256::digest(&bytes));
    let text = match read::text(bytes) {
        Ok(text) => text,
        Err(why) => return cannot(why),
    };
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
    let mut cases = cases::read(&mut reader, &facts);
    if reader.findings.is_empty() {
        pick.keep(&mut cases, &shown, &mut reader.findings);
    }
    reader.findings.sort_by_key(|finding| finding.labels.first().map(|label| label.span.start));
    (cases, reader.findings)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Does `work` on each item, on as many threads as there are cores; the answers come in the order of the items.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    // Steps stand in steps: as deep as TOML allows, which in an unoptimised build needs more than the usual stack.
    const STACK: usize = 32 << 20;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len()).clamp(1, 16);
    let next = AtomicUsize::new(0);
    let one = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
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

/// Ids that are equal after case folding, with both places.
fn duplicates(cases: &[Arc<Case>]) -> Vec<Diagnostic> {
    let mut seen: HashMap<String, &Arc<Case>> = HashMap::new();
    let mut findings = Vec::new();
    for case in cases {
        let ids: Vec<_> = match case.rows.as_slice() {
            [] => vec![case.id.clone()],
            rows => rows.iter().map(|row| case.id.with_row(&row.name)).collect(),
        };
        for id in ids {
            let Some(first) = seen.insert(id.folded(), case) else { continue };
            // Rows of one case that share a name were told when they were read.
            if !Arc::ptr_eq(first, case) {
                findings.push(
                    Diagnostic::error(format!("two cases have the id `{id}`"))
                        .at(&case.source, head(case), "the second")
                        .at(&first.source, head(first), "the first")
                        .help("ids are compared without regard to upper and lower case"),
                );
            }
        }
    }
    findings
}

/// The line in which a case begins.
fn head(case: &Case) -> crate::source::Span {
    let text = &case.source.text[case.span.start..];
    let end = case.span.start + text.find('\n').unwrap_or(text.len());
    crate::source::Span { start: case.span.start, end }
}

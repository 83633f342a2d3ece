//! The files that cases name: flows, read once however many use them, and data. All lie below the project root.

use super::{LoadOptions, names, read};
use crate::case::model::Flow;
use crate::case::parse::flow;
use crate::case::parse::reader::{Files, Reader};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many flows may stand in each other.
const DEEPEST: usize = 20;

/// Every flow that was asked for.
#[derive(Debug)]
pub(super) struct Flows {
    options: LoadOptions,
    known: Mutex<BTreeMap<PathBuf, Entry>>,
    /// Where the names that were looked up led: a case that is read again finds the same flows, whatever has become of
    /// the files.
    found: Mutex<HashMap<PathBuf, PathBuf>>,
}

/// A flow, as far as it could be read.
#[derive(Debug)]
struct Entry {
    flow: Option<Arc<Flow>>,
    findings: Vec<Diagnostic>,
    /// The flows that it uses, and where.
    uses: Vec<Use>,
}

#[derive(Debug)]
struct Use {
    flow: PathBuf,
    source: Arc<SourceFile>,
    span: Span,
}

/// What one file sees of the others.
pub(super) struct Access<'a> {
    flows: &'a Flows,
    /// The folder of the file.
    folder: PathBuf,
    source: Arc<SourceFile>,
    /// The flows that are being read, the outermost first.
    chain: Vec<PathBuf>,
    uses: RefCell<Vec<Use>>,
}

impl Flows {
    pub(super) fn new(options: LoadOptions) -> Self {
        Self { options, known: Mutex::default(), found: Mutex::default() }
    }

    pub(super) fn options(&self) -> &LoadOptions {
        &self.options
    }

    /// The access of a case file.
    pub(super) fn access<'a>(&'a self, path: &Path, source: &Arc<SourceFile>) -> Access<'a> {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Access {
            flows: self,
            folder,
            source: Arc::clone(source),
            chain: Vec::new(),
            uses: RefCell::default(),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, Entry>> {
        // A panic while it was held cannot leave a map half changed: entries go in whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, PathBuf>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a flow without holding the lock: two threads may do it at once, the first one's is kept.
    fn read(&self, path: PathBuf, chain: &[PathBuf]) -> Result<Option<Arc<Flow>>, String> {
        if let Some(entry) = self.known().get(&path) {
            return Ok(entry.flow.clone());
        }
        let shown = names::shown(&self.options.root, &path);
        let text = read::bytes(&path, read::MOST_CASE_BYTES).and_then(read::text);
        let source = SourceFile::new(
            shown.as_str(),
            text.map_err(|why| format!("cannot read the flow `{shown}`: {why}"))?,
        );
        let mut access = self.access(&path, &source);
        access.chain = chain.iter().cloned().chain([path.clone()]).collect();
        let mut reader = Reader::new(source, &access);
        let flow = flow::read(&mut reader, &self.options.names).map(Arc::new);
        let findings = std::mem::take(&mut reader.findings);
        let entry = Entry { flow, findings, uses: access.uses.into_inner() };
        Ok(self.known().entry(path).or_insert(entry).flow.clone())
    }

    /// What is wrong with the flows, and between them. Told once.
    pub(super) fn findings(&mut self) -> Vec<Diagnostic> {
        let known = self.known.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut findings: Vec<Diagnostic> = Vec::new();
        let mut graph = Graph { known, depths: BTreeMap::new(), path: Vec::new(), told: BTreeSet::new() };
        for path in known.keys() {
            graph.depth(path, &mut findings);
        }
        findings.extend(known.values_mut().flat_map(|entry| std::mem::take(&mut entry.findings)));
        findings
    }
}

/// Finds cycles and depths, in the order of paths, so that the same files always give the same words.
struct Graph<'k> {
    known: &'k BTreeMap<PathBuf, Entry>,
    depths: BTreeMap<&'k Path, usize>,
    path: Vec<&'k Path>,
    told: BTreeSet<&'k Path>,
}

impl<'k> Graph<'k> {
    /// How many flows stand in each other from this one on.
    fn depth(&mut self, path: &'k Path, findings: &mut Vec<Diagnostic>) -> usize {
        if let Some(depth) = self.depths.get(path) {
            return *depth;
        }
        let Some(entry) = self.known.get(path) else { return 0 };
        self.path.push(path);
        let mut deepest = 0;
        for it in &entry.uses {
            if self.path.contains(&it.flow.as_path()) {
                if self.told.insert(path) {
                    let message = "the flow uses itself".to_owned();
                    findings.push(Diagnostic::error(message).at(&it.source, it.span, self.chain(&it.flow)));
                }
                continue;
            }
            let depth = self.depth(&it.flow, findings);
            if depth == DEEPEST && self.told.insert(path) {
                let message = format!("flows stand in each other more than {DEEPEST} deep");
                findings.push(Diagnostic::error(message).at(&it.source, it.span, ""));
            }
            deepest = deepest.max(depth);
        }
        self.path.pop();
        self.depths.insert(path, deepest + 1);
        deepest + 1
    }

    /// `a.flow.toml → b.flow.toml → a.flow.toml`
    fn chain(&self, back_to: &Path) -> String {
        let start = self.path.iter().position(|path| *path == back_to).unwrap_or(0);
        let name = |path: &Path| names::escape(path.file_name().unwrap_or_default().as_encoded_bytes());
        self.path[start..].iter().copied().chain([back_to]).map(name).collect::<Vec<_>>().join(" → ")
    }
}

impl Access<'_> {
    /// The file that is named, without links; it lies below the project root.
    fn resolve(&self, path: &str) -> Result<PathBuf, String> {
        let root = &self.flows.options.root;
        let outside = || format!("`{path}` lies outside of the project root");
        let named = names::normalise(&self.folder.join(path));
        // By name first: whether something is there is nobody's business outside.
        if !named.starts_with(root) {
            return Err(outside());
        }
        if let Some(real) = self.flows.found().get(&named) {
            return Ok(real.clone());
        }
        let real = std::fs::canonicalize(&named).map_err(|error| {
            let shown = names::shown(root, &named);
            format!("cannot read `{shown}`: {}", read::reason(&error))
        })?;
        if !real.starts_with(root) {
            return Err(outside());
        }
        self.flows.found().insert(named, real.clone());
        Ok(real)
    }
}

impl Files for Access<'_> {
    fn flow(&self, path: &str, span: Span) -> Result<Option<Arc<Flow>>, String> {
        if !path.ends_with(".flow.toml") {
            return Err(format!("`{path}` is not a flow: the name of one ends in `.flow.toml`"));
        }
        let flow = self.resolve(path)?;
        self.uses.borrow_mut().push(Use { flow: flow.clone(), source: Arc::clone(&self.source), span });
        // Both are told by [`Flows::findings`], once for all who use them.
        if self.chain.contains(&flow) || self.chain.len() > DEEPEST {
            return Ok(None);
        }
        self.flows.read(flow, &self.chain)
    }

    fn data(&self, path: &str) -> Result<Arc<SourceFile>, String> {
        let real = self.resolve(path)?;
        let shown = names::shown(&self.flows.options.root, &real);
        let text = read::bytes(&real, read::MOST_DATA_BYTES).and_then(read::text);
        Ok(SourceFile::new(shown.as_str(), text.map_err(|why| format!("cannot read `{shown}`: {why}"))?))
    }

    fn allows_scheme(&self, scheme: &str) -> bool {
        self.flows.options.allowed_schemes.iter().any(|allowed| allowed == scheme)
    }
}

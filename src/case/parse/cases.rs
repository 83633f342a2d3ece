//! Reads a case file: one case, or several with what they share at the top.

use super::case::CaseReader;
use super::document;
use super::given::Arguments;
use super::places;
use super::reader::{Names, Node, Reader, entries};
use super::scope::{SettingNames, harvest};
use crate::case::model::{Case, Step};
use crate::case::spec::keys::{CASE, ONLY_IN_CASE};
use crate::source::Span;
use std::sync::Arc;
use toml::de::DeValue;

/// What is known of a case file besides its text.
pub(in crate::case) struct FileFacts<'a> {
    /// The id of its only case: the path without `.toml`.
    pub(in crate::case) id: &'a str,
    /// The file's name without `.toml`.
    pub(in crate::case) stem: &'a str,
    /// SHA-256 of its bytes, in hex.
    pub(in crate::case) hash: Arc<str>,
    /// The names that settings give.
    pub(in crate::case) settings: &'a SettingNames,
}

/// What stands at the top of a file of several cases.
#[derive(Default)]
pub(super) struct Top {
    pub(super) arguments: Arguments,
    pub(super) names: Names,
    pub(super) before: Option<Arc<[Step]>>,
    pub(super) after: Option<Arc<[Step]>>,
}

/// Reads the cases in the reader's file. Everything wrong is reported in the reader.
pub(in crate::case) fn read(reader: &mut Reader<'_>, facts: &FileFacts<'_>) -> Vec<Case> {
    let source = Arc::clone(&reader.source);
    let document = document::read(&source);
    let top = entries(&document.table);
    let cases = match top.iter().find(|(key, _, _)| *key == "case") {
        Some((_, span, node)) => several(reader, facts, &top, (*span, node)),
        None => single(reader, facts, &top).into_iter().collect(),
    };
    if document.errors.is_empty() {
        return cases;
    }
    reader.keep_findings_before(document.good_until);
    reader.findings.splice(0..0, document.errors);
    Vec::new()
}

/// The keys of a table with their places and values.
pub(super) type Entries<'t, 'i> = [(&'t str, Span, &'t Node<'i>)];

fn single(reader: &mut Reader<'_>, facts: &FileFacts<'_>, top: &Entries<'_, '_>) -> Option<Case> {
    let span = Span { start: 0, end: reader.source.text.len() };
    let mut case = CaseReader { reader, facts, span, header: Span::default(), top: &Top::default() };
    case.read(top, None)
}

fn several(
    reader: &mut Reader<'_>,
    facts: &FileFacts<'_>,
    top: &Entries<'_, '_>,
    (key, node): (Span, &Node<'_>),
) -> Vec<Case> {
    let DeValue::Array(items) = node.get_ref() else {
        reader.error_with_help(
            key,
            "`case` is not a list of tables",
            Some("write `[[case]]` with two brackets"),
        );
        return Vec::new();
    };
    let shared = read_top(reader, top);
    let mut cases = Vec::new();
    for item in items {
        let DeValue::Table(table) = item.get_ref() else {
            reader.error(item.span().into(), "a case is a table");
            continue;
        };
        let span = places::extent(&reader.source.text, item);
        let mut case = CaseReader { reader, facts, span, header: item.span().into(), top: &shared };
        cases.extend(case.read(&entries(table), Some(())));
    }
    cases
}

/// Reads what stands above the first `[[case]]`.
fn read_top(reader: &mut Reader<'_>, top: &Entries<'_, '_>) -> Top {
    let mut shared = Vec::new();
    for (key, span, node) in top.iter().filter(|(key, _, _)| *key != "case") {
        if ONLY_IN_CASE.contains(key) {
            let help = Some("a file has either one case without `[[case]]`, or only `[[case]]` tables");
            reader.error_with_help(*span, format!("`{key}` cannot stand above `[[case]]`"), help);
        } else {
            shared.push((*key, *span, *node));
        }
    }
    let outer = reader.begin_scope();
    let arguments = reader.arguments(&[CASE], &shared, "the file");
    let good = arguments.clone().good();
    if good.is_none() {
        for (_, _, node) in &shared {
            harvest(node, &mut reader.names.defines);
        }
    }
    let names = reader.end_scope(outer);
    let mut arguments = arguments;
    let mut steps = |word: &str| arguments.take::<Vec<Step>>(word).map(Arc::from);
    let (before, after) = (steps("before"), steps("after"));
    Top { arguments, names, before, after }
}

//! Reads a flow: its parameters, its steps, and what its user must have.

use super::document;
use super::reader::Reader;
use super::scope::{Known, SettingNames, check, harvest};
use crate::case::model::Flow;
use crate::case::spec::flows::FLOW;
use crate::source::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads the flow in the reader's file. Everything wrong is reported in the reader.
pub(in crate::case) fn read(reader: &mut Reader<'_>, settings: &SettingNames) -> Option<Flow> {
    let source = Arc::clone(&reader.source);
    let document = document::read(&source);
    let entries = super::reader::entries(&document.table);
    let arguments = reader.arguments(&[FLOW], &entries, "a flow");
    reader.missing(FLOW, &entries, "a flow", Span::default());
    if !document.errors.is_empty() {
        reader.keep_findings_before(document.good_until);
        reader.findings.splice(0..0, document.errors);
        return None;
    }
    if !reader.findings.is_empty() {
        for (_, _, node) in &entries {
            harvest(node, &mut reader.names.defines);
        }
    }
    let names = reader.begin_scope();
    let mut arguments = arguments;
    let spans = arguments.clone();
    let params: Vec<String> = arguments.take("params").unwrap_or_default();
    let returns: Vec<String> = arguments.take("returns").unwrap_or_default();
    let defaults: Vec<(String, crate::case::template::ValueTemplate)> =
        arguments.take("defaults").unwrap_or_default();
    let list = |word| spans.value_span(word).unwrap_or_default();
    for param in &params {
        reader.variable_name(param, list("params"));
        if defaults.iter().any(|(name, _)| name == param) {
            reader.error(list("params"), format!("`{param}` is required by `params` and has a default, too"));
        }
    }
    let mut known = Known { in_flow: true, any_plain: names.blind, ..Known::default() };
    known.plain.extend(params.iter().chain(defaults.iter().map(|(name, _)| name)).map(String::as_str));
    known.plain.extend(names.defines.iter().map(String::as_str));
    for name in returns.iter().filter(|name| !known.any_plain && !known.plain.contains(name.as_str())) {
        reader.error(list("returns"), format!("the flow returns `{name}`, and nothing in it defines that"));
    }
    check(reader, &names.reads, &known, settings);
    let mut needs: BTreeSet<String> = names
        .reads
        .iter()
        .filter(|read| read.name.starts_with("row.") || read.name.starts_with("share."))
        .filter(|read| !read.name.split_once('.').is_some_and(|(space, _)| known.plain.contains(space)))
        .map(|read| read.name.clone())
        .collect();
    needs.extend(names.flows.iter().flat_map(|(flow, _)| flow.needs.iter().cloned()));
    // Also with errors: who uses it learns its parameters, and nothing runs.
    let steps = arguments.take("steps").unwrap_or_default();
    Some(Flow { source, params, defaults, needs, returns, steps })
}

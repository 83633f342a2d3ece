//! Reads data rows: inline, or from a .csv, .json or .jsonl file.

use super::reader::{Node, Reader, entries};
use crate::case::spec::Kind;
use crate::case::template::{Lookup, Template};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use toml::de::DeValue;

/// The most rows that a case may have.
pub(in crate::case) const MOST_ROWS: usize = 100_000;

/// Columns with their values, as a row has them.
type Values = Box<[(Arc<str>, Value)]>;

/// Rows as they were read.
#[derive(Clone, Debug)]
pub(in crate::case) struct RowTable {
    /// The file they stand in: the case's own, or the data file.
    pub(in crate::case) source: Arc<SourceFile>,
    /// Each row with its place.
    pub(in crate::case) rows: Vec<(Values, Span)>,
}

/// Sees just one row: `${row.x}`, and `${x}` for the same.
struct RowScope<'a>(&'a [(Arc<str>, Value)]);

impl Lookup for RowScope<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        let column = name.strip_prefix("row.").unwrap_or(name);
        self.0.iter().find(|(it, _)| &**it == column).map(|(_, value)| value.clone())
    }
}

/// Each column's name, once.
#[derive(Default)]
struct Columns(HashMap<String, Arc<str>>);

impl Columns {
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.0.insert(name.to_owned(), Arc::clone(&shared));
        shared
    }
}

impl RowTable {
    /// The names of all columns of all rows.
    pub(in crate::case) fn columns(&self) -> BTreeSet<&str> {
        self.rows.iter().flat_map(|(values, _)| values.iter().map(|(name, _)| &**name)).collect()
    }
}

impl Reader<'_> {
    pub(super) fn rows(&mut self, word: &str, node: &Node<'_>) -> Option<RowTable> {
        let span = Span::from(node.span());
        let table = match node.get_ref() {
            DeValue::Array(items) => {
                let mut columns = Columns::default();
                let rows: Vec<_> = items.iter().map(|item| self.row(&mut columns, item)).collect();
                RowTable { source: Arc::clone(&self.source), rows: rows.into_iter().collect::<Option<_>>()? }
            }
            DeValue::String(path) => match self.files.data(path).and_then(|source| from_file(&source)) {
                Ok(table) => table,
                Err(message) => {
                    self.error(span, message);
                    return None;
                }
            },
            _ => {
                self.wrong(&Kind::Rows, word, node);
                return None;
            }
        };
        if table.rows.is_empty() {
            self.error(span, "there are no rows");
            return None;
        }
        if table.rows.len() > MOST_ROWS {
            self.error(span, format!("there are {} rows, at most {MOST_ROWS} are allowed", table.rows.len()));
            return None;
        }
        Some(table)
    }

    fn row(&mut self, columns: &mut Columns, item: &Node<'_>) -> Option<(Values, Span)> {
        let DeValue::Table(table) = item.get_ref() else {
            let message = format!(
                "a row is a table such as `{{ user = \"alice\" }}`, found {}",
                super::reader::found(item)
            );
            self.error(item.span().into(), message);
            return None;
        };
        let values: Vec<_> = entries(table)
            .into_iter()
            .map(|(key, _, node)| Some((columns.name(key), self.json(node)?)))
            .collect();
        Some((values.into_iter().collect::<Option<_>>()?, super::places::extent(&self.source.text, item)))
    }

    /// What each row is called: by `row_name`, else by its number from 1. Names that are equal after case folding are
    /// told with both places.
    pub(in crate::case) fn row_names(
        &mut self,
        table: &RowTable,
        row_name: Option<&Template>,
    ) -> Option<Vec<String>> {
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut names = Vec::with_capacity(table.rows.len());
        let before = self.findings.len();
        for (index, (values, span)) in table.rows.iter().enumerate() {
            let name = match row_name.map(|template| template.fill(&RowScope(values))) {
                None => (index + 1).to_string(),
                Some(Ok(name)) => name.trim().to_owned(),
                Some(Err(error)) => {
                    let message = format!("row {} has no name: {}", index + 1, error.message);
                    self.findings.push(
                        Diagnostic::error(message)
                            .at(&self.source, error.span, "")
                            .at(&table.source, *span, "this row")
                            .help("`row_name` sees only the row's own columns"),
                    );
                    return None;
                }
            };
            if name.is_empty() || name.chars().any(char::is_control) {
                let message = format!("the row's name {name:?} is empty or holds control characters");
                self.findings.push(Diagnostic::error(message).at(&table.source, *span, ""));
            }
            if let Some(first) = seen.insert(name.to_lowercase(), *span) {
                self.findings.push(
                    Diagnostic::error(format!("two rows are called `{name}`"))
                        .at(&table.source, *span, "the second")
                        .at(&table.source, first, "the first"),
                );
            }
            names.push(name);
        }
        (self.findings.len() == before).then_some(names)
    }
}

fn from_file(source: &Arc<SourceFile>) -> Result<RowTable, String> {
    let name = source.path.to_lowercase();
    let rows = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("csv") => from_csv(&source.text),
        Some("json") => from_json(&source.text),
        Some("jsonl") => from_json_lines(&source.text),
        _ => return Err(format!("rows come from .csv, .json and .jsonl files, not from `{}`", source.path)),
    };
    let rows = rows.map_err(|message| format!("`{}`: {message}", source.path))?;
    Ok(RowTable { source: Arc::clone(source), rows })
}

type Rows = Result<Vec<(Values, Span)>, String>;

fn from_csv(text: &str) -> Rows {
    let mut reader =
        csv::ReaderBuilder::new().from_reader(text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let columns: Vec<Arc<str>> = headers.iter().map(|name| name.trim().into()).collect();
    for (index, column) in columns.iter().enumerate() {
        if column.is_empty() {
            return Err(format!("column {} has no name in the first line", index + 1));
        }
        if columns[..index].contains(column) {
            return Err(format!("two columns are called `{column}`"));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(0);
        let end = text[start.min(text.len())..].trim_start().find('\n').map_or(text.len(), |at| start + at);
        let values = columns.iter().cloned().zip(record.iter().map(|value| Value::String(value.to_owned())));
        rows.push((values.collect(), Span { start, end }));
        if rows.len() > MOST_ROWS {
            return Err(format!("more than {MOST_ROWS} rows"));
        }
    }
    Ok(rows)
}

fn from_json(text: &str) -> Rows {
    let values: Vec<Value> = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => "it must be a list of objects".to_owned(),
        _ => error.to_string(),
    })?;
    let mut columns = Columns::default();
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            let values =
                object(value, &mut columns).ok_or_else(|| format!("row {} is not an object", index + 1))?;
            Ok((values, Span::default()))
        })
        .collect()
}

fn from_json_lines(text: &str) -> Rows {
    let mut columns = Columns::default();
    let mut rows = Vec::new();
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let span = Span { start, end: start + line.trim_end().len() };
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let value = serde_json::from_str(line).map_err(|error| format!("line {}: {error}", index + 1))?;
        let values =
            object(value, &mut columns).ok_or_else(|| format!("line {} is not an object", index + 1))?;
        rows.push((values, span));
        if rows.len() > MOST_ROWS {
            return Err(format!("more than {MOST_ROWS} rows"));
        }
    }
    Ok(rows)
}

fn object(value: Value, columns: &mut Columns) -> Option<Values> {
    let Value::Object(map) = value else { return None };
    Some(map.into_iter().map(|(name, value)| (columns.name(&name), value)).collect())
}

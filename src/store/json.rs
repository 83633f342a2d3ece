//! Rows for programs, as JSON. Keys are those of the database's columns, without the keys of rows, which are good only there;
//! what is stored as JSON is JSON here.

use super::attempt_rows::AttemptRow;
use super::detail::{AttemptDetail, CaseDetail};
use super::past::CasePast;
use super::place::Place;
use super::rows::{BatchRow, CaseRow};
use super::slots::Slots;
use crate::history::{Flakiness, Pace};
use crate::id::JobId;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A batch with cases, and on how many slots they ran. Paths of evidence are relative to `folder`.
pub fn document(place: &Place, batch: &BatchRow, slots: Slots, cases: &[Value]) -> Value {
    let folder = place.folder().to_string_lossy();
    json!({ "folder": folder, "batch": self::batch(batch), "slots": slots, "cases": cases })
}

/// A batch.
pub fn batch(row: &BatchRow) -> Value {
    let mut shown = columns(row);
    parse(&mut shown, "settings_json", "settings");
    shown.into()
}

/// A batch among others: without its settings, which are long.
pub fn batch_in_short(row: &BatchRow) -> Value {
    let mut shown = columns(row);
    shown.remove("settings_json");
    shown.into()
}

/// A case with the rows of its attempts.
pub fn case(row: &CaseRow, attempts: &[AttemptRow]) -> Value {
    with_attempts(row, attempts.iter().map(|attempt| local(attempt).into()).collect())
}

/// A case with all there is of its attempts.
pub fn case_in_full(case: &CaseDetail) -> Value {
    with_attempts(&case.row, case.attempts.iter().map(attempt).collect())
}

fn attempt(attempt: &AttemptDetail) -> Value {
    let mut shown = local(&attempt.row);
    shown.insert("failure".to_owned(), json!(attempt.failure));
    shown.insert("steps".to_owned(), json!(attempt.steps));
    shown.insert("evidence".to_owned(), json!(attempt.evidence));
    shown.into()
}

fn with_attempts(row: &CaseRow, attempts: Vec<Value>) -> Value {
    let mut shown = local(row);
    parse(&mut shown, "tags", "tags");
    shown.insert("attempts".to_owned(), attempts.into());
    shown.into()
}

/// A run of a case, with its number in its batch.
pub fn run(row: &CaseRow, job: JobId) -> Value {
    let mut shown = local(row);
    parse(&mut shown, "tags", "tags");
    shown.insert("job".to_owned(), json!(job));
    shown.into()
}

/// What a case's runs with a browser come to; `busy` is when the processors are under load, in percent.
pub fn figures(past: &CasePast, busy: f64) -> Value {
    let pace = Pace::of(&past.runs);
    json!({
        "browser": past.browser,
        "flakiness": Flakiness::of(&past.runs, busy),
        "pace": pace,
        "changed": pace.is_some_and(|it| it.real_change().is_some()),
    })
}

/// A case with what is to be known of its batch, for a table of many batches.
pub fn exported(batch: &BatchRow, row: &CaseRow) -> Value {
    let mut shown = local(row);
    parse(&mut shown, "tags", "tags");
    shown.insert("batch_started_at".to_owned(), json!(batch.started_at));
    shown.insert("host".to_owned(), json!(batch.host));
    shown.insert("git_commit".to_owned(), json!(batch.git_commit));
    shown.into()
}

/// A row without its key.
fn local(row: &impl Serialize) -> Map<String, Value> {
    let mut shown = columns(row);
    shown.shift_remove("id");
    shown
}

fn columns(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(columns)) => columns,
        // Rows are structs of texts and numbers.
        Ok(other) => Map::from_iter([("row".to_owned(), other)]),
        Err(_) => Map::new(),
    }
}

/// Replaces a column that holds JSON as a text by what it holds.
fn parse(columns: &mut Map<String, Value>, column: &str, name: &str) {
    let held = columns.get(column).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    if let Some(held) = held {
        if name != column {
            columns.shift_remove(column);
        }
        columns.insert(name.to_owned(), held);
    }
}

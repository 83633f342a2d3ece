//! `export`: the runs of cases as a table for other programs.

use super::super::arguments::{ExportArguments, ExportForm};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record::{self, unreadable};
use crate::outcome::ExitCode;
use crate::store::{BatchRow, CaseRow, Which, json};
use crate::text::Untrusted;
use std::io;

/// The columns of a table, in their order; names are those of the database.
const COLUMNS: [&str; 19] = [
    "batch_id",
    "batch_started_at",
    "host",
    "git_commit",
    "case_id",
    "name",
    "file",
    "line",
    "browser",
    "row",
    "tags",
    "priority",
    "verdict",
    "quarantined",
    "started_at",
    "duration_ms",
    "passed_ms",
    "attempts",
    "message",
];

/// Prints them, the oldest batch first.
pub(crate) fn run(arguments: &ExportArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.project, console)?;
    let mut batches = match &arguments.batch {
        Some(batch) => vec![record.reader.batch(&Which::parse(batch)).map_err(unreadable)?],
        None => record.reader.batches(u32::MAX).map_err(unreadable)?,
    };
    batches.reverse();
    // A batch at a time: a million runs need not be in memory at once.
    let (opening, closing) = match arguments.form {
        ExportForm::Csv => (table(std::iter::once(COLUMNS.map(str::to_owned).to_vec()))?, ""),
        ExportForm::Json => ("[".to_owned(), "\n]\n"),
    };
    console.data(&opening)?;
    let mut first = true;
    for batch in &batches {
        let cases = record.reader.case_runs(&batch.id).map_err(unreadable)?;
        let text = match arguments.form {
            ExportForm::Csv => table(cases.iter().map(|case| cells(batch, case)))?,
            ExportForm::Json => {
                let mut text = String::new();
                for case in &cases {
                    text.push_str(if std::mem::take(&mut first) { "\n" } else { ",\n" });
                    text.push_str(&json::exported(batch, case).to_string());
                }
                text
            }
        };
        console.data(&text)?;
    }
    console.data(closing)?;
    Ok(ExitCode::Success)
}

fn table(rows: impl Iterator<Item = Vec<String>>) -> Result<String, Failure> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let broken = |error: csv::Error| Failure::Stdout(io::Error::other(error));
    for row in rows {
        writer.write_record(&row).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|error| Failure::Stdout(io::Error::other(error.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Texts from pages and files might be taken for formulas by a spreadsheet.
fn cells(batch: &BatchRow, case: &CaseRow) -> Vec<String> {
    let safe = |text: &str| Untrusted::from(text).csv();
    let number = |number: Option<i64>| number.map(|it| it.to_string()).unwrap_or_default();
    vec![
        batch.id.to_string(),
        batch.started_at.clone(),
        safe(&batch.host),
        batch.git_commit.clone().unwrap_or_default(),
        safe(case.case_id.as_str()),
        case.name.csv(),
        safe(&case.file),
        case.line.to_string(),
        safe(&case.browser),
        safe(case.row.as_deref().unwrap_or_default()),
        safe(&serde_json::from_str::<Vec<String>>(&case.tags).unwrap_or_default().join(" ")),
        case.priority.to_string(),
        case.verdict.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        case.quarantined.to_string(),
        case.started_at.clone().unwrap_or_default(),
        number(case.duration_ms),
        number(case.passed_ms),
        case.attempts.to_string(),
        case.message.as_ref().map(Untrusted::csv).unwrap_or_default(),
    ]
}

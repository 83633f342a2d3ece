//! `show`: what the record holds of a batch or of a case. Finds what is meant, reads it, prints it; changes nothing.

mod batch;
mod case;
mod detail;
mod find;
mod json;
mod sheet;
mod standing;

use super::arguments::{Format, ShowArguments};
use super::console::Console;
use super::failure::Failure;
use super::record::{self, Record, unreadable};
use crate::outcome::{ExitCode, Verdict};
use crate::reporter::terminal::{FailureView, Paint};
use crate::store::{CaseRow, QueryError};
use detail::CaseDetail;
use find::{Scope, Subject};

/// Prints a batch or a case.
pub(crate) fn run(arguments: &ShowArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.project, console)?;
    let subject = find::subject(&record.reader, arguments)?;
    match arguments.format.format {
        Format::Text => {
            let rerun = arguments.project.rerun();
            let view = FailureView {
                paint: Paint::new(console.data_colored()),
                rerun: &rerun,
                folder: record.reader.place().folder(),
                working_directory: &record.working_directory,
            };
            let text = text(&record, &subject, arguments.failed, view).map_err(unreadable)?;
            console.data(&text)?;
        }
        Format::Json => {
            let value = json(&record, &subject, arguments.failed).map_err(unreadable)?;
            console.json(&value)?;
        }
    }
    Ok(ExitCode::Success)
}

fn text(
    record: &Record,
    subject: &Subject,
    failed: bool,
    view: FailureView<'_>,
) -> Result<String, QueryError> {
    match subject.scope {
        Scope::Batch if failed => {
            let failures = details(record, subject.cases.iter().filter(|case| has_failed(case)))?;
            batch::failures(&record.reader, subject, &failures, view)
        }
        Scope::Batch => Ok(batch::text(record.reader.place(), subject, view)),
        Scope::Case => Ok(case::text(&subject.batch, &details(record, &subject.cases)?, view)),
    }
}

fn json(record: &Record, subject: &Subject, failed: bool) -> Result<serde_json::Value, QueryError> {
    let in_full = failed || subject.scope == Scope::Case;
    let mut cases = Vec::new();
    for case in subject.cases.iter().filter(|case| !failed || has_failed(case)) {
        cases.push(if in_full {
            json::case_in_full(&CaseDetail::read(&record.reader, case)?)
        } else {
            json::case(case, &record.reader.attempts(case.id)?)
        });
    }
    Ok(json::document(record.reader.place(), &subject.batch, cases))
}

fn details<'a>(
    record: &Record,
    cases: impl IntoIterator<Item = &'a CaseRow>,
) -> Result<Vec<CaseDetail>, QueryError> {
    cases.into_iter().map(|case| CaseDetail::read(&record.reader, case)).collect()
}

/// Whether `--failed` shows it.
fn has_failed(case: &CaseRow) -> bool {
    matches!(case.verdict, Some(Verdict::Failed | Verdict::Errored))
}

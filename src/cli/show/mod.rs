//! `show`: what the record holds of a batch or of a case. Finds what is meant, reads it, prints it; changes nothing.

mod batch;
mod case;
mod detail;
mod find;
mod sheet;
mod standing;

pub(super) use find::unknown_case;
pub(super) use sheet::moment;

use super::arguments::{Format, ShowArguments};
use super::console::Console;
use super::failure::Failure;
use super::record::{self, Record, unreadable};
use crate::outcome::ExitCode;
use crate::reporter::terminal::{FailureView, Paint};
use crate::store::{QueryError, json as rows};
use detail::Details;
use find::Subject;

/// Prints a batch or a case.
pub(crate) fn run(arguments: &ShowArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.print.project, console)?;
    let subject = find::subject(&record.reader, arguments)?;
    match arguments.print.format.format {
        Format::Text => {
            let rerun = arguments.print.project.rerun();
            let view = FailureView {
                paint: Paint::new(console.data_colored()),
                rerun: &rerun,
                folder: record.reader.place().folder(),
                working_directory: &record.working_directory,
            };
            console.data(&text(&record, &subject, view).map_err(unreadable)?)?;
        }
        Format::Json => console.json(&json(&record, &subject).map_err(unreadable)?)?,
    }
    Ok(ExitCode::Success)
}

fn text(record: &Record, subject: &Subject, view: FailureView<'_>) -> Result<String, QueryError> {
    let place = record.reader.place();
    Ok(if subject.case.is_some() {
        case::text(&subject.batch, &Details::read(&record.reader, subject)?, view)
    } else if subject.failed {
        batch::failures(place, subject, &Details::read(&record.reader, subject)?, view)
    } else {
        batch::text(place, subject, view)
    })
}

fn json(record: &Record, subject: &Subject) -> Result<serde_json::Value, QueryError> {
    let reader = &record.reader;
    let cases: Vec<_> = if subject.case.is_some() || subject.failed {
        Details::read(reader, subject)?.cases.iter().map(rows::case_in_full).collect()
    } else {
        let with_attempts = |row| Ok(rows::case(row, &reader.attempts(row.id)?));
        subject.cases.iter().map(with_attempts).collect::<Result<_, QueryError>>()?
    };
    Ok(rows::document(reader.place(), &subject.batch, subject.slots, &cases))
}

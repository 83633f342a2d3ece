//! `history`: the last batches, or the last runs of one case, with what they come to.

use super::super::arguments::{Format, HistoryArguments};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record::{self, Record, unreadable};
use super::super::show::{moment, unknown_case};
use super::flaky::{interval, percent, times};
use super::shown as foreign;
use super::slow::{change as change_of, ms};
use super::spark::{bars, verdicts};
use super::table::{Side, table};
use crate::history::{Flakiness, Pace};
use crate::id::CaseId;
use crate::outcome::{BatchStatus, ExitCode};
use crate::reporter::terminal::{Paint, label, shown};
use crate::store::{BatchRow, CasePast, CaseRow, QueryError, json};
use serde_json::json;
use std::fmt::Write as _;

/// Prints the batches, or the runs of a case.
pub(crate) fn run(arguments: &HistoryArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.print.project, console)?;
    let as_json = arguments.print.format.format == Format::Json;
    let paint = Paint::new(console.data_colored());
    let Some(id) = arguments.case.as_deref() else {
        let batches = record.reader.batches(arguments.last).map_err(unreadable)?;
        if as_json {
            console.json(&json!({ "batches": batches.iter().map(json::batch).collect::<Vec<_>>() }))?;
        } else {
            console.data(&of_batches(&batches, paint))?;
        }
        return Ok(ExitCode::Success);
    };
    let case = CaseId::typed(id);
    let rows = record.reader.case_history(&case, arguments.last).map_err(unreadable)?;
    if rows.is_empty() {
        return Err(unknown_case(&record.reader, id));
    }
    let pasts = record.reader.past_of(&case, arguments.last).map_err(unreadable)?;
    if as_json {
        let figures: Vec<_> = pasts.iter().map(|past| json::figures(past, record.busy)).collect();
        let runs = rows
            .iter()
            .map(|row| Ok(json::run(row, record.reader.job(row)?)))
            .collect::<Result<Vec<_>, QueryError>>();
        let runs = runs.map_err(unreadable)?;
        console.json(&json!({ "case_id": case, "figures": figures, "runs": runs }))?;
    } else {
        console.data(&of_case(&rows, &pasts, &record, paint))?;
    }
    Ok(ExitCode::Success)
}

fn of_batches(batches: &[BatchRow], paint: Paint) -> String {
    let took = |batch: &BatchRow| batch.duration_ms;
    let bad = |batch: &BatchRow| Some(u64::from(batch.failed) + u64::from(batch.errored));
    let oldest_first = || batches.iter().rev();
    let lines = [
        ("Failures", bars(&oldest_first().map(bad).collect::<Vec<_>>())),
        ("Time", bars(&oldest_first().map(took).collect::<Vec<_>>())),
    ];
    let mut text = String::new();
    for (name, bars) in lines {
        let _ = writeln!(text, "{} {bars}", paint.strong(&label(name)));
    }
    text.push('\n');
    let number = |number: u32| if number > 0 { number.to_string() } else { String::new() };
    let rows: Vec<Vec<String>> = batches
        .iter()
        .map(|batch| {
            let status = match batch.status {
                BatchStatus::Finished => String::new(),
                BatchStatus::TimedOut => "timed out".to_owned(),
                other => other.as_str().to_owned(),
            };
            vec![
                foreign(batch.id.as_str()),
                moment(&batch.started_at),
                took(batch).map(ms).unwrap_or_default(),
                batch.total.to_string(),
                number(batch.passed),
                number(batch.flaky),
                number(batch.failed),
                number(batch.errored),
                status,
            ]
        })
        .collect();
    let columns = [
        ("Batch", Side::Left),
        ("Started", Side::Left),
        ("Took", Side::Right),
        ("Cases", Side::Right),
        ("Passed", Side::Right),
        ("Flaky", Side::Right),
        ("Failed", Side::Right),
        ("Errored", Side::Right),
        ("", Side::Left),
    ];
    text + &table(&columns, &rows, paint)
}

fn of_case(rows: &[CaseRow], pasts: &[CasePast], record: &Record, paint: Paint) -> String {
    let mut text = String::new();
    let several = pasts.len() > 1;
    for past in pasts {
        let own = || rows.iter().rev().filter(|row| row.browser == past.browser);
        let passing: Vec<_> = own().map(|row| row.passed_ms.and_then(|ms| u64::try_from(ms).ok())).collect();
        let ended: Vec<_> = own().map(|row| row.verdict).collect();
        let mut fact = |name: &str, what: String| {
            let _ = writeln!(text, "{} {what}", paint.strong(&label(name)));
        };
        if several {
            fact("Browser", foreign(&past.browser));
        }
        fact("Verdicts", verdicts(&ended, paint));
        fact("Time", bars(&passing));
        if let Some(pace) = Pace::of(&past.runs) {
            let change = pace.real_change();
            let change = change.map(|it| format!("; lately {}", change_of(it))).unwrap_or_default();
            fact(
                "Passing",
                format!("median {}, 95 % within {}{change}", ms(pace.median_ms), ms(pace.p95_ms)),
            );
        }
        if let Some(it) = Flakiness::of(&past.runs, record.busy) {
            let (rate, bounds) = (percent(it.flaky), interval(it.flaky));
            let loaded = Some(it.under_load).filter(|it| it.of > 0);
            let loaded = loaded.map(|it| format!("; under load {}", times(it))).unwrap_or_default();
            fact("Flaky", format!("{rate} ({bounds}), {} runs{loaded}", times(it.flaky)));
        }
        text.push('\n');
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let time = |of: Option<i64>| of.and_then(|it| u64::try_from(it).ok()).map(ms).unwrap_or_default();
            vec![
                row.verdict.map_or("no verdict", crate::reporter::terminal::word_of_count).to_owned(),
                time(row.passed_ms),
                time(row.duration_ms),
                moment(row.started_at.as_deref().unwrap_or(&row.queued_at)),
                foreign(row.batch_id.as_str()),
                row.message.as_ref().map(shown).unwrap_or_default(),
            ]
        })
        .collect();
    let columns = [
        ("Verdict", Side::Left),
        // The attempt that passed: what median and bars are of. The whole has retries and the wait for a page in it.
        ("Passing", Side::Right),
        ("Took", Side::Right),
        ("Started", Side::Left),
        ("Batch", Side::Left),
        ("", Side::Left),
    ];
    text + &table(&columns, &lines, paint)
}

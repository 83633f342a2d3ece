//! `slow`: which cases take longest, and whether they take longer than they used to.

use super::super::arguments::{Format, PastArguments};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record;
use super::table::{Side, table};
use super::{cut, first, pasts, several_browsers, title};
use crate::history::{Pace, Shift};
use crate::outcome::ExitCode;
use crate::reporter::terminal::Paint;
use crate::text::duration;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::time::Duration;

/// Prints the cases, those first that take longest by now.
pub(crate) fn run(arguments: &PastArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.print.project, console)?;
    let pasts = pasts(&record, arguments)?;
    let several = several_browsers(&pasts);
    let mut timed: Vec<_> = pasts.iter().filter_map(|past| Some((past, Pace::of(&past.runs)?))).collect();
    timed.sort_by_key(|(_, pace)| Reverse(pace.now_ms()));
    let shown = first(&timed, arguments.limit);
    if arguments.print.format.format == Format::Json {
        let cases: Vec<Value> = shown
            .iter()
            .map(|(past, pace)| {
                let real = pace.real_change().is_some();
                json!({ "case_id": past.case, "browser": past.browser, "pace": pace, "changed": real })
            })
            .collect();
        console.json(&json!({ "runs": arguments.last, "cases": cases }))?;
        return Ok(ExitCode::Success);
    }
    let paint = Paint::new(console.data_colored());
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|(past, pace)| {
            let change = pace.real_change().map(change).unwrap_or_default();
            vec![ms(pace.median_ms), ms(pace.p95_ms), pace.runs.to_string(), change, title(past, several)]
        })
        .collect();
    let columns = [
        ("Median", Side::Right),
        ("95 %", Side::Right),
        ("Runs", Side::Right),
        ("Change", Side::Right),
        ("Case", Side::Left),
    ];
    let mut text = table(&columns, &rows, paint);
    text.extend(cut(shown.len(), timed.len()));
    console.data(&text)?;
    Ok(ExitCode::Success)
}

pub(super) fn ms(ms: u64) -> String {
    duration(Duration::from_millis(ms))
}

/// `400ms → 580ms (+45 %)`
#[expect(clippy::cast_precision_loss, reason = "nobody reads the ninth digit of a share")]
pub(super) fn change(shift: Shift) -> String {
    let share = (shift.now_ms as f64 / shift.before_ms.max(1) as f64 - 1.0) * 100.0;
    format!("{} → {} ({share:+.0} %)", ms(shift.before_ms), ms(shift.now_ms))
}

//! `flaky`: which cases pass only after they have failed, and how often.

use super::super::arguments::{Format, PastArguments};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record;
use super::table::{Side, table};
use super::{cut, first, pasts, several_browsers, title};
use crate::history::{Flakiness, Rate};
use crate::outcome::ExitCode;
use crate::reporter::terminal::Paint;
use serde_json::{Value, json};

/// Prints the flaky cases, those first that surely are.
pub(crate) fn run(arguments: &PastArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.print.project, console)?;
    let busy = record.busy;
    let pasts = pasts(&record, arguments)?;
    let several = several_browsers(&pasts);
    let told = pasts.iter().filter_map(|past| Some((past, Flakiness::of(&past.runs, busy)?)));
    let mut flaky: Vec<_> = told.filter(|(_, it)| it.flaky.times + it.under_load.times > 0).collect();
    flaky.sort_by(|(_, a), (_, b)| b.flaky.low.total_cmp(&a.flaky.low).then(b.last.cmp(&a.last)));
    let shown = first(&flaky, arguments.limit);
    if arguments.print.format.format == Format::Json {
        let cases: Vec<Value> = shown
            .iter()
            .map(|(past, it)| json!({ "case_id": past.case, "browser": past.browser, "flakiness": it }))
            .collect();
        console.json(&json!({ "runs": arguments.last, "busy_above": busy, "cases": cases }))?;
        return Ok(ExitCode::Success);
    }
    if flaky.is_empty() {
        console.data(&format!("no case was flaky in its last {} runs\n", arguments.last))?;
        return Ok(ExitCode::Success);
    }
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|(past, it)| {
            let load = if it.under_load.of > 0 { times(it.under_load) } else { String::new() };
            let errored = if it.errored > 0 { it.errored.to_string() } else { String::new() };
            vec![percent(it.flaky), interval(it.flaky), times(it.flaky), load, errored, title(past, several)]
        })
        .collect();
    let columns = [
        ("Flaky", Side::Right),
        ("95 % sure", Side::Right),
        ("Runs", Side::Right),
        ("Under load", Side::Right),
        ("Errored", Side::Right),
        ("Case", Side::Left),
    ];
    let mut text = table(&columns, &rows, Paint::new(console.data_colored()));
    text.extend(cut(shown.len(), flaky.len()));
    console.data(&text)?;
    Ok(ExitCode::Success)
}

/// `3 of 25`
pub(super) fn times(rate: Rate) -> String {
    format!("{} of {}", rate.times, rate.of)
}

/// `12.0 %`; a dash where no run says anything.
pub(super) fn percent(rate: Rate) -> String {
    if rate.of == 0 { "–".to_owned() } else { format!("{:.1} %", rate.rate * 100.0) }
}

/// `5.6–23.8 %`
pub(super) fn interval(rate: Rate) -> String {
    format!("{:.1}–{:.1} %", rate.low * 100.0, rate.high * 100.0)
}

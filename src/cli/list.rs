//! `list`: the jobs that a run would have, in their order.

use super::arguments::{Format, ListArguments};
use super::console::Console;
use super::failure::Failure;
use super::prepare::{Prepared, prepare};
use super::run;
use crate::case::model::Case;
use crate::id::JobId;
use crate::outcome::ExitCode;
use crate::plan::{Job, Plan};
use crate::runner::core::Input;
use crate::text::Untrusted;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Prints the jobs.
pub(crate) fn run(arguments: &ListArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let (selection, project) = (&arguments.selection, &arguments.print.project);
    let prepared = prepare(selection, project, &arguments.browser, Some(&arguments.limits), console)?;
    let reasons = if arguments.explain { explained(&prepared) } else { Reasons::new() };
    match arguments.print.format.format {
        Format::Text => console.data(&text(&prepared.plan, &reasons)?)?,
        Format::Json => console.json(&json(&prepared.plan, &reasons)?)?,
    }
    Ok(ExitCode::Success)
}

/// What is said of jobs that are explained.
type Reasons = HashMap<JobId, String>;

/// What would become of each job at the very beginning.
fn explained(prepared: &Prepared) -> Reasons {
    let mut core = run::core(prepared);
    let begun = core.handle(Duration::ZERO, &Input::Begin);
    let started = begun.start.iter().map(|start| (start.job, "starts at once".to_owned()));
    let waiting = core.reasons(Duration::ZERO).into_iter().map(|(job, why)| (job, why.to_string()));
    started.chain(waiting).collect()
}

/// What `--dry-run` shows.
pub(super) fn plain(plan: &Plan) -> Result<String, Failure> {
    text(plan, &Reasons::new())
}

/// One line a job: id, place, tags, what is explained.
fn text(plan: &Plan, reasons: &Reasons) -> Result<String, Failure> {
    let several_browsers = plan.jobs.iter().any(|job| job.browser != plan.jobs[0].browser);
    let cells =
        chosen(plan).map(|job| Ok(cells(job, &*case(plan, job)?, several_browsers, reasons.get(&job.id))));
    let cells: Vec<[String; 3]> = cells.collect::<Result<_, Failure>>()?;
    let width = |column: usize| {
        cells.iter().map(|row| unicode_width::UnicodeWidthStr::width(row[column].as_str())).max()
    };
    let (ids, places) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
    let mut text = String::new();
    for [id, place, rest] in &cells {
        let pad = |cell: &str, width: usize| {
            " ".repeat(width.saturating_sub(unicode_width::UnicodeWidthStr::width(cell)))
        };
        let line = format!("{id}{}  {place}{}  {rest}", pad(id, ids), pad(place, places));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    Ok(text)
}

/// The jobs that would run.
fn chosen(plan: &Plan) -> impl Iterator<Item = &Job> {
    // Both are in the order of their numbers.
    let mut left_out = plan.left_out.iter().peekable();
    plan.jobs.iter().filter(move |job| left_out.next_if(|out| **out == job.id).is_none())
}

fn case(plan: &Plan, job: &Job) -> Result<Arc<Case>, Failure> {
    plan.case(job).map_err(|error| Failure::Other(ExitCode::Errored, error.into()))
}

fn cells(job: &Job, case: &Case, several_browsers: bool, reason: Option<&String>) -> [String; 3] {
    let mut id = Untrusted::from(job.case_id.as_str()).line();
    if several_browsers {
        let _ = write!(id, " @{}", job.browser);
    }
    let place = case.source.location(case.span.start);
    let mut rest = case.tags.clone();
    rest.extend(job.terms.quarantine.is_some().then(|| "(quarantined)".to_owned()));
    rest.extend(job.terms.skip.as_ref().map(|why| format!("(skipped: {why})")));
    rest.extend(reason.map(|why| format!("({why})")));
    [
        id,
        Untrusted::from(format!("{}:{}", place.file, place.line)).line(),
        Untrusted::from(rest.join(" ")).line(),
    ]
}

fn json(plan: &Plan, reasons: &Reasons) -> Result<Value, Failure> {
    let job = |job: &Job| {
        let case = case(plan, job)?;
        let place = case.source.location(case.span.start);
        let mut entry = json!({
            "id": job.case_id,
            "name": case.name,
            "file": place.file,
            "line": place.line,
            "row": case.row(job.row).map(|row| &row.name),
            "browser": job.browser.as_str(),
            "tags": case.tags,
            "priority": job.priority,
            "timeout_ms": u64::try_from(job.terms.timeout.as_millis()).unwrap_or(u64::MAX),
            "retries": job.terms.retries.get(),
            "quarantined": job.terms.quarantine.is_some(),
            "slots": job.terms.places,
            "skip": job.terms.skip,
        });
        if let Some(reason) = reasons.get(&job.id) {
            entry["explain"] = reason.as_str().into();
        }
        Ok(entry)
    };
    let jobs = chosen(plan).map(job).collect::<Result<Vec<_>, Failure>>()?;
    Ok(json!({"total": jobs.len(), "jobs": jobs}))
}

//! A case of a batch as people read it: how it ended, then each attempt with its steps and its failure in full.

use super::detail::Details;
use super::sheet::{Sheet, moment, time};
use super::standing::Standing;
use crate::outcome::Verdict;
use crate::reporter::terminal::{FailureView, failure_text, label, shown};
use crate::store::{AttemptDetail, AttemptRow, BatchRow, CaseDetail};
use crate::text::{Untrusted, shell_word};

/// The case with each of its browsers.
pub(super) fn text(batch: &BatchRow, details: &Details, view: FailureView<'_>) -> String {
    let mut sheet = Sheet::new(view.paint);
    for (i, case) in details.cases.iter().enumerate() {
        if i > 0 {
            sheet.line("");
        }
        one(&mut sheet, batch, case, view);
    }
    if let Some(case) = details.cases.first() {
        let words = view.rerun.iter().map(String::as_str).chain([case.row.case_id.as_str()]);
        let words: Vec<String> = words.map(shell_word).collect();
        sheet.line("");
        sheet.fact("Rerun", words.join(" "));
    }
    sheet.text
}

fn one(sheet: &mut Sheet, batch: &BatchRow, case: &CaseDetail, view: FailureView<'_>) {
    let row = &case.row;
    let standing = Standing::of_case(row, batch.status);
    sheet.case(row, standing, false);
    // Attempts tell it in full, but for why one that failed counts as passed.
    if case.attempts.is_empty() || row.verdict == Some(Verdict::Passed) {
        sheet.why(row);
    }
    if !row.case_id.as_str().contains(row.name.raw()) {
        sheet.fact("Name", row.name.clone());
    }
    sheet.fact("File", format!("{}:{}", row.file, row.line));
    let tags: Vec<String> = serde_json::from_str(&row.tags).unwrap_or_default();
    if !tags.is_empty() {
        sheet.fact("Tags", tags.join(" "));
    }
    sheet.fact("Browser", row.browser.as_str());
    sheet.batch(batch);
    if let Some(at) = &row.started_at {
        sheet.fact("Started", moment(at));
    }
    for attempt in &case.attempts {
        self::attempt(sheet, attempt, Standing::of_attempt(attempt.row.verdict, standing), view);
    }
}

fn attempt(sheet: &mut Sheet, attempt: &AttemptDetail, standing: Standing, view: FailureView<'_>) {
    let row = &attempt.row;
    let word = standing.tinted(&label(&format!("Attempt {}", row.number)), sheet.paint);
    let line = format!("\n{word} {} {}, {}", time(row.duration_ms), standing.adjective(), around(row));
    sheet.line(&line);
    for step in &attempt.steps {
        let standing = Standing::of_step(step.verdict, standing);
        let word = standing.tinted(&label(standing.word()), sheet.paint);
        // What failed is told below, unless it counts as passed.
        let is_told_here = standing == Standing::Ended(Verdict::Skipped) || attempt.failure.is_none();
        let why = step.message.as_ref().filter(|_| is_told_here);
        let why = why.map_or_else(String::new, |why| format!(": {}", shown(why)));
        let place = sheet.paint.faint(&format!("(line {})", step.line));
        let line =
            format!("{word} {} {}{why} {place}", time(step.duration_ms), titled(step.position, &step.title));
        sheet.line(&line);
    }
    let failure = failure_text(attempt.failure.as_ref(), &attempt.evidence(), view);
    sheet.text.push_str(&failure);
}

fn titled(position: u32, title: &Untrusted) -> String {
    format!("{position:>2} {}", shown(title))
}

/// What was going on when an attempt started.
fn around(row: &AttemptRow) -> String {
    let mut parts = vec![format!("slot {}, {} of {} busy", row.slot, row.running, row.slot_limit)];
    if let Some(cpu) = row.cpu_mean.or(row.cpu) {
        parts.push(format!("CPU {cpu:.0} %"));
    }
    if let Some(free) = row.memory_free_mb {
        parts.push(format!("{free} MiB free"));
    }
    parts.join(", ")
}

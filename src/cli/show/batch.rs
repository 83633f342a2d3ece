//! A batch as people read it: what it was, its cases with the worst last, the sum. Reads nothing but the log's existence.

use super::detail::Details;
use super::find::Subject;
use super::sheet::{Sheet, moment, time, took};
use super::standing::{self, Standing};
use crate::event::tally::FailedJob;
use crate::outcome::{BatchStatus, Verdict};
use crate::reporter::terminal::{FailureView, Paint, below, failure_block, label};
use crate::store::{AttemptDetail, CaseDetail, Place};
use crate::text::counted;

/// Columns that the sum keeps to.
const COLUMNS: usize = 80;

/// A batch with a line for each of its cases.
pub(super) fn text(place: &Place, subject: &Subject, view: FailureView<'_>) -> String {
    let Subject { batch, cases, .. } = subject;
    let mut sheet = Sheet::new(view.paint);
    head(&mut sheet, subject, place, view);
    let several = cases.iter().any(|case| case.browser != cases[0].browser);
    if !cases.is_empty() {
        sheet.line("");
    }
    for standing in standing::ALL {
        for case in cases.iter().filter(|case| Standing::of_case(case, batch.status) == standing) {
            sheet.case(case, standing, several);
            sheet.why(case);
        }
    }
    sum(&mut sheet, subject);
    sheet.text
}

/// A batch with its failures in full, as they stood at the end of the run.
pub(super) fn failures(place: &Place, subject: &Subject, details: &Details, view: FailureView<'_>) -> String {
    let mut sheet = Sheet::new(view.paint);
    head(&mut sheet, subject, place, view);
    for failed in details.cases.iter().filter_map(failed_job) {
        sheet.line("");
        sheet.text.push_str(&failure_block(&failed, &details.tally, view));
    }
    sum(&mut sheet, subject);
    sheet.text
}

fn failed_job(case: &CaseDetail) -> Option<FailedJob> {
    let last = case.attempts.iter().rev().find(|attempt| attempt.failure.is_some());
    Some(FailedJob {
        job: case.job,
        verdict: case.row.verdict?,
        attempts: case.row.attempts,
        duration_ms: case.row.duration_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or_default(),
        message: case.row.message.clone(),
        failure: last.and_then(|attempt| attempt.failure.clone()),
        evidence: last.map(AttemptDetail::evidence).unwrap_or_default(),
    })
}

fn head(sheet: &mut Sheet, subject: &Subject, place: &Place, view: FailureView<'_>) {
    let Subject { batch, slots, .. } = subject;
    sheet.batch(batch);
    let took = took(batch.duration_ms.filter(|_| batch.status != BatchStatus::Running));
    sheet.fact("Started", format!("{}{took}", moment(&batch.started_at)));
    sheet.fact("Machine", format!("{}, {slots}, batchrun {}", batch.host, batch.version));
    if let Some(shard) = &batch.shard {
        sheet.fact("Shard", shard.as_str());
    }
    if let Some(commit) = &batch.git_commit {
        sheet.fact("Commit", commit.as_str());
    }
    sheet.fact("Command", batch.command_line.as_str());
    let log = place.log(&batch.id);
    if log.exists() {
        sheet.fact("Log", below(&log, view.working_directory));
    }
}

/// `     Summary [   7.470s] 9 cases: 1 passed, 2 failed (1 quarantined)`
fn sum(sheet: &mut Sheet, subject: &Subject) {
    let Subject { batch, cases, .. } = subject;
    let mut parts = Vec::new();
    let mut bad = false;
    for standing in standing::ALL {
        let own = cases.iter().filter(|case| Standing::of_case(case, batch.status) == standing);
        let (number, quarantined) =
            own.fold((0, 0), |(all, apart), case| (all + 1, apart + u32::from(case.quarantined)));
        if number > 0 {
            parts.push(Part { standing, number, quarantined });
        }
        let counts = matches!(standing, Standing::Ended(Verdict::Failed | Verdict::Errored));
        bad |= counts && number > quarantined;
    }
    let (word, otherwise) = match batch.status {
        BatchStatus::Running => ("So far", Verdict::Passed),
        BatchStatus::Finished => ("Summary", Verdict::Passed),
        BatchStatus::Interrupted => ("Interrupted", Verdict::Interrupted),
        BatchStatus::TimedOut => ("Timed out", Verdict::Interrupted),
        BatchStatus::Aborted => ("Aborted", Verdict::Interrupted),
    };
    let worst = Standing::Ended(if bad { Verdict::Failed } else { otherwise });
    let took = time(batch.duration_ms.and_then(|ms| i64::try_from(ms).ok()));
    let total = counted(batch.total, "case");
    sheet.line("────────────");
    let paint = sheet.paint;
    let mut line = format!("{} {took} {}:", worst.tinted(&label(word), paint), paint.strong(&total));
    let indent = label("").len() + took.len() + 2;
    let mut column = indent + total.len() + 1;
    for (i, part) in parts.iter().enumerate() {
        let comma = if i + 1 < parts.len() { "," } else { "" };
        let width = 1 + part.text(Paint::new(false)).len() + comma.len();
        if column + width > COLUMNS {
            sheet.line(&line);
            line = " ".repeat(indent - 1);
            column = indent - 1;
        }
        column += width;
        line = format!("{line} {}{comma}", part.text(paint));
    }
    if parts.is_empty() {
        line.push_str(" nothing ran");
    }
    sheet.line(&line);
}

/// How many cases have come so far.
struct Part {
    standing: Standing,
    number: u32,
    quarantined: u32,
}

impl Part {
    fn text(&self, paint: Paint) -> String {
        let text = format!("{} {}", self.number, self.standing.adjective());
        let text = self.standing.tinted(&text, paint);
        if self.quarantined > 0 { format!("{text} ({} quarantined)", self.quarantined) } else { text }
    }
}

//! A summary in GitHub's Markdown, for pull requests and job summaries: the counts, what failed and why, what was flaky or
//! slow. Bounded, since those who show it are.

use super::collected::{Case, Collected};
use super::draft::Draft;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::JobId;
use crate::outcome::{BatchStatus, ExitCode, Verdict};
use crate::text::{Untrusted, duration};
use std::fmt::Write as _;
use std::time::Duration;

/// Failures that are told in full, and lines of the other lists.
const MOST: usize = 50;

/// Bytes that failures may take, so that the lists fit in as well: GitHub takes no summary of more than 1 MiB.
const LARGEST: usize = 900 << 10;

/// Collects events, writes one document at the end.
pub(super) struct Markdown {
    name: String,
    draft: Draft,
    collected: Collected,
    bad: Vec<JobId>,
    flaky: Vec<JobId>,
    slow: Vec<JobId>,
}

impl Markdown {
    pub(super) fn new(name: String, draft: Draft) -> Self {
        let collected = Collected::default();
        Self { name, draft, collected, bad: Vec::new(), flaky: Vec::new(), slow: Vec::new() }
    }
}

impl Reporter for Markdown {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        if let Event::CaseFinished(finished) = &event.event {
            let lists = [&mut self.bad, &mut self.flaky, &mut self.slow];
            // One that was resumed has ended before.
            for list in lists {
                list.retain(|job| *job != finished.job);
            }
            match finished.verdict {
                Verdict::Failed | Verdict::Errored => self.bad.push(finished.job),
                Verdict::Flaky => self.flaky.push(finished.job),
                _ if finished.slow_after_ms.is_some() => self.slow.push(finished.job),
                _ => {}
            }
        }
        self.collected.add(event).map_err(|cause| self.draft.error(cause))
    }

    fn finish(&mut self, closing: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        let mut text = head(closing, tally);
        let mut told = 0;
        for &job in self.bad.iter().take(MOST) {
            let case = self.collected.case(job).map_err(|cause| self.draft.error(cause))?;
            let failure = failure(&case, &tally.title(job));
            if text.len() + failure.len() > LARGEST {
                break;
            }
            text.push_str(&failure);
            told += 1;
        }
        if self.bad.len() > told {
            let _ = writeln!(text, "\nand {} more.", self.bad.len() - told);
        }
        for (title, jobs) in
            [("Flaky: failed, then passed", &self.flaky), ("Slow for what they are", &self.slow)]
        {
            if jobs.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n### {title}\n");
            for &job in jobs.iter().take(MOST) {
                let case = self.collected.case(job).map_err(|cause| self.draft.error(cause))?;
                let took = case.finished.as_ref().map_or(0, |it| it.duration_ms);
                let took = duration(Duration::from_millis(took));
                let _ = writeln!(text, "- {} ({took})", code(&tally.title(job)));
            }
            if jobs.len() > MOST {
                let _ = writeln!(text, "- and {} more", jobs.len() - MOST);
            }
        }
        self.draft.write(text.as_bytes())?;
        Ok(self.draft.publish()?.map(|path| Artifact { kind: "markdown", path }))
    }
}

/// `## ❌ 2 failed, 1 in quarantine, of 18 cases in 12.3s`, the counts, and the batch.
fn head(closing: &Closing, tally: &Tally) -> String {
    let count = |verdict| tally.verdicts.ended.of(verdict);
    let status = closing.status(tally);
    let exit = tally.finished.as_ref().map(|it| closing.exit_code(it.exit));
    let mut parts: Vec<_> = [Verdict::Failed, Verdict::Errored]
        .iter()
        .filter(|verdict| tally.verdicts.deciding(**verdict) > 0)
        .map(|verdict| format!("{} {verdict}", tally.verdicts.deciding(*verdict)))
        .collect();
    let sign = match exit {
        Some(ExitCode::Success) => "✅",
        _ if !parts.is_empty() => "❌",
        Some(ExitCode::Failed) => "❌",
        _ => "⚠️",
    };
    if parts.is_empty() && exit == Some(ExitCode::Failed) {
        parts.push(format!("{} flaky", count(Verdict::Flaky)));
    }
    if parts.is_empty() {
        parts.push(format!("{} passed", count(Verdict::Passed) + count(Verdict::Flaky)));
    }
    let apart = tally.verdicts.quarantined_bad();
    if apart > 0 {
        parts.push(format!("{apart} in quarantine"));
    }
    let took = tally.finished.as_ref().map_or(tally.elapsed_ms, |it| it.duration_ms);
    let (took, cases) =
        (duration(Duration::from_millis(took)), if tally.total == 1 { "case" } else { "cases" });
    let ended = if status == BatchStatus::Finished {
        ""
    } else {
        &format!("{}: ", status.as_str().replace('_', " "))
    };
    let what = format!("{ended}{}", parts.join(", "));
    let mut text = format!("## {sign} {what} of {} {cases} in {took}\n\n", tally.total);
    let without = tally.total.saturating_sub(tally.verdicts.ended.sum());
    let mut columns = Vec::new();
    for verdict in Verdict::ALL.iter().copied().filter(|verdict| count(*verdict) > 0) {
        columns.push((verdict.as_str().replace('_', " "), count(verdict)));
        let apart = tally.verdicts.quarantined.of(verdict);
        columns.extend((verdict.is_bad() && apart > 0).then(|| ("of them in quarantine".to_owned(), apart)));
    }
    columns.extend((without > 0).then(|| ("without a verdict".to_owned(), without)));
    if !columns.is_empty() {
        let row = |cells: Vec<String>| format!("|{}|\n", cells.join("|"));
        text.push_str(&row(columns.iter().map(|(name, _)| name.clone()).collect()));
        text.push_str(&row(columns.iter().map(|_| "---:".to_owned()).collect()));
        text.push_str(&row(columns.iter().map(|(_, count)| count.to_string()).collect()));
    }
    if let Some(batch) = &tally.batch {
        let _ = writeln!(text, "\nBatch `{batch}`");
    }
    text
}

fn failure(case: &Case, title: &Untrusted) -> String {
    let finished = case.finished.as_ref();
    let failure = case.last_failure();
    let place = failure.and_then(|it| it.location.as_ref()).unwrap_or(&case.queued.location);
    let verdict = finished.map_or("", |it| it.verdict.as_str());
    let quarantined = if case.queued.quarantined { ", in quarantine" } else { "" };
    let mut text = format!("\n### {} {verdict}{quarantined}\n\n", code(title));
    let mut lines = Vec::new();
    if let Some(why) = case.queued.quarantine.as_ref().filter(|_| case.queued.quarantined) {
        lines.push(format!("in quarantine: {}", why.terminal()));
    }
    if let Some(failure) = failure {
        lines.push(format!("{}: {}", failure.kind, failure.message.terminal()));
        lines.push(format!(
            "at {place}{}",
            failure.step.as_ref().map(|step| format!(", {}", step.line())).unwrap_or_default()
        ));
        lines.extend(
            failure.more().map(|(word, text)| format!("{:<9} {}", format!("{word}:"), text.terminal())),
        );
    } else {
        lines.extend(finished.and_then(|it| it.message.as_ref()).map(Untrusted::terminal));
    }
    let block = lines.join("\n");
    // A fence that nothing in the block can close (CommonMark, "Fenced code blocks").
    let fence = "`".repeat(longest_run(&block).max(2) + 1);
    let _ = writeln!(text, "{fence}text\n{block}\n{fence}");
    text
}

/// A text on one line as code, whatever backticks are in it (`CommonMark`, "Code spans").
fn code(text: &Untrusted) -> String {
    let text = text.line();
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The most backticks in a row.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

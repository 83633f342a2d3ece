//! A summary in GitHub's Markdown, for pull requests and job summaries: the counts, what failed and why, what was flaky or
//! slow. Bounded, since those who show it are.

use super::collected::{Case, Collected};
use super::draft::Draft;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::JobId;
use crate::outcome::{BatchStatus, Verdict};
use crate::text::{Untrusted, duration};
use std::fmt::Write as _;
use std::time::Duration;

/// Failures that are told in full, and lines of the other lists. GitHub shows at most 1 MiB.
const MOST: usize = 50;

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

    fn finish(&mut self, _: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        let mut text = head(tally);
        for &job in self.bad.iter().take(MOST) {
            let case = self.collected.case(job).map_err(|cause| self.draft.error(cause))?;
            text.push_str(&failure(&case, &tally.title(job)));
        }
        if self.bad.len() > MOST {
            let _ = writeln!(text, "\nand {} more.", self.bad.len() - MOST);
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

fn head(tally: &Tally) -> String {
    let count = |verdict| tally.verdicts.ended.of(verdict);
    let (failed, errored) = (count(Verdict::Failed), count(Verdict::Errored));
    let finished = tally.finished.as_ref();
    let is_whole = finished.is_some_and(|it| it.status == BatchStatus::Finished);
    let deciding = tally.verdicts.deciding(Verdict::Failed) + tally.verdicts.deciding(Verdict::Errored);
    let (sign, what) = match (failed, errored) {
        (0, 0) if is_whole => ("✅", format!("{} passed", count(Verdict::Passed) + count(Verdict::Flaky))),
        (0, 0) => ("⚠️", finished.map_or("aborted", |it| it.status.as_str()).replace('_', " ")),
        (failed, 0) => ("❌", format!("{failed} failed")),
        (0, errored) => ("❌", format!("{errored} errored")),
        (failed, errored) => ("❌", format!("{failed} failed, {errored} errored")),
    };
    let sign = if deciding == 0 && sign == "❌" { "⚠️" } else { sign };
    let took = finished.map_or(Duration::ZERO, |it| Duration::from_millis(it.duration_ms));
    let cases = if tally.total == 1 { "case" } else { "cases" };
    let mut text = format!("## {sign} {what} of {} {cases} in {}\n\n", tally.total, duration(took));
    let there: Vec<_> = Verdict::ALL.iter().filter(|verdict| count(**verdict) > 0).collect();
    let row = |cells: Vec<String>| format!("|{}|\n", cells.join("|"));
    text.push_str(&row(there.iter().map(|verdict| verdict.as_str().replace('_', " ")).collect()));
    text.push_str(&row(there.iter().map(|_| "---:".to_owned()).collect()));
    text.push_str(&row(there.iter().map(|verdict| count(**verdict).to_string()).collect()));
    if let Some(batch) = &tally.batch {
        let _ = writeln!(text, "\nBatch `{batch}`");
    }
    text
}

fn failure(case: &Case, title: &Untrusted) -> String {
    let finished = case.finished.as_ref();
    let failure = case.attempts.iter().rev().find_map(|attempt| attempt.finished.as_ref()?.failure.as_ref());
    let place = failure.and_then(|it| it.location.as_ref()).unwrap_or(&case.queued.location);
    let verdict = finished.map_or("", |it| it.verdict.as_str());
    let quarantined = if case.queued.quarantined { ", in quarantine" } else { "" };
    let mut text = format!("\n### {} {verdict}{quarantined}\n\n", code(title));
    let mut lines = Vec::new();
    if let Some(failure) = failure {
        lines.push(format!("{}: {}", failure.kind, failure.message.terminal()));
        lines.push(format!(
            "at {place}{}",
            failure.step.as_ref().map(|step| format!(", {}", step.line())).unwrap_or_default()
        ));
        lines.extend(failure.expected.as_ref().map(|it| format!("expected: {}", it.terminal())));
        lines.extend(failure.actual.as_ref().map(|it| format!("actual:   {}", it.terminal())));
        lines.extend(failure.seen.iter().map(|it| format!("seen:     {}", it.terminal())));
        lines.extend(failure.hints.iter().map(|it| format!("hint:     {}", it.terminal())));
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

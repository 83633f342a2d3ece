//! One failure in full, the way a compiler tells of an error: where, what stands there, what was expected and found, what
//! was seen on the way, what to do, and how to run it again.

use super::fit;
use super::line::{shown, tinted, word};
use super::paint::Paint;
use crate::event::tally::{FailedJob, Tally};
use crate::event::{Evidence, Failure};
use crate::outcome::Verdict;
use crate::text::{Untrusted, counted, shell_word};
use std::path::Path;

/// The most lines that a text in a failure takes, and the most characters: the whole of it is in the record.
const LINES: usize = 12;
const CHARACTERS: usize = 2000;

/// How failures are shown.
#[derive(Clone, Copy, Debug)]
pub struct FailureView<'a> {
    /// With or without colours.
    pub paint: Paint,
    /// The words before the id in the command that runs a case again.
    pub rerun: &'a [String],
    /// What stored paths are relative to: the database's folder.
    pub folder: &'a Path,
    /// Paths below it are shown relative to it.
    pub working_directory: &'a Path,
}

/// A failed job in full. Ends with a newline.
pub fn failure_block(failed: &FailedJob, tally: &Tally, view: FailureView<'_>) -> String {
    let mut block = Block { paint: view.paint, gutter: 1, text: String::new() };
    block.head(failed, tally);
    match &failed.failure {
        Some(failure) => block.failure(failure),
        None => {
            if let Some(message) = &failed.message {
                block.line(&shown(message));
            }
        }
    }
    block.evidence(&failed.evidence, view);
    if let Some(job) = tally.job(failed.job) {
        let mut words: Vec<String> = view.rerun.iter().map(|word| shell_word(word)).collect();
        if tally.browsers.len() > 1 {
            words.push(format!("--browser {}", shell_word(tally.browser(job))));
        }
        words.push(shell_word(job.case.as_str()));
        block.note("rerun", &words.join(" ").into());
    }
    block.text
}

/// One failure and what was kept of its attempt, without whose it is. Ends with a newline, unless there is neither.
pub fn failure_text(failure: Option<&Failure>, evidence: &[Evidence], view: FailureView<'_>) -> String {
    let mut block = Block { paint: view.paint, gutter: 1, text: String::new() };
    if let Some(failure) = failure {
        block.failure(failure);
    }
    block.evidence(evidence, view);
    block.text
}

fn evidence(evidence: &Evidence, view: FailureView<'_>) -> Untrusted {
    match (&evidence.path, &evidence.note) {
        (Some(path), _) => {
            format!("{} {}", evidence.kind, below(&view.folder.join(path), view.working_directory))
        }
        (None, Some(note)) => format!("{}: {}", evidence.kind, note.raw()),
        (None, None) => format!("{}: none", evidence.kind),
    }
    .into()
}

/// A path as people want to read it.
pub fn below(path: &Path, working_directory: &Path) -> String {
    path.strip_prefix(working_directory).unwrap_or(path).display().to_string()
}

struct Block {
    paint: Paint,
    /// Columns of the line numbers.
    gutter: usize,
    text: String,
}

impl Block {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn head(&mut self, failed: &FailedJob, tally: &Tally) {
        let word = tinted(failed.verdict, word(failed.verdict), self.paint);
        let title = self.paint.strong(&shown(&tally.title(failed.job)));
        let mut remarks = Vec::new();
        if failed.attempts > 1 {
            remarks.push(counted(failed.attempts, "attempt"));
        }
        if tally.job(failed.job).is_some_and(|job| job.quarantined) {
            remarks.push("quarantined".to_owned());
        }
        if failed.verdict == Verdict::Errored {
            remarks.push("says nothing about the product".to_owned());
        }
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
        self.line(&format!("{word} {title}{}", self.paint.faint(&remarks)));
    }

    fn failure(&mut self, failure: &Failure) {
        let kind = self.paint.bad(failure.kind.as_str());
        self.line(&format!("{kind}: {}", self.paint.strong(&shown(&failure.message))));
        if let Some(place) = &failure.location {
            let excerpt = failure.excerpt.as_ref().map(Untrusted::ci_log).unwrap_or_default();
            let excerpt: Vec<&str> = excerpt.lines().collect();
            self.gutter = (place.line + excerpt.len().saturating_sub(1)).to_string().len();
            let arrow = self.paint.place(&format!("{}-->", " ".repeat(self.gutter)));
            let step = step(failure).map_or_else(String::new, |step| format!(", {step}"));
            self.line(&format!("{arrow} {}{step}", shown(&place.to_string().into())));
            self.excerpt(place.line, place.column, &excerpt);
        } else if let Some(step) = step(failure) {
            self.note("at", &step.into());
        }
        let notes = [("expected", &failure.expected), ("actual", &failure.actual)];
        for (name, text) in
            notes.into_iter().filter_map(|(name, text)| text.as_ref().map(|text| (name, text)))
        {
            self.note(name, text);
        }
        self.notes("seen", &failure.seen);
        self.notes("also", &failure.further);
        self.notes("hint", &failure.hints);
    }

    /// The lines with their numbers, and carets below the first one from the column on.
    fn excerpt(&mut self, first: usize, column: usize, lines: &[&str]) {
        if lines.is_empty() {
            return;
        }
        let blank = self.paint.place(&format!("{} |", " ".repeat(self.gutter)));
        self.line(&blank);
        for (i, line) in lines.iter().take(LINES).enumerate() {
            let line = line.replace('\t', "    ");
            let number = self.paint.place(&format!("{:>width$} |", first + i, width = self.gutter));
            self.line(&format!("{number} {}", fit::head(&line, CHARACTERS)));
            if i == 0 {
                let before: String = line.chars().take(column.saturating_sub(1)).collect();
                let rest = fit::columns(line.trim_end().get(before.len()..).unwrap_or_default());
                let carets = self.paint.bad(&"^".repeat(rest.clamp(1, 80)));
                self.line(&format!("{blank} {}{carets}", " ".repeat(fit::columns(&before))));
            }
        }
        if lines.len() > LINES {
            self.line(&format!("{blank} … {} more", counted(lines.len() - LINES, "line")));
        }
    }

    fn evidence(&mut self, evidence: &[Evidence], view: FailureView<'_>) {
        for evidence in evidence {
            self.note("evidence", &self::evidence(evidence, view));
        }
    }

    fn notes(&mut self, name: &str, texts: &[Untrusted]) {
        for (i, text) in texts.iter().enumerate() {
            self.note(if i == 0 { name } else { "" }, text);
        }
    }

    /// `  = expected: …`, further lines below the first.
    fn note(&mut self, name: &str, text: &Untrusted) {
        let whole = text.ci_log();
        let kept: String = whole.chars().take(CHARACTERS).collect();
        let mut lines: Vec<String> = kept.lines().take(LINES).map(str::to_owned).collect();
        if lines.is_empty() {
            lines.push(self.paint.faint("(nothing)"));
        }
        if kept.len() < whole.len() || whole.lines().count() > LINES {
            lines.push(self.paint.faint(&format!("… ({} characters in all)", whole.chars().count())));
        }
        let name = if name.is_empty() { String::new() } else { format!("{name}:") };
        for (i, line) in lines.iter().enumerate() {
            let name = if i == 0 { name.as_str() } else { "" };
            let sign = self.paint.place(&format!("{} =", " ".repeat(self.gutter)));
            self.line(&format!("{sign} {} {line}", self.paint.strong(&format!("{name:<9}"))));
        }
    }
}

/// `step 2: expect "#count"`
fn step(failure: &Failure) -> Option<String> {
    let title = failure.step.as_ref().map(shown);
    match (failure.position, title) {
        (Some(position), Some(title)) => Some(format!("step {position}: {title}")),
        (Some(position), None) => Some(format!("step {position}")),
        (None, title) => title,
    }
}

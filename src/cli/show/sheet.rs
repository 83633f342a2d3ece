//! The text that grows line by line, and the lines that batches and cases have in common. Every text from the record goes
//! through its sink here.

use super::standing::Standing;
use crate::outcome::BatchStatus;
use crate::reporter::terminal::{Paint, label, seconds, shown};
use crate::store::{BatchRow, CaseRow};
use crate::text::{Untrusted, counted, duration};
use jiff::Timestamp;
use std::time::Duration;

/// What has been written so far.
pub(super) struct Sheet {
    pub(super) paint: Paint,
    pub(super) text: String,
}

impl Sheet {
    pub(super) fn new(paint: Paint) -> Self {
        Self { paint, text: String::new() }
    }

    /// One line as it stands.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// `     Started 2027-01-02 03:04:05 UTC`
    pub(super) fn fact(&mut self, name: &str, text: impl Into<Untrusted>) {
        let line = format!("{} {}", self.paint.strong(&label(name)), shown(&text.into()));
        self.line(&line);
    }

    /// `       Batch 20270102-030405-7k2m9qxd: finished, exit code 1`
    pub(super) fn batch(&mut self, batch: &BatchRow) {
        let status = match batch.status {
            BatchStatus::TimedOut => "timed out",
            other => other.as_str(),
        };
        let exit = batch.exit_code.map_or_else(String::new, |code| format!(", exit code {code}"));
        self.fact("Batch", format!("{}: {status}{exit}", batch.id));
    }

    /// `        FAIL [   3.891s] testcases/cart @firefox (2 attempts)`
    pub(super) fn case(&mut self, case: &CaseRow, standing: Standing, several_browsers: bool) {
        let word = standing.tinted(&label(standing.word()), self.paint);
        let mut title = case.case_id.to_string();
        if several_browsers {
            title = format!("{title} @{}", case.browser);
        }
        let mut remarks = Vec::new();
        if case.attempts > 1 {
            remarks.push(counted(case.attempts, "attempt"));
        }
        if case.quarantined {
            remarks.push("quarantined".to_owned());
        }
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
        let took = case.duration_ms.filter(|_| case.attempts > 0);
        let line = format!("{word} {} {}{remarks}", time(took), shown(&title.into()));
        self.line(&line);
    }

    /// Why a case did not pass, below its line.
    pub(super) fn why(&mut self, case: &CaseRow) {
        if let Some(why) = &case.message {
            let line = format!("{} {}", label(""), shown(why));
            self.line(&line);
        }
    }
}

/// `[   1.204s]`, or as many blanks.
pub(super) fn time(ms: Option<i64>) -> String {
    ms.and_then(|ms| u64::try_from(ms).ok()).map_or_else(|| " ".repeat(seconds(0).len()), seconds)
}

/// A stored time as people read it.
pub(in crate::cli) fn moment(at: &str) -> String {
    at.parse::<Timestamp>()
        .map_or_else(|_| shown(&Untrusted::from(at)), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// `, took 1m 30s`
pub(super) fn took(ms: Option<u64>) -> String {
    ms.map_or_else(String::new, |ms| format!(", took {}", duration(Duration::from_millis(ms))))
}

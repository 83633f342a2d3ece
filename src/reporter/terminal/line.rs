//! One event as the line (or few) that people read. Decides how it looks, not whether it is shown.

use super::paint::Paint;
use crate::event::tally::Tally;
use crate::event::{CaseFinished, Event, Level};
use crate::outcome::{AttemptVerdict, Verdict};
use crate::text::{Untrusted, counted, duration};
use std::time::Duration;

/// Columns of the word at the beginning of a line.
const LABEL: usize = 12;

/// The line of an event; `None` for those that have none.
pub(super) fn of(event: &Event, tally: &Tally, paint: Paint) -> Option<String> {
    Some(match event {
        Event::BatchStarted(batch) => {
            let (cases, slots) = (counted(batch.total, "case"), counted(batch.concurrency, "slot"));
            format!("{} {cases} in {slots} (batch {})", paint.good(&label("Starting")), batch.batch)
        }
        Event::BatchResumed(resumed) => {
            let batch = &resumed.started;
            let (cases, slots) = (counted(batch.total, "case"), counted(batch.concurrency, "slot"));
            let word = paint.good(&label("Resuming"));
            format!("{word} {} of {cases} in {slots} (batch {})", resumed.left, batch.batch)
        }
        Event::CaseFinished(finished) => case(finished, tally, paint),
        Event::AttemptFinished(finished) => {
            let word = if finished.verdict == AttemptVerdict::Errored { "ERROR" } else { "FAIL" };
            let word = paint.doubtful(&label(&format!("TRY {} {word}", finished.attempt)));
            let why =
                finished.failure.as_ref().map_or_else(String::new, |it| format!(": {}", shown(&it.message)));
            format!("{word} {} {}{why}", seconds(finished.duration_ms), shown(&tally.title(finished.job)))
        }
        Event::Message { level, text } => message(*level, text, paint),
        Event::ConcurrencyChanged { from, to, why } => {
            labelled(&paint.strong(&label("Slots")), &format!("{from} -> {to}: {why}").into())
        }
        Event::Paused { why } => labelled(&paint.doubtful(&label("Paused")), &why.as_str().into()),
        Event::Resumed => paint.strong(&label("Resumed")),
        Event::CaseQueued(_)
        | Event::AttemptStarted(_)
        | Event::StepStarted(_)
        | Event::StepFinished(_)
        // A message says more of it.
        | Event::Stopping { .. }
        | Event::Sample(_)
        | Event::BatchFinished(_) => return None,
    })
}

/// `        PASS [   1.204s] ( 12/340) testcases/login[alice]`
fn case(finished: &CaseFinished, tally: &Tally, paint: Paint) -> String {
    let job = tally.job(finished.job);
    let word = match finished.verdict {
        Verdict::Flaky => {
            // Infrastructure retries come on top of what the case may have.
            let tries = job.map_or(0, |job| job.tries).max(finished.attempts);
            format!("FLAKY {}/{tries}", finished.attempts)
        }
        verdict => word(verdict).to_owned(),
    };
    let word = tinted(finished.verdict, &label(&word), paint);
    let quarantined = if job.is_some_and(|job| job.quarantined) { " (quarantined)" } else { "" };
    let why = match (finished.verdict, &finished.message) {
        (Verdict::Skipped, Some(why)) => format!(": {}", shown(why)),
        _ => String::new(),
    };
    let slow = finished.slow_after_ms.map_or_else(String::new, |limit| {
        paint.doubtful(&format!(" (slow: over {})", duration(Duration::from_millis(limit))))
    });
    let (time, done) = (seconds(finished.duration_ms), done(tally));
    format!("{word} {time} {done} {}{quarantined}{why}{slow}", shown(&tally.title(finished.job)))
}

/// A sign of life: what runs, and what has run longest.
pub(super) fn heartbeat(tally: &Tally, elapsed_ms: u64, paint: Paint) -> String {
    let mut parts = vec![format!("{} running", tally.running.len())];
    for verdict in [Verdict::Failed, Verdict::Errored] {
        if tally.verdicts.ended.of(verdict) > 0 {
            parts.push(format!("{} {}", tally.verdicts.ended.of(verdict), word_of_count(verdict)));
        }
    }
    if let Some(why) = &tally.paused {
        parts.push(format!("paused: {}", shown(&why.as_str().into())));
    }
    let oldest = tally.running.values().min_by_key(|running| running.started_ms);
    let oldest = oldest.map_or_else(String::new, |oldest| {
        let age = duration(Duration::from_secs(elapsed_ms.saturating_sub(oldest.started_ms) / 1000));
        let step = oldest.titles.last().map_or_else(String::new, |it| format!(" {}", shown(it)));
        let (case, reached, steps) = (shown(&tally.title(oldest.job)), oldest.reached, oldest.steps);
        format!("; longest {age}: {case}, step {reached}/{steps}{step}")
    });
    let word = paint.strong(&label("Running"));
    format!("{word} {} {} {}{oldest}", seconds(elapsed_ms), done(tally), parts.join(", "))
}

fn message(level: Level, text: &Untrusted, paint: Paint) -> String {
    let word = match level {
        Level::Info => paint.strong(&label("Note")),
        Level::Warning => paint.doubtful(&label("Warning")),
        Level::Error => paint.bad(&label("Error")),
    };
    labelled(&word, text)
}

/// A text of several lines, with those after the first below its beginning.
pub(super) fn labelled(label: &str, text: &Untrusted) -> String {
    let indent = format!("\n{}", " ".repeat(LABEL + 1));
    format!("{label} {}", text.ci_log().trim_end().replace('\n', &indent))
}

/// The word at the beginning of a line, to the right.
pub fn label(word: &str) -> String {
    format!("{word:>LABEL$}")
}

/// The word that stands for a verdict at the beginning of a line.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "PASS",
        Verdict::Flaky => "FLAKY",
        Verdict::Failed => "FAIL",
        Verdict::Errored => "ERROR",
        Verdict::Skipped => "SKIP",
        Verdict::Interrupted => "INTERRUPTED",
        Verdict::NotRun => "NOT RUN",
    }
}

/// The word that stands for a verdict behind a number.
pub fn word_of_count(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotRun => "not run",
        other => other.as_str(),
    }
}

/// A text in the colour of a verdict.
pub fn tinted(verdict: Verdict, text: &str, paint: Paint) -> String {
    match verdict {
        Verdict::Passed => paint.good(text),
        Verdict::Failed | Verdict::Errored => paint.bad(text),
        Verdict::Flaky | Verdict::Interrupted | Verdict::NotRun => paint.doubtful(text),
        Verdict::Skipped => paint.faint(text),
    }
}

/// On one line, safe for terminals and CI logs.
pub fn shown(text: &Untrusted) -> String {
    Untrusted::from(text.line()).ci_log()
}

/// `[   1.204s]`
#[expect(clippy::cast_precision_loss, reason = "nobody reads the nanosecond of a batch of years")]
pub fn seconds(ms: u64) -> String {
    format!("[{:>8.3}s]", ms as f64 / 1000.0)
}

/// `( 12/340)`
fn done(tally: &Tally) -> String {
    let total = tally.total.to_string();
    format!("({:>width$}/{total})", tally.verdicts.ended.sum(), width = total.len())
}

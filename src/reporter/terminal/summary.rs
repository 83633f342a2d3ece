//! The last lines of a batch: counts, what it took, and where everything lies.

use super::failure::below;
use super::line::{label, labelled, seconds, tinted, word_of_count};
use super::paint::Paint;
use super::settings::{TerminalSettings, Verbosity};
use crate::event::BatchFinished;
use crate::event::reporter::Closing;
use crate::event::tally::Tally;
use crate::outcome::{BatchStatus, ExitCode, Verdict};
use crate::text::{counted, shell_word};
use std::path::Path;

/// The summary, each line ended. Without a batch that has ended there is only where things lie.
pub(super) fn of(tally: &Tally, closing: &Closing, settings: &TerminalSettings) -> String {
    if settings.verbosity == Verbosity::Quiet && is_all_well(tally, closing) {
        return String::new();
    }
    let paint = Paint::new(settings.color);
    let shown = |path: &Path| below(path, &settings.working_directory);
    let mut lines = Vec::new();
    let dropped = tally.failures_dropped();
    if dropped > 0 {
        let batch = tally.batch.as_ref().map_or("last", |batch| batch.as_str());
        let more = format!("{dropped} failed or errored; `batchrun show {batch}` shows them");
        lines.push(format!("\n… and {more}"));
    }
    if let Some(finished) = &tally.finished {
        lines.push(if tally.verdicts.ended.sum() > 0 {
            "────────────".to_owned()
        } else {
            String::new()
        });
        lines.push(counts(tally, finished, paint));
        lines.extend(retried(tally).map(|text| plain(paint, "Retried", &text)));
        lines.extend(resources(finished).map(|text| plain(paint, "Resources", &text)));
        if finished.leftovers > 0 {
            let text = match finished.leftovers {
                1 => "1 process or folder was left behind, and removed".to_owned(),
                more => format!("{more} processes or folders were left behind, and removed"),
            };
            lines.push(plain(paint, "Leftovers", &text));
        }
    }
    lines.extend(resuming(tally, closing, settings).map(|text| plain(paint, "Resume", &text)));
    let (log, reports): (Vec<_>, Vec<_>) =
        closing.artifacts.iter().partition(|artifact| artifact.kind == "log");
    for report in reports {
        lines.push(plain(paint, "Report", &format!("{} {}", report.kind, shown(&report.path))));
    }
    lines.extend(log.iter().map(|log| plain(paint, "Log", &shown(&log.path))));
    let database = shown(&closing.database);
    match &tally.batch {
        Some(batch) => lines.push(plain(paint, "Database", &format!("{database} (batch {batch})"))),
        None => lines.push(plain(paint, "Database", &database)),
    }
    for failure in &closing.failures {
        lines.push(labelled(&paint.bad(&label("Error")), &failure.to_string().into()));
    }
    if !closing.saved {
        let rest = closing.spool.as_ref().map_or_else(String::new, |spool| {
            let spool = shown(spool);
            format!("; the rest is in {spool}, and `batchrun merge {}` brings it in", shell_word(&spool))
        });
        lines.push(plain_bad(paint, "Not saved", &format!("the record in the database is incomplete{rest}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The command that runs what is left of a batch that has ended.
fn resuming(tally: &Tally, closing: &Closing, settings: &TerminalSettings) -> Option<String> {
    let ended = tally.verdicts.ended;
    let left = ended.of(Verdict::NotRun) + ended.of(Verdict::Interrupted);
    let batch = tally.batch.as_ref().filter(|_| left > 0 && closing.saved && tally.finished.is_some())?;
    let words: Vec<String> = settings.rerun.iter().map(|word| shell_word(word)).collect();
    Some(format!("{} --resume={batch}", words.join(" ")))
}

/// Whether there is nothing that somebody who wants to hear of trouble alone should hear.
fn is_all_well(tally: &Tally, closing: &Closing) -> bool {
    let fine = [Verdict::Passed, Verdict::Skipped];
    let fine: u32 = fine.iter().map(|verdict| tally.verdicts.ended.of(*verdict)).sum();
    let finished = tally.finished.as_ref();
    finished.is_some_and(|it| {
        it.status == BatchStatus::Finished && it.leftovers == 0 && it.exit == ExitCode::Success
    }) && fine == tally.total
        && closing.saved
        && closing.failures.is_empty()
}

fn counts(tally: &Tally, finished: &BatchFinished, paint: Paint) -> String {
    let word = match finished.status {
        BatchStatus::Running | BatchStatus::Finished => "Summary",
        BatchStatus::Interrupted => "Interrupted",
        BatchStatus::TimedOut => "Timed out",
        BatchStatus::Aborted => "Aborted",
    };
    let bad = tally.verdicts.deciding(Verdict::Failed) + tally.verdicts.deciding(Verdict::Errored) > 0;
    let worst = match finished.status {
        _ if bad => Verdict::Failed,
        BatchStatus::Running | BatchStatus::Finished => Verdict::Passed,
        BatchStatus::Interrupted | BatchStatus::TimedOut | BatchStatus::Aborted => Verdict::Interrupted,
    };
    let parts: Vec<String> = Verdict::ALL
        .iter()
        .filter(|verdict| tally.verdicts.ended.of(**verdict) > 0)
        .map(|verdict| {
            let text = format!("{} {}", tally.verdicts.ended.of(*verdict), word_of_count(*verdict));
            let quarantined = tally.verdicts.quarantined.of(*verdict);
            let remark =
                if quarantined > 0 { format!(" ({quarantined} quarantined)") } else { String::new() };
            format!("{}{remark}", tinted(*verdict, &text, paint))
        })
        .collect();
    let mut parts = if parts.is_empty() { "nothing ran".to_owned() } else { parts.join(", ") };
    if tally.slow > 0 {
        parts.push_str(&paint.doubtful(&format!(" ({} slow)", tally.slow)));
    }
    let cases = paint.strong(&counted(tally.total, "case"));
    format!("{} {} {cases}: {parts}", tinted(worst, &label(word), paint), seconds(finished.duration_ms))
}

/// What the infrastructure broke and nobody would hear of otherwise, since another attempt went well.
fn retried(tally: &Tally) -> Option<String> {
    let kinds: Vec<String> = tally.broken.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let all = counted(tally.broken.values().sum::<u32>(), "attempt");
    (!kinds.is_empty()).then(|| format!("{all} that the infrastructure broke: {}", kinds.join(", ")))
}

fn resources(finished: &BatchFinished) -> Option<String> {
    let memory = finished.peak_memory_bytes.map(|bytes| format!("peak memory {} MiB", bytes >> 20));
    let cpu = finished.mean_cpu_percent.map(|percent| format!("mean CPU {:.1} cores", percent / 100.0));
    let known: Vec<String> = memory.into_iter().chain(cpu).collect();
    if known.is_empty() { None } else { Some(known.join(", ")) }
}

fn plain(paint: Paint, word: &str, text: &str) -> String {
    labelled(&paint.strong(&label(word)), &text.into())
}

fn plain_bad(paint: Paint, word: &str, text: &str) -> String {
    labelled(&paint.bad(&label(word)), &text.into())
}

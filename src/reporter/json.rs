//! Everything about a batch as one JSON document. Keys are those of the database's columns wherever there is one.

use super::collected::{Attempt, Case, Collected};
use super::draft::Draft;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::verdicts::Counts;
use crate::event::{Stamped, millis};
use crate::outcome::{ExitCode, Verdict};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Raised when something that is there changes its meaning or goes away.
const FORMAT: u32 = 1;

/// Collects events, writes one document at the end.
pub(super) struct Json {
    name: String,
    draft: Draft,
    collected: Collected,
}

impl Json {
    pub(super) fn new(name: String, draft: Draft) -> Self {
        Self { name, draft, collected: Collected::default() }
    }
}

impl Reporter for Json {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        self.collected.add(event).map_err(|cause| self.draft.error(cause))
    }

    fn finish(&mut self, closing: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        self.write(closing, tally)?;
        Ok(self.draft.publish()?.map(|path| Artifact { kind: "json", path }))
    }
}

impl Json {
    /// The document, piece by piece: never all of it is in memory.
    fn write(&mut self, closing: &Closing, tally: &Tally) -> Result<(), ReportError> {
        let Self { draft, collected, .. } = self;
        let head = json!({
            "format": FORMAT,
            "batch": batch(collected, closing, tally),
            "counts": counts(&tally.verdicts.ended),
            "quarantined": counts(&tally.verdicts.quarantined),
        });
        let head = format!("{head:#}");
        // Without the end of the object: more comes.
        draft.write(head.strip_suffix("\n}").unwrap_or(&head).as_bytes())?;
        let messages = collected.messages().map(|message| {
            message.map(|it| json!({"at": millis::text(it.at), "level": it.level, "text": it.text}))
        });
        list(draft, "messages", messages)?;
        list(draft, "cases", collected.jobs().map(|job| collected.case(job).map(|it| case(&it))))?;
        draft.write(b"\n}\n")
    }
}

/// A member of the document that is a list.
fn list(
    draft: &mut Draft,
    name: &str,
    items: impl Iterator<Item = std::io::Result<Value>>,
) -> Result<(), ReportError> {
    draft.write(format!(",\n  \"{name}\": [").as_bytes())?;
    let mut before = "\n    ";
    for item in items {
        let item = item.map_err(|cause| draft.error(cause))?;
        // Line breaks are layout: within texts they are escaped.
        draft.write(format!("{before}{}", format!("{item:#}").replace('\n', "\n    ")).as_bytes())?;
        before = ",\n    ";
    }
    draft.write(if before.starts_with(',') { b"\n  ]" } else { b"]" })
}

fn batch(collected: &Collected, closing: &Closing, tally: &Tally) -> Value {
    let Some((batch, started_at)) = &collected.batch else { return Value::Null };
    let finished = tally.finished.as_ref();
    json!({
        "id": batch.batch,
        "started_at": millis::text(*started_at),
        "finished_at": time(collected.finished_at),
        "status": closing.status(tally),
        "exit_code": finished.map(|it| closing.exit_code(it.exit)).map(ExitCode::code),
        "duration_ms": finished.map_or(tally.elapsed_ms, |it| it.duration_ms),
        "peak_memory_bytes": finished.and_then(|it| it.peak_memory_bytes),
        "mean_cpu_percent": finished.and_then(|it| it.mean_cpu_percent),
        "concurrency": batch.concurrency,
        "total": batch.total,
        "host": batch.host,
        "boot_id": batch.boot_id,
        "seed": batch.seed.to_string(),
        "shard": batch.shard,
        "version": batch.version,
        "git_commit": batch.git_commit,
        "command_line": batch.command_line,
        "settings": batch.settings,
    })
}

fn case(case: &Case) -> Value {
    let (queued, finished) = (&case.queued, case.finished.as_ref());
    json!({
        "case_id": queued.case,
        "name": queued.name,
        "file": queued.location.file,
        "line": queued.location.line,
        "content_hash": queued.content_hash,
        "browser": queued.browser,
        "row": queued.row,
        "tags": queued.tags,
        "priority": queued.priority,
        "quarantined": queued.quarantined,
        "quarantine": queued.quarantine,
        "verdict": finished.map(|it| it.verdict),
        "duration_ms": finished.map(|it| it.duration_ms),
        "slow_after_ms": finished.and_then(|it| it.slow_after_ms),
        "message": finished.and_then(|it| it.message.as_ref()),
        "attempts": case.attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let (started, finished) = (&attempt.started, attempt.finished.as_ref());
    json!({
        "number": started.attempt,
        "slot": started.slot,
        "running": started.running,
        "slot_limit": started.limit,
        "load": started.load,
        "started_at": millis::text(attempt.started_at),
        "verdict": finished.map(|it| it.verdict),
        "duration_ms": finished.map(|it| it.duration_ms),
        "cpu_mean": finished.and_then(|it| it.cpu_mean),
        "failure": finished.and_then(|it| it.failure.as_ref()),
        "evidence": finished.map(|it| &it.evidence),
    })
}

fn counts(counts: &Counts) -> Map<String, Value> {
    Verdict::ALL.iter().map(|verdict| (verdict.as_str().to_owned(), counts.of(*verdict).into())).collect()
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(millis::text)
}

//! TAP version 14 (testanything.org): a test point a job, in the order of the plan, with a YAML block where there is
//! more to say. What does not decide the exit code is a TODO, so that a harness does not turn red by it either.

use super::collected::{Case, Collected};
use super::draft::Draft;
use crate::event::Stamped;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::id::JobId;
use crate::outcome::Verdict;
use crate::text::Untrusted;
use serde_json::json;
use std::fmt::Write as _;

/// Collects events, writes one document at the end.
pub(super) struct Tap {
    name: String,
    draft: Draft,
    collected: Collected,
    written: u32,
}

impl Tap {
    pub(super) fn new(name: String, draft: Draft) -> Self {
        Self { name, draft, collected: Collected::default(), written: 0 }
    }
}

impl Reporter for Tap {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        self.collected.add(event).map_err(|cause| self.draft.error(cause))
    }

    fn finish(&mut self, closing: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        self.draft.write(format!("TAP version 14\n1..{}\n", tally.total).as_bytes())?;
        for job in self.collected.jobs().collect::<Vec<_>>() {
            self.point(job, tally)?;
        }
        if self.written < tally.total {
            self.draft.write(format!("Bail out! The batch is {}\n", closing.status(tally)).as_bytes())?;
        }
        Ok(self.draft.publish()?.map(|path| Artifact { kind: "tap", path }))
    }
}

impl Tap {
    fn point(&mut self, job: JobId, tally: &Tally) -> Result<(), ReportError> {
        let case = self.collected.case(job).map_err(|cause| self.draft.error(cause))?;
        let Some(finished) = &case.finished else { return Ok(()) };
        self.written += 1;
        let ok = match finished.verdict {
            Verdict::Passed | Verdict::Flaky | Verdict::Skipped => "ok",
            Verdict::Failed | Verdict::Errored | Verdict::Interrupted | Verdict::NotRun => "not ok",
        };
        let reason = || finished.message.as_ref().map(|it| format!(" {}", directive(it))).unwrap_or_default();
        let more = match finished.verdict {
            Verdict::Skipped => format!(" # SKIP{}", reason()),
            _ if case.queued.quarantined => {
                let why = case.queued.quarantine.as_ref().map(|it| format!(": {}", directive(it)));
                format!(" # TODO quarantined{}", why.unwrap_or_default())
            }
            _ => String::new(),
        };
        let mut text = format!("{ok} {} - {}{more}\n", self.written, directive(&tally.title(job)));
        if !matches!(finished.verdict, Verdict::Passed | Verdict::Skipped) {
            yaml(&mut text, &case);
        }
        self.draft.write(text.as_bytes())
    }
}

/// Texts as a list, if there are any.
fn listed(texts: &[Untrusted]) -> Option<serde_json::Value> {
    (!texts.is_empty()).then(|| texts.iter().map(Untrusted::terminal).collect())
}

/// A description on its line: `#` would begin a directive.
fn directive(text: &Untrusted) -> String {
    text.line().replace('\\', "\\\\").replace('#', "\\#")
}

/// What there is to say of a job. Texts are JSON strings, which YAML 1.2 reads as they are.
fn yaml(text: &mut String, case: &Case) {
    let failure = case.last_failure();
    let finished = case.finished.as_ref();
    let message = failure.map(|it| &it.message).or_else(|| finished?.message.as_ref());
    let optional = |text: Option<&Untrusted>| text.map(|it| json!(it.terminal()));
    let place = failure.and_then(|it| it.location.as_ref()).unwrap_or(&case.queued.location);
    let fields = [
        ("verdict", finished.map(|it| json!(it.verdict))),
        ("kind", failure.map(|it| json!(it.kind))),
        ("message", optional(message)),
        ("at", Some(json!(place.to_string()))),
        ("step", optional(failure.and_then(|it| it.step.as_ref()))),
        ("expected", optional(failure.and_then(|it| it.expected.as_ref()))),
        ("actual", optional(failure.and_then(|it| it.actual.as_ref()))),
        ("seen", failure.and_then(|it| listed(&it.seen))),
        ("hints", failure.and_then(|it| listed(&it.hints))),
        ("further", failure.and_then(|it| listed(&it.further))),
        ("attempts", finished.map(|it| json!(it.attempts))),
        ("duration_ms", finished.map(|it| json!(it.duration_ms))),
    ];
    text.push_str("  ---\n");
    for (name, value) in fields {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name}: {value}");
        }
    }
    text.push_str("  ...\n");
}

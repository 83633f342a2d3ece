//! Where a run is: the steps that are open, how deep, and their positions. Tells the witness; decides nothing.

use super::witness::{EvidenceSink, Finished, Spent, Started, Witness};
use crate::case::model::{Action, Step};
use crate::outcome::StepVerdict;
use crate::source::{SourceFile, Span};
use crate::text::Untrusted;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The steps that have begun and not ended, outermost first.
#[derive(Debug, Default)]
pub(super) struct Trail {
    position: u32,
    open: Vec<OpenStep>,
    /// The one that began last, once it has ended.
    last: Option<OpenStep>,
}

/// A step that has begun.
#[derive(Clone, Debug)]
pub(super) struct OpenStep {
    pub(super) started: Started,
    pub(super) source: Arc<SourceFile>,
    pub(super) span: Span,
    pub(super) sensitive: bool,
    pub(super) calls_flow: bool,
    began: Instant,
    spent: Spent,
    acted: Option<Instant>,
}

impl Trail {
    pub(super) fn open(&self) -> &[OpenStep] {
        &self.open
    }

    /// The position of the step that began last.
    pub(super) fn position(&self) -> u32 {
        self.position
    }

    /// The innermost open step, else the one that began last.
    pub(super) fn here(&self) -> Option<&OpenStep> {
        self.open.last().or(self.last.as_ref())
    }

    /// Whether the innermost open step, or a block around it, is `sensitive`.
    pub(super) fn is_sensitive(&self) -> bool {
        self.open.iter().any(|it| it.sensitive)
    }

    pub(super) fn begin(&mut self, step: &Step, title: String, witness: &mut dyn Witness) {
        self.position += 1;
        let started = Started {
            position: self.position,
            depth: u32::try_from(self.open.len()).unwrap_or(u32::MAX),
            title: title.into(),
            location: step.source.location(step.span.start),
        };
        witness.step_started(started.clone());
        self.open.push(OpenStep {
            started,
            source: Arc::clone(&step.source),
            span: step.span,
            sensitive: step.sensitive,
            calls_flow: matches!(step.action, Action::Use { .. }),
            began: Instant::now(),
            spent: Spent::default(),
            acted: None,
        });
    }

    /// The innermost open step has spent time on a question.
    pub(super) fn spend(&mut self, finding: Duration, waiting: Duration) {
        let Some(step) = self.open.last_mut() else { return };
        step.spent.finding += finding;
        step.spent.waiting += waiting;
    }

    /// The innermost open step has done something to the page, then for the first time.
    pub(super) fn acted(&mut self, at: Option<Instant>) {
        if let Some(step) = self.open.last_mut() {
            step.acted = step.acted.or(at);
        }
    }

    /// Ends the innermost open step.
    pub(super) fn end(
        &mut self,
        verdict: StepVerdict,
        message: Option<Untrusted>,
        witness: &mut dyn Witness,
        evidence: &mut dyn EvidenceSink,
    ) {
        let sensitive = self.is_sensitive();
        let Some(step) = self.open.pop() else {
            debug_assert!(false, "a step ends that never began");
            return;
        };
        let took = step.began.elapsed();
        if step.started.position == self.position {
            self.last = Some(step.clone());
        }
        let OpenStep { started, began, spent, acted, .. } = step;
        let finished = Finished { step: started, began, took, verdict, message, spent, acted, sensitive };
        witness.step_finished(&finished);
        evidence.step_finished(&finished);
    }

    /// Ends all open steps, since the run was broken off.
    pub(super) fn break_off(&mut self, witness: &mut dyn Witness, evidence: &mut dyn EvidenceSink) {
        while !self.open.is_empty() {
            self.end(StepVerdict::Interrupted, None, witness, evidence);
        }
    }
}

//! The events as they happen, one JSON object a line: the same lines that the store keeps and the live socket sends.

use super::draft::Draft;
use crate::event::Stamped;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;

/// Writes a line an event. On stdout they come at once, a file appears when the batch has ended.
pub(super) struct JsonLines {
    name: String,
    draft: Draft,
}

impl JsonLines {
    pub(super) fn new(name: String, draft: Draft) -> Self {
        Self { name, draft }
    }
}

impl Reporter for JsonLines {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        let line = serde_json::to_vec(event)
            .map_err(|error| ReportError { target: self.name.clone(), cause: error.into() })?;
        self.draft.write(&line)?;
        self.draft.write(b"\n")
    }

    fn refresh(&mut self, _: &Tally, _: u64) -> Result<(), ReportError> {
        self.draft.flush()
    }

    fn finish(&mut self, _: &Closing, _: &Tally) -> Result<Option<Artifact>, ReportError> {
        Ok(self.draft.publish()?.map(|path| Artifact { kind: "jsonl", path }))
    }
}

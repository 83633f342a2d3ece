//! A case of a batch with all that is known of its attempts. Reads it; says nothing about how it looks.

use crate::event::{Evidence, Failure};
use crate::store::{AttemptRow, CaseRow, EvidenceRow, QueryError, Reader, StepRow};

/// A case with its attempts.
pub(super) struct CaseDetail {
    pub(super) row: CaseRow,
    pub(super) attempts: Vec<AttemptDetail>,
}

/// An attempt with its steps and why it did not pass.
pub(super) struct AttemptDetail {
    pub(super) row: AttemptRow,
    pub(super) failure: Option<Failure>,
    pub(super) steps: Vec<StepRow>,
    pub(super) evidence: Vec<EvidenceRow>,
}

impl CaseDetail {
    /// Reads what there is of a case.
    pub(super) fn read(reader: &Reader, row: &CaseRow) -> Result<Self, QueryError> {
        let mut ended = reader.ended_attempts(row)?;
        let mut attempts = Vec::new();
        for attempt in reader.attempts(row.id)? {
            let place = ended.iter().position(|it| it.attempt == attempt.number);
            attempts.push(AttemptDetail {
                failure: place.and_then(|place| ended.swap_remove(place).failure),
                steps: reader.steps(attempt.id)?,
                evidence: reader.evidence(attempt.id)?,
                row: attempt,
            });
        }
        Ok(Self { row: row.clone(), attempts })
    }
}

impl AttemptDetail {
    /// The evidence as events state it.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let stated = |row: &EvidenceRow| Evidence {
            kind: row.kind.clone(),
            position: row.step_position,
            path: row.path.clone(),
            bytes: u64::try_from(row.bytes).unwrap_or_default(),
            note: row.note.clone(),
        };
        self.evidence.iter().map(stated).collect()
    }
}

//! Cases of a batch with all that is known of their attempts. Reads it; says nothing about how it looks.

use super::find::Subject;
use crate::event::tally::Tally;
use crate::event::{Event, Evidence, Failure};
use crate::id::JobId;
use crate::store::{AttemptRow, CaseRow, EvidenceRow, QueryError, Reader, StepRow};
use std::collections::HashMap;

/// The cases that are meant, in full.
pub(super) struct Details {
    pub(super) cases: Vec<CaseDetail>,
    /// What the events of the whole batch amount to.
    pub(super) tally: Tally,
}

/// A case with its attempts.
pub(super) struct CaseDetail {
    pub(super) job: JobId,
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

impl Details {
    /// Reads them, with one walk over the events: only these hold failures in full.
    pub(super) fn read(reader: &Reader, subject: &Subject) -> Result<Self, QueryError> {
        // Rows stand in the order of the plan, and a job's number is its place in the plan.
        let jobs = (0..).map(JobId).zip(&subject.cases);
        let meant: HashMap<JobId, &CaseRow> = jobs.filter(|(_, case)| subject.has(case)).collect();
        let mut tally = Tally::default();
        let mut failures: HashMap<(JobId, u32), Failure> = HashMap::new();
        reader.events(&subject.batch.id, |stamped| {
            tally.apply(&stamped);
            if let Event::AttemptFinished(ended) = stamped.event
                && meant.contains_key(&ended.job)
                && let Some(failure) = ended.failure
            {
                failures.insert((ended.job, ended.attempt), failure);
            }
        })?;
        let mut cases = Vec::new();
        for (job, row) in meant {
            let mut attempts = Vec::new();
            for attempt in reader.attempts(row.id)? {
                attempts.push(AttemptDetail {
                    failure: failures.remove(&(job, attempt.number)),
                    steps: reader.steps(attempt.id)?,
                    evidence: reader.evidence(attempt.id)?,
                    row: attempt,
                });
            }
            cases.push(CaseDetail { job, row: row.clone(), attempts });
        }
        cases.sort_by_key(|case| case.job);
        Ok(Self { cases, tally })
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

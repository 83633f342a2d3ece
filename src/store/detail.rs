//! A case of a batch with all that is known of its attempts. Says nothing about how it looks.

use super::attempt_rows::{AttemptRow, EvidenceRow, StepRow};
use super::query::{QueryError, Reader};
use super::rows::CaseRow;
use crate::event::{Event, Evidence, Failure, Stamped};
use crate::id::{BatchId, JobId};
use rusqlite::params;
use std::collections::HashMap;

/// A case with its attempts.
#[derive(Clone, Debug)]
pub struct CaseDetail {
    /// Its number in the batch.
    pub job: JobId,
    /// The case itself.
    pub row: CaseRow,
    /// Its attempts, in order.
    pub attempts: Vec<AttemptDetail>,
}

/// An attempt with its steps and why it did not pass.
#[derive(Clone, Debug)]
pub struct AttemptDetail {
    /// The attempt itself.
    pub row: AttemptRow,
    /// Why it did not pass, in full.
    pub failure: Option<Failure>,
    /// Its steps, in the order in which they started.
    pub steps: Vec<StepRow>,
    /// What was kept of it.
    pub evidence: Vec<EvidenceRow>,
}

impl CaseDetail {
    /// Reads what there is of a case's attempts; `failure` has what only events hold.
    pub fn read(
        reader: &Reader,
        job: JobId,
        row: CaseRow,
        mut failure: impl FnMut(u32) -> Option<Failure>,
    ) -> Result<Self, QueryError> {
        let mut attempts = Vec::new();
        for attempt in reader.attempts(row.id)? {
            attempts.push(AttemptDetail {
                failure: failure(attempt.number),
                steps: reader.steps(attempt.id)?,
                evidence: reader.evidence(attempt.id)?,
                row: attempt,
            });
        }
        Ok(Self { job, row, attempts })
    }
}

impl Reader {
    /// The number of a case in its batch.
    pub fn job(&self, row: &CaseRow) -> Result<JobId, QueryError> {
        let sql = "SELECT count(*) FROM case_run WHERE batch_id = ?1 AND id < ?2";
        let before = self.rows(sql, params![row.batch_id.as_str(), row.id], |row| row.get::<_, u32>(0))?;
        Ok(JobId(before.first().copied().unwrap_or(0)))
    }

    /// One case of a batch, by its number; `None` where the batch has no such case.
    pub fn case_detail(&self, batch: &BatchId, job: JobId) -> Result<Option<CaseDetail>, QueryError> {
        // Rows stand in the order of the plan, and a job's number is its place in the plan.
        let sql = format!("{} WHERE batch_id = ?1 ORDER BY id LIMIT 1 OFFSET ?2", CaseRow::SELECT);
        let Some(row) = self.rows(&sql, params![batch.as_str(), job.0], CaseRow::read)?.pop() else {
            return Ok(None);
        };
        let sql = "
            SELECT json FROM event
            WHERE batch_id = ?1 AND kind = 'attempt_finished' AND json_extract(json, '$.job') = ?2";
        let told = self.rows(sql, params![batch.as_str(), job.0], |row| row.get::<_, String>(0))?;
        let ended = told.iter().filter_map(|json| match serde_json::from_str::<Stamped>(json).ok()?.event {
            Event::AttemptFinished(ended) => Some((ended.attempt, ended.failure?)),
            _ => None,
        });
        let mut failures: HashMap<u32, Failure> = ended.collect();
        CaseDetail::read(self, job, row, |attempt| failures.remove(&attempt)).map(Some)
    }
}

impl AttemptDetail {
    /// The evidence as events state it.
    pub fn evidence(&self) -> Vec<Evidence> {
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

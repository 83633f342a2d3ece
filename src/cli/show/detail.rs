//! Cases of a batch with all that is known of their attempts. Reads it; says nothing about how it looks.

use super::find::Subject;
use crate::event::tally::Tally;
use crate::event::{Event, Failure};
use crate::id::JobId;
use crate::store::{CaseDetail, CaseRow, QueryError, Reader};
use std::collections::HashMap;

/// The cases that are meant, in full.
pub(super) struct Details {
    pub(super) cases: Vec<CaseDetail>,
    /// What the events of the whole batch amount to.
    pub(super) tally: Tally,
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
            let failure = |attempt: u32| failures.remove(&(job, attempt));
            cases.push(CaseDetail::read(reader, job, row.clone(), failure)?);
        }
        cases.sort_by_key(|case| case.job);
        Ok(Self { cases, tally })
    }
}

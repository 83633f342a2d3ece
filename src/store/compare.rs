//! What is different in one batch from another, case by case.

use super::query::{QueryError, Reader};
use super::rows::{BatchRow, CaseRow};
use crate::history::{Difference, Ended};
use crate::outcome::Verdict;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many of a case's past runs its time is compared with.
const RUNS: u32 = 50;

/// A case that differs: its rows in both batches.
#[derive(Clone, Debug)]
pub struct Differs {
    /// In the older batch.
    pub before: Option<CaseRow>,
    /// In the newer one.
    pub after: Option<CaseRow>,
    /// What is different.
    pub how: Difference,
}

impl Differs {
    /// The row that says most: the newer one, if there is one.
    pub fn row(&self) -> Option<&CaseRow> {
        self.after.as_ref().or(self.before.as_ref())
    }

    fn json(&self) -> Value {
        let shift = match self.how {
            Difference::Slower(shift) | Difference::Faster(shift) => Some(shift),
            _ => None,
        };
        json!({
            "case_id": self.row().map(|row| &row.case_id),
            "browser": self.row().map(|row| &row.browser),
            "before": self.before.as_ref().and_then(|row| row.verdict),
            "after": self.after.as_ref().and_then(|row| row.verdict),
            "message": self.after.as_ref().and_then(|row| row.message.as_ref()),
            "time": shift,
        })
    }
}

impl Reader {
    /// What is different in `after` from `before`, in the order of the cases' ids.
    pub fn compare(&self, before: &BatchRow, after: &BatchRow) -> Result<Vec<Differs>, QueryError> {
        let mut pairs: BTreeMap<(String, String), (Option<CaseRow>, Option<CaseRow>)> = BTreeMap::new();
        let key = |row: &CaseRow| (row.case_id.to_string(), row.browser.clone());
        for row in self.case_runs(&before.id)? {
            let pair = pairs.entry(key(&row)).or_default();
            pair.0 = Some(row);
        }
        for row in self.case_runs(&after.id)? {
            let pair = pairs.entry(key(&row)).or_default();
            pair.1 = Some(row);
        }
        let mut found = Vec::new();
        for ((case, browser), (before, after)) in pairs {
            let own = after.as_ref().map(|row| row.id.unsigned_abs());
            let mut read = Ok(Vec::new());
            let past = || {
                read = self.past_runs(&case, &browser, RUNS);
                let runs = read.as_deref().unwrap_or_default();
                let others = runs.iter().filter(|run| Some(run.number) != own);
                others.filter_map(|run| u64::try_from(run.time?.as_millis()).ok()).collect()
            };
            let how = Difference::between(ended(before.as_ref()), ended(after.as_ref()), past);
            read?;
            found.extend(how.map(|how| Differs { before, after, how }));
        }
        Ok(found)
    }
}

/// What differs as a JSON document, the worst first.
pub fn differences(before: &BatchRow, after: &BatchRow, differs: &[Differs]) -> Value {
    let groups = Difference::KINDS.iter().map(|kind| {
        let own = differs.iter().filter(|it| it.how.kind() == *kind).map(Differs::json);
        ((*kind).to_owned(), own.collect::<Value>())
    });
    json!({ "before": before.id, "after": after.id, "differences": groups.collect::<Map<_, _>>() })
}

fn ended(row: Option<&CaseRow>) -> Option<Ended> {
    let row = row?;
    let passed_ms = row.passed_ms.and_then(|ms| u64::try_from(ms).ok());
    Some(Ended { verdict: row.verdict.unwrap_or(Verdict::NotRun), passed_ms })
}

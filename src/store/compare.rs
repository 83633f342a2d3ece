//! What is different in one batch from another, case by case.

use super::query::{QueryError, Reader};
use super::rows::{BatchRow, CaseRow};
use super::slots::Slots;
use crate::history::{Difference, Ended, median};
use crate::outcome::Verdict;
use rusqlite::params;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many of a case's past runs tell by how much its time usually differs.
const RUNS: u32 = 50;

/// How many batches are looked at for one that has the same cases.
const BATCHES: u32 = 20;

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
            "quarantined": self.row().is_some_and(|row| row.quarantined),
            "message": self.after.as_ref().and_then(|row| row.message.as_ref()),
            "time": shift,
        })
    }
}

/// A case's runs in one batch: one, or as many as `--repeat` says.
#[derive(Default)]
struct Runs(Vec<CaseRow>);

impl Runs {
    /// The worst of them, which decides how the case ended, and their median time.
    fn sum(mut self) -> (Option<CaseRow>, Option<Ended>) {
        let times: Vec<u64> =
            self.0.iter().filter_map(|row| row.passed_ms.and_then(|ms| u64::try_from(ms).ok())).collect();
        let badness = |row: &CaseRow| match row.verdict {
            Some(Verdict::Failed) => 0,
            Some(Verdict::Errored) => 1,
            Some(Verdict::Flaky) => 2,
            Some(Verdict::Passed) => 3,
            Some(Verdict::Skipped | Verdict::Interrupted | Verdict::NotRun) | None => 4,
        };
        // The first among equals.
        self.0.sort_by_key(badness);
        let Some(worst) = self.0.into_iter().next() else { return (None, None) };
        let verdict = worst.verdict.unwrap_or(Verdict::NotRun);
        (Some(worst), Some(Ended { verdict, passed_ms: median(times) }))
    }
}

impl Reader {
    /// What is different in `after` from `before`, in the order of the cases' ids.
    pub fn compare(&self, before: &BatchRow, after: &BatchRow) -> Result<Vec<Differs>, QueryError> {
        let mut pairs: BTreeMap<(String, String), (Runs, Runs)> = BTreeMap::new();
        let key = |row: &CaseRow| (row.case_id.to_string(), row.browser.clone());
        for row in self.case_runs(&before.id)? {
            pairs.entry(key(&row)).or_default().0.0.push(row);
        }
        for row in self.case_runs(&after.id)? {
            pairs.entry(key(&row)).or_default().1.0.push(row);
        }
        let mut found = Vec::new();
        for ((case, browser), (before, after)) in pairs {
            let ((before, was), (after, is)) = (before.sum(), after.sum());
            let mut read = Ok(Vec::new());
            let past = || {
                let until = after.as_ref().map_or("", |row| row.queued_at.as_str());
                read = self.times_before(&case, &browser, until, RUNS);
                read.as_ref().cloned().unwrap_or_default()
            };
            let how = Difference::between(was, is, past);
            read?;
            found.extend(how.map(|how| Differs { before, after, how }));
        }
        Ok(found)
    }

    /// The latest of the batches before another one that has at least half of its cases: what ran a few of them alone
    /// says little about the whole. Where there is none, the one before.
    pub fn batch_to_compare_with(&self, after: &BatchRow) -> Result<Option<BatchRow>, QueryError> {
        let large_enough = "
            WHERE (started_at, id) < (?1, ?2) AND total * 2 >= ?3 ORDER BY started_at DESC, id DESC LIMIT ?4";
        // With repeats a batch has more jobs than cases.
        let cases =
            "SELECT count(*) FROM (SELECT DISTINCT case_id, browser FROM case_run WHERE batch_id = ?1)";
        let cases = self.rows(cases, [after.id.as_str()], |row| row.get::<_, u32>(0))?.pop().unwrap_or(0);
        let sql = format!("{} {large_enough}", BatchRow::SELECT);
        let values = params![after.started_at, after.id.as_str(), cases, BATCHES];
        for batch in self.rows(&sql, values, BatchRow::read)? {
            let sql = "
                SELECT count(*) FROM (SELECT case_id, browser FROM case_run WHERE batch_id = ?1
                INTERSECT SELECT case_id, browser FROM case_run WHERE batch_id = ?2)";
            let both = self.rows(sql, [after.id.as_str(), batch.id.as_str()], |row| row.get::<_, u32>(0))?;
            if both.first().is_some_and(|both| both * 2 >= cases) {
                return Ok(Some(self.live(batch)));
            }
        }
        self.batch_before(after)
    }
}

/// What differs as a JSON document, the worst first. `slots`: on how many each of the two ran.
pub fn differences(before: &BatchRow, after: &BatchRow, slots: [Slots; 2], differs: &[Differs]) -> Value {
    let groups = Difference::KINDS.iter().map(|kind| {
        let own = differs.iter().filter(|it| it.how.kind() == *kind).map(Differs::json);
        ((*kind).to_owned(), own.collect::<Value>())
    });
    let slots = json!({ "before": slots[0], "after": slots[1] });
    let groups: Map<_, _> = groups.collect();
    json!({ "before": before.id, "after": after.id, "slots": slots, "differences": groups })
}

//! The past runs of cases, as many of them as are asked for. All of it is answered from one index.

use super::query::{QueryError, Reader};
use super::rows;
use crate::history::{self, Past, PastRun};
use crate::id::CaseId;
use rusqlite::{Row, params};
use std::time::Duration;

/// The past of one case in one browser.
#[derive(Clone, Debug, PartialEq)]
pub struct CasePast {
    /// The case's id, with its row.
    pub case: CaseId,
    /// The browser.
    pub browser: String,
    /// Its last runs that passed, were flaky, failed or errored, the latest first.
    pub runs: Vec<PastRun>,
}

impl Reader {
    /// The past of a case in a browser: its last [`history::RUNS`] runs that say something.
    pub fn past(&self, case: &str, browser: &str) -> Result<Past, QueryError> {
        self.past_runs(case, browser, history::RUNS).map(Past::of)
    }

    /// The past of every case that any batch had, in the order of their ids: at most `limit` runs of each.
    pub fn pasts(&self, limit: u32) -> Result<Vec<CasePast>, QueryError> {
        // From one to the next through the index, past all the runs between them.
        let next_case = "SELECT min(case_id) FROM case_run WHERE case_id > ?1";
        let next_browser = "SELECT min(browser) FROM case_run WHERE case_id = ?1 AND browser > ?2";
        let mut pasts = Vec::new();
        let mut case = String::new();
        while let Some(next) = self.one(next_case, [&case])? {
            case = next;
            let mut browser = String::new();
            while let Some(next) = self.one(next_browser, [&case, &browser])? {
                browser = next;
                let runs = self.past_runs(&case, &browser, limit)?;
                pasts.push(CasePast { case: CaseId::new(&case), browser: browser.clone(), runs });
            }
        }
        Ok(pasts)
    }

    /// The only value of the only row.
    fn one(&self, sql: &str, values: impl rusqlite::Params) -> Result<Option<String>, QueryError> {
        Ok(self.rows(sql, values, |row| row.get(0))?.pop().flatten())
    }

    /// The past of one case in each of its browsers.
    pub fn past_of(&self, case: &CaseId, limit: u32) -> Result<Vec<CasePast>, QueryError> {
        let sql = "SELECT DISTINCT browser FROM case_run WHERE case_id = ?1 ORDER BY browser";
        let browsers: Vec<String> = self.rows(sql, [case.as_str()], |row| row.get(0))?;
        let past = |browser: String| {
            let runs = self.past_runs(case.as_str(), &browser, limit)?;
            Ok(CasePast { case: case.clone(), browser, runs })
        };
        browsers.into_iter().map(past).collect()
    }

    /// The last runs of a case in a browser that passed, were flaky, failed or errored, the latest first.
    pub fn past_runs(&self, case: &str, browser: &str, limit: u32) -> Result<Vec<PastRun>, QueryError> {
        let sql = "
            SELECT verdict, passed_ms, cpu, id FROM case_run
            WHERE case_id = ?1 AND browser = ?2 AND verdict IN ('passed', 'flaky', 'failed', 'errored')
            ORDER BY queued_at DESC, id DESC LIMIT ?3";
        let read = |row: &Row<'_>| {
            let time = row.get::<_, Option<u32>>(1)?.map(|ms| Duration::from_millis(ms.into()));
            let number = row.get::<_, i64>(3)?.unsigned_abs();
            Ok(PastRun { verdict: rows::word(row, "verdict")?, time, cpu: row.get(2)?, number })
        };
        self.rows(sql, params![case, browser, limit], read)
    }
}

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

    /// How long the attempts of a case took that passed, in milliseconds, in the last runs before a time.
    pub(super) fn times_before(
        &self,
        case: &str,
        browser: &str,
        until: &str,
        limit: u32,
    ) -> Result<Vec<u64>, QueryError> {
        let sql = "
            SELECT passed_ms FROM case_run
            WHERE case_id = ?1 AND browser = ?2 AND queued_at < ?3 AND passed_ms IS NOT NULL
            ORDER BY queued_at DESC, id DESC LIMIT ?4";
        self.rows(sql, params![case, browser, until, limit], |row| Ok(row.get::<_, i64>(0)?.unsigned_abs()))
    }

    /// The last runs of a case in a browser that passed, were flaky, failed or errored, the latest first.
    pub fn past_runs(&self, case: &str, browser: &str, limit: u32) -> Result<Vec<PastRun>, QueryError> {
        let sql = "
            SELECT verdict, passed_ms, cpu, queued_at FROM case_run
            WHERE case_id = ?1 AND browser = ?2 AND verdict IN ('passed', 'flaky', 'failed', 'errored')
            ORDER BY queued_at DESC, id DESC LIMIT ?3";
        let read = |row: &Row<'_>| {
            let time = row.get::<_, Option<u32>>(1)?.map(|ms| Duration::from_millis(ms.into()));
            let number = moment(row.get_ref(3)?.as_str()?);
            Ok(PastRun { verdict: rows::word(row, "verdict")?, time, cpu: row.get(2)?, number })
        };
        self.rows(sql, params![case, browser, limit], read)
    }
}

/// The digits of a time as the record has it, `2027-01-02T03:04:05.678Z`: a number that is higher for later ones. Keys
/// would not do: what was merged comes late, and may be old.
fn moment(at: &str) -> u64 {
    let digits = at.bytes().filter(u8::is_ascii_digit).take(17);
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_times_have_higher_numbers() {
        let times = ["2026-12-31T23:59:59.999Z", "2027-01-02T03:04:05.678Z", "2027-01-02T03:04:05.679Z"];
        assert!(times.map(moment).is_sorted());
        assert_eq!(moment(times[1]), 20_270_102_030_405_678);
        assert_eq!(moment("?"), 0);
    }
}

//! Steps and samples of an old batch as events again. The record keeps none of theirs, there are too many: each is made
//! from its row. What stood within what is told by the times.

use super::attempt_rows::StepRow;
use super::query::{QueryError, Reader};
use super::rows::SampleRow;
use crate::event::{Event, Stamped, StepFinished, StepStarted};
use crate::id::{BatchId, JobId};
use crate::source::Location;
use jiff::Timestamp;
use rusqlite::params;
use std::collections::BTreeMap;
use std::iter::Peekable;

/// Makes them for one batch, beside its events.
pub(super) struct Retold<'a> {
    reader: &'a Reader,
    /// The keys of the jobs, by their numbers.
    case_runs: Vec<i64>,
    samples: Peekable<std::vec::IntoIter<SampleRow>>,
    /// Attempts that have begun and not ended.
    running: BTreeMap<(JobId, u32), Moment>,
    last: Moment,
}

/// A moment by both clocks, and the number of the event that made it known.
#[derive(Clone, Copy, Default)]
struct Moment {
    at: Timestamp,
    elapsed_ms: u64,
    seq: u64,
}

impl Moment {
    fn of(event: &Stamped) -> Self {
        Self { at: event.at, elapsed_ms: event.elapsed_ms, seq: event.seq }
    }

    /// The batch's age at a time of the record, counted from this moment.
    fn age(self, at: Timestamp) -> u64 {
        let since = at.duration_since(self.at).as_millis();
        self.elapsed_ms + u64::try_from(since).unwrap_or_default()
    }

    /// An event at an age that is near this moment.
    fn stamp(self, elapsed_ms: u64, event: Event) -> Stamped {
        Stamped { seq: self.seq, at: self.at, elapsed_ms, event }
    }
}

/// A step whose end has not been told.
struct Open {
    job: JobId,
    attempt: u32,
    depth: u32,
    row: StepRow,
    began_ms: u64,
    ends_ms: u64,
}

impl<'a> Retold<'a> {
    pub(super) fn read(reader: &'a Reader, batch: &BatchId) -> Result<Self, QueryError> {
        let sql = "SELECT id FROM case_run WHERE batch_id = ?1 ORDER BY id";
        let case_runs = reader.rows(sql, [batch.as_str()], |row| row.get(0))?;
        let samples = reader.samples(batch)?.into_iter().peekable();
        Ok(Self { reader, case_runs, samples, running: BTreeMap::new(), last: Moment::default() })
    }

    /// What is to be told before this event of the batch, which must be told of all of them.
    pub(super) fn before(&mut self, event: &Stamped) -> Result<Vec<Stamped>, QueryError> {
        let mut told = Vec::new();
        while let Some(row) = self.samples.next_if(|row| time(&row.at).is_none_or(|at| at <= event.at)) {
            told.push(self.sample(&row));
        }
        match &event.event {
            Event::AttemptStarted(started) => {
                self.running.insert((started.job, started.attempt), Moment::of(event));
            }
            Event::AttemptFinished(ended) => {
                if let Some(began) = self.running.remove(&(ended.job, ended.attempt)) {
                    self.steps((ended.job, ended.attempt), began, event.elapsed_ms, &mut told)?;
                }
            }
            Event::BatchResumed(_) => self.left(&mut told)?,
            _ => {}
        }
        self.last = Moment::of(event);
        Ok(told)
    }

    /// What is to be told after the last event: of a batch that still runs, or whose runner was killed.
    pub(super) fn rest(mut self) -> Result<Vec<Stamped>, QueryError> {
        let mut told = Vec::new();
        while let Some(row) = self.samples.next() {
            told.push(self.sample(&row));
        }
        self.left(&mut told)?;
        Ok(told)
    }

    /// The steps of attempts that were never told to have ended.
    fn left(&mut self, told: &mut Vec<Stamped>) -> Result<(), QueryError> {
        for (attempt, began) in std::mem::take(&mut self.running) {
            self.steps(attempt, began, u64::MAX, told)?;
        }
        Ok(())
    }

    fn sample(&self, row: &SampleRow) -> Stamped {
        let age = time(&row.at).map_or(self.last.elapsed_ms, |at| self.last.age(at));
        self.last.stamp(age, Event::Sample(row.into()))
    }

    /// The steps of an attempt, each with its begin and its end, in the order in which these were.
    fn steps(
        &self,
        (job, attempt): (JobId, u32),
        began: Moment,
        until_ms: u64,
        told: &mut Vec<Stamped>,
    ) -> Result<(), QueryError> {
        let Some(case_run) = self.case_runs.get(job.0 as usize) else { return Ok(()) };
        let sql = "
            SELECT step.* FROM step JOIN attempt ON attempt.id = step.attempt_id
            WHERE attempt.case_run_id = ?1 AND attempt.number = ?2 ORDER BY step.position";
        let mut open: Vec<Open> = Vec::new();
        let mut earliest = began.elapsed_ms;
        for row in self.reader.rows(sql, params![case_run, attempt], StepRow::read)? {
            let began_ms = time(&row.started_at).map_or(earliest, |at| began.age(at));
            let began_ms = began_ms.clamp(earliest, until_ms.max(earliest));
            while let Some(before) = open.pop_if(|before| before.ends_ms <= began_ms) {
                told.extend(before.end(began));
            }
            let took = row.duration_ms.and_then(|ms| u64::try_from(ms).ok());
            let ends_ms = took.map_or(until_ms, |ms| began_ms.saturating_add(ms));
            let latest = open.last().map_or(until_ms, |around| around.ends_ms);
            let depth = u32::try_from(open.len()).unwrap_or(u32::MAX);
            let step = Open { job, attempt, depth, row, began_ms, ends_ms: ends_ms.min(latest) };
            told.push(step.begin(began));
            open.push(step);
            earliest = began_ms;
        }
        told.extend(open.into_iter().rev().filter_map(|step| step.end(began)));
        Ok(())
    }
}

impl Open {
    fn begin(&self, near: Moment) -> Stamped {
        let event = Event::StepStarted(StepStarted {
            job: self.job,
            attempt: self.attempt,
            position: self.row.position,
            depth: self.depth,
            title: self.row.title.clone(),
            location: Location { file: String::new(), line: self.row.line as usize, column: 1 },
        });
        near.stamp(self.began_ms, event)
    }

    /// Its end, if it had one.
    fn end(self, near: Moment) -> Option<Stamped> {
        let verdict = self.row.verdict.filter(|_| self.ends_ms < u64::MAX)?;
        let event = Event::StepFinished(StepFinished {
            job: self.job,
            attempt: self.attempt,
            position: self.row.position,
            depth: self.depth,
            title: self.row.title,
            line: self.row.line,
            verdict,
            started_ms: self.began_ms,
            duration_ms: self.ends_ms - self.began_ms,
            message: self.row.message,
        });
        Some(near.stamp(self.ends_ms, event))
    }
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

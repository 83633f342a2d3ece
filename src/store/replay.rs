//! The events of an old batch, told again: to new reporters, or to those of a run that resumes it.

use super::fan::Fan;
use super::query::{QueryError, Reader, Which};
use super::retold::Retold;
use crate::event::reporter::{Closing, Reporter};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::BatchId;
use rusqlite::Connection;

/// So many jobs may be missing among those that were planned; a number further on is no job's.
const GAP: usize = 1 << 20;

/// Hands over the events of a batch in order. They may come from elsewhere: readers keep jobs by their numbers, so one
/// that is far from the others is an error.
pub(super) fn events(
    connection: &Connection,
    batch: &BatchId,
    mut each: impl FnMut(Stamped),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT json FROM event WHERE batch_id = ?1 ORDER BY seq")?;
    let mut rows = statement.query([batch.as_str()])?;
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error)
    };
    let mut queued = 0;
    while let Some(row) = rows.next()? {
        let json = row.get_ref(0)?.as_str()?;
        let stamped: Stamped = serde_json::from_str(json).map_err(|error| broken(error.into()))?;
        if let Event::CaseQueued(case) = &stamped.event {
            queued += 1;
            if case.job.0 as usize > queued + GAP {
                return Err(broken(format!("there is no job {}", case.job.0).into()));
            }
        }
        each(stamped);
    }
    Ok(())
}

impl Reader {
    /// Tells the events of a batch to `reporters`, in order, and ends them. They are all but those of steps and samples,
    /// which those that want them get anew from their rows.
    pub fn replay(&self, batch: &BatchId, reporters: Vec<Box<dyn Reporter>>) -> Result<Closing, QueryError> {
        let mut closing = Closing {
            saved: true,
            status: Some(self.batch(&Which::Prefix(batch.to_string()))?.status),
            database: self.place().database().to_owned(),
            ..Closing::default()
        };
        let mut fan = Fan::new(reporters);
        let mut tally = Tally::default();
        let mut rows = if fan.wants_rows() { Some(Retold::read(self, batch)?) } else { None };
        let mut unread = None;
        self.events(batch, |event| {
            match rows.as_mut().map_or(Ok(Vec::new()), |rows| rows.before(&event)) {
                Ok(told) => closing.failures.extend(told.iter().flat_map(|it| fan.retell(it, &tally))),
                Err(error) => unread = Some(error),
            }
            tally.apply(&event);
            closing.failures.extend(fan.on(&event, &tally));
        })?;
        if let Some(error) = unread {
            return Err(error);
        }
        let rest = rows.map_or(Ok(Vec::new()), Retold::rest)?;
        closing.failures.extend(rest.iter().flat_map(|it| fan.retell(it, &tally)));
        fan.finish(&mut closing, &tally);
        Ok(closing)
    }
}

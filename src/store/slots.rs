//! How many slots a batch ran on, which need not be how many it started with.

use super::query::{QueryError, Reader};
use super::rows::BatchRow;
use crate::text::counted;
use rusqlite::params;
use serde::Serialize;
use std::fmt;

/// The fewest and the most slots that a batch had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slots {
    /// The fewest.
    pub least: u32,
    /// The most.
    pub most: u32,
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, most } = *self;
        if least < most {
            write!(f, "{least} to ")?;
        }
        f.write_str(&counted(most, "slot"))
    }
}

impl Reader {
    /// How many slots a batch ran on.
    pub fn slots(&self, batch: &BatchRow) -> Result<Slots, QueryError> {
        let limits = "
            SELECT min(value), max(value) FROM event,
                json_each(json_array(event.json ->> '$.concurrency', event.json ->> '$.from', event.json ->> '$.to'))
            WHERE batch_id = ?1 AND kind IN ('batch_started', 'batch_resumed', 'concurrency_changed')";
        let told = self.rows(limits, params![batch.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (least, most): (Option<u32>, Option<u32>) = told.first().copied().unwrap_or_default();
        Ok(Slots { least: least.unwrap_or(batch.concurrency), most: most.unwrap_or(batch.concurrency) })
    }
}

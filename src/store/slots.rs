//! How many slots a batch ran on, which need not be how many it started with.

use super::query::{QueryError, Reader};
use super::rows::BatchRow;
use crate::text::counted;
use rusqlite::params;
use serde::Serialize;
use std::fmt;

/// The limits that a batch had, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slots {
    /// The least of them.
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
        let changes = "
            SELECT json ->> '$.from', json ->> '$.to' FROM event
            WHERE batch_id = ?1 AND kind = 'concurrency_changed'";
        let changes: Vec<[u32; 2]> =
            self.rows(changes, params![batch.id.as_str()], |row| Ok([row.get(0)?, row.get(1)?]))?;
        let started = batch.concurrency;
        Ok(changes.iter().flatten().fold(Slots { least: started, most: started }, |slots, limit| Slots {
            least: slots.least.min(*limit),
            most: slots.most.max(*limit),
        }))
    }
}

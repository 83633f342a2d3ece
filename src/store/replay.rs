//! Reports of an old batch: its events, told again to new reporters.

use super::fan::Fan;
use super::query::{QueryError, Reader};
use crate::event::reporter::{Closing, Reporter};
use crate::event::tally::Tally;
use crate::id::BatchId;

impl Reader {
    /// Tells the events of a batch to `reporters`, in order, and ends them. They are all but those of steps and samples.
    pub fn replay(&self, batch: &BatchId, reporters: Vec<Box<dyn Reporter>>) -> Result<Closing, QueryError> {
        let mut closing =
            Closing { saved: true, database: self.place().database().to_owned(), ..Closing::default() };
        let mut fan = Fan::new(reporters);
        let mut tally = Tally::default();
        self.events(batch, |event| {
            tally.apply(&event);
            closing.failures.extend(fan.on(&event, &tally));
        })?;
        fan.finish(&mut closing, &tally);
        Ok(closing)
    }
}

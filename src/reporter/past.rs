//! A batch of the record as the pages show it: the picture that its events amount to, with the samples that lie between
//! them.

use super::picture::{Picture, SAMPLES};
use crate::event::{Event, Failure, Stamped};
use crate::id::JobId;
use crate::store::{BatchRow, QueryError, Reader, SampleRow};
use jiff::Timestamp;
use std::collections::HashMap;

/// What the events of a batch say of it.
#[derive(Debug, Default)]
pub struct Past {
    picture: Picture,
    last: Moment,
    /// Why attempts did not pass: only events hold that in full.
    pub failures: HashMap<(JobId, u32), Failure>,
}

/// The last event that was told.
#[derive(Clone, Copy, Debug, Default)]
struct Moment {
    seq: u64,
    at: Timestamp,
    elapsed_ms: u64,
}

impl Past {
    /// Reads them, in one walk.
    pub fn read(reader: &Reader, batch: &BatchRow) -> Result<Self, QueryError> {
        let samples = reader.samples(&batch.id)?;
        // A live view shows the last half hour; one who looks back wants the whole, if coarser.
        let nth = samples.len().div_ceil(SAMPLES).max(1);
        let mut samples = samples.into_iter().step_by(nth).peekable();
        let mut past = Self::default();
        reader.events(&batch.id, |event| {
            // Without an event there is nothing that tells the age of a sample.
            while past.last.seq > 0
                && let Some(row) = samples.next_if(|row| moment(row).is_some_and(|at| at <= event.at))
            {
                past.sample(&row);
            }
            past.last = Moment { seq: event.seq, at: event.at, elapsed_ms: event.elapsed_ms };
            if let Event::AttemptFinished(it) = &event.event
                && let Some(failure) = &it.failure
            {
                past.failures.insert((it.job, it.attempt), failure.clone());
            }
            past.picture.apply(&event);
        })?;
        for row in samples {
            past.sample(&row);
        }
        past.picture.ends_as(batch.status);
        Ok(past)
    }

    /// The snapshot, as the live view sends it first.
    pub fn json(&self) -> String {
        self.picture.json(self.last.seq)
    }

    /// Its age is counted from the event before it: between the runs of a batch that was resumed no time has passed for it.
    fn sample(&mut self, row: &SampleRow) {
        let Some(at) = moment(row) else { return };
        let since = at.duration_since(self.last.at).as_millis();
        let elapsed_ms = self.last.elapsed_ms + u64::try_from(since).unwrap_or_default();
        self.picture.apply(&Stamped { seq: self.last.seq, at, elapsed_ms, event: Event::Sample(row.into()) });
    }
}

fn moment(row: &SampleRow) -> Option<Timestamp> {
    row.at.parse().ok()
}

//! A batch of the record as the pages show it: the picture that its events amount to, with the samples that lie between
//! them, and who held which slot when.

use super::picture::Picture;
use crate::event::{Event, Failure, Sample, Stamped};
use crate::id::JobId;
use crate::store::{BatchRow, QueryError, Reader, SampleRow};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What the events of a batch say of it.
#[derive(Debug, Default)]
pub struct Past {
    picture: Picture,
    last: u64,
    /// Attempts as bars: slot, beginning and length in milliseconds, job, attempt, verdict.
    bars: Vec<Value>,
    /// Why attempts did not pass: only events hold that in full.
    pub failures: HashMap<(JobId, u32), Failure>,
}

impl Past {
    /// Reads them, in one walk.
    pub fn read(reader: &Reader, batch: &BatchRow) -> Result<Self, QueryError> {
        let mut samples = reader.samples(&batch.id)?.into_iter().peekable();
        let mut past = Self::default();
        let mut began = None;
        let mut running: HashMap<(JobId, u32), u64> = HashMap::new();
        reader.events(&batch.id, |event| {
            let began = *began.get_or_insert(event.at);
            while let Some(row) = samples.next_if(|row| moment(row).is_some_and(|at| at <= event.at)) {
                past.sample(&row, began);
            }
            past.last = event.seq;
            match &event.event {
                Event::AttemptStarted(it) => {
                    running.insert((it.job, it.attempt), event.elapsed_ms);
                }
                Event::AttemptFinished(it) => {
                    if let Some(from) = running.remove(&(it.job, it.attempt)) {
                        let took = event.elapsed_ms.saturating_sub(from);
                        past.bars.push(json!([it.slot, from, took, it.job, it.attempt, it.verdict]));
                    }
                    if let Some(failure) = &it.failure {
                        past.failures.insert((it.job, it.attempt), failure.clone());
                    }
                }
                _ => {}
            }
            past.picture.apply(&event);
        })?;
        Ok(past)
    }

    /// The snapshot, as the live view sends it first, with the bars under `timeline`.
    pub fn json(&self) -> String {
        let mut text = self.picture.json(self.last);
        // An object that has members: one more goes before its end.
        text.truncate(text.trim_end_matches('}').len());
        text.push_str(",\"timeline\":");
        text.push_str(&Value::from(self.bars.clone()).to_string());
        text.push('}');
        text
    }

    fn sample(&mut self, row: &SampleRow, began: Timestamp) {
        let at = moment(row).unwrap_or(began);
        let elapsed_ms = u64::try_from(at.duration_since(began).as_millis()).unwrap_or(0);
        let whole = |number: Option<i64>| number.and_then(|it| u64::try_from(it).ok());
        let sample = Sample {
            cpu: row.cpu,
            memory_mb: whole(row.memory_mb),
            net_rx: whole(row.net_rx),
            net_tx: whole(row.net_tx),
            running: row.running,
            queued: row.queued,
            limit: row.slot_limit,
            ..Sample::default()
        };
        self.picture.apply(&Stamped { seq: self.last, at, elapsed_ms, event: Event::Sample(sample) });
    }
}

fn moment(row: &SampleRow) -> Option<Timestamp> {
    row.at.parse().ok()
}

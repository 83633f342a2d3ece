//! The one event enum: what happened in a batch, as facts, for the record, the reporters and the live socket.
//!
//! Events hold no policy and no borrowed data. Texts in them are already masked; the untrusted ones say so by type.
//! Beside them: [`facts`], what each one states; [`tally`] and [`verdicts`], the folds over
//! them; [`reporter`], who is told of them.

pub mod facts;
pub mod reporter;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
pub(crate) mod story;
pub mod tally;
pub mod verdicts;

pub use facts::{
    AttemptFinished, AttemptStarted, BatchFinished, BatchResumed, BatchStarted, CaseFinished, CaseQueued,
    Eta, Evidence, Failure, Load, Sample, StepFinished, StepStarted,
};

use crate::text::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An event with its place in the batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stamped {
    /// From 1, without gaps.
    pub seq: u64,
    /// Wall time, RFC 3339 UTC with milliseconds: for people.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// Monotonic milliseconds since the batch started: for arithmetic. Where it is resumed they count on from the last
    /// event, so that the time between two runs is none of the batch.
    pub elapsed_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// RFC 3339 with exactly three digits of milliseconds.
pub mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// The text form.
    pub fn text(at: Timestamp) -> String {
        at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first event of a batch; its record exists before any browser starts.
    BatchStarted(Box<BatchStarted>),
    /// A batch that was interrupted, or whose runner died, goes on: its jobs that are interrupted, errored, not run or
    /// have no verdict are open again, and nothing runs.
    BatchResumed(Box<BatchResumed>),
    /// A job of the plan; all come before the first attempt.
    CaseQueued(Box<CaseQueued>),
    /// A job got a slot and a page is being leased.
    AttemptStarted(AttemptStarted),
    /// A step began.
    StepStarted(StepStarted),
    /// A step ended.
    StepFinished(StepFinished),
    /// An attempt ended; the job may be tried again.
    AttemptFinished(Box<AttemptFinished>),
    /// A job has its verdict.
    CaseFinished(CaseFinished),
    /// The limit changed.
    ConcurrencyChanged {
        /// Slots before.
        from: u32,
        /// Slots now.
        to: u32,
        /// The reason, for people.
        why: String,
    },
    /// Nothing more is started until `resumed`.
    Paused {
        /// The reason, for people.
        why: String,
    },
    /// Jobs are started again.
    Resumed,
    /// Nothing more is started, for good: what runs ends, or is interrupted.
    Stopping {
        /// The reason, for people.
        why: String,
    },
    /// What the machine and the batch were doing, once a second.
    Sample(Sample),
    /// Something a person should know, once.
    Message {
        /// How serious.
        level: Level,
        /// One or more lines.
        text: Untrusted,
    },
    /// The last event, unless the batch is resumed.
    BatchFinished(BatchFinished),
}

impl Event {
    /// Whether it tells of a part: of a step, or a moment. The record has rows of these, but not the events themselves.
    pub fn is_detail(&self) -> bool {
        matches!(self, Self::StepStarted(_) | Self::StepFinished(_) | Self::Sample(_))
    }

    /// The word that stands under `event` in its JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BatchStarted(_) => "batch_started",
            Self::BatchResumed(_) => "batch_resumed",
            Self::CaseQueued(_) => "case_queued",
            Self::AttemptStarted(_) => "attempt_started",
            Self::StepStarted(_) => "step_started",
            Self::StepFinished(_) => "step_finished",
            Self::AttemptFinished(_) => "attempt_finished",
            Self::CaseFinished(_) => "case_finished",
            Self::ConcurrencyChanged { .. } => "concurrency_changed",
            Self::Paused { .. } => "paused",
            Self::Resumed => "resumed",
            Self::Stopping { .. } => "stopping",
            Self::Sample(_) => "sample",
            Self::Message { .. } => "message",
            Self::BatchFinished(_) => "batch_finished",
        }
    }
}

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// May explain trouble.
    Warning,
    /// Is trouble.
    Error,
}

impl Level {
    /// The word in logs and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::story::Story;
    use super::*;

    #[test]
    fn the_readme_names_every_key_of_every_event() {
        let mut story = Story::mixed();
        let Event::BatchStarted(started) = story.events()[0].event.clone() else { panic!("it begins") };
        let why = "batchrun ctl".to_owned();
        for event in [
            Event::BatchResumed(Box::new(BatchResumed { left: 1, started: *started })),
            Event::ConcurrencyChanged { from: 3, to: 5, why: why.clone() },
            Event::Paused { why: why.clone() },
            Event::Resumed,
            Event::Stopping { why },
            Event::Sample(Sample { eta: Some(Eta { least_ms: 1, most_ms: 2 }), ..Sample::default() }),
        ] {
            story.push(event);
        }
        let readme = include_str!("../../README.md");
        let row_of = |kind: &str| {
            let kind = format!("`{kind}`");
            let rows = readme.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
            let mut own = rows.filter(|(kinds, _)| kinds.split(' ').any(|it| it == kind));
            own.next().map_or_else(|| panic!("{kind}"), |(_, row)| row)
        };
        let known = story.queue_with("testcases/known", |case| case.quarantine = Some("BUG-1".into()));
        story.push(Event::CaseFinished(CaseFinished {
            slow_after_ms: Some(1),
            ..CaseFinished::without_attempt(known, crate::outcome::Verdict::Passed, 1, None)
        }));
        let kinds: std::collections::HashSet<_> = story.events().iter().map(|it| it.event.kind()).collect();
        assert_eq!(kinds.len(), 15, "every kind: {kinds:?}");
        for stamped in story.events() {
            let kind = stamped.event.kind();
            let mut row = row_of(kind).to_owned();
            if kind == "batch_resumed" {
                row += row_of("batch_started");
            }
            let json = serde_json::to_value(&stamped).unwrap();
            for key in json.as_object().unwrap().keys() {
                let is_common = ["seq", "at", "elapsed_ms", "event"].contains(&key.as_str());
                assert!(is_common || row.contains(&format!("`{key}`")), "{kind}: {key}");
            }
        }
    }

    #[test]
    fn an_event_is_one_flat_json_object_and_comes_back_whole() {
        let events = Story::mixed().events();
        for stamped in &events {
            let json = serde_json::to_string(stamped).unwrap();
            assert!(!json.contains('\n'));
            let back: Stamped = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&back).unwrap(), json);
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&json).unwrap()["event"],
                stamped.event.kind()
            );
        }
        insta::assert_snapshot!(serde_json::to_string(events.last().unwrap()).unwrap(), @r###"{"seq":43,"at":"2027-01-02T03:04:13.148Z","elapsed_ms":7470,"event":"batch_finished","status":"interrupted","exit_code":1,"duration_ms":7470,"peak_memory_bytes":327155712,"mean_cpu_percent":140.4,"leftovers":0}"###);
    }
}

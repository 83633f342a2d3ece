//! What ran when, in the JSON Object Format of Chrome's Trace Event Format, which Perfetto reads, too: a thread a slot,
//! on it the attempts and in them their steps, and beside them what the machine was doing. It is written as it comes:
//! there may be ten thousand cases, and only what runs is kept in memory.

use super::draft::Draft;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{
    AttemptFinished, AttemptStarted, BatchStarted, Event, Sample, Stamped, StepFinished, millis,
};
use crate::id::JobId;
use crate::outcome::AttemptVerdict;
use crate::text::Untrusted;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// There is one process in it: the batch.
const PROCESS: u32 = 1;

/// Writes what ends when it ends, and the rest of the document when the batch does.
pub(super) struct Trace {
    name: String,
    draft: Draft,
    /// What stands beside the events.
    about: Map<String, Value>,
    /// Of each slot that was used the last moment at which something happened there, in microseconds.
    slots: BTreeMap<u32, u64>,
    running: HashMap<JobId, Running>,
    /// The time of the event that is told.
    elapsed_ms: u64,
    /// The latest there was, for what never ended.
    latest_ms: u64,
    /// What stands before the next event.
    separator: &'static str,
}

/// An attempt that runs.
struct Running {
    number: u32,
    slot: u32,
    began: u64,
    /// Steps that run, the innermost last.
    steps: Vec<RunningStep>,
}

struct RunningStep {
    position: u32,
    title: Untrusted,
    began: u64,
}

impl Trace {
    pub(super) fn new(name: String, draft: Draft) -> Self {
        Self {
            name,
            draft,
            about: Map::new(),
            slots: BTreeMap::new(),
            running: HashMap::new(),
            elapsed_ms: 0,
            latest_ms: 0,
            separator: "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n",
        }
    }
}

impl Reporter for Trace {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn wants_rows(&self) -> bool {
        true
    }

    fn on(&mut self, event: &Stamped, tally: &Tally) -> Result<(), ReportError> {
        self.elapsed_ms = event.elapsed_ms;
        self.latest_ms = self.latest_ms.max(event.elapsed_ms);
        match &event.event {
            Event::BatchStarted(batch) => self.begin(batch, event),
            Event::BatchResumed(batch) => {
                self.give_up(tally)?;
                self.moment("resumed", &json!({ "left": batch.left }))
            }
            Event::AttemptStarted(started) => self.start(started),
            Event::StepStarted(step) => {
                let Some(running) = self.running.get_mut(&step.job) else { return Ok(()) };
                let began = tick(&mut self.slots, running.slot, self.elapsed_ms);
                running.steps.push(RunningStep { position: step.position, title: step.title.clone(), began });
                Ok(())
            }
            Event::StepFinished(step) => self.leave(step),
            Event::AttemptFinished(finished) => self.end(finished, tally),
            Event::ConcurrencyChanged { from, to, why } => {
                self.moment(&format!("limit {from} to {to}"), &json!({ "why": line(why) }))
            }
            Event::Paused { why } => self.moment("paused", &json!({ "why": line(why) })),
            Event::Stopping { why } => self.moment("stopping", &json!({ "why": line(why) })),
            Event::Resumed => self.moment("goes on", &json!({})),
            Event::Sample(sample) => self.sample(sample),
            Event::Message { level, text } => {
                self.moment(level.as_str(), &json!({ "text": line(text.raw()) }))
            }
            Event::BatchFinished(finished) => {
                self.about.insert("status".to_owned(), json!(finished.status));
                Ok(())
            }
            Event::CaseQueued(_) | Event::CaseFinished(_) => Ok(()),
        }
    }

    fn finish(&mut self, closing: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        self.give_up(tally)?;
        if let Some(finished) = &tally.finished {
            self.about.insert("exit_code".to_owned(), json!(closing.exit_code(finished.exit).code()));
        }
        let before = if self.separator.starts_with('{') { self.separator } else { "" };
        let about = Value::from(std::mem::take(&mut self.about));
        self.draft.write(format!("{before}\n],\"otherData\":{about}}}\n").as_bytes())?;
        Ok(self.draft.publish()?.map(|path| Artifact { kind: "trace", path }))
    }
}

impl Trace {
    fn begin(&mut self, batch: &BatchStarted, event: &Stamped) -> Result<(), ReportError> {
        let about = [
            ("batch", json!(batch.batch)),
            ("started_at", json!(millis::text(event.at))),
            ("host", json!(batch.host)),
            ("version", json!(batch.version)),
            ("git_commit", json!(batch.git_commit)),
        ];
        self.about.extend(about.map(|(key, value)| (key.to_owned(), value)));
        let name = format!("batchrun {}", batch.batch);
        self.put(&json!({"ph": "M", "pid": PROCESS, "name": "process_name", "args": {"name": name}}))
    }

    fn start(&mut self, started: &AttemptStarted) -> Result<(), ReportError> {
        let slot = started.slot;
        if !self.slots.contains_key(&slot) {
            for (name, args) in [
                ("thread_name", json!({ "name": format!("slot {slot}") })),
                ("thread_sort_index", json!({ "sort_index": slot })),
            ] {
                self.put(&json!({"ph": "M", "pid": PROCESS, "tid": slot, "name": name, "args": args}))?;
            }
        }
        let began = tick(&mut self.slots, slot, self.elapsed_ms);
        let running = Running { number: started.attempt, slot, began, steps: Vec::new() };
        self.running.insert(started.job, running);
        Ok(())
    }

    fn leave(&mut self, step: &StepFinished) -> Result<(), ReportError> {
        let Some(running) = self.running.get_mut(&step.job) else { return Ok(()) };
        let slot = running.slot;
        let known = running.steps.iter().rposition(|it| it.position == step.position);
        // What is within it and has not been told to have ended, ends with it.
        let mut ended = known.map(|place| running.steps.split_off(place)).unwrap_or_default().into_iter();
        let began = match ended.next() {
            Some(outer) => outer.began,
            // It ended without having begun: its condition was not met.
            None => tick(&mut self.slots, slot, self.elapsed_ms),
        };
        for inner in ended.rev() {
            self.complete_step(slot, &inner)?;
        }
        let args = json!({
            "verdict": step.verdict,
            "line": step.line,
            "message": step.message.as_ref().map(|it| line(it.raw())),
        });
        self.complete("step", &step.title.line(), (slot, began), &args)
    }

    fn complete_step(&mut self, slot: u32, step: &RunningStep) -> Result<(), ReportError> {
        let args = json!({ "verdict": AttemptVerdict::Interrupted });
        self.complete("step", &step.title.line(), (slot, step.began), &args)
    }

    fn end(&mut self, finished: &AttemptFinished, tally: &Tally) -> Result<(), ReportError> {
        let failure = finished.failure.as_ref();
        let args = json!({
            "verdict": finished.verdict,
            "attempt": finished.attempt,
            "failure": failure.map(|it| it.kind),
            "message": failure.map(|it| line(it.message.raw())),
        });
        self.complete_attempt(finished.job, &args, tally)?;
        if !finished.will_retry {
            return Ok(());
        }
        let title = tally.title(finished.job).line();
        self.moment(&format!("retry {title}"), &json!({ "after": finished.verdict }))
    }

    /// What runs and will not be told to have ended: its runner was killed.
    fn give_up(&mut self, tally: &Tally) -> Result<(), ReportError> {
        self.elapsed_ms = self.latest_ms;
        let mut left: Vec<_> = self.running.iter().map(|(job, it)| (it.slot, *job, it.number)).collect();
        left.sort_unstable_by_key(|(slot, ..)| *slot);
        for (_, job, number) in left {
            let args = json!({ "verdict": AttemptVerdict::Interrupted, "attempt": number });
            self.complete_attempt(job, &args, tally)?;
        }
        Ok(())
    }

    fn complete_attempt(&mut self, job: JobId, args: &Value, tally: &Tally) -> Result<(), ReportError> {
        let Some(running) = self.running.remove(&job) else { return Ok(()) };
        for step in running.steps.iter().rev() {
            self.complete_step(running.slot, step)?;
        }
        self.complete("attempt", &tally.title(job).line(), (running.slot, running.began), args)
    }

    /// Something that ends now on a slot.
    fn complete(
        &mut self,
        category: &str,
        name: &str,
        (slot, began): (u32, u64),
        args: &Value,
    ) -> Result<(), ReportError> {
        let ended = tick(&mut self.slots, slot, self.elapsed_ms);
        self.put(&json!({
            "ph": "X", "pid": PROCESS, "tid": slot, "ts": began, "dur": ended - began,
            "cat": category, "name": name, "args": args,
        }))
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), ReportError> {
        let counters = [
            ("attempts", Some(json!({ "running": sample.running, "limit": sample.limit }))),
            ("processors, %", sample.cpu.map(|it| json!({ "used": it }))),
            ("memory, MiB", sample.memory_mb.map(|it| json!({ "used": it }))),
        ];
        for (name, args) in counters {
            if let Some(args) = args {
                let at = micros(self.elapsed_ms);
                self.put(&json!({"ph": "C", "pid": PROCESS, "ts": at, "name": name, "args": args}))?;
            }
        }
        Ok(())
    }

    /// Something that happens now to the batch as a whole.
    fn moment(&mut self, name: &str, args: &Value) -> Result<(), ReportError> {
        let at = micros(self.elapsed_ms);
        self.put(&json!({
            "ph": "i", "s": "p", "pid": PROCESS, "tid": 0, "ts": at, "cat": "batch", "name": name, "args": args,
        }))
    }

    fn put(&mut self, event: &Value) -> Result<(), ReportError> {
        let before = std::mem::replace(&mut self.separator, ",\n");
        self.draft.write(format!("{before}{event}").as_bytes())
    }
}

/// The next moment of a slot, in microseconds. No two are the same: viewers take what lies within something for a part of
/// it, and cannot tell which is within which of two that begin or end together.
fn tick(slots: &mut BTreeMap<u32, u64>, slot: u32, elapsed_ms: u64) -> u64 {
    let last = slots.get(&slot).copied();
    let now = last.map_or(0, |last| last + 1).max(micros(elapsed_ms));
    slots.insert(slot, now);
    now
}

fn micros(ms: u64) -> u64 {
    ms.saturating_mul(1000)
}

/// The first line of a text, without what could change how it is shown.
fn line(text: &str) -> String {
    Untrusted::from(text.lines().next().unwrap_or_default()).line()
}

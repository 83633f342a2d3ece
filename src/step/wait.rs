//! Asking the engine with the time that is left: through frames, and again when a document goes away under it.
//!
//! The engine waits inside the page; nothing here polls. The wire gets [`WIRE`] more than the engine, so that the
//! engine's answer, which says why, comes before the wire gives up.

use super::Interpreter;
use super::limit;
use super::problem::{Obstacle, Outcome, Problem};
use crate::browser::engine::{Call, Element, Envelope, Query, Seen, Then};
use crate::browser::page::Frame;
use crate::case::locator::Filled;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use crate::text::duration;
use std::time::Duration;
use tokio::time::Instant;

/// How much longer the wire waits than the engine.
pub(super) const WIRE: Duration = Duration::from_secs(1);

/// How long one question may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    /// Until when the engine waits for what is asked.
    pub(super) until: Deadline,
    /// Until when the engine must have answered.
    pub(super) answer_by: Deadline,
}

impl Wait {
    /// Until a deadline.
    pub(super) fn to(deadline: Deadline) -> Self {
        Self { until: deadline, answer_by: deadline }
    }

    /// Looks once; the page must answer by the deadline.
    pub(super) fn look(deadline: Deadline) -> Self {
        Self::patient(Duration::ZERO, deadline)
    }

    /// Waits for `patience`, but not beyond the deadline by which the page must answer.
    pub(super) fn patient(patience: Duration, deadline: Deadline) -> Self {
        Self { until: limit::patience(patience).or_earlier(deadline), answer_by: deadline }
    }

    /// When the wire gives up.
    pub(super) fn wire(&self) -> Deadline {
        self.answer_by.plus(WIRE)
    }

    /// What is left for the engine, in milliseconds.
    pub(super) fn ms(&self) -> u64 {
        u64::try_from(self.until.left().as_millis()).unwrap_or(u64::MAX)
    }
}

/// What the engine answered in the end.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The document that answered.
    pub(super) frame: Frame,
    pub(super) envelope: Envelope,
    /// What stood in the way, over all documents that were asked.
    pub(super) seen: Vec<String>,
    /// The frame (from 1) that could not be entered; `envelope` says why.
    pub(super) stopped_at_frame: Option<usize>,
}

impl Answer {
    /// The element; an answer that is `ok` and lacks one breaks the contract.
    pub(super) fn element(&self) -> Outcome<&Element> {
        self.envelope.element.as_ref().ok_or_else(|| {
            Box::new(Problem::new(FailureKind::Protocol, "the page's answer names no element"))
        })
    }
}

/// What was seen while waiting, each distinct thing once.
#[derive(Debug)]
pub(super) struct Log {
    began: Instant,
    asked: Instant,
    entries: Vec<(Duration, String)>,
}

impl Log {
    pub(super) fn begin() -> Self {
        let now = Instant::now();
        Self { began: now, asked: now, entries: Vec::new() }
    }

    fn asking(&mut self) {
        self.asked = Instant::now();
    }

    fn take(&mut self, seen: &[Seen]) {
        let offset = self.asked - self.began;
        for entry in seen {
            self.note_at(offset + Duration::from_millis(entry.at_ms), entry.what.clone());
        }
    }

    /// Notes something that was not seen by the engine.
    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.note_at(self.began.elapsed(), what.into());
    }

    fn note_at(&mut self, at: Duration, what: String) {
        if self.entries.iter().all(|(_, known)| *known != what) {
            self.entries.push((at, what));
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.entries.iter().map(|(at, what)| format!("after {}: {what}", duration(*at))).collect()
    }
}

/// Makes the question for what is left of the time.
pub(super) type Question<'q> = &'q (dyn Fn(Query, u64) -> Call + Send + Sync);

impl Interpreter<'_> {
    /// Asks about a target until the engine has answered. An answer that is not `ok` is an answer.
    pub(super) async fn ask(
        &mut self,
        target: &Filled,
        wait: Wait,
        question: Question<'_>,
    ) -> Outcome<Answer> {
        self.ask_noting(target, wait, question, &mut Log::begin()).await
    }

    /// The same, with a log that goes on from question to question.
    pub(super) async fn ask_noting(
        &mut self,
        target: &Filled,
        wait: Wait,
        question: Question<'_>,
        log: &mut Log,
    ) -> Outcome<Answer> {
        let mut again = Again::new(wait);
        loop {
            match self.ask_once(target, wait, question, log).await {
                Ok(mut answer) => {
                    answer.seen = log.lines();
                    return Ok(answer);
                }
                Err(obstacle) => again.or_give_up(obstacle, &looking_for(target), log).await?,
            }
        }
    }

    /// Asks the top document about itself.
    pub(super) async fn ask_document(
        &mut self,
        wait: Wait,
        question: &(dyn Fn(u64) -> Call + Send + Sync),
    ) -> Outcome<Answer> {
        self.ask(&Filled::default(), wait, &|_, left| question(left)).await
    }

    async fn ask_once(
        &mut self,
        target: &Filled,
        wait: Wait,
        question: Question<'_>,
        log: &mut Log,
    ) -> Result<Answer, Obstacle> {
        let frame = match self.enter_frames(&target.frames, wait, log).await? {
            Ok(frame) => frame,
            Err(stopped) => return Ok(*stopped),
        };
        log.asking();
        let call = question(target.query.clone(), wait.ms());
        let envelope = self.ask_timed(&frame, &call, wait).await?;
        log.take(&envelope.seen);
        Ok(Answer { frame, envelope, seen: Vec::new(), stopped_at_frame: None })
    }

    /// Asks, and counts what the answer took to the step that wanted it.
    async fn ask_timed(&mut self, frame: &Frame, call: &Call, wait: Wait) -> Result<Envelope, Obstacle> {
        let envelope = self.hand.ask(frame, call, wait.wire()).await?;
        let took = milliseconds(envelope.took_ms);
        let finding = match envelope.found_ms {
            Some(found) => milliseconds(found).min(took),
            // What is asked of the document itself has nothing to find.
            None if matches!(call, Call::Document { .. }) => Duration::ZERO,
            None => took,
        };
        self.trail.spend(finding, took.saturating_sub(finding));
        Ok(envelope)
    }

    /// Enters frame after frame; the inner error is the engine's answer where one was not to be had.
    async fn enter_frames(
        &mut self,
        hops: &[Query],
        wait: Wait,
        log: &mut Log,
    ) -> Result<Result<Frame, Box<Answer>>, Obstacle> {
        let mut frame = Frame::Top;
        for (at, hop) in hops.iter().enumerate() {
            log.asking();
            let call = Call::Act {
                query: hop.clone(),
                needs: Vec::new(),
                at: None,
                then: Then::Keep,
                wait_ms: wait.ms(),
            };
            let envelope = self.ask_timed(&frame, &call, wait).await?;
            log.take(&envelope.seen);
            let Some(element) = envelope.element.as_ref().filter(|_| envelope.ok) else {
                let stopped_at_frame = Some(at + 1);
                return Ok(Err(Box::new(Answer { frame, envelope, seen: Vec::new(), stopped_at_frame })));
            };
            if !element.frame {
                let what = format!("{} is not a frame: `frame=` needs an `<iframe>`", element.description);
                return Err(Problem::step(what).into());
            }
            frame = self.hand.enter(&frame, element, wait.wire()).await?;
        }
        Ok(Ok(frame))
    }

    /// The frame that scripts and keys go to: where a `within` put them, else the top document.
    pub(super) async fn frame_here(&mut self, wait: Wait) -> Outcome<Frame> {
        let Some(place) = self.place.clone() else { return Ok(Frame::Top) };
        let mut log = Log::begin();
        let mut again = Again::new(wait);
        loop {
            match self.enter_frames(&place.frames, wait, &mut log).await {
                Ok(Ok(frame)) => return Ok(frame),
                Ok(Err(mut stopped)) => {
                    stopped.seen = log.lines();
                    return Err(self.not_ready(&place.text, &stopped, wait).await.into());
                }
                Err(obstacle) => again.or_give_up(obstacle, &looking_for(&place), &mut log).await?,
            }
        }
    }
}

/// A time that a page tells, which may be anything.
fn milliseconds(time: f64) -> Duration {
    Duration::try_from_secs_f64(time / 1000.0).unwrap_or_default()
}

/// What a question about a target is called in messages.
pub(super) fn looking_for(target: &Filled) -> String {
    if target.text.is_empty() {
        "looking at the page".to_owned()
    } else {
        format!("looking for `{}`", target.text)
    }
}

/// Decides whether to ask again after an obstacle.
pub(super) struct Again {
    wait: Wait,
    gone: u32,
}

impl Again {
    pub(super) fn new(wait: Wait) -> Self {
        Self { wait, gone: 0 }
    }

    /// Returns when asking again makes sense: the document went away and there is time.
    pub(super) async fn or_give_up(&mut self, obstacle: Obstacle, doing: &str, log: &mut Log) -> Outcome {
        if !obstacle.is_gone() {
            return Err(add_seen(obstacle.explain(doing), log).into());
        }
        log.note("the page went to another document");
        self.gone += 1;
        if self.wait.wire().is_missed() {
            let times = self.gone;
            let what = format!("the page kept going to other documents while {doing}, {times} times");
            let problem = Problem::missed(self.wait.answer_by.missed(), &what)
                .hint("is it a redirect that goes in a circle, or a page that reloads itself?");
            return Err(add_seen(problem, log).into());
        }
        // The first time the next document is there by now; a page that is gone again and again gets a breath, lest
        // this spins while the browser tears it down.
        let breath =
            Duration::from_millis(10 * u64::from(self.gone.saturating_sub(1))).min(Duration::from_millis(50));
        if !breath.is_zero() {
            tokio::time::sleep(breath).await;
        }
        Ok(())
    }
}

fn add_seen(mut problem: Problem, log: &Log) -> Problem {
    let mut seen = log.lines();
    seen.append(&mut problem.seen);
    problem.seen = seen;
    problem
}

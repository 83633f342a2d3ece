//! The loop of a batch: `select!` only names what happened, the [`Core`] decides, and this performs what it says.
//!
//! The semaphore has exactly as many permits as attempts may run. It makes running more impossible whatever the core
//! says: a permit is taken without waiting, and a refusal is a bug. An attempt holds its permits until its context is
//! disposed of. A higher limit adds permits at once; a lower one takes away those that are free, and the others as
//! attempts give them back.

mod ended;
#[cfg(test)]
mod tests;
mod wishes;

use super::core::{Change, Closed, Core, Effects, Entry, Input, Range, Rules, Start};
use super::estimate::Estimate;
use super::stop::{StopSignal, StopSource};
use super::surroundings::Sampler;
use super::witness::milliseconds;
use crate::browser::lease::Supply;
use crate::control::{Command, Stop};
use crate::event::{CaseFinished, Event, Evidence, Failure, Level, Sample};
use crate::id::JobId;
use crate::load::Sight;
use crate::outcome::{AttemptVerdict, BatchStatus, Verdict};
use crate::text::Untrusted;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

/// What an attempt is: leasing a page, running the case on it, keeping evidence. Tests put something simpler here.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    /// Why a job is skipped without an attempt.
    fn skip_reason(&self, job: JobId) -> Option<Untrusted>;

    /// Why a job is expected to fail.
    fn failure_reason(&self, job: JobId) -> Option<Untrusted> {
        let _ = job;
        None
    }

    /// As many attempts may run at once from now on.
    fn resize(&self, limit: u32) {
        let _ = limit;
    }

    /// How pages come.
    fn supply(&self) -> Supply {
        Supply::default()
    }

    /// Why no attempt can be of any use any more, once that is known.
    fn lost(&self) -> Option<String> {
        None
    }

    /// Runs one attempt to its end. Cleans up after itself, also when it is told to stop.
    async fn attempt(&self, start: Start, stop: StopSignal) -> Attempted;
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The verdict.
    pub verdict: AttemptVerdict,
    /// Why it did not pass.
    pub failure: Option<Failure>,
    /// Why the case was skipped, when it asked for that.
    pub skipped: Option<Untrusted>,
    /// What was kept.
    pub evidence: Vec<Evidence>,
    /// From the page's lease to the end of the last step.
    pub duration: Duration,
    /// The step at which the page crashed.
    pub crashed_at: Option<u32>,
    /// Mean use of the processors meanwhile, in percent.
    pub cpu_mean: Option<f64>,
}

/// Where events go. Never blocks.
pub trait Sink: Send + Sync {
    /// Takes one event.
    fn send(&self, event: Event);
}

/// What a batch is run with.
pub struct Orders {
    /// The rules for the core.
    pub rules: Rules,
    /// As many permits as `rules.limit` says: what makes running more impossible, whatever the core thinks.
    pub permits: Arc<Semaphore>,
    /// The jobs, by their number.
    pub entries: Vec<Entry>,
    /// What each usually takes, in milliseconds; 0 where nothing is known.
    pub typical: Vec<u32>,
    /// What `auto` means here.
    pub machine: Range,
    /// A warning is said when more than these are to run at once.
    pub ample: Option<u32>,
    /// What the machine is doing, as often as somebody looks.
    pub sights: watch::Receiver<Sight>,
    /// How long the running attempts have after the first wish to stop.
    pub grace: Duration,
    /// From when on a passing attempt counts as slow; by default what past runs say.
    pub slow_after: Option<Duration>,
    /// How long the whole batch may take.
    pub batch_timeout: Option<Duration>,
    /// What was wished for before there was anything to run.
    pub wishes: Vec<Command>,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchEnd {
    /// Its status.
    pub status: BatchStatus,
    /// Whether an attempt panicked: a bug, exit 101.
    pub panicked: bool,
}

/// Runs a batch to its end.
pub async fn run(
    orders: Orders,
    work: Arc<dyn Work>,
    sink: Arc<dyn Sink>,
    commands: mpsc::Receiver<Command>,
) -> BatchEnd {
    let (stop, signal) = StopSource::new();
    Dispatcher {
        core: Core::new(orders.rules, orders.entries),
        permits: orders.permits,
        machine: orders.machine,
        ample: orders.ample,
        sampler: Sampler::default(),
        estimate: Estimate::new(orders.typical),
        slow_after: orders.slow_after,
        debt: 0,
        began_at: Instant::now(),
        look_at: None,
        attempts: JoinSet::new(),
        running: HashMap::new(),
        spent: HashMap::new(),
        work,
        sink,
        stop,
        signal,
        grace: orders.grace,
        grace_ends: None,
        panicked: false,
        told_stopping: false,
        last_error: None,
    }
    .run(orders.wishes, commands, orders.sights, orders.batch_timeout)
    .await
}

struct Dispatcher {
    core: Core,
    permits: Arc<Semaphore>,
    machine: Range,
    ample: Option<u32>,
    sampler: Sampler,
    estimate: Estimate,
    slow_after: Option<Duration>,
    /// Permits that a lower limit has yet to take away.
    debt: usize,
    /// What the core counts time from.
    began_at: Instant,
    /// When the core wants to look again.
    look_at: Option<Instant>,
    attempts: JoinSet<Attempted>,
    /// What runs, and since when.
    running: HashMap<Id, (Start, Instant)>,
    /// How long the attempts of each job that is tried again held their slots.
    spent: HashMap<JobId, Duration>,
    work: Arc<dyn Work>,
    sink: Arc<dyn Sink>,
    stop: StopSource,
    signal: StopSignal,
    grace: Duration,
    grace_ends: Option<Instant>,
    panicked: bool,
    /// Whether it has been told that nothing more is started.
    told_stopping: bool,
    /// What the last infrastructure error said.
    last_error: Option<Untrusted>,
}

/// What woke the loop.
enum Woken {
    Attempt(Box<Result<(Id, Attempted), JoinError>>),
    Command(Command),
    Sight(Sight),
    LookAgain,
    GraceOver,
    TimedOut,
}

impl Dispatcher {
    async fn run(
        mut self,
        wishes: Vec<Command>,
        mut commands: mpsc::Receiver<Command>,
        mut sights: watch::Receiver<Sight>,
        batch_timeout: Option<Duration>,
    ) -> BatchEnd {
        let batch_ends = batch_timeout.map(|budget| Instant::now() + budget);
        let mut finished = self.begin(wishes);
        while finished.is_none() {
            let woken = tokio::select! {
                Some(ended) = self.attempts.join_next_with_id() => Woken::Attempt(Box::new(ended)),
                Some(command) = commands.recv() => Woken::Command(command),
                Ok(()) = sights.changed() => Woken::Sight(*sights.borrow_and_update()),
                () = at(self.look_at) => Woken::LookAgain,
                () = at(self.grace_ends) => Woken::GraceOver,
                () = at(batch_ends), if !self.core.is_stopping() => Woken::TimedOut,
            };
            finished = match woken {
                Woken::Attempt(ended) => self.ended(*ended),
                Woken::Command(command) => self.asked(command),
                Woken::Sight(sight) => self.saw(sight),
                Woken::LookAgain => self.perform(&Input::Look, None),
                Woken::GraceOver => {
                    self.grace_ends = None;
                    self.perform(&Input::Stop(Stop::Now), None)
                }
                Woken::TimedOut => {
                    self.say(Level::Warning, "the batch timeout is over: running cases are interrupted");
                    self.perform(&Input::TimedOut, None)
                }
            };
        }
        BatchEnd { status: finished.unwrap_or(BatchStatus::Finished), panicked: self.panicked }
    }

    fn resize(&mut self, change: Change) {
        let Change { from, to, why } = change;
        if to > from {
            let more = (to - from) as usize;
            let forgiven = more.min(self.debt);
            self.debt -= forgiven;
            self.permits.add_permits(more - forgiven);
        } else {
            self.debt += (from - to) as usize;
            self.settle_debt();
        }
        self.work.resize(to);
        self.sink.send(Event::ConcurrencyChanged { from, to, why });
    }

    fn saw(&mut self, sight: Sight) -> Option<BatchStatus> {
        if self.sampler.is_due(Instant::now()) {
            let (queued, limit) = (self.core.queued(), self.core.limit());
            let running: Vec<_> =
                self.running.values().map(|(start, since)| (start.job, since.elapsed())).collect();
            let sample = self.sampler.take(
                Instant::now(),
                sight,
                Sample {
                    running: self.core.running(),
                    queued: u32::try_from(queued.len()).unwrap_or(u32::MAX),
                    limit,
                    eta: self.estimate.left(&running, &queued, limit).filter(|_| self.starts_more()),
                    ..Sample::default()
                },
            );
            self.sink.send(Event::Sample(sample));
        }
        // Whoever has a limit of their own is asked nothing.
        let supply = if self.core.is_adaptive() { self.work.supply() } else { Supply::default() };
        self.perform(&Input::Sight(sight, supply), None)
    }

    /// Takes away free permits that a lower limit does not allow any more. Nobody else takes permits meanwhile.
    fn settle_debt(&mut self) {
        self.debt -= self.permits.forget_permits(self.debt);
    }

    fn ended(&mut self, ended: Result<(Id, Attempted), JoinError>) -> Option<BatchStatus> {
        let (id, attempted) = match ended {
            Ok(pair) => pair,
            Err(error) => {
                self.panicked = true;
                (error.id(), ended::panicked(error))
            }
        };
        let (start, since) = self.running.remove(&id)?;
        *self.spent.entry(start.job).or_default() += since.elapsed();
        self.settle_debt();
        // Before its slot is free: nothing shall be started in it.
        if !self.core.is_stopping()
            && let Some(why) = self.work.lost()
        {
            self.asked_to_stop(Stop::Drain, &why);
        }
        let input = Input::Ended {
            job: start.job,
            verdict: attempted.verdict,
            kind: attempted.failure.as_ref().map(|it| it.kind),
            crashed_at: attempted.crashed_at,
        };
        self.perform(&input, Some(attempted))
    }

    /// Lets the core decide and does what it says. `attempted` belongs to an [`Input::Ended`].
    fn perform(&mut self, input: &Input, attempted: Option<Attempted>) -> Option<BatchStatus> {
        self.perform_because(input, attempted, "batch timeout")
    }

    /// The same; `why` is told where nothing more is started from now on.
    fn perform_because(
        &mut self,
        input: &Input,
        attempted: Option<Attempted>,
        why: &str,
    ) -> Option<BatchStatus> {
        let effects = self.core.handle(self.began_at.elapsed(), input);
        if self.core.is_stopping() && !std::mem::replace(&mut self.told_stopping, true) {
            let why = effects.notice.map_or_else(|| why.to_owned(), |notice| notice.to_string());
            self.sink.send(Event::Stopping { why });
        }
        if let (Some(settled), Some(attempted)) = (effects.settled, attempted) {
            self.report(settled, attempted);
        }
        self.follow(effects)
    }

    fn follow(&mut self, effects: Effects) -> Option<BatchStatus> {
        if let Some(change) = effects.limit {
            self.resize(change);
        }
        for Closed { job, verdict, attempts } in effects.closed {
            let duration = self.spent.remove(&job);
            let message = match verdict {
                Verdict::Interrupted => Some(Untrusted::from("stopped before it was tried again")),
                Verdict::Skipped => self.work.skip_reason(job),
                _ => None,
            };
            self.sink.send(Event::CaseFinished(CaseFinished {
                job,
                verdict,
                attempts,
                duration_ms: duration.map_or(0, milliseconds),
                message,
                slow_after_ms: None,
            }));
        }
        if let Some(notice) = effects.notice {
            let last = self.last_error.as_ref().filter(|_| notice.is_about_errors());
            let last = last.map(|error| format!("; the last was: {}", error.raw()));
            self.say(notice.level(), &format!("{notice}{}", last.unwrap_or_default()));
        }
        for start in effects.start {
            self.start(start);
        }
        self.look_at = effects.look_at.map(|after| self.began_at + after);
        if effects.grace {
            self.grace_ends = Some(Instant::now() + self.grace);
        }
        if effects.interrupt {
            self.grace_ends = None;
            self.stop.interrupt();
        }
        effects.finished
    }

    fn starts_more(&self) -> bool {
        !self.core.is_paused() && !self.core.is_stopping()
    }

    fn start(&mut self, start: Start) {
        let permit = Arc::clone(&self.permits)
            .try_acquire_many_owned(start.places)
            .expect("the core starts no more than the semaphore has permits for");
        let (work, signal) = (Arc::clone(&self.work), self.signal.clone());
        let begun = start.clone();
        let handle = self.attempts.spawn(async move {
            let attempted = work.attempt(begun, signal).await;
            drop(permit);
            attempted
        });
        self.running.insert(handle.id(), (start, Instant::now()));
    }

    fn say(&self, level: Level, text: &str) {
        self.sink.send(Event::Message { level, text: Untrusted::from(text) });
    }
}

/// Completes at that time, or never.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

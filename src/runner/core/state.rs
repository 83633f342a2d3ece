//! The state of a batch that runs, and how each input changes it.

mod settle;

use super::adapt::{Governor, Use};
use super::doubt::Doubt;
use super::held::{Demand, Held, Taken};
use super::judge::{Ending, Past};
use super::notice::Notice;
use super::reason::{Reason, Standing};
use super::rules::{Entry, Rules};
use super::waiting::{Group, Rank, Waiting};
use super::{Change, Closed, Effects, Input, Start};
use crate::browser::lease::Supply;
use crate::control::Stop;
use crate::id::JobId;
use crate::load::Sight;
use crate::outcome::{BatchStatus, Verdict};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

#[derive(Debug)]
struct Job {
    entry: Entry,
    past: Past,
    /// How often it was sent to the end of its priority.
    turn: u32,
    group: Group,
    open: bool,
}

/// An attempt that runs.
#[derive(Debug)]
struct Running {
    /// Which of all attempts it is, from 1.
    nth: u64,
    slot: u32,
    taken: Taken,
}

/// The state of a batch that runs.
#[derive(Debug)]
pub struct Core {
    rules: Rules,
    jobs: Vec<Job>,
    waiting: Waiting,
    /// Jobs between two attempts, by the time at which they wait again.
    delayed: BTreeSet<(Duration, JobId)>,
    held: Held,
    limit: u32,
    /// Sets the limit where the machine decides about it.
    governor: Option<Governor>,
    /// Attempts that have ended.
    ended: u64,
    /// Attempts that the infrastructure broke.
    errored: u64,
    slots: BTreeSet<u32>,
    running: HashMap<JobId, Running>,
    /// Attempts that have begun.
    begun: u64,
    doubt: Doubt,
    open: usize,
    /// Jobs of this chunk that have begun and not ended.
    in_chunk: usize,
    /// The end of the pause between two chunks.
    resting: Option<Duration>,
    paused: bool,
    turns: u32,
    failed: u32,
    errored_in_a_row: u32,
    stop: Option<Stop>,
    status: BatchStatus,
    began: Duration,
}

impl Core {
    /// A batch of these jobs, in this order.
    pub fn new(rules: Rules, entries: Vec<Entry>) -> Self {
        let job = |entry| Job { entry, past: Past::default(), turn: 0, group: Group::Main, open: true };
        let mut jobs: Vec<Job> = entries.into_iter().map(job).collect();
        for (id, before) in &rules.before {
            if let Some(job) = jobs.get_mut(id.0 as usize) {
                job.past.failures = before.failures;
                job.open = !before.ended;
            }
        }
        let chunk = rules.chunks.map(|chunks| chunks.size.get());
        Self {
            open: jobs.iter().filter(|job| job.open).count(),
            jobs,
            waiting: Waiting::default(),
            delayed: BTreeSet::new(),
            held: Held::new(rules.limit, &rules.shares, chunk),
            limit: rules.limit,
            governor: rules.adaptive.map(|range| Governor::new(range, rules.pressure, Duration::ZERO)),
            ended: 0,
            errored: 0,
            slots: BTreeSet::new(),
            running: HashMap::new(),
            begun: 0,
            doubt: Doubt::default(),
            in_chunk: 0,
            resting: None,
            paused: false,
            turns: 0,
            failed: 0,
            errored_in_a_row: 0,
            stop: None,
            status: BatchStatus::Finished,
            began: Duration::ZERO,
            rules,
        }
    }

    /// Takes in what happened, `now` after some beginning that stays the same, and says what to do.
    pub fn handle(&mut self, now: Duration, input: &Input) -> Effects {
        let mut effects = Effects::default();
        match input {
            Input::Begin => self.begin(now, &mut effects),
            Input::Ended { job, verdict, kind, crashed_at } => {
                let ending = Ending { verdict: *verdict, kind: *kind, crashed_at: *crashed_at };
                self.settle(now, *job, ending, &mut effects);
            }
            Input::Look => {}
            Input::Limit { to, why } => {
                self.governor = None;
                self.change((*to).max(1), why.clone(), &mut effects);
            }
            Input::Adapt { range, why } => {
                self.governor = Some(Governor::new(*range, self.rules.pressure, now));
                self.change(self.limit.clamp(range.lowest, range.highest), why.clone(), &mut effects);
            }
            Input::Sight(sight, supply) => self.adapt(now, (sight, *supply), &mut effects),
            Input::Pause => self.paused = true,
            Input::Resume => self.paused = false,
            Input::Stop(how) => self.stop(*how, BatchStatus::Interrupted, &mut effects),
            Input::TimedOut => self.stop(Stop::Now, BatchStatus::TimedOut, &mut effects),
        }
        if self.stop.is_none() {
            self.pass_time(now, &mut effects);
            self.start_what_can(now, &mut effects);
        } else if self.running.is_empty() && self.open > 0 {
            self.close_the_rest(&mut effects);
        }
        if self.open == 0 {
            effects.finished = Some(self.status);
            effects.look_at = None;
        }
        effects
    }

    /// Attempts that run now.
    pub fn running(&self) -> u32 {
        u32::try_from(self.running.len()).unwrap_or(u32::MAX)
    }

    /// Jobs that neither run nor have ended, in the order of the plan.
    pub fn queued(&self) -> Vec<JobId> {
        let open = (0..).zip(&self.jobs).filter(|(_, job)| job.open).map(|(at, _)| JobId(at));
        open.filter(|job| !self.running.contains_key(job)).collect()
    }

    /// How many may run.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Whether starting is paused.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether the machine decides how many may run.
    pub fn is_adaptive(&self) -> bool {
        self.governor.is_some()
    }

    /// Whether nothing more is started, and what runs has a while to end.
    pub fn gives_grace(&self) -> bool {
        self.stop == Some(Stop::Grace)
    }

    /// Whether nothing more is started.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// Why each job that waits does, the one that comes first first.
    pub fn reasons(&self, now: Duration) -> Vec<(JobId, Reason)> {
        let doubt = self.doubt.is_there();
        let standing = Standing { held: &self.held, limit: self.limit, paused: self.paused, doubt };
        let waiting = self.waiting.obstacles(&self.held, now).into_iter();
        let waiting = waiting.map(|(job, obstacle)| (job, standing.reason(obstacle, now)));
        let delayed = self.delayed.iter().map(|(at, job)| (*job, Reason::Delay(at.saturating_sub(now))));
        waiting.chain(delayed).collect()
    }

    fn change(&mut self, to: u32, why: String, effects: &mut Effects) {
        let from = std::mem::replace(&mut self.limit, to);
        if from != to && self.open > 0 {
            effects.limit = Some(Change { from, to, why });
        }
    }

    fn adapt(&mut self, now: Duration, (sight, supply): (&Sight, Supply), effects: &mut Effects) {
        let at = Use {
            limit: self.limit,
            running: self.held.places(),
            waiting: !self.paused && self.stop.is_none() && self.waiting.wants_places(&self.held, now),
            ended: self.ended,
            errored: self.errored,
            supply,
        };
        let change = self.governor.as_mut().and_then(|governor| governor.look(now, sight, at));
        if let Some((to, why)) = change {
            self.change(to, why, effects);
        }
    }

    fn begin(&mut self, now: Duration, effects: &mut Effects) {
        self.began = now;
        for (at, job) in (0_u32..).zip(&mut self.jobs).filter(|(_, job)| job.open) {
            if job.entry.terms.skip.is_some() {
                job.open = false;
                self.open -= 1;
                effects.closed.push(Closed { job: JobId(at), verdict: Verdict::Skipped, attempts: 0 });
            }
        }
        let open = (0_u32..).zip(&self.jobs).filter(|(_, job)| job.open);
        self.waiting = Waiting::of(open.map(|(at, job)| job.waits(at)));
    }

    /// What time alone brings: the ramp, the end of delays, the next chunk.
    fn pass_time(&mut self, now: Duration, effects: &mut Effects) {
        let (allowed, next) = self.ramp(now);
        let (allowed, doubtless) = self.doubt.allowed(allowed, now);
        self.held.limit = if self.paused { 0 } else { allowed };
        effects.look_at = next;
        if let Some(at) = doubtless {
            sooner(&mut effects.look_at, at);
        }
        while let Some((due, id)) = self.delayed.first().copied().filter(|(due, _)| *due <= now) {
            self.delayed.remove(&(due, id));
            let (rank, demand) = self.jobs[id.0 as usize].waits(id.0);
            self.waiting.push(rank, demand);
        }
        if let Some((due, _)) = self.delayed.first() {
            sooner(&mut effects.look_at, *due);
        }
        let Some(chunks) = self.rules.chunks else { return };
        if self.held.chunk == Some(0) && self.in_chunk == 0 && self.open > 0 {
            let until = *self.resting.get_or_insert_with(|| {
                let done = self.jobs.len() - self.open;
                let pause = Notice::Pause { pause: chunks.pause, done, all: self.jobs.len() };
                effects.notice = (!chunks.pause.is_zero()).then_some(pause);
                now + chunks.pause
            });
            if until > now {
                sooner(&mut effects.look_at, until);
            } else {
                self.resting = None;
                self.held.chunk = Some(chunks.size.get());
            }
        }
    }

    /// How many may run so soon after the beginning, and when that changes.
    fn ramp(&self, now: Duration) -> (u32, Option<Duration>) {
        let Some(ramp) = self.rules.ramp.filter(|ramp| !ramp.is_zero()) else { return (self.limit, None) };
        // One more in every interval, the first of them at once.
        let interval = ramp / self.limit.max(1);
        let passed = now.saturating_sub(self.began).as_nanos() / interval.as_nanos().max(1);
        let allowed = u32::try_from(passed).unwrap_or(u32::MAX).saturating_add(1).min(self.limit);
        (allowed, (allowed < self.limit).then(|| self.began + interval * allowed))
    }

    fn start_what_can(&mut self, now: Duration, effects: &mut Effects) {
        loop {
            let next = self.waiting.next(&self.held, now);
            if let Some(at) = next.look_at {
                sooner(&mut effects.look_at, at);
            }
            let Some((id, demand)) = next.job else { return };
            let taken = self.held.take(&demand, now);
            if demand.fresh {
                self.in_chunk += 1;
            }
            let slot = (1..=u32::MAX).find(|slot| !self.slots.contains(slot)).unwrap_or(u32::MAX);
            self.begun += 1;
            self.slots.insert(slot);
            let running = self.running() + 1;
            let job = &mut self.jobs[id.0 as usize];
            job.past.attempts += 1;
            effects.start.push(Start {
                job: id,
                attempt: self.attempts(id),
                slot,
                places: taken.places(),
                running,
                limit: self.limit,
                values: taken.values.clone(),
            });
            self.running.insert(id, Running { nth: self.begun, slot, taken });
        }
    }

    fn stop(&mut self, how: Stop, status: BatchStatus, effects: &mut Effects) {
        if self.open == 0 || self.stop.is_some_and(|now| now >= how) {
            return;
        }
        self.stop = Some(how);
        if status != BatchStatus::Finished && self.status == BatchStatus::Finished {
            self.status = status;
        }
        effects.grace = how == Stop::Grace;
        effects.interrupt = how == Stop::Now;
    }

    /// Attempts a job has had, those before the batch was resumed included.
    fn attempts(&self, id: JobId) -> u32 {
        let before = self.rules.before.get(&id).map_or(0, |before| before.attempts);
        u32::from(before) + u32::from(self.jobs[id.0 as usize].past.attempts)
    }

    fn close_the_rest(&mut self, effects: &mut Effects) {
        self.waiting.clear();
        self.delayed.clear();
        for job in (0..).map(JobId).take(self.jobs.len()) {
            if std::mem::take(&mut self.jobs[job.0 as usize].open) {
                // A job between two attempts has begun: it was interrupted, not never run.
                let attempts = self.attempts(job);
                let verdict = if attempts > 0 { Verdict::Interrupted } else { Verdict::NotRun };
                effects.closed.push(Closed { job, verdict, attempts });
            }
        }
        self.open = 0;
    }
}

impl Job {
    /// Where it waits, and for what.
    fn waits(&self, place: u32) -> (Rank, Demand) {
        let rank =
            Rank { group: self.group, urgency: -i16::from(self.entry.priority), turn: self.turn, place };
        let demand = Demand {
            needs: self.entry.terms.needs.clone(),
            places: self.entry.terms.places,
            alone: self.group == Group::Isolated,
            fresh: self.past.attempts == 0,
        };
        (rank, demand)
    }
}

fn sooner(known: &mut Option<Duration>, other: Duration) {
    *known = Some(known.map_or(other, |known| known.min(other)));
}

/// What spreads the delay of an attempt.
fn chance(seed: u64, job: JobId, attempt: u32) -> u32 {
    (crate::random::number(seed, u64::from(job.0) << 32 | u64::from(attempt)) >> 32) as u32
}

//! How many may run at once where the machine decides. Looks at what it is told, a few times a second, and answers with
//! a new limit and the reason for it; keeps no clock and reads nothing.
//!
//! It falls at once and as far as needed, and rises one at a time while what may run does run, something waits, and
//! there is room. Whenever it has doubled it waits until it is known whether that brought anything: where the site is
//! what is slow, more at once only makes each slower.

use crate::browser::lease::Supply;
use crate::load::Sight;
use crate::text;
use std::time::Duration;

/// Beyond these nothing more is started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pressure {
    /// Use of the processors, in percent.
    pub cpu: f64,
    /// Memory that stays free, in bytes.
    pub memory_free: u64,
    /// Share of the time in which something waits for memory, in percent.
    pub some_avg10: f64,
}

/// Between which numbers the limit moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The fewest.
    pub lowest: u32,
    /// The most.
    pub highest: u32,
    /// Where it begins.
    pub start: u32,
}

/// Where `auto` begins: small machines with three to five, medium ones with five to ten, large ones with ten to twenty.
const STARTS: std::ops::RangeInclusive<u32> = 3..=20;
/// What a slot is taken to need before it is measured, in bytes.
const SLOT_MEMORY: u64 = 64 << 20;
/// At first nothing rises for so long, until it is known what the machine does.
const WARM_UP: Duration = Duration::from_millis(1_500);
/// After a fall nothing rises for so long, so that what falls can end first.
const REST: Duration = Duration::from_secs(2);
/// After more at once brought nothing, nothing rises for so long.
const CONTENT: Duration = Duration::from_secs(20);
/// How long it is looked whether more at once brings anything.
const TRIAL: Duration = Duration::from_secs(10);
/// Twice as many at once must end so many times as many, or they bring nothing.
const WORTH: f64 = 1.2;
/// A page that does not come for so long is one too many that was asked for. Those that are to be had come in less than
/// two seconds, from a Grid, too.
const NO_PAGE: Duration = Duration::from_secs(5);
/// As long as one has waited for so long, no more are asked for.
const LATE_PAGE: Duration = Duration::from_secs(1);
/// From this part of the processors on, others are what the limit gives way to.
const OTHERS: f64 = 25.0;

impl Range {
    /// What fits a machine of so many processors and so much free memory.
    pub fn of_machine(processors: u32, memory_free: Option<u64>) -> Self {
        let fit =
            memory_free.map_or(u32::MAX, |free| u32::try_from(free / SLOT_MEMORY / 2).unwrap_or(u32::MAX));
        let start = processors.saturating_add(2).clamp(*STARTS.start(), *STARTS.end()).min(fit.max(1));
        Self { lowest: 1, highest: processors.saturating_mul(8).clamp(8, 64).max(start), start }
    }

    /// The same where no more can be had.
    #[must_use]
    pub fn at_most(self, most: u32) -> Self {
        let most = most.max(1);
        Self { lowest: self.lowest.min(most), highest: self.highest.min(most), start: self.start.min(most) }
    }

    /// The same within bounds that somebody gave.
    #[must_use]
    pub fn within(self, lowest: u32, highest: u32) -> Self {
        Self { lowest, highest, start: self.start.clamp(lowest, highest) }
    }
}

/// What the batch is at, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    /// How many may run.
    pub(super) limit: u32,
    /// Places that are taken.
    pub(super) running: u32,
    /// Whether anything could start if there were a place.
    pub(super) waiting: bool,
    /// Attempts that have ended so far.
    pub(super) ended: u64,
    /// Attempts that the infrastructure broke so far.
    pub(super) errored: u64,
    /// How pages come.
    pub(super) supply: Supply,
}

/// The state of an adaptive limit.
#[derive(Clone, Debug)]
pub(super) struct Governor {
    range: Range,
    /// Where it began, and with how many processors.
    began: Option<(u32, u32)>,
    /// Processors at the last look, where they are known.
    processors: Option<u32>,
    pressure: Pressure,
    /// Use of the processors, smoothed over about two seconds: cases come in bursts.
    cpu_long: f64,
    /// The same and what follows smoothed over about half a second.
    cpu: f64,
    others: f64,
    stall: f64,
    /// What the run used before its first case.
    base: Option<u64>,
    errored: u64,
    /// Nothing rises before.
    rest: Duration,
    /// Nothing falls again before, unless others take the processors.
    fall_again: Duration,
    /// What was found at a smaller limit: the limit, and how many ended in a second.
    known: Option<(u32, f64)>,
    trial: Option<Trial>,
    /// A limit at which a trial is due.
    next_trial: u32,
}

#[derive(Clone, Copy, Debug)]
struct Trial {
    began: Duration,
    ended: u64,
}

impl Governor {
    pub(super) fn new(range: Range, pressure: Pressure, now: Duration) -> Self {
        Self {
            range,
            began: None,
            processors: None,
            pressure,
            // Taken for busy until it is known better.
            cpu_long: 100.0,
            cpu: 0.0,
            others: 0.0,
            stall: 0.0,
            base: None,
            errored: 0,
            rest: now + WARM_UP,
            fall_again: now,
            known: None,
            trial: None,
            next_trial: range.start.saturating_mul(2),
        }
    }

    /// The limit from now on, and why, where it changes.
    pub(super) fn look(&mut self, now: Duration, sight: &Sight, at: Use) -> Option<(u32, String)> {
        let smooth = |old: &mut f64, new: Option<f64>| *old = f64::midpoint(*old, new.unwrap_or_default());
        self.cpu_long += (sight.cpu.unwrap_or_default() - self.cpu_long) / 4.0;
        smooth(&mut self.cpu, sight.cpu);
        smooth(&mut self.others, sight.others);
        smooth(&mut self.stall, sight.memory_stall);
        self.base = self.base.or(sight.memory_used);
        if at.limit > self.range.highest {
            return Some((self.range.highest, "more are not wanted".to_owned()));
        }
        if at.limit < self.range.lowest {
            return Some((self.range.lowest, "fewer are not wanted".to_owned()));
        }
        if let Some((to, why)) = self.follow(sight.processors, at.limit) {
            self.start_over(now, to);
            return Some((to, why));
        }
        let errored = std::mem::replace(&mut self.errored, at.errored) < at.errored;
        if let Some((to, why)) = self.fall(now, sight, at, errored) {
            let to = to.max(self.range.lowest);
            if to < at.limit {
                self.fall_again = now + REST;
                self.start_over(now, to);
                return Some((to, why));
            }
        }
        self.rise(now, sight, at)
    }

    /// After a fall: rests, and forgets what was found at other limits.
    fn start_over(&mut self, now: Duration, to: u32) {
        self.rest = now + REST;
        (self.known, self.trial) = (None, None);
        self.next_trial = to.max(self.range.start).saturating_mul(2);
    }

    /// Follows a quota or an affinity that has changed: at once where fewer processors are left, and by what may rise
    /// where there are more.
    fn follow(&mut self, processors: u32, limit: u32) -> Option<(u32, String)> {
        if processors == 0 {
            return None;
        }
        let (start, of) = *self.began.get_or_insert((self.range.start, processors));
        let before = self.processors.replace(processors).filter(|before| *before != processors)?;
        let scaled = |number: u32, of: u32| number.saturating_mul(processors).div_ceil(of.max(1));
        self.range.start = scaled(start, of).clamp(self.range.lowest, self.range.highest);
        let to = scaled(limit, before).max(self.range.lowest);
        (to < limit).then(|| (to, format!("processors: {processors} left of {before}")))
    }

    /// What one more takes, by what those that run take.
    fn cost(&self, sight: &Sight, at: Use) -> u64 {
        let used = sight.memory_used.zip(self.base).map(|(used, base)| used.saturating_sub(base));
        let measured = used.map(|used| used / u64::from(at.running.max(1)));
        measured.filter(|_| at.running > 0).unwrap_or(SLOT_MEMORY).max(SLOT_MEMORY / 4)
    }

    fn fall(&self, now: Duration, sight: &Sight, at: Use, errored: bool) -> Option<(u32, String)> {
        let rested = now >= self.fall_again;
        if let Some(free) = sight.memory_free.filter(|free| rested && *free < self.pressure.memory_free) {
            let lacking = (self.pressure.memory_free - free).div_ceil(self.cost(sight, at));
            let by = u32::try_from(lacking).unwrap_or(u32::MAX).min(at.limit.div_ceil(2));
            let (free, wanted) = (text::bytes(free), text::bytes(self.pressure.memory_free));
            return Some((at.limit.saturating_sub(by), format!("memory: {free} free, {wanted} are wanted")));
        }
        if rested && self.stall > self.pressure.some_avg10 {
            let why = format!("memory pressure is {:.0} %", self.stall);
            return Some((at.limit.saturating_sub(at.limit.div_ceil(4)), why));
        }
        if rested && at.supply.waiting > 0 {
            let served = at.running.saturating_sub(at.supply.waiting);
            let most = at.supply.free.map(|free| served.saturating_add(free).max(1));
            if let Some(most) = most.filter(|most| *most < at.limit && at.supply.longest >= LATE_PAGE) {
                let why = format!("sessions: {served} are held, {} are free", most.saturating_sub(served));
                return Some((most, why));
            }
            if at.supply.longest >= NO_PAGE {
                let why = format!("a page has not come for {}", text::duration(at.supply.longest));
                return Some((served.clamp(1, at.limit), why));
            }
        }
        if self.others >= OTHERS && self.cpu >= self.pressure.cpu {
            let left = f64::from(self.range.start.min(at.limit.max(1))) * (1.0 - self.others / 100.0);
            let why = format!("processors: others use {:.0} %", self.others);
            return Some((whole(left), why));
        }
        (errored && rested)
            .then(|| (at.limit.saturating_sub(1), "the infrastructure broke an attempt".to_owned()))
    }

    fn rise(&mut self, now: Duration, sight: &Sight, at: Use) -> Option<(u32, String)> {
        let in_use = at.running >= at.limit && at.waiting;
        if now < self.rest || !in_use {
            self.trial = None;
            return None;
        }
        if at.limit >= self.next_trial {
            return self.judge(now, at);
        }
        if at.limit >= self.range.highest {
            return None;
        }
        let free =
            sight.memory_free.is_none_or(|free| free >= self.pressure.memory_free + self.cost(sight, at));
        // Up to where it began, the run may use the processors as it likes; beyond, only what is idle.
        let idle = if at.limit < self.range.start {
            self.others < OTHERS
        } else {
            self.cpu_long <= self.pressure.cpu
        };
        let late = at.supply.waiting > 0 && at.supply.longest >= LATE_PAGE;
        if late || at.supply.free == Some(0) {
            return None;
        }
        if !free || !idle || self.stall > self.pressure.some_avg10 / 2.0 {
            return None;
        }
        let memory =
            sight.memory_free.map_or_else(String::new, |free| format!(", {} free", text::bytes(free)));
        Some((at.limit + 1, format!("room: processors {:.0} % used{memory}", self.cpu_long)))
    }

    /// Finds out whether so many bring more than half as many did.
    fn judge(&mut self, now: Duration, at: Use) -> Option<(u32, String)> {
        let trial = *self.trial.get_or_insert(Trial { began: now, ended: at.ended });
        let (passed, ended) = (now.saturating_sub(trial.began), at.ended - trial.ended);
        let enough = ended >= u64::from(at.limit) * 2 && passed >= Duration::from_secs(1);
        if !enough && passed < TRIAL {
            return None;
        }
        self.trial = None;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
        let rate = ended as f64 / passed.as_secs_f64().max(0.001);
        if let Some((limit, before)) = self.known.filter(|(_, before)| rate < before * WORTH) {
            self.rest = now + CONTENT;
            let why = format!("{} at once ended {rate:.1} a second, {limit} ended {before:.1}", at.limit);
            return Some((limit, why));
        }
        self.known = Some((at.limit, rate));
        self.next_trial = at.limit.saturating_mul(2);
        None
    }
}

/// Rounded up, and at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between nothing and a few thousand"
)]
fn whole(number: f64) -> u32 {
    number.ceil().max(1.0) as u32
}

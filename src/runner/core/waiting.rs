//! What waits to be started, in lines of equal demands, and who of them is next. Decides by rank and by what is held;
//! takes nothing.

use super::held::{Demand, Held, Kept, Obstacle};
use crate::id::JobId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// How long a job may be overtaken by others that need less before what it needs is kept for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Who comes first: the lower rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Among all.
    pub(super) group: Group,
    /// The priority, turned round.
    pub(super) urgency: i16,
    /// Among equals: 0 in the plan's order, above that whoever was sent to their end, one after the other.
    pub(super) turn: u32,
    /// Its place in the plan, which is its number, too.
    pub(super) place: u32,
}

/// The parts of a batch, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// All jobs.
    Main,
    /// What is tried again at the end.
    Again,
    /// What is tried again alone.
    Isolated,
}

#[derive(Debug)]
struct Line {
    demand: Demand,
    ranks: BTreeSet<Rank>,
    /// Since when the first of them has been kept waiting by something other than the limit.
    blocked: Option<(Rank, Duration)>,
}

/// All that waits.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    lines: Vec<Line>,
    by_demand: HashMap<Demand, usize>,
    /// The first of each line that is not empty.
    heads: BTreeMap<Rank, usize>,
}

/// What a look at the lines found.
#[derive(Debug, Default)]
pub(super) struct Next {
    /// Who can start, and with what.
    pub(super) job: Option<(JobId, Demand)>,
    /// When to look again although nothing happened.
    pub(super) look_at: Option<Duration>,
}

impl Waiting {
    /// The lines of a whole batch. What is collected at once takes half of what it does one by one, and there may be
    /// many.
    pub(super) fn of(all: impl Iterator<Item = (Rank, Demand)>) -> Self {
        let mut waiting = Self::default();
        let mut ranks: Vec<Vec<Rank>> = Vec::new();
        for (rank, demand) in all {
            let at = waiting.line(demand);
            ranks.resize_with(waiting.lines.len(), Vec::new);
            ranks[at].push(rank);
        }
        for (at, (line, ranks)) in waiting.lines.iter_mut().zip(ranks).enumerate() {
            line.ranks = ranks.into_iter().collect();
            waiting.heads.extend(line.ranks.first().map(|first| (*first, at)));
        }
        waiting
    }

    /// The number of the line for a demand.
    fn line(&mut self, demand: Demand) -> usize {
        *self.by_demand.entry(demand).or_insert_with_key(|demand| {
            self.lines.push(Line { demand: demand.clone(), ranks: BTreeSet::new(), blocked: None });
            self.lines.len() - 1
        })
    }

    pub(super) fn push(&mut self, rank: Rank, demand: Demand) {
        let at = self.line(demand);
        let line = &mut self.lines[at];
        if let Some(first) = line.ranks.first() {
            self.heads.remove(first);
        }
        line.ranks.insert(rank);
        if let Some(first) = line.ranks.first() {
            self.heads.insert(*first, at);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the best one that nothing stands in the way of out of its line.
    pub(super) fn next(&mut self, held: &Held, now: Duration) -> Next {
        let mut next = Next::default();
        if held.is_full() {
            return next;
        }
        let mut kept = Kept::default();
        let mut found = None;
        for (rank, at) in &self.heads {
            let line = &mut self.lines[*at];
            let Some(obstacle) = held.obstacle(&line.demand, &kept, now) else {
                found = Some((*rank, *at));
                break;
            };
            if let Obstacle::Rate(_, at) = obstacle {
                next.look_at = Some(next.look_at.map_or(at, |sooner| sooner.min(at)));
            }
            let since = match line.blocked {
                Some((who, since)) if who == *rank => since,
                _ => now,
            };
            line.blocked = Some((*rank, since));
            if now.saturating_sub(since) >= PATIENCE {
                kept.add(&line.demand, obstacle);
            }
        }
        if let Some((rank, at)) = found {
            let line = &mut self.lines[at];
            self.heads.remove(&rank);
            line.ranks.remove(&rank);
            line.blocked = None;
            if let Some(first) = line.ranks.first() {
                self.heads.insert(*first, at);
            }
            next.job = Some((JobId(rank.place), line.demand.clone()));
        }
        next
    }

    /// Whether anything waits for a place, and for nothing else.
    pub(super) fn wants_places(&self, held: &Held, now: Duration) -> bool {
        let lines = self.heads.values().map(|at| &self.lines[*at]);
        let mut obstacles = lines.map(|line| held.obstacle(&line.demand, &Kept::default(), now));
        obstacles.any(|obstacle| obstacle == Some(Obstacle::Places))
    }

    /// What stands in the way of each that waits, best first.
    pub(super) fn obstacles(&self, held: &Held, now: Duration) -> Vec<(JobId, Option<Obstacle>)> {
        let mut all: Vec<_> = self
            .lines
            .iter()
            .flat_map(|line| {
                let obstacle = held.obstacle(&line.demand, &Kept::default(), now);
                line.ranks.iter().map(move |rank| (*rank, obstacle))
            })
            .collect();
        all.sort_by_key(|(rank, _)| *rank);
        all.into_iter().map(|(rank, obstacle)| (JobId(rank.place), obstacle)).collect()
    }
}

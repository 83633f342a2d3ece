//! What running attempts hold: places below the limit, shares, the chunk's budget. Says what stands in the way of
//! another one, takes for it and takes back; looks at no queue and no clock.

use crate::plan::{Mode, Need, Share, ShareId};
use std::collections::BTreeSet;
use std::time::Duration;

/// What a job needs to start. Jobs with equal demands wait in one line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Demand {
    /// Shares, each once.
    pub(super) needs: Box<[Need]>,
    /// Places below the limit.
    pub(super) places: u32,
    /// Nothing else may run meanwhile.
    pub(super) alone: bool,
    /// It has not begun yet, so it needs room in the chunk.
    pub(super) fresh: bool,
}

/// What keeps a job from starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// No place, or not as many as it takes.
    Places,
    /// It wants to be alone, or another one is.
    Alone,
    /// The share has no room.
    Full(ShareId),
    /// The share lets nobody start before that time.
    Rate(ShareId, Duration),
    /// The share, or a place (`None`), is kept for a job that has waited long.
    Kept(Option<ShareId>),
    /// The chunk is complete.
    Chunk,
}

/// What an attempt has been given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    places: u32,
    alone: bool,
    needs: Box<[Need]>,
    /// For each share with values, which one.
    pub(super) values: Vec<(ShareId, usize)>,
}

impl Taken {
    pub(super) fn places(&self) -> u32 {
        self.places
    }
}

#[derive(Debug)]
struct HeldShare {
    rule: Share,
    /// Holders, all readers being one.
    holders: u32,
    readers: u32,
    free_values: BTreeSet<usize>,
    next_start: Duration,
}

/// The state of everything that can be held.
#[derive(Debug)]
pub(super) struct Held {
    /// Places there are.
    pub(super) limit: u32,
    places: u32,
    alone: bool,
    shares: Vec<HeldShare>,
    /// How many more jobs may begin in this chunk; `None`: there are no chunks.
    pub(super) chunk: Option<u32>,
}

impl Held {
    pub(super) fn new(limit: u32, shares: &[Share], chunk: Option<u32>) -> Self {
        let shares = shares.iter().map(|rule| HeldShare {
            rule: rule.clone(),
            holders: 0,
            readers: 0,
            free_values: (0..rule.values.len()).collect(),
            next_start: Duration::ZERO,
        });
        Self { limit, places: 0, alone: false, shares: shares.collect(), chunk }
    }

    /// Places that are taken.
    pub(super) fn places(&self) -> u32 {
        self.places
    }

    /// Whether nobody at all can start.
    pub(super) fn is_full(&self) -> bool {
        self.places >= self.limit || self.alone
    }

    pub(super) fn share(&self, id: ShareId) -> &Share {
        &self.shares[id.index()].rule
    }

    /// What stands in the way; `kept` is what jobs that wait longer have a right to.
    pub(super) fn obstacle(&self, demand: &Demand, kept: &Kept, now: Duration) -> Option<Obstacle> {
        if demand.fresh && self.chunk == Some(0) {
            return Some(Obstacle::Chunk);
        }
        let of_needs = demand.needs.iter().find_map(|need| {
            let share = &self.shares[need.share.index()];
            if kept.shares.contains(&need.share) {
                Some(Obstacle::Kept(Some(need.share)))
            } else if !share.has_room(need.mode) {
                Some(Obstacle::Full(need.share))
            } else {
                (share.next_start > now).then_some(Obstacle::Rate(need.share, share.next_start))
            }
        });
        if of_needs.is_some() {
            of_needs
        } else if self.alone || (demand.alone && self.places > 0) {
            Some(Obstacle::Alone)
        } else if self.places >= self.limit || self.limit - self.places < self.capped(demand) {
            Some(Obstacle::Places)
        } else {
            kept.places.then_some(Obstacle::Kept(None))
        }
    }

    /// Takes all that an attempt needs. Nothing may stand in its way.
    pub(super) fn take(&mut self, demand: &Demand, now: Duration) -> Taken {
        let places = self.capped(demand);
        self.places += places;
        self.alone = demand.alone;
        if demand.fresh
            && let Some(left) = &mut self.chunk
        {
            *left -= 1;
        }
        let mut values = Vec::new();
        for need in &demand.needs {
            let share = &mut self.shares[need.share.index()];
            values.extend(share.take(need.mode, now).map(|value| (need.share, value)));
        }
        Taken { places, alone: demand.alone, needs: demand.needs.clone(), values }
    }

    /// Takes back what an attempt had.
    pub(super) fn give_back(&mut self, taken: &Taken) {
        self.places -= taken.places;
        self.alone &= !taken.alone;
        for need in &taken.needs {
            let share = &mut self.shares[need.share.index()];
            share.give_back(need.mode);
        }
        for (share, value) in &taken.values {
            self.shares[share.index()].free_values.insert(*value);
        }
    }

    /// A job that takes more places than there are runs when it has all of them.
    fn capped(&self, demand: &Demand) -> u32 {
        demand.places.min(self.limit)
    }
}

impl HeldShare {
    fn has_room(&self, mode: Mode) -> bool {
        self.holders < self.rule.max || (mode == Mode::Read && self.readers > 0)
    }

    fn take(&mut self, mode: Mode, now: Duration) -> Option<usize> {
        if let Some(interval) = self.rule.interval {
            self.next_start = now + interval;
        }
        if mode == Mode::Read {
            self.readers += 1;
        }
        if mode == Mode::Write || self.readers == 1 {
            self.holders += 1;
        }
        self.free_values.pop_first()
    }

    fn give_back(&mut self, mode: Mode) {
        if mode == Mode::Read {
            self.readers -= 1;
        }
        if mode == Mode::Write || self.readers == 0 {
            self.holders -= 1;
        }
    }
}

/// What is kept free for jobs that have waited long.
#[derive(Debug, Default)]
pub(super) struct Kept {
    places: bool,
    shares: BTreeSet<ShareId>,
}

impl Kept {
    /// Keeps what a job needs that `obstacle` is in the way of.
    pub(super) fn add(&mut self, demand: &Demand, obstacle: Obstacle) {
        match obstacle {
            Obstacle::Places | Obstacle::Alone => self.places = true,
            Obstacle::Full(_) | Obstacle::Rate(..) => {
                self.shares.extend(demand.needs.iter().map(|need| need.share));
            }
            // What is kept already is kept for somebody who waits longer, and a chunk comes to its end by itself.
            Obstacle::Kept(_) | Obstacle::Chunk => {}
        }
    }
}

//! What of a plan is predicted to fit into a time: the riskiest first, then what has not run for longest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// A time that a batch may take.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The time.
    pub time: Duration,
    /// How many jobs run at once.
    pub slots: u32,
}

/// What is known of a job that may be chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// How long it usually takes, in milliseconds.
    pub(super) time: u64,
    /// Places that it takes.
    pub(super) places: u32,
    /// Its priority.
    pub(super) priority: i8,
    /// Whether it is new, or failed last time.
    pub(super) risky: bool,
    /// When it ran last: the higher, the later.
    pub(super) recency: u64,
}

impl Budget {
    /// Which of the candidates are chosen, and how long they take together.
    pub(super) fn choose(self, candidates: &[Candidate]) -> (Vec<bool>, Duration) {
        let limit = u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX);
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by_key(|at| {
            let it = &candidates[*at];
            (Reverse(it.priority), !it.risky, it.recency)
        });
        let mut chosen = vec![false; candidates.len()];
        let mut free: BinaryHeap<Reverse<u64>> = (0..self.slots.max(1)).map(|_| Reverse(0)).collect();
        let mut last = 0;
        for at in order {
            let it = &candidates[at];
            // Each job goes to the places that are free first; one that takes several waits for the last of them.
            let places = it.places.min(self.slots).max(1);
            let taken: Vec<u64> = (0..places).filter_map(|_| free.pop()).map(|Reverse(at)| at).collect();
            let end = taken.last().copied().unwrap_or(0).saturating_add(it.time);
            if end <= limit {
                chosen[at] = true;
                last = last.max(end);
                free.extend(taken.iter().map(|_| Reverse(end)));
            } else {
                free.extend(taken.into_iter().map(Reverse));
            }
        }
        (chosen, Duration::from_millis(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Candidate = Candidate { time: 100, places: 1, priority: 0, risky: false, recency: 0 };

    fn chosen(ms: u64, slots: u32, candidates: &[Candidate]) -> (Vec<bool>, u128) {
        let budget = Budget { time: Duration::from_millis(ms), slots };
        let (chosen, takes) = budget.choose(candidates);
        (chosen, takes.as_millis())
    }

    #[test]
    fn risk_comes_first_then_what_has_not_run_for_longest() {
        let jobs = [3, 1, 2].map(|recency| Candidate { recency, ..JOB });
        assert_eq!(chosen(100, 1, &jobs), (vec![false, true, false], 100));
        let risky = [jobs[0], jobs[1], Candidate { risky: true, recency: 9, ..JOB }];
        assert_eq!(chosen(200, 1, &risky), (vec![false, true, true], 200));
        let urgent = [Candidate { priority: 1, recency: 10, ..JOB }, risky[1], risky[2]];
        assert_eq!(chosen(100, 1, &urgent), (vec![true, false, false], 100));
    }

    #[test]
    fn what_is_too_long_leaves_its_time_to_others() {
        let long = Candidate { time: 150, ..JOB };
        let wide = Candidate { places: 2, ..JOB };
        assert_eq!(chosen(100, 2, &[long, JOB, JOB, JOB]), (vec![false, true, true, false], 100));
        assert_eq!(chosen(200, 2, &[JOB, wide, JOB]), (vec![true, true, false], 200));
        assert_eq!(chosen(u64::MAX, 1, &[JOB, JOB]), (vec![true, true], 200));
    }
}

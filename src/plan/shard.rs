//! A part of a plan for each of several machines. All of them come to the same split by themselves, from the same files
//! and the same past runs.

use super::Job;
use super::order::Typical;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// Which of how many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    index: NonZeroU32,
    of: NonZeroU32,
}

/// What the parts have about the same of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShardBy {
    /// Time, by past runs.
    #[default]
    Time,
    /// Cases.
    Count,
}

/// Why a text is no shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAShard(String);

impl fmt::Display for NotAShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(found) = self;
        write!(f, "expected `I/N` with I from 1 to N, such as `1/3`, found `{found}`")
    }
}

impl std::error::Error for NotAShard {}

impl FromStr for Shard {
    type Err = NotAShard;

    fn from_str(text: &str) -> Result<Self, NotAShard> {
        let parts = text.split_once('/').map(|(index, of)| (index.parse(), of.parse()));
        match parts {
            Some((Ok(index), Ok(of))) if index <= of => Ok(Self { index, of }),
            _ => Err(NotAShard(text.to_owned())),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// Which part each job belongs to, for machines that do not have the same past runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// How many parts there are.
    pub of: NonZeroU32,
    /// The part of each job, from 1, by its id and browser: `testcases/cart @chrome`.
    pub parts: BTreeMap<String, NonZeroU32>,
}

/// A part of a plan, and how the plan is split.
#[derive(Clone, Copy, Debug)]
pub struct Sharding<'a> {
    /// The part that is meant.
    pub shard: Shard,
    /// What the parts have about the same of.
    pub by: ShardBy,
    /// A split that holds already; what it does not know is added to the part that has fewest.
    pub given: Option<&'a Split>,
}

/// What a shard is of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// The whole split.
    pub split: Split,
    /// Jobs of this part, and of all.
    pub jobs: (usize, usize),
    /// What this part takes, and all of them, if one job ran after the other; `None` where nothing has run yet.
    pub time: Option<(Duration, Duration)>,
}

/// What a job is called in a split.
fn name(job: &Job) -> String {
    format!("{} @{}", job.case_id, job.browser)
}

impl Sharding<'_> {
    /// For each job whether it belongs to the part that is meant, and what that part is of the whole.
    pub(super) fn split(self, jobs: &[(Typical, &Job)], usual: Typical) -> (Vec<bool>, Portion) {
        let parts = parts(jobs, usual, self);
        let is_mine: Vec<bool> = parts.iter().map(|part| self.shard.is(*part)).collect();
        let number = |part: u32| NonZeroU32::new(part + 1).unwrap_or(NonZeroU32::MIN);
        let named = jobs.iter().zip(&parts).map(|((_, job), part)| (name(job), number(*part)));
        let split = Split { of: self.shard.of, parts: named.collect() };
        let mine = || jobs.iter().zip(&is_mine).filter(|(_, mine)| **mine).map(|(job, _)| job);
        let time = |typical: Typical| u64::from(typical.or(usual).map_or(0, NonZeroU32::get));
        let sum = |times: u64| Duration::from_millis(times);
        let times = (mine().map(|it| time(it.0)).sum(), jobs.iter().map(|it| time(it.0)).sum());
        let time = usual.map(|_| (sum(times.0), sum(times.1)));
        let jobs = (mine().count(), jobs.len());
        (is_mine, Portion { split, jobs, time })
    }
}

/// For each job the part that it belongs to, from 0.
fn parts(jobs: &[(Typical, &Job)], usual: Typical, how: Sharding<'_>) -> Vec<u32> {
    let of = how.shard.of;
    let Some(split) = how.given else {
        let time = |typical: Typical| match how.by {
            ShardBy::Time => u64::from(typical.or(usual).map_or(1, NonZeroU32::get)),
            ShardBy::Count => 1,
        };
        let jobs: Vec<_> = jobs.iter().map(|(typical, job)| (time(*typical), *job)).collect();
        return even(&jobs, vec![0; of.get() as usize]);
    };
    // What the split does not know is counted, not timed: other machines know nothing of past runs here.
    let mut loads = vec![0; of.get() as usize];
    split.parts.values().for_each(|part| loads[part.get() as usize - 1] += 1);
    let given = |job: &Job| split.parts.get(&name(job)).map(|part| part.get() - 1);
    let unknown: Vec<_> =
        jobs.iter().filter(|(_, job)| given(job).is_none()).map(|(_, job)| (1, *job)).collect();
    let mut added = even(&unknown, loads).into_iter();
    jobs.iter().map(|(_, job)| given(job).or_else(|| added.next()).unwrap_or_default()).collect()
}

/// Gives out what weighs most first, always to the part that has least so far; `loads` is what they have already.
fn even(jobs: &[(u64, &Job)], loads: Vec<u64>) -> Vec<u32> {
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    // By id where weights are equal, so that the order in which files were found does not matter.
    order.sort_by_key(|at| {
        let (weight, job) = &jobs[*at];
        (Reverse(*weight), job.case_id.as_str(), job.browser.as_str())
    });
    let mut loads: BTreeSet<(u64, u32)> = loads.into_iter().zip(0..).collect();
    let mut parts = vec![0; jobs.len()];
    for at in order {
        if let Some((load, part)) = loads.pop_first() {
            parts[at] = part;
            loads.insert((load + jobs[at].0, part));
        }
    }
    parts
}

impl Shard {
    /// How many parts there are.
    pub fn of(self) -> NonZeroU32 {
        self.of
    }

    /// Whether it is the part of this number, from 0.
    fn is(self, part: u32) -> bool {
        self.index.get() == part + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_several() {
        assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
        for text in ["0/3", "4/3", "1/0", "1", "a/b", "/", "1/2/3"] {
            let wrong = text.parse::<Shard>().unwrap_err().to_string();
            assert_eq!(wrong, format!("expected `I/N` with I from 1 to N, such as `1/3`, found `{text}`"));
        }
    }
}

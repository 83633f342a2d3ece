//! A part of a plan for each of several machines. All of them come to the same split by themselves, from the same files
//! and the same past runs.

use super::Job;
use super::order::Typical;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

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

/// For each job the part that it belongs to, from 0. What usually takes longest is given out first, always to the part
/// that has least so far; what is not known takes as long as `usual`.
pub(super) fn parts(jobs: &[(Typical, &Job)], usual: Typical, of: NonZeroU32, by: ShardBy) -> Vec<u32> {
    let time = |typical: Typical| match by {
        ShardBy::Time => u64::from(typical.or(usual).map_or(1, NonZeroU32::get)),
        ShardBy::Count => 1,
    };
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    // By id where times are equal, so that the order in which files were found does not matter.
    order.sort_by_key(|at| {
        let (typical, job) = &jobs[*at];
        (Reverse(time(*typical)), job.case_id.as_str(), job.browser.as_str())
    });
    let mut loads: BTreeSet<(u64, u32)> = (0..of.get()).map(|part| (0, part)).collect();
    let mut parts = vec![0; jobs.len()];
    for at in order {
        if let Some((load, part)) = loads.pop_first() {
            parts[at] = part;
            loads.insert((load + time(jobs[at].0), part));
        }
    }
    parts
}

impl Shard {
    /// How many parts there are.
    pub(super) fn of(self) -> NonZeroU32 {
        self.of
    }

    /// Whether it is the part of this number, from 0.
    pub(super) fn is(self, part: u32) -> bool {
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

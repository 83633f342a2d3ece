//! Why a job waits, in words that `list --explain`, the keys and the log share.

use super::held::{Held, Obstacle};
use crate::text;
use std::fmt;
use std::time::Duration;

/// Why a job does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is about to start.
    Ready,
    /// Starting is paused.
    Paused,
    /// It is not known whether anything gets through: infrastructure errors came one after the other.
    Doubt,
    /// As many run as may.
    Limit(u32),
    /// It takes more places than are free.
    Places(u32),
    /// It, or what runs, wants to be alone.
    Alone,
    /// A share is held.
    Share {
        /// Its name.
        name: String,
        /// How many may hold it.
        max: u32,
    },
    /// A share lets nobody start for so long.
    Rate {
        /// Its name.
        name: String,
        /// Until then.
        left: Duration,
    },
    /// Another one has waited longer for a share, or for places.
    Kept(Option<String>),
    /// It belongs to a later chunk.
    Chunk,
    /// It is tried again after so long.
    Delay(Duration),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("is next"),
            Self::Paused => f.write_str("is paused"),
            Self::Doubt => {
                f.write_str("waits until a case gets through: infrastructure errors, one after the other")
            }
            Self::Limit(limit) => write!(f, "waits for a slot: limit {limit}"),
            Self::Places(limit) => write!(f, "waits for more slots to be free at once: limit {limit}"),
            Self::Alone => f.write_str("waits until nothing else runs"),
            Self::Share { name, max: 1 } => write!(f, "waits for share `{name}`"),
            Self::Share { name, max } => write!(f, "share `{name}` is full ({max})"),
            Self::Rate { name, left } => {
                write!(f, "share `{name}` lets the next one start in {}", text::duration(*left))
            }
            Self::Kept(Some(name)) => write!(f, "share `{name}` is kept for a case that has waited longer"),
            Self::Kept(None) => f.write_str("slots are kept for a case that has waited longer"),
            Self::Chunk => f.write_str("belongs to a later chunk"),
            Self::Delay(left) => write!(f, "is tried again in {}", text::duration(*left)),
        }
    }
}

/// What reasons are made of.
pub(super) struct Standing<'a> {
    pub(super) held: &'a Held,
    pub(super) limit: u32,
    pub(super) paused: bool,
    pub(super) doubt: bool,
}

impl Standing<'_> {
    pub(super) fn reason(&self, obstacle: Option<Obstacle>, now: Duration) -> Reason {
        let name = |share| self.held.share(share).name.clone();
        match obstacle {
            _ if self.paused => Reason::Paused,
            None => Reason::Ready,
            Some(Obstacle::Places) if self.doubt => Reason::Doubt,
            Some(Obstacle::Places) if self.held.is_full() => Reason::Limit(self.limit),
            Some(Obstacle::Places) => Reason::Places(self.limit),
            Some(Obstacle::Alone) => Reason::Alone,
            Some(Obstacle::Full(share)) => {
                Reason::Share { name: name(share), max: self.held.share(share).max }
            }
            Some(Obstacle::Rate(share, at)) => {
                Reason::Rate { name: name(share), left: at.saturating_sub(now) }
            }
            Some(Obstacle::Kept(share)) => Reason::Kept(share.map(name)),
            Some(Obstacle::Chunk) => Reason::Chunk,
        }
    }
}

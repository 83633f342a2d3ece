//! What may be asked of a running batch, by signals, keys, `ctl` or the live API. Only the words; the runner obeys.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A wish of whoever watches the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Command {
    /// Start nothing more and end in good order; each further one is harder. See [`Stop`].
    Stop {
        /// How hard.
        how: Stop,
        /// What asked for it, as people know it: `Ctrl-C`, `SIGTERM`, `batch timeout`.
        why: String,
    },
    /// As many cases may run at once from now on.
    Concurrency {
        /// How many.
        limit: Limit,
        /// What asked for it.
        why: String,
    },
    /// Start nothing until [`Command::Resume`]; running cases go on.
    Pause {
        /// What asked for it.
        why: String,
    },
    /// The end of a pause.
    Resume {
        /// What asked for it.
        why: String,
    },
}

/// How many cases may run at once. Never fewer than one. In JSON a number, or a text: `"+2"`, `"-1"`, `"auto"`, `"2..8"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many.
    To(u32),
    /// So many more than now.
    More(u32),
    /// So many fewer than now.
    Fewer(u32),
    /// As many as fit the machine.
    Auto,
    /// As many as fit the machine, within bounds.
    Within {
        /// The fewest.
        lowest: u32,
        /// The most.
        highest: u32,
    },
}

/// The most that may be asked for: more than any machine's browser can serve, and few enough that a typing error shows.
pub const MOST_SLOTS: u32 = 1_000;

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(number) => number.fmt(f),
            Self::More(more) => write!(f, "+{more}"),
            Self::Fewer(fewer) => write!(f, "-{fewer}"),
            Self::Auto => f.write_str("auto"),
            Self::Within { lowest, highest } => write!(f, "{lowest}..{highest}"),
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| digits.parse().ok().and_then(slots).ok_or_else(|| wrong(text));
        if let Some(more) = text.strip_prefix('+') {
            number(more).map(Self::More)
        } else if let Some(fewer) = text.strip_prefix('-') {
            number(fewer).map(Self::Fewer)
        } else if let Some((lowest, highest)) = text.split_once("..") {
            match (number(lowest)?, number(highest)?) {
                (lowest, highest) if lowest <= highest => Ok(Self::Within { lowest, highest }),
                (lowest, highest) => Err(format!("`{text}` has its bounds reversed: `{highest}..{lowest}`?")),
            }
        } else if text == "auto" {
            Ok(Self::Auto)
        } else {
            number(text).map(Self::To)
        }
    }
}

/// As many slots as there may be.
fn slots(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| (1..=MOST_SLOTS).contains(number))
}

fn wrong(found: &str) -> String {
    format!("expected a number from 1 to {MOST_SLOTS}, `+2`, `-1`, `auto` or `2..8`, found `{found}`")
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::To(number) => serializer.serialize_u32(*number),
            other => serializer.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text.parse(),
            // A sign means something in a text only.
            other => {
                let number = other.as_u64().and_then(slots);
                number.map(Self::To).ok_or_else(|| wrong(&other.to_string()))
            }
        };
        read.map_err(serde::de::Error::custom)
    }
}

impl Limit {
    /// The number, given how many it is `now`; `None` where the machine decides.
    pub fn fixed(self, now: u32) -> Option<u32> {
        let wanted = match self {
            Self::To(limit) => limit,
            Self::More(more) => now.saturating_add(more),
            Self::Fewer(fewer) => now.saturating_sub(fewer),
            Self::Auto | Self::Within { .. } => return None,
        };
        Some(wanted.clamp(1, MOST_SLOTS))
    }
}

/// How hard a batch is stopped. A later wish can only be harder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Start nothing more, wait for the running ones however long they take.
    Drain,
    /// Start nothing more, give the running ones `grace`, then interrupt them.
    Grace,
    /// Interrupt the running ones now.
    Now,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_a_text_in_json() {
        let within = Limit::Within { lowest: 2, highest: 8 };
        for limit in [Limit::To(8), Limit::More(2), Limit::Fewer(1), Limit::Auto, within] {
            let json = serde_json::to_string(&limit).unwrap();
            assert_eq!(serde_json::from_str::<Limit>(&json).unwrap(), limit, "{json}");
        }
        assert_eq!(serde_json::to_string(&Limit::To(8)).unwrap(), "8");
        assert_eq!(serde_json::from_str::<Limit>(r#""8""#).unwrap(), Limit::To(8));
        for wrong in ["0", "1001", "-1", "1.5", r#""8..2""#, r#""+0""#, r#""many""#, "null", "[8]"] {
            let error = serde_json::from_str::<Limit>(wrong).unwrap_err().to_string();
            assert!(error.contains("found") || error.contains("reversed: `2..8`"), "{wrong}: {error}");
        }
    }
}

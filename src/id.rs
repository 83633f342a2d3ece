//! Identifiers: of batches, cases and jobs. Makes and compares them, looks nothing up.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use unicode_normalization::UnicodeNormalization;

/// Names one batch: text, ordered by time, globally unique: `20270102-030405-7k2m9qxd` (UTC, then 40 random bits).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(String);

impl BatchId {
    /// The id of a batch that starts at `now`; `random` makes it unique.
    pub fn new(now: SystemTime, random: u64) -> Self {
        // Crockford's alphabet: nothing in it is mistaken for something else when read aloud.
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let stamp = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap_or(i64::MAX))
            .map_or_else(|_| "00000000-000000".to_owned(), |at| at.strftime("%Y%m%d-%H%M%S").to_string());
        let tail: String = (0..8)
            .map(|i| char::from(ALPHABET[usize::try_from((random >> (5 * i)) & 31).unwrap_or(0)]))
            .collect();
        Self(format!("{stamp}-{tail}"))
    }

    /// An id read back from where it was stored.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Names one case, or one row of it, for ever: the path below the project root without `.toml`, in NFC, with
/// `::case name` in a file of several cases and `[row]` for a row: `testcases/cart::remove[alice]`. Its clones share one
/// text: plan, tally and events all hold it, for each of many cases.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(Arc<str>);

impl CaseId {
    /// The id with its text brought into NFC.
    pub fn new(text: &str) -> Self {
        Self(text.nfc().collect::<String>().into())
    }

    /// The id of one row of this case.
    #[must_use]
    pub fn with_row(&self, row: &str) -> Self {
        Self::new(&format!("{}[{row}]", self.0))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same id with a text of its own. Ids that stay keep what was allocated around them from being given back; new
    /// ones, made together, lie side by side.
    #[must_use]
    pub fn moved(&self) -> Self {
        Self(Arc::from(&*self.0))
    }

    /// The form in which two ids may not be equal: NFC and case-folded.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A job's number in its plan, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u32);

/// 128 random bits from the system, in hexadecimal: for names and tokens that nobody may guess.
pub fn secret() -> String {
    let mut bits = [0; 16];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bits));
    // Going on with something guessable would be worse than not going on.
    assert!(read.is_ok(), "no randomness to be had from /dev/urandom: {read:?}");
    bits.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_ids_sort_by_time() {
        let early = BatchId::new(UNIX_EPOCH + Duration::from_secs(1_800_000_000), 7);
        let late = BatchId::new(UNIX_EPOCH + Duration::from_secs(1_800_000_001), 3);
        assert_eq!(early.as_str(), "20270115-080000-70000000");
        assert!(early < late);
    }

    #[test]
    fn case_ids_are_nfc() {
        assert_eq!(CaseId::new("testcases/e\u{301}").as_str(), "testcases/é");
        assert_eq!(CaseId::new("a").with_row("b").as_str(), "a[b]");
    }
}

//! Identifiers: of batches, cases and jobs. Makes and compares them, looks nothing up.

use serde::{Deserialize, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
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
/// text: plan, tally and events all hold it, for each of many cases. Serialised it is that text.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct CaseId {
    /// It may hold those of others, too.
    texts: Arc<String>,
    from: u32,
    to: u32,
}

impl CaseId {
    /// The id with its text brought into NFC.
    pub fn new(text: &str) -> Self {
        Self::of(text.nfc().collect())
    }

    /// The id that somebody has typed, or copied from a terminal, where some characters are shown as `\u{202e}`.
    pub fn typed(text: &str) -> Self {
        Self::new(&shown_as_it_is(text))
    }

    fn of(text: String) -> Self {
        let to = short(text.len());
        Self { texts: Arc::new(text), from: 0, to }
    }

    /// The same ids, in one text. Ids that stay lie wherever they were made, each in a page of memory that cannot be given
    /// back for its sake, however much around it was freed: for ten thousand of them that was 2 MB.
    pub fn gathered<'a>(ids: impl Iterator<Item = &'a Self>) -> Vec<Self> {
        let (mut texts, mut places) = (String::new(), Vec::new());
        for id in ids {
            let from = short(texts.len());
            texts.push_str(id.as_str());
            places.push((from, short(texts.len())));
        }
        texts.shrink_to_fit();
        let texts = Arc::new(texts);
        places.into_iter().map(|(from, to)| Self { texts: Arc::clone(&texts), from, to }).collect()
    }

    /// The id of one row of this case.
    #[must_use]
    pub fn with_row(&self, row: &str) -> Self {
        Self::new(&format!("{self}[{row}]"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.texts[self.from as usize..self.to as usize]
    }

    /// The form in which two ids may not be equal: NFC and case-folded.
    pub fn folded(&self) -> String {
        self.as_str().to_lowercase()
    }
}

/// A text with each `\u{202e}` as the character that it stands for.
fn shown_as_it_is(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.split_once('}');
        let read =
            code.and_then(|(code, rest)| Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, rest)));
        match read {
            Some((c, rest)) => {
                whole.push(c);
                whole.push_str(rest);
            }
            None => whole.extend(["\\u{", part]),
        }
    }
    whole
}

/// Ids are shorter than 4 GiB, also all of a plan together.
fn short(length: usize) -> u32 {
    u32::try_from(length).expect("ids of less than 4 GiB")
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CaseId").field(&self.as_str()).finish()
    }
}

impl PartialEq for CaseId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for CaseId {}

impl Hash for CaseId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for CaseId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CaseId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Serialize for CaseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// As it was stored: it is in NFC already.
impl From<String> for CaseId {
    fn from(text: String) -> Self {
        Self::of(text)
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
    fn an_id_may_be_typed_as_a_terminal_shows_it() {
        assert_eq!(CaseId::typed("a::b \\u{202e}evil").as_str(), "a::b \u{202e}evil");
        assert_eq!(CaseId::typed("a \\u{zz} \\u{41").as_str(), "a \\u{zz} \\u{41");
    }

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

    #[test]
    fn gathered_ids_are_the_same() {
        let ids = ["testcases/b", "", "testcases/é[1]"].map(CaseId::new);
        let gathered = CaseId::gathered(ids.iter());
        assert_eq!(gathered, ids);
        assert!(gathered[1] < gathered[0]);
        let told = serde_json::to_string(&gathered).unwrap();
        assert_eq!(told, r#"["testcases/b","","testcases/é[1]"]"#);
        assert_eq!(serde_json::from_str::<Vec<CaseId>>(&told).unwrap(), ids);
    }
}

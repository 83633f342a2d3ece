//! The variables that nobody sets: `env.`, `secret.`, `row.`, `share.`, `case.`, `batch.`, `base_url`, `server.url`,
//! `random.` and `now.`.

use super::Context;
use crate::case::model::Row;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What they are made of.
#[derive(Clone, Debug)]
pub(super) struct Builtin<'r> {
    pub(super) context: &'r Context,
    /// The case's id, with its row.
    pub(super) case: String,
    /// From 1.
    pub(super) attempt: u32,
    /// The values of the shares that the attempt holds.
    pub(super) shares: &'r BTreeMap<String, String>,
    pub(super) base_url: Option<String>,
}

impl Builtin<'_> {
    pub(super) fn get(&self, name: &str, row: Option<&Row>) -> Option<Value> {
        if name == "base_url" {
            return self.base_url.clone().map(Value::String);
        }
        let (space, key) = name.split_once('.')?;
        let text = |text: &String| Value::String(text.clone());
        match (space, key) {
            ("env", key) => self.context.env.get(key).map(text),
            ("secret", key) => self.context.secrets.get(key).map(text),
            ("row", key) => row?.get(key).cloned(),
            ("share", key) => self.shares.get(key).map(text),
            ("case", "id") => Some(Value::String(self.case.clone())),
            ("case", "attempt") => Some(Value::from(self.attempt)),
            ("batch", "id") => Some(Value::from(self.context.batch.as_str())),
            ("server", "url") => self.context.server_url.as_ref().map(text),
            ("random", key) => self.random(key),
            ("now", key) => self.now(key),
            _ => None,
        }
    }

    /// The same within an attempt and another in the next; the batch's seed brings it back.
    fn random(&self, key: &str) -> Option<Value> {
        let mut hash = Sha256::new();
        hash.update(self.context.seed.to_le_bytes());
        hash.update(self.attempt.to_le_bytes());
        hash.update(self.case.as_bytes());
        hash.update([0]);
        hash.update(key.as_bytes());
        let bytes: [u8; 32] = hash.finalize().into();
        let number = bytes.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        match key {
            // A positive 32-bit number fits every column and every parser.
            "int" => Some(Value::from(u32::try_from(number & 0x7fff_ffff).unwrap_or(0))),
            "hex" => Some(Value::from(format!("{number:032x}").split_off(16))),
            "uuid" => Some(Value::from(uuid(number))),
            _ => None,
        }
    }

    fn now(&self, key: &str) -> Option<Value> {
        let now = (self.context.clock)();
        match key {
            "iso" => Some(Value::from(crate::event::millis::text(now))),
            "date" => Some(Value::from(now.strftime("%Y-%m-%d").to_string())),
            "unix" => Some(Value::from(now.as_second())),
            _ => None,
        }
    }
}

/// A version 4 UUID (RFC 9562 section 5.4) of these bits.
fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}

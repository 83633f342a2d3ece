//! Messages of the Chrome DevTools Protocol, read without copying and written without reading what is passed on.

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// A message as it arrived, from the browser or from a driver. Only the envelope is taken apart.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(default)]
    pub(super) id: Option<u64>,
    #[serde(default, borrow)]
    pub(super) method: Option<&'a str>,
    #[serde(default, borrow, rename = "sessionId")]
    pub(super) session: Option<&'a str>,
    #[serde(default, borrow)]
    pub(super) params: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) result: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// A message to be sent.
#[derive(Debug, Default, Serialize)]
pub(super) struct Outgoing<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) params: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "sessionId")]
    pub(super) session: Option<&'a str>,
}

impl Outgoing<'_> {
    /// The text of the message.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and JSON that was read before")
    }
}

/// The browser's answer to one command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer<'a> {
    /// It was carried out.
    Result(&'a RawValue),
    /// It was refused.
    Error(&'a RawValue),
    /// The answer was larger than this program takes, by this many bytes in all.
    TooLarge(usize),
    /// The browser is gone.
    Closed,
}

/// The protocol's form of an error.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ErrorObject {
    #[serde(default)]
    pub(super) code: i64,
    #[serde(default)]
    pub(super) message: String,
}

/// JSON for a value of ours.
pub(super) fn raw(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("maps with string keys, and nothing else that could fail")
}

/// The error that an answer becomes which is larger than this program takes.
pub(super) fn too_large(bytes: usize) -> Box<RawValue> {
    raw(&json!({ "code": -32000, "message": format!("answer of {bytes} bytes is too large") }))
}

/// What the gate needs to know of a target (`Target.TargetInfo`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetInfo {
    pub(super) target_id: String,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    pub(super) browser_context_id: Option<String>,
}

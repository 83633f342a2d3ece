//! The console of a page: what the browser tells of it, as lines for people.

use crate::browser::page::ConsoleLine;
use crate::text::Untrusted;
use serde_json::Value;
use serde_json::value::RawValue;

/// The console of a context so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Console {
    /// Oldest first.
    pub lines: Vec<ConsoleLine>,
    /// How many were too many or too long, and are missing.
    pub dropped: u64,
}

/// Which event told of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Call,
    Exception,
    Entry,
}

impl Kind {
    /// The line that an event's parameters make.
    pub(super) fn line(self, params: &RawValue) -> ConsoleLine {
        let params: Value = serde_json::from_str(params.get()).unwrap_or_default();
        let (line, at) = match self {
            Self::Call => (call(&params), &params["timestamp"]),
            Self::Exception => (exception(&params["exceptionDetails"]), &params["timestamp"]),
            Self::Entry => (entry(&params["entry"]), &params["entry"]["timestamp"]),
        };
        ConsoleLine { at_ms: at.as_f64(), ..line }
    }
}

/// `Runtime.consoleAPICalled`.
fn call(params: &Value) -> ConsoleLine {
    let kind = params["type"].as_str().unwrap_or("log");
    let level = match kind {
        "debug" | "info" | "warning" | "error" => kind,
        "assert" => "error",
        _ => "log",
    };
    let args = params["args"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = args.iter().map(object).collect::<Vec<_>>().join(" ");
    line(level, text, &params["stackTrace"]["callFrames"][0])
}

/// `Runtime.ExceptionDetails`.
fn exception(details: &Value) -> ConsoleLine {
    let what = &details["exception"];
    let text = details["text"].as_str().unwrap_or_default();
    let text = if what.is_null() { text.to_owned() } else { format!("{text} {}", object(what)) };
    let frame = &details["stackTrace"]["callFrames"][0];
    line("exception", text, if frame.is_null() { details } else { frame })
}

/// `Log.LogEntry`.
fn entry(entry: &Value) -> ConsoleLine {
    let level = match entry["level"].as_str() {
        Some("verbose") => "debug",
        Some(level) => level,
        None => "log",
    };
    line(level, entry["text"].as_str().unwrap_or_default().to_owned(), entry)
}

/// A line with its place: `url`, `lineNumber` and `columnNumber`, counted from 0.
fn line(level: &str, text: String, place: &Value) -> ConsoleLine {
    let mut from = place["url"].as_str().unwrap_or_default().to_owned();
    for number in [&place["lineNumber"], &place["columnNumber"]] {
        if let Some(number) = number.as_u64() {
            from = format!("{from}:{}", number + 1);
        }
    }
    ConsoleLine {
        at_ms: None,
        level: level.to_owned(),
        text: Untrusted::from(text),
        from: Untrusted::from(from),
    }
}

/// A `Runtime.RemoteObject` as a console shows it, in short.
fn object(object: &Value) -> String {
    match (&object["value"], &object["unserializableValue"], &object["description"]) {
        (Value::String(text), ..) | (_, Value::String(text), _) | (Value::Null, _, Value::String(text)) => {
            text.clone()
        }
        (Value::Null, ..) => {
            object["type"].as_str().filter(|kind| *kind == "undefined").unwrap_or("null").to_owned()
        }
        (value, ..) => value.to_string(),
    }
}

//! A filled locator as a text that parses to the same thing, for a variable that holds a locator.

use super::Filled;
use crate::case::pattern;
use serde_json::Value;
use std::fmt::Write as _;

pub(super) fn locator(filled: &Filled) -> String {
    let mut parts: Vec<String> = filled.frames.iter().map(|hop| format!("frame=({})", query(hop))).collect();
    if !filled.query.is_empty() {
        parts.push(query(&filled.query));
    }
    parts.join(" >> ")
}

fn query(parts: &[Value]) -> String {
    parts.iter().map(part).collect::<Vec<_>>().join(" >> ")
}

fn part(part: &Value) -> String {
    let by = part["by"].as_str().unwrap_or_default();
    let value = || part["value"].as_str().unwrap_or_default();
    match by {
        "css" | "xpath" => format!("{by}={}", value()),
        "id" | "name" => format!("{by}={}", quoted(value())),
        "link" => format!("link={}", quoted(part["text"]["exact"].as_str().unwrap_or_default())),
        "partial_link" => {
            format!("partial_link={}", quoted(part["text"]["contains"].as_str().unwrap_or_default()))
        }
        "role" => role(part),
        "parent" => "..".to_owned(),
        "visible" => "visible".to_owned(),
        "nth" => format!("nth={}", part["index"]),
        "has" => format!("has=({})", part["query"].as_array().map_or_else(String::new, |inner| query(inner))),
        _ => format!("{by}={}", text(&part["text"], "")),
    }
}

fn role(part: &Value) -> String {
    let mut written = format!("role={}", part["role"].as_str().unwrap_or_default());
    for (key, value) in part.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("by" | "role", _) => {}
            ("name", name) => drop(write!(written, "[name={}]", text(name, "]"))),
            (state, Value::String(value)) => drop(write!(written, "[{state}={value}]")),
            (state, value) => drop(write!(written, "[{state}={value}]")),
        }
    }
    written
}

/// One of the three text forms. A substring that would read as something else is written as the pattern for it.
fn text(form: &Value, closing: &str) -> String {
    if let Some(exact) = form["exact"].as_str() {
        return quoted(exact);
    }
    if let Some(contains) = form["contains"].as_str() {
        let plain = contains.trim() == contains
            && !contains.starts_with(['"', '\'', '/'])
            && !contains.contains(">>")
            && !contains.contains(['(', ')', '\n'])
            && (closing.is_empty() || !contains.contains(closing));
        if contains.is_empty() {
            return "/(?:)/i".to_owned();
        }
        return if plain { contains.to_owned() } else { format!("/{}/i", pattern::escape(contains)) };
    }
    format!(
        "/{}/{}",
        form["pattern"].as_str().unwrap_or_default(),
        form["flags"].as_str().unwrap_or_default()
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

//! The JSON Schema (draft 7, which editors' TOML plugins know) of runner.toml, made from the list of settings, for editors.

use super::duration::TimeLimit;
use super::later;
use super::layer::Layer;
use super::retries::Retries;
use super::setting::Setting as _;
use serde_json::{Map, Value, json};

/// The schema of runner.toml.
pub fn schema() -> Value {
    let mut properties = layer();
    let profile = json!({"type": "object", "properties": properties, "additionalProperties": false});
    properties.insert("profile".to_owned(), json!({"type": "object", "additionalProperties": profile}));
    properties.insert("override".to_owned(), json!({"type": "array", "items": an_override()}));
    for table in later::TABLES {
        properties.insert(table.to_owned(), json!({"type": "object", "description": "Not supported yet."}));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "runner.toml of batchrun",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The settings that may stand at the top and in a profile, those with dots in tables of their own.
fn layer() -> Map<String, Value> {
    let mut properties = Map::new();
    for (key, mut schema, meaning) in Layer::schemas() {
        schema["description"] = meaning.into();
        match key.split_once('.') {
            None => {
                properties.insert(key.to_owned(), schema);
            }
            Some((table, inner)) => {
                let table = properties.entry(table).or_insert_with(
                    || json!({"type": "object", "properties": {}, "additionalProperties": false}),
                );
                table["properties"][inner] = schema;
            }
        }
    }
    let vars = json!({"type": "object", "description": "Variables for cases."});
    properties.insert("vars".to_owned(), vars);
    properties
}

fn an_override() -> Value {
    json!({
        "type": "object",
        "properties": {
            "filter": {"type": "string"},
            "priority": {"type": "integer", "minimum": -100, "maximum": 100},
            "timeout": TimeLimit::schema(),
            "step_timeout": TimeLimit::schema(),
            "retries": Retries::schema(),
            "quarantine": {
                "type": "object",
                "properties": {"owner": {"type": "string", "pattern": "\\S"}, "reason": {"type": "string", "pattern": "\\S"}, "until": {}},
                "required": ["reason"],
                "additionalProperties": false,
            },
        },
        "required": ["filter"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_the_schema_with_its_meaning() {
        let schema = schema();
        for key in Layer::KEYS {
            let pointer = format!("/properties/{}", key.replace('.', "/properties/"));
            let found = schema.pointer(&pointer).unwrap_or_else(|| panic!("no `{key}`"));
            assert!(found["description"].as_str().is_some_and(|text| text.ends_with('.')), "{key}: {found}");
        }
    }
}

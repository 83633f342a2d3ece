//! The JSON Schema (draft 7, which editors' TOML plugins know) of case files and flows, made from the tables.
//!
//! A schema cannot say everything the parser checks (locators, patterns, names of variables); it says no less than
//! what the tables say.

use super::conditions::{COMMON as CONDITION_COMMON, CONDITIONS};
use super::flows::FLOW;
use super::keys::{CASE, ONLY_IN_CASE};
use super::matchers::{MATCHERS, TESTS};
use super::verbs::{COMMON, verbs};
use super::{Argument, Form, Kind};
use serde_json::{Map, Value, json};

/// The schema of a case file; that of a flow is its definition `flow`.
pub fn schema() -> Value {
    let top: Vec<&Argument> = CASE.iter().filter(|key| !ONLY_IN_CASE.contains(&key.word)).collect();
    let mut several = object(top.into_iter());
    several["properties"]["case"] = json!({
        "type": "array",
        "minItems": 1,
        "description": "Several cases in one file.",
        "items": {"allOf": [reference("case"), {"required": ["name"]}]},
    });
    several["required"] = json!(["case"]);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "batchrun case file",
        "anyOf": [reference("case"), several],
        "definitions": {
            "case": object(CASE.iter()),
            "flow": object(FLOW.iter()),
            "steps": {"type": "array", "minItems": 1, "items": reference("step")},
            "step": {"anyOf": verbs().map(|verb| form(verb, COMMON)).collect::<Vec<_>>()},
            "condition": {"anyOf": CONDITIONS.iter().map(|it| form(it, CONDITION_COMMON)).collect::<Vec<_>>()},
            "matchers": at_least_one(object(MATCHERS.iter())),
            "test": {"anyOf": [{"type": "string"}, at_least_one(object(TESTS.iter()))]},
            "variable": {"type": "string", "pattern": "\\$\\{"},
            "duration": {"type": "string", "pattern": "^\\s*([0-9.]+(ms|s|m|h)\\s*)+$"},
            "locator": {
                "type": "string",
                "minLength": 1,
                "description": "CSS, or text= role= label= placeholder= alt= title= testid= xpath= id= name= link= partial_link=; A >> B",
            },
        },
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

fn at_least_one(mut schema: Value) -> Value {
    schema["minProperties"] = 1.into();
    schema
}

/// A table with these keys and no others.
fn object<'a>(arguments: impl Iterator<Item = &'a Argument>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for argument in arguments {
        properties.insert(argument.word.to_owned(), described(argument));
        if argument.required {
            required.push(argument.word);
        }
    }
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn form<T>(form: &Form<T>, common: &'static [Argument]) -> Value {
    // `if` beside the verb `if` is the verb.
    let common = common.iter().filter(|argument| argument.word != form.word);
    let mut schema = object(form.all_arguments().chain(common));
    let doc =
        if form.build.is_some() { form.doc.to_owned() } else { format!("{} (not supported yet)", form.doc) };
    schema["description"] = doc.clone().into();
    schema["properties"][form.word] = with_doc(kind(&form.subject), &doc);
    let mut required = vec![Value::from(form.word)];
    required.extend(schema["required"].as_array().cloned().unwrap_or_default());
    schema["required"] = required.into();
    schema
}

fn described(argument: &Argument) -> Value {
    let later = if argument.runs { "" } else { " (not supported yet)" };
    with_doc(kind(&argument.kind), &format!("{}{later}", argument.doc))
}

/// Draft 7 ignores what stands beside `$ref`.
fn with_doc(schema: Value, doc: &str) -> Value {
    if schema.get("$ref").is_some() {
        return json!({"allOf": [schema], "description": doc});
    }
    let mut schema = schema;
    schema["description"] = doc.into();
    schema
}

fn kind(of: &Kind) -> Value {
    let or_variable = |schema: Value| json!({"anyOf": [schema, reference("variable")]});
    match of {
        Kind::Text | Kind::Url | Kind::Keys | Kind::Pattern => json!({"type": "string"}),
        Kind::Plain | Kind::Reason | Kind::Script | Kind::Defines | Kind::Reads => {
            json!({"type": "string", "minLength": 1})
        }
        Kind::Flow => json!({"type": "string", "pattern": "\\.flow\\.toml$"}),
        Kind::Word(words) => json!({"enum": words}),
        Kind::True => json!({"const": true}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::FlagOrVariable => or_variable(json!({"type": "boolean"})),
        Kind::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::WholeOrVariable => or_variable(json!({"type": "integer", "minimum": 0})),
        Kind::Number => or_variable(json!({"type": "number"})),
        Kind::Duration => reference("duration"),
        Kind::Pause => or_variable(reference("duration")),
        // A TOML date has no type in JSON; editors see it as text.
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Locator => reference("locator"),
        Kind::Test => reference("test"),
        Kind::ValueTest | Kind::Value => json!({}),
        Kind::Values => json!({"type": "array"}),
        Kind::ValuesOrVariable => or_variable(json!({"type": "array"})),
        Kind::Texts => {
            or_variable(json!({"type": "array", "items": {"type": ["string", "number", "boolean"]}}))
        }
        Kind::TextOrTexts => json!({"anyOf": [
            {"type": "string"}, {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
        ]}),
        Kind::Count => json!({"anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": "^\\s*(==|>=|<=|!=|>|<)?\\s*[0-9]+\\s*$"},
            reference("variable"),
        ]}),
        Kind::Point => json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
        Kind::Steps => reference("steps"),
        Kind::Condition => reference("condition"),
        Kind::Conditions => json!({"type": "array", "minItems": 1, "items": reference("condition")}),
        Kind::Matchers => reference("matchers"),
        Kind::Rows => json!({"anyOf": [
            {"type": "string", "pattern": "\\.(csv|json|jsonl)$"},
            {"type": "array", "minItems": 1, "items": {"type": "object"}},
        ]}),
        Kind::List(of) => json!({"type": "array", "items": kind(of)}),
        Kind::Map(of) => json!({"type": "object", "minProperties": 1, "additionalProperties": kind(of)}),
        Kind::Variables => json!({"type": "object", "minProperties": 1}),
        Kind::Table(arguments) => object(arguments.iter()),
        Kind::Either(kinds) => json!({"anyOf": kinds.iter().map(kind).collect::<Vec<_>>()}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_word_is_there() {
        let schema = schema();
        let text = schema.to_string();
        for (at, _) in text.match_indices("#/definitions/") {
            let name = text[at + 14..].split('"').next().unwrap();
            assert!(schema["definitions"].get(name).is_some(), "{name}");
        }
        let steps = schema["definitions"]["step"]["anyOf"].as_array().unwrap();
        assert_eq!(steps.len(), verbs().count());
        for (verb, step) in verbs().zip(steps) {
            assert_eq!(step["required"][0], verb.word);
            assert!(step["properties"]["timeout"].is_object());
        }
        assert!(schema["definitions"]["case"]["required"].as_array().unwrap().contains(&"steps".into()));
    }
}

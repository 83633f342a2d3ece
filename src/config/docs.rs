//! What the settings of runner.toml mean, in text, for `docs WORD`: made from the list of settings and their schemas.

use super::layer::Layer;
use serde_json::Value;
use std::fmt::Write as _;

/// The settings that a word names: a key, the table that it stands in, or its last part. Empty where there are none.
pub fn meaning(word: &str) -> String {
    let mut text = String::new();
    for (key, schema, meaning) in Layer::schemas() {
        let (table, inner) = key.split_once('.').unwrap_or((key, key));
        if ![key, table, inner].contains(&word) {
            continue;
        }
        let _ = writeln!(text, "a setting of runner.toml: {meaning}\n  {key} = {}", form(&schema));
        members(&schema, &mut text);
    }
    text
}

/// The words that [`meaning`] knows.
pub fn words() -> impl Iterator<Item = &'static str> {
    Layer::KEYS.iter().flat_map(|key| [key.split_once('.').map_or(*key, |(table, _)| table), *key])
}

/// The keys of a setting that is a table, or several, each with what it means.
fn members(schema: &Value, text: &mut String) {
    for inner in ["oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
        members(inner, text);
    }
    for inner in ["items", "additionalProperties"] {
        // What is a list of tables has just been told as one of them.
        if schema[inner].is_object() && schema["type"] != "array" {
            members(&schema[inner], text);
        }
    }
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        let needed =
            schema["required"].as_array().is_some_and(|required| required.iter().any(|it| it == name));
        let optional = if needed { "" } else { " (optional)" };
        let _ = writeln!(text, "  {name} = {}{optional}", form(of));
        if let Some(meaning) = of["description"].as_str() {
            let _ = writeln!(text, "      {meaning}");
        }
    }
}

/// What may stand there.
fn form(schema: &Value) -> String {
    let bound = |key: &str| schema[key].as_i64();
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ");
    }
    if let Some(forms) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let mut forms: Vec<_> = forms.iter().map(form).collect();
        forms.dedup();
        return forms.join(", or ");
    }
    match (schema["type"].as_str().unwrap_or("anything"), bound("minimum"), bound("maximum")) {
        ("string", ..) => "text".to_owned(),
        ("boolean", ..) => "true or false".to_owned(),
        ("array", ..) => format!("list of {}", form(&schema["items"])),
        ("object", ..) => "table".to_owned(),
        (_, Some(least), Some(most)) => format!("{least} to {most}"),
        (_, Some(least), None) => format!("a number from {least} on"),
        (other, ..) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_told_with_all_its_keys() {
        insta::assert_snapshot!(meaning("server"), @r#"
        a setting of runner.toml: What is started before the cases and stopped after them.
          server = table, or list of table
          dir = text
              A folder whose files are served on a free port.
          command = list of text
              A program and its arguments, run in the folder of runner.toml, without a shell.
          url = text
              What answers, with whatever status, once it is ready.
          timeout = text (optional)
              How long it may take to be ready, `60s` by default.
          reuse = true or false (optional)
              Whether one that answers already is taken as it is.
        "#);
        insta::assert_snapshot!(meaning("memory_free"), @r#"
        a setting of runner.toml: Memory that stays free.
          pressure.memory_free = text
        "#);
        assert_eq!(meaning("servre"), "");
    }

    #[test]
    fn every_key_of_a_table_says_what_it_means() {
        for word in words() {
            let lines: Vec<String> = meaning(word).lines().map(str::to_owned).collect();
            let mut inner = lines.iter().zip(lines.iter().skip(1).map(String::as_str).chain([""]));
            let bare = inner.find(|(line, next)| {
                line.starts_with("  ") && line.contains(" (optional)") && !next.starts_with("      ")
            });
            assert!(bare.is_none(), "{bare:?}");
        }
    }
}

//! runner.toml from text to layers: its top, its profiles, its overrides. Decides nothing about who wins.

use super::later;
use super::layer::Layer;
use super::names::is_variable_name;
use super::origin::Sourced;
use super::overrides::{self, Override};
use super::reading::{Given, Reading, in_order};
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// What stands only at the top of the file.
#[derive(Default)]
pub(super) struct Top {
    /// `[[override]]`, in order.
    pub(super) overrides: Vec<Override>,
}

/// Reads the top of the file. `[profile]` is left for [`read_profile`].
pub(super) fn read_top(table: &DeTable<'_>, reading: &mut Reading<'_>) -> (Layer, Top) {
    let (mut layer, mut top) = (Layer::default(), Top::default());
    for (key, given) in in_order(table) {
        match key.get_ref().as_ref() {
            "profile" => {}
            "override" => {
                top.overrides = reading.within("override", |reading| overrides::read(given, reading));
            }
            name => read_key(name, key, given, &mut layer, reading),
        }
    }
    (layer, top)
}

/// Reads one profile, or a `--set`, or a variable: whatever may hold settings and nothing else.
pub(super) fn read_layer(table: &DeTable<'_>, reading: &mut Reading<'_>) -> Layer {
    let mut layer = Layer::default();
    for (key, given) in in_order(table) {
        match key.get_ref().as_ref() {
            name @ ("override" | "profile") => {
                reading.not_yet(&format!("`{name}` other than at the top of runner.toml"), key.span());
            }
            name => read_key(name, key, given, &mut layer, reading),
        }
    }
    layer
}

/// Reads one key at the top of a table of settings.
fn read_key(
    name: &str,
    key: &toml::Spanned<std::borrow::Cow<'_, str>>,
    given: &Given<'_>,
    layer: &mut Layer,
    reading: &mut Reading<'_>,
) {
    if name == "vars" {
        reading.within(name, |reading| read_vars(given, layer, reading));
    } else if later::TABLES.contains(&name) {
        later::refuse(name, key.span().into(), given, reading);
    } else if Layer::KEYS.contains(&name) {
        reading.within(name, |reading| layer.put(name, given, reading));
    } else if !inner_keys(name).is_empty() {
        reading.within(name, |reading| read_group(name, given, layer, reading));
    } else {
        let mut known: Vec<&str> =
            Layer::KEYS.iter().map(|key| key.split('.').next().unwrap_or(key)).collect();
        known.extend(["vars", "profile", "override"].iter().chain(&later::TABLES));
        known.dedup();
        reading.unknown_key(key, &known);
    }
}

/// The keys below a table of settings such as `[chrome]`, without its name.
fn inner_keys(table: &str) -> Vec<&'static str> {
    Layer::KEYS.iter().filter_map(|key| key.strip_prefix(table)?.strip_prefix('.')).collect()
}

fn read_group(name: &str, given: &Given<'_>, layer: &mut Layer, reading: &mut Reading<'_>) {
    let Some(table) = reading.table(given) else { return };
    for (key, value) in reading.entries(table, &inner_keys(name)) {
        reading.within(key, |reading| layer.put(&format!("{name}.{key}"), value, reading));
    }
}

fn read_vars(given: &Given<'_>, layer: &mut Layer, reading: &mut Reading<'_>) {
    let Some(table) = reading.table(given) else { return };
    for (key, value) in in_order(table) {
        let name = key.get_ref().as_ref();
        if is_variable_name(name) {
            let origin = (reading.origin)(&reading.source, value.span().into());
            layer.vars.insert(name.to_owned(), Sourced { value: to_json(value.get_ref()), origin });
        } else {
            reading.error(
                format!("`{name}` is no name for a variable"),
                key.span(),
                "expected letters, digits and `_`",
            );
        }
    }
}

/// A TOML value as JSON; dates become texts.
fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or_else(|_| Value::String(integer.to_string()), Value::from),
        DeValue::Float(float) => float.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(datetime) => Value::String(datetime.to_string()),
        DeValue::Array(array) => array.iter().map(|element| to_json(element.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(
            in_order(table)
                .into_iter()
                .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
                .collect::<Map<_, _>>(),
        ),
    }
}

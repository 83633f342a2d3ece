//! `[share.NAME]`: what cases must not all have at once. Read and checked here; the runner keeps it.

use super::reading::{Given, Reading, in_order};
use super::setting::{Setting, read_each};
use crate::filter::Filter;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// One share.
#[derive(Clone, Debug)]
pub struct Share {
    /// How many may hold it at once.
    pub max: u32,
    /// What holders get, one each; empty: nothing.
    pub values: Vec<String>,
    /// The cases that hold it without saying so.
    pub filter: Option<Filter>,
    /// The host of the cases that hold it without saying so.
    pub host: Option<String>,
    /// How many attempts that hold it may start in a second.
    pub per_second: Option<f64>,
}

/// Shares by their names.
#[derive(Clone, Debug, Default)]
pub struct Shares(BTreeMap<String, Share>);

const KEYS: [&str; 5] = ["max", "values", "filter", "host", "per_second"];

/// More than anything can be started at once.
const MOST: u32 = 10_000;

/// Less than once a day is no rate.
const SLOWEST: f64 = 1.0 / 86_400.0;

impl Shares {
    /// The shares, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Share)> {
        self.0.iter().map(|(name, share)| (name.as_str(), share))
    }

    /// Each share from the first of these that has it.
    pub(super) fn merged<'a>(layers: impl DoubleEndedIterator<Item = &'a Self>) -> Self {
        let mut merged = BTreeMap::new();
        for layer in layers.rev() {
            merged.extend(layer.0.clone());
        }
        Self(merged)
    }
}

impl Share {
    /// The least time between two starts.
    pub fn interval(&self) -> Option<Duration> {
        self.per_second.map(|rate| Duration::from_secs_f64(1.0 / rate))
    }

    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let table = reading.table(given)?;
        let before = reading.findings.len();
        let (mut max, mut values, mut filter, mut host, mut per_second) = (None, None, None, None, None);
        for (key, value) in reading.entries(table, &KEYS) {
            reading.within(key, |reading| match key {
                "max" => {
                    max = reading
                        .number(1..=i64::from(MOST), value)
                        .and_then(|number| u32::try_from(number).ok());
                }
                "values" => {
                    values = read_each("an array of strings", value, reading, |element, reading| {
                        reading.text("a string", element).map(str::to_owned)
                    });
                    if values.as_ref().is_some_and(Vec::is_empty) {
                        reading.bad_value("must name a value, found none", value);
                    }
                }
                "filter" => filter = super::overrides::read_filter(value, reading),
                "host" => host = read_host(value, reading),
                _ => per_second = read_rate(value, reading),
            });
        }
        let values = values.unwrap_or_default();
        let places = u32::try_from(values.len()).ok().filter(|places| *places > 0);
        if let (Some(max), Some(places)) = (max, places)
            && max > places
        {
            reading.bad_value(format!("has {places} `values` for `max = {max}`"), given);
        }
        // A rate alone limits nothing else.
        let unlimited = if per_second.is_some() { MOST } else { 1 };
        let max = max.or(places).unwrap_or(unlimited);
        (reading.findings.len() == before).then_some(Self { max, values, filter, host, per_second })
    }

    fn show(&self) -> Value {
        let mut shown = Map::from_iter([("max".to_owned(), self.max.into())]);
        if !self.values.is_empty() {
            shown.insert("values".to_owned(), json!(self.values));
        }
        if let Some(filter) = &self.filter {
            shown.insert("filter".to_owned(), filter.to_string().into());
        }
        if let Some(host) = &self.host {
            shown.insert("host".to_owned(), host.as_str().into());
        }
        if let Some(rate) = self.per_second {
            shown.insert("per_second".to_owned(), rate.into());
        }
        Value::Object(shown)
    }
}

fn read_host(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<String> {
    const EXPECTED: &str = "a host's name such as `shop.example.com`";
    let text = reading.text(EXPECTED, given)?;
    let host = url::Host::parse(text).ok();
    if host.is_none() {
        reading.wrong_type(EXPECTED, given);
    }
    host.map(|host| host.to_string())
}

fn read_rate(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<f64> {
    let value = given.get_ref();
    let text = value
        .as_float()
        .map(toml::de::DeFloat::as_str)
        .or(value.as_integer().map(toml::de::DeInteger::as_str));
    let rate =
        text.and_then(|text| text.parse::<f64>().ok()).filter(|rate| *rate >= SLOWEST && rate.is_finite());
    if rate.is_none() {
        reading.wrong_type("a number greater than 0", given);
    }
    rate
}

impl Setting for Shares {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let table = reading.table(given)?;
        let mut shares = BTreeMap::new();
        for (name, value) in in_order(table) {
            let name = name.get_ref().as_ref();
            if let Some(share) = reading.within(name, |reading| Share::read(value, reading)) {
                shares.insert(name.to_owned(), share);
            }
        }
        Some(Self(shares))
    }

    fn show(&self) -> Value {
        self.0.iter().map(|(name, share)| (name.clone(), share.show())).collect::<Map<_, _>>().into()
    }

    fn schema() -> Value {
        let share = json!({
            "type": "object",
            "properties": {
                "max": {
                    "type": "integer", "minimum": 1, "maximum": MOST,
                    "description": "How many cases may have it at once; 1 by default, or as many as there are values.",
                },
                "values": {
                    "type": "array", "items": {"type": "string"}, "minItems": 1,
                    "description": "Each holder has one for itself: `${share.NAME}`.",
                },
                "filter": {"type": "string", "description": "Cases that need it without saying so."},
                "host": {"type": "string", "description": "Cases need it whose `base_url` has this host."},
                "per_second": {
                    "type": "number", "exclusiveMinimum": 0,
                    "description": "No more starts a second than this.",
                },
            },
            "additionalProperties": false,
        });
        json!({"type": "object", "additionalProperties": share})
    }
}

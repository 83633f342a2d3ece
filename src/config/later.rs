//! Parts of runner.toml that are known and checked, but do nothing yet: each is refused by name, so that nobody
//! believes in a limit that is not kept.

use super::duration::Pause;
use super::reading::{Given, Reading, in_order};
use super::setting::{Setting, read_each};
use crate::filter::Filter;
use crate::source::Span;

/// The tables there are.
pub(super) const TABLES: [&str; 5] = ["share", "pressure", "history", "notify", "state"];

/// Checks such a table and refuses it.
pub(super) fn refuse(name: &str, key: Span, given: &Given<'_>, reading: &mut Reading<'_>) {
    let before = reading.findings.len();
    reading.within(name, |reading| match name {
        "share" => each(given, reading, share),
        "state" => each(given, reading, state),
        "pressure" => pressure(given, reading),
        "history" => history(given, reading),
        _ => {}
    });
    if reading.findings.len() == before {
        reading.not_yet(&format!("`[{name}]`"), key);
    }
}

fn each(given: &Given<'_>, reading: &mut Reading<'_>, check: fn(&Given<'_>, &mut Reading<'_>)) {
    let Some(table) = reading.table(given) else { return };
    for (name, value) in in_order(table) {
        reading.within(name.get_ref(), |reading| check(value, reading));
    }
}

fn share(given: &Given<'_>, reading: &mut Reading<'_>) {
    let Some(table) = reading.table(given) else { return };
    for (key, value) in reading.entries(table, &["max", "values", "filter", "host", "per_second"]) {
        reading.within(key, |reading| match key {
            "max" => {
                reading.number(1..=10_000, value);
            }
            "values" => {
                read_each("an array of strings", value, reading, |element, reading| {
                    reading.text("a string", element).map(drop)
                });
            }
            "filter" => {
                if let Some(Err(error)) =
                    reading.text("a filter such as `tag(slow)`", value).map(Filter::parse)
                {
                    reading.bad_value(format!("cannot be read: {error}"), value);
                }
            }
            "host" => {
                reading.text("a host's name", value);
            }
            _ => positive(value, reading),
        });
    }
}

fn state(given: &Given<'_>, reading: &mut Reading<'_>) {
    let Some(table) = reading.table(given) else { return };
    for (key, value) in reading.entries(table, &["steps", "max_age"]) {
        if key == "max_age" {
            reading.within(key, |reading| Pause::read(value, reading));
        }
    }
}

fn pressure(given: &Given<'_>, reading: &mut Reading<'_>) {
    let Some(table) = reading.table(given) else { return };
    for (key, value) in reading.entries(table, &["cpu", "memory_free", "some_avg10"]) {
        reading.within(key, |reading| match key {
            "memory_free" => size(value, reading),
            _ => {
                reading.number(1..=100, value);
            }
        });
    }
}

fn history(given: &Given<'_>, reading: &mut Reading<'_>) {
    let Some(table) = reading.table(given) else { return };
    for (key, value) in reading.entries(table, &["keep", "evidence_max"]) {
        reading.within(key, |reading| match key {
            "keep" => days(value, reading),
            _ => size(value, reading),
        });
    }
}

fn positive(given: &Given<'_>, reading: &mut Reading<'_>) {
    let value = given.get_ref();
    let number = value
        .as_float()
        .map(toml::de::DeFloat::as_str)
        .or(value.as_integer().map(toml::de::DeInteger::as_str));
    if !number
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(|number| number > 0.0 && number.is_finite())
    {
        reading.wrong_type("a number greater than 0", given);
    }
}

fn size(given: &Given<'_>, reading: &mut Reading<'_>) {
    const EXPECTED: &str = "a size such as `500MiB`";
    let Some(text) = reading.text(EXPECTED, given) else { return };
    let number = ["KiB", "MiB", "GiB", "TiB"].iter().find_map(|unit| text.strip_suffix(unit));
    if number.is_none_or(|number| number.trim().parse::<u32>().is_err()) {
        reading.wrong_type(EXPECTED, given);
    }
}

fn days(given: &Given<'_>, reading: &mut Reading<'_>) {
    const EXPECTED: &str = "a number of days such as `90 days`";
    let Some(text) = reading.text(EXPECTED, given) else { return };
    if text.strip_suffix(" days").is_none_or(|number| number.parse::<u32>().is_err()) {
        reading.wrong_type(EXPECTED, given);
    }
}

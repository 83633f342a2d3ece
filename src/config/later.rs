//! Parts of runner.toml that are known and checked, but do nothing yet: each is refused by name, so that nobody
//! believes in a limit that is not kept.

use super::duration::Pause;
use super::reading::{Given, Reading, in_order};
use super::setting::Setting as _;
use crate::source::Span;

/// The tables there are.
pub(super) const TABLES: [&str; 2] = ["history", "state"];

/// Checks such a table and refuses it.
pub(super) fn refuse(name: &str, key: Span, given: &Given<'_>, reading: &mut Reading<'_>) {
    let before = reading.findings.len();
    reading.within(name, |reading| match name {
        "state" => each(given, reading, state),
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

fn state(given: &Given<'_>, reading: &mut Reading<'_>) {
    let Some(table) = reading.table(given) else { return };
    for (key, value) in reading.entries(table, &["steps", "max_age"]) {
        if key == "max_age" {
            reading.within(key, |reading| Pause::read(value, reading));
        }
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

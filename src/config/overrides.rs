//! `[[override]]`: settings for the cases that a filter finds.

use super::duration::TimeLimit;
use super::layer::Layer;
use super::reading::{Given, Reading, in_order};
use super::retries::Retries;
use super::setting::Setting;
use crate::filter::Filter;
use crate::source::Location;
use jiff::civil::Date;
use toml::de::DeValue;

/// One `[[override]]`. Of several that match, the later one wins.
#[derive(Clone, Debug)]
pub struct Override {
    /// Which cases it is for.
    pub filter: Filter,
    /// -100 to 100.
    pub priority: Option<i8>,
    /// Limit for one attempt.
    pub timeout: Option<TimeLimit>,
    /// Default limit for one step.
    pub step_timeout: Option<TimeLimit>,
    /// Further attempts after a failed one.
    pub retries: Option<Retries>,
    /// Runs and is reported, but does not decide the exit code.
    pub quarantine: Option<Quarantine>,
    /// Where it stands.
    pub at: Location,
}

/// Why and until when cases do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Who looks after it.
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day (UTC) on which they do not count.
    pub until: Option<Date>,
}

const KEYS: [&str; 6] = ["filter", "priority", "timeout", "step_timeout", "retries", "quarantine"];

/// Reads all overrides; the faulty ones are noted and left out.
pub(super) fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Vec<Override> {
    match given.get_ref() {
        DeValue::Array(array) => array.iter().filter_map(|element| read_one(element, reading)).collect(),
        DeValue::Table(_) => read_one(given, reading).into_iter().collect(),
        _ => {
            reading.wrong_type("a table", given);
            Vec::new()
        }
    }
}

fn read_one(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Override> {
    let table = reading.table(given)?;
    let mut filter = None;
    let mut found = Override {
        filter: Filter::all(Vec::new()),
        priority: None,
        timeout: None,
        step_timeout: None,
        retries: None,
        quarantine: None,
        at: reading.source.location(given.span().start),
    };
    for (key, value) in in_order(table) {
        let name = key.get_ref().as_ref();
        reading.within(name, |reading| match name {
            "filter" => filter = read_filter(value, reading),
            "priority" => {
                found.priority = reading.number(-100..=100, value).and_then(|n| i8::try_from(n).ok());
            }
            "timeout" => found.timeout = TimeLimit::read(value, reading),
            "step_timeout" => found.step_timeout = TimeLimit::read(value, reading),
            "retries" => found.retries = Retries::read(value, reading),
            "quarantine" => found.quarantine = read_quarantine(value, reading),
            known if Layer::KEYS.contains(&known) => {
                reading.not_yet(&format!("`{known}` in an `[[override]]`"), key.span());
            }
            _ => {}
        });
        if !KEYS.contains(&name) && !Layer::KEYS.contains(&name) {
            reading.unknown_key(key, &KEYS);
        }
    }
    if !table.contains_key("filter") {
        reading.error("an `[[override]]` needs a `filter`", given.span(), "");
    }
    Some(Override { filter: filter?, ..found })
}

pub(super) fn read_filter(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Filter> {
    let text = reading.text("a filter such as `tag(slow)`", given)?;
    match Filter::parse(text) {
        // What settings hold for a case must not depend on how it fared last.
        Ok(filter) if filter.asks_for_the_past() => {
            reading.error("a filter in runner.toml cannot ask for past runs", given.span(), "");
            None
        }
        Ok(filter) => Some(filter),
        Err(error) => {
            // Only a string without escapes has its bytes where the expression's are.
            let written = &reading.source.text[given.span()];
            if written.get(1..written.len().saturating_sub(1)) == Some(text) {
                let finding = error.diagnostic(&reading.source, given.span().start + 1);
                reading.findings.push(finding);
            } else {
                reading.error(error.to_string(), given.span(), "");
            }
            None
        }
    }
}

fn read_quarantine(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Quarantine> {
    let table = reading.table(given)?;
    let (mut owner, mut reason, mut until) = (None, None, None);
    for (key, value) in reading.entries(table, &["owner", "reason", "until"]) {
        reading.within(key, |reading| match key {
            "owner" => owner = read_words(value, reading),
            "reason" => reason = read_words(value, reading),
            _ => until = read_date(value, reading),
        });
    }
    if !table.contains_key("reason") {
        reading.bad_value("needs a `reason`", given);
    }
    Some(Quarantine { owner, reason: reason?, until })
}

/// A text that says something.
fn read_words(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<String> {
    let text = reading.text("a string", given)?;
    if text.trim().is_empty() {
        reading.bad_value("is empty", given);
        return None;
    }
    Some(text.to_owned())
}

fn read_date(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Date> {
    let written = match given.get_ref() {
        DeValue::Datetime(datetime) if datetime.time.is_none() => datetime.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => String::new(),
    };
    let date = written.parse().ok();
    if date.is_none() {
        reading.wrong_type("a date such as `2027-01-31`", given);
    }
    date
}

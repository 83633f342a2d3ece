//! `quarantine suggest`: cases that are flaky without doubt, as settings to copy. Writes nothing: whoever takes a case
//! out of the exit code shall have read why.

use super::super::arguments::{Format, QuarantineArguments, QuarantineWhat, SuggestArguments};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record::{self, unreadable};
use super::flaky::{interval, percent, times};
use super::shown;
use crate::history::Flakiness;
use crate::outcome::ExitCode;
use crate::store::CasePast;
use crate::text::Untrusted;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Flaky for sure: at least this rate, with 95 % confidence.
const SURELY: f64 = 0.02;
/// And seen as often as this.
const TIMES: u32 = 3;

/// Does what is asked.
pub(crate) fn run(arguments: &QuarantineArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let QuarantineWhat::Suggest(arguments) = &arguments.what;
    suggest(arguments, console)
}

fn suggest(arguments: &SuggestArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.print.project, console)?;
    let pasts = record.reader.pasts(arguments.last).map_err(unreadable)?;
    let told = pasts.iter().filter_map(|past| Some((past, Flakiness::of(&past.runs, record.busy)?)));
    let told: Vec<(&CasePast, Flakiness)> = told.collect();
    let is_in_quarantine = |past: &CasePast| -> Result<bool, Failure> {
        let latest = record.reader.case_history(&past.case, 1).map_err(unreadable)?;
        Ok(latest.first().is_some_and(|row| row.quarantined))
    };
    let (mut known, mut found) = (0, Vec::new());
    for (past, it) in told.iter().filter(|(_, it)| it.flaky.times >= TIMES && it.flaky.low >= SURELY) {
        if is_in_quarantine(past)? {
            known += 1;
        } else {
            found.push((*past, it));
        }
    }
    found.sort_by(|(_, a), (_, b)| b.flaky.low.total_cmp(&a.flaky.low));
    if arguments.print.format.format == Format::Json {
        let cases: Vec<Value> = found
            .iter()
            .map(|(past, it)| json!({ "case_id": past.case, "browser": past.browser, "flakiness": it }))
            .collect();
        console.json(&json!({ "runs": arguments.last, "cases": cases }))?;
        return Ok(ExitCode::Success);
    }
    // Those wait for what the machine lacks, not for whoever mends the case.
    let loaded = told.iter().filter(|(_, it)| it.flaky.times == 0 && it.under_load.times >= TIMES).count();
    let loaded = (loaded > 0)
        .then(|| format!("flaky only while the processors were busy: {loaded}, see `batchrun flaky`"));
    let known = (known > 0).then(|| format!("in quarantine already: {known}"));
    if found.is_empty() {
        let more = if known.is_some() { "more " } else { "" };
        console.say(&format!("no {more}case is flaky without doubt in its last {} runs", arguments.last));
        known.inspect(|known| console.say(known));
        loaded.inspect(|loaded| console.say(loaded));
        return Ok(ExitCode::Success);
    }
    let mut text =
        "# For runner.toml: add who mends it (`owner = \"…\"`), say why it is so, and until when that may take.\n".to_owned();
    let until = in_a_month();
    for (past, it) in &found {
        let id = Untrusted::from(past.case.as_str()).line();
        let filter = toml::Value::from(format!("id({})", quoted(past.case.as_str())));
        let why = format!("flaky: {} runs", times(it.flaky));
        let _ = write!(
            text,
            "\n# {id} @{}: {} ({}) of {} runs; apart from that {} under load, {} errored, {} failed\n\
             [[override]]\nfilter = {filter}\nquarantine = {{ reason = {}, until = {until} }}\n",
            shown(&past.browser),
            percent(it.flaky),
            interval(it.flaky),
            it.flaky.of,
            times(it.under_load),
            it.errored,
            it.failed,
            toml::Value::from(why),
        );
    }
    console.data(&text)?;
    known.inspect(|known| console.say(known));
    loaded.inspect(|loaded| console.say(loaded));
    console.say("nothing was changed");
    Ok(ExitCode::Success)
}

/// The day after which it counts again, unless somebody says otherwise.
fn in_a_month() -> jiff::civil::Date {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    today.saturating_add(jiff::Span::new().days(30))
}

/// Exactly this id, as filters take it.
fn quoted(id: &str) -> String {
    if id.contains('\'') { format!("\"{id}\"") } else { format!("'{id}'") }
}

//! `compare`: what is different in one batch from another.

use super::super::arguments::{CompareArguments, Format};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record::{self, Record, unreadable};
use super::super::show::moment;
use super::slow::{change, ms};
use crate::history::{Difference, Ended};
use crate::outcome::{ExitCode, Verdict};
use crate::reporter::terminal::{Paint, counted, label, shown, tinted, word};
use crate::store::{BatchRow, CaseRow, QueryError, Which};
use crate::text::Untrusted;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// So many of the cases that are new or gone are named.
const MOST_NAMED: usize = 10;
/// How many of a case's past runs its time is compared with.
const RUNS: u32 = 50;

/// A case that differs: its rows in both batches.
struct Differs {
    before: Option<CaseRow>,
    after: Option<CaseRow>,
    how: Difference,
}

/// What is told, in this order: the worst last, where the eye is when all has been printed.
const GROUPS: [(&str, &str); 7] = [
    ("gone", "Gone"),
    ("new", "New"),
    ("faster", "Faster"),
    ("slower", "Slower"),
    ("fixed", "Fixed"),
    ("still_failing", "Still failing"),
    ("newly_failing", "Newly failing"),
];

/// Prints what is different.
pub(crate) fn run(arguments: &CompareArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.print.project, console)?;
    let after = record.reader.batch(&Which::parse(&arguments.after)).map_err(unreadable)?;
    let before = match arguments.before.as_deref() {
        Some(before) => record.reader.batch(&Which::parse(before)).map_err(unreadable)?,
        None => record.reader.batch_before(&after).map_err(unreadable)?.ok_or_else(|| {
            Failure::input(format!("there is no batch before `{}` to compare it with", after.id))
        })?,
    };
    let differs = differences(&record, &before, &after).map_err(unreadable)?;
    match arguments.print.format.format {
        Format::Text => {
            console.data(&text(&before, &after, &differs, Paint::new(console.data_colored())))?;
        }
        Format::Json => console.json(&as_json(&before, &after, &differs))?,
    }
    Ok(ExitCode::Success)
}

fn differences(record: &Record, before: &BatchRow, after: &BatchRow) -> Result<Vec<Differs>, QueryError> {
    let mut pairs: BTreeMap<(String, String), (Option<CaseRow>, Option<CaseRow>)> = BTreeMap::new();
    let key = |row: &CaseRow| (row.case_id.to_string(), row.browser.clone());
    for row in record.reader.case_runs(&before.id)? {
        let pair = pairs.entry(key(&row)).or_default();
        pair.0 = Some(row);
    }
    for row in record.reader.case_runs(&after.id)? {
        let pair = pairs.entry(key(&row)).or_default();
        pair.1 = Some(row);
    }
    let mut found = Vec::new();
    for ((case, browser), (before, after)) in pairs {
        let own = after.as_ref().map(|row| row.id.unsigned_abs());
        // Errors here would be those of a database that was read a moment ago.
        let past = || {
            let runs = record.reader.past_runs(&case, &browser, RUNS).unwrap_or_default();
            let others = runs.iter().filter(|run| Some(run.number) != own);
            others.filter_map(|run| u64::try_from(run.time?.as_millis()).ok()).collect()
        };
        if let Some(how) = Difference::between(ended(before.as_ref()), ended(after.as_ref()), past) {
            found.push(Differs { before, after, how });
        }
    }
    Ok(found)
}

fn ended(row: Option<&CaseRow>) -> Option<Ended> {
    let row = row?;
    let passed_ms = row.passed_ms.and_then(|ms| u64::try_from(ms).ok());
    Some(Ended { verdict: row.verdict.unwrap_or(Verdict::NotRun), passed_ms })
}

fn group(how: Difference) -> &'static str {
    match how {
        Difference::NewlyFailing => "newly_failing",
        Difference::StillFailing => "still_failing",
        Difference::Fixed => "fixed",
        Difference::Slower(_) => "slower",
        Difference::Faster(_) => "faster",
        Difference::New => "new",
        Difference::Gone => "gone",
    }
}

fn text(before: &BatchRow, after: &BatchRow, differs: &[Differs], paint: Paint) -> String {
    let mut text = String::new();
    for (name, batch) in [("Before", before), ("After", after)] {
        let (started, cases) = (moment(&batch.started_at), counted(batch.total, "case"));
        let _ = writeln!(text, "{} {}, {started}, {cases}", paint.strong(&label(name)), batch.id);
    }
    let mut sums = Vec::new();
    for (key, heading) in GROUPS {
        let own: Vec<&Differs> = differs.iter().filter(|it| group(it.how) == key).collect();
        if own.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", paint.strong(heading));
        // What came and went is often a whole folder, and rarely a surprise.
        let most = if matches!(key, "new" | "gone") { MOST_NAMED } else { usize::MAX };
        text.extend(own.iter().take(most).map(|it| line(it, paint)));
        if own.len() > most {
            let _ = writeln!(text, "{} … and {} more", label(""), own.len() - most);
        }
        sums.push(format!("{} {}", own.len(), heading.to_lowercase()));
    }
    sums.reverse();
    let sum = if sums.is_empty() { "nothing is different".to_owned() } else { sums.join(", ") };
    let _ = writeln!(text, "────────────\n{} {sum}", paint.strong(&label("Summary")));
    text
}

/// `        FAIL cart::add: expected "3", found "2"`
fn line(it: &Differs, paint: Paint) -> String {
    let Some(row) = it.after.as_ref().or(it.before.as_ref()) else { return String::new() };
    let verdict = row.verdict.unwrap_or(Verdict::NotRun);
    let id = shown(&Untrusted::from(row.case_id.as_str()));
    let word = tinted(verdict, &label(word(verdict)), paint);
    let more = match it.how {
        Difference::Slower(shift) | Difference::Faster(shift) => {
            format!(": {} → {} ({})", ms(shift.before_ms), ms(shift.now_ms), change(shift))
        }
        Difference::NewlyFailing | Difference::StillFailing => {
            row.message.as_ref().map(|why| format!(": {}", shown(why))).unwrap_or_default()
        }
        Difference::Fixed | Difference::New | Difference::Gone => String::new(),
    };
    format!("{word} {id}{more}\n")
}

fn as_json(before: &BatchRow, after: &BatchRow, differs: &[Differs]) -> Value {
    let mut groups = serde_json::Map::new();
    for (key, _) in GROUPS.iter().rev() {
        let own = differs.iter().filter(|it| group(it.how) == *key).map(|it| {
            let row = it.after.as_ref().or(it.before.as_ref());
            let shift = match it.how {
                Difference::Slower(shift) | Difference::Faster(shift) => Some(shift),
                _ => None,
            };
            json!({
                "case_id": row.map(|row| &row.case_id),
                "browser": row.map(|row| &row.browser),
                "before": it.before.as_ref().and_then(|row| row.verdict),
                "after": it.after.as_ref().and_then(|row| row.verdict),
                "message": it.after.as_ref().and_then(|row| row.message.as_ref()),
                "time": shift,
            })
        });
        groups.insert((*key).to_owned(), own.collect());
    }
    json!({ "before": before.id, "after": after.id, "differences": groups })
}

//! `compare`: what is different in one batch from another.

use super::super::arguments::{CompareArguments, Format};
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record::{self, unreadable};
use super::super::show::moment;
use super::shown as foreign;
use super::slow::change;
use crate::diagnostic::Diagnostic;
use crate::history::Difference;
use crate::outcome::{ExitCode, Verdict};
use crate::reporter::terminal::{Paint, label, shown, tinted, word};
use crate::store::{BatchRow, Differs, Slots, Which, differences};
use crate::text::{Untrusted, counted};
use std::fmt::Write as _;

/// So many of the cases that are new or gone are named.
const MOST_NAMED: usize = 10;
/// What is told, in this order: the worst last, where the eye is when all has been printed.
const GROUPS: [(&str, &str); 9] = [
    ("gone", "Not in the newer one"),
    ("new", "New"),
    ("faster", "Faster"),
    ("slower", "Slower"),
    ("fixed", "Fixed"),
    ("still_failing", "Still failing"),
    ("newly_flaky", "Newly flaky"),
    ("new_failing", "New and failing"),
    ("newly_failing", "Newly failing"),
];

/// Prints what is different; exit 1 where something is worse that is not in quarantine.
pub(crate) fn run(arguments: &CompareArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let record = record::open(&arguments.print.project, console)?;
    let after = record.reader.batch(&Which::parse(&arguments.after)).map_err(unreadable)?;
    let before = match arguments.before.as_deref() {
        Some(before) => record.reader.batch(&Which::parse(before)).map_err(unreadable)?,
        None => record.reader.batch_to_compare_with(&after).map_err(unreadable)?.ok_or_else(|| {
            Failure::input(format!("there is no batch before `{}` to compare it with", after.id))
        })?,
    };
    if before.id == after.id {
        let same = Diagnostic::error(format!("both are batch `{}`: there is nothing to compare", after.id));
        let help = "`batchrun compare` compares the latest with the one before";
        return Err(Failure::Input(vec![same.help(help)]));
    }
    // Cases that ran beside others take longer: whoever reads of slower ones must see that.
    let slots = |batch| record.reader.slots(batch).map_err(unreadable);
    let slots = [slots(&before)?, slots(&after)?];
    let differs = record.reader.compare(&before, &after).map_err(unreadable)?;
    match arguments.print.format.format {
        Format::Text => {
            console.data(&text(&before, &after, slots, &differs, Paint::new(console.data_colored())))?;
        }
        Format::Json => console.json(&differences(&before, &after, slots, &differs))?,
    }
    let is_worse = |it: &Differs| it.how.is_worse() && it.row().is_some_and(|row| !row.quarantined);
    Ok(if differs.iter().any(is_worse) { ExitCode::Failed } else { ExitCode::Success })
}

fn text(before: &BatchRow, after: &BatchRow, slots: [Slots; 2], differs: &[Differs], paint: Paint) -> String {
    let mut text = String::new();
    for (name, batch, slots) in [("Before", before, slots[0]), ("After", after, slots[1])] {
        let (started, cases) = (moment(&batch.started_at), counted(batch.total, "case"));
        let _ = writeln!(
            text,
            "{} {}, {started}, {cases}, {slots}",
            paint.strong(&label(name)),
            foreign(batch.id.as_str())
        );
    }
    let mut sums = Vec::new();
    for (key, heading) in GROUPS {
        let own: Vec<&Differs> = differs.iter().filter(|it| it.how.kind() == key).collect();
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
    let Some(row) = it.row() else { return String::new() };
    let verdict = row.verdict.unwrap_or(Verdict::NotRun);
    let id = shown(&Untrusted::from(row.case_id.as_str()));
    let word = tinted(verdict, &label(word(verdict)), paint);
    let more = match it.how {
        Difference::Slower(shift) | Difference::Faster(shift) => {
            format!(": {}", change(shift))
        }
        Difference::NewlyFailing | Difference::NewFailing | Difference::StillFailing => {
            row.message.as_ref().map(|why| format!(": {}", shown(why))).unwrap_or_default()
        }
        Difference::NewlyFlaky | Difference::Fixed | Difference::New | Difference::Gone => String::new(),
    };
    let quarantined = if row.quarantined { " (quarantined)" } else { "" };
    format!("{word} {id}{quarantined}{more}\n")
}

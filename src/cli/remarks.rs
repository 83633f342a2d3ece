//! What is said of a plan before anything runs.

use super::arguments::SelectionArguments;
use super::remembered::Remembered;
use super::run;
use crate::config::{Concurrency, Settings, TimeLimit};
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, Portion, Shard};
use crate::{suggestion, text};
use std::collections::BTreeSet;
use std::time::Duration;

/// Names that a remark gives, at most.
const NAMED: usize = 20;

/// All that is said of a plan.
pub(super) fn of(
    plan: &Plan,
    portion: Option<&Portion>,
    selection: &SelectionArguments,
    settings: &Settings,
) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    said.extend(selection.shard.zip(portion).map(|(shard, portion)| of_shard(shard, portion)));
    said.extend(selection.budget.and_then(|budget| of_budget(plan, budget)));
    said.extend(of_places(plan, settings));
    said.extend(of_likely_typos(plan, settings));
    if selection.is_everything() {
        said.extend(of_shares(plan, settings));
    }
    said
}

/// What is to be known of the past runs that a plan is made by, where it asks for them.
pub(super) fn of_past(
    past: Option<&Remembered>,
    asks_for_past: bool,
    selection: &SelectionArguments,
    settings: &Settings,
) -> Option<Diagnostic> {
    let past = past.filter(|past| !past.is_blank());
    let Some(past) = past else {
        let database = settings.database.value.as_path().display();
        let text =
            format!("there are no past runs in `{database}`: every case is new, and files decide the order");
        return asks_for_past.then(|| Diagnostic::warning(text));
    };
    let host = past.host().filter(|host| selection.asks_for_times() && *host != run::host())?;
    let text = format!("the past runs are of the machine `{host}`: times are taken as they were there");
    Some(Diagnostic::note(text))
}

/// What a shard is of the whole.
fn of_shard(shard: Shard, portion: &Portion) -> Diagnostic {
    let (mine, all) = portion.jobs;
    let takes = portion.time.map_or_else(String::new, |(mine, all)| {
        format!(", by past runs {} of {}, one after the other", seconds(mine), seconds(all))
    });
    Diagnostic::note(format!("shard {shard}: {mine} of {all} cases{takes}"))
}

/// What a budget leaves of a plan.
fn of_budget(plan: &Plan, budget: TimeLimit) -> Option<Diagnostic> {
    let Some(predicted) = plan.predicted else {
        let text =
            format!("nothing is known of past runs, so nothing is left out for the budget of {budget}");
        let warning = Diagnostic::warning(text).help("`--batch-timeout` stops what takes too long");
        return (!plan.jobs.is_empty()).then_some(warning);
    };
    let (out, all) = (plan.left_out.len(), plan.jobs.len());
    let takes = seconds(predicted);
    let note =
        Diagnostic::note(format!("budget of {budget}: {} of {all} cases, {takes} by past runs", all - out));
    let names = plan.left_out.iter().map(|job| format!("`{}`", plan.job(*job).case_id));
    let names: Vec<String> = names.collect();
    Some(if out > 0 { note.help(format!("not run: {}", named(&names))) } else { note })
}

/// In whole seconds, rounded up.
fn seconds(time: Duration) -> String {
    text::duration(Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0)))
}

/// Names, as many as anyone reads.
pub(super) fn named(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{more}", names[..names.len().min(NAMED)].join(", "))
}

/// Cases that take more places than there are.
fn of_places(plan: &Plan, settings: &Settings) -> Option<Diagnostic> {
    let limit = run::slots(settings);
    let fixed = matches!(settings.concurrency.value, Concurrency::Fixed(_));
    let job = plan.jobs.iter().find(|job| fixed && job.terms.places > limit)?;
    let (case, places) = (&job.case_id, job.terms.places);
    let text = format!("`{case}` asks for {places} slots of {limit}: it runs alone");
    Some(Diagnostic::warning(text).help("`-c` says how many there are"))
}

/// Shares that no case needs, of a plan that leaves nothing out.
fn of_shares(plan: &Plan, settings: &Settings) -> Vec<Diagnostic> {
    let needs = plan.jobs.iter().flat_map(|job| job.terms.needs.iter().map(|need| need.share.index()));
    let needed: BTreeSet<usize> = needs.collect();
    let declared = |name: &str| settings.shares.value.iter().find(|(declared, _)| *declared == name);
    let unused = plan.shares.iter().enumerate().filter(|(place, _)| !needed.contains(place));
    let warnings = unused.filter_map(|(_, share)| {
        let (name, declared) = declared(&share.name)?;
        let help = match (&declared.filter, &declared.host) {
            (Some(_), _) => "its `filter` matches none of them",
            (None, Some(_)) => "its `host` is the host of no `base_url` that is known now",
            (None, None) => "a case says `uses = [\"…\"]`",
        };
        Some(Diagnostic::warning(format!("no case needs the share `{name}`")).help(help))
    });
    warnings.collect()
}

/// Shares that no setting declares and that are called almost like one that is declared.
fn of_likely_typos(plan: &Plan, settings: &Settings) -> Vec<Diagnostic> {
    let declared: Vec<&str> = settings.shares.value.iter().map(|(name, _)| name).collect();
    let undeclared =
        plan.shares.iter().map(|share| share.name.as_str()).filter(|name| !declared.contains(name));
    let warnings = undeclared.filter_map(|name| {
        let near = suggestion::closest(name, declared.iter().copied())?;
        let text = format!("the share `{name}` is declared nowhere, so one case holds it at a time");
        Some(Diagnostic::warning(text).help(format!("did you mean `{near}`?")))
    });
    warnings.collect()
}

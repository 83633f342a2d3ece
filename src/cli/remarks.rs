//! What is said of a plan before anything runs.

use super::arguments::SelectionArguments;
use super::run;
use crate::config::{Concurrency, Settings, TimeLimit};
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, Shard};
use crate::{suggestion, text};
use std::collections::BTreeSet;
use std::time::Duration;

/// Names of cases that are left out, at most.
const NAMED: usize = 20;

/// All that is said of a plan.
pub(super) fn of(plan: &Plan, selection: &SelectionArguments, settings: &Settings) -> Vec<Diagnostic> {
    let mut said = of_choices(plan, selection.shard, selection.budget);
    said.extend(of_places(plan, settings));
    said.extend(of_likely_typos(plan, settings));
    if selection.is_everything() {
        said.extend(of_shares(plan, settings));
    }
    said
}

/// Past runs are asked for and there are none.
pub(super) fn no_past_runs(settings: &Settings) -> Diagnostic {
    let database = settings.database.value.as_path().display();
    Diagnostic::warning(format!(
        "there are no past runs in `{database}`: every case is new, and files decide the order"
    ))
}

/// What a shard and a budget make of it.
fn of_choices(plan: &Plan, shard: Option<Shard>, budget: Option<TimeLimit>) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    let time = |time: Duration| {
        text::duration(Duration::from_secs(time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)))
    };
    if let (Some(shard), Some(portion)) = (shard, &plan.portion) {
        let (mine, all) = portion.jobs;
        let takes = portion.time.map(|(mine, all)| {
            format!(", by past runs {} of {}, one after the other", time(mine), time(all))
        });
        said.push(Diagnostic::note(format!(
            "shard {shard}: {mine} of {all} cases{}",
            takes.unwrap_or_default()
        )));
    }
    match (budget, plan.predicted) {
        (Some(budget), None) if !plan.jobs.is_empty() => {
            let text =
                format!("nothing is known of past runs, so nothing is left out for the budget of {budget}");
            said.push(Diagnostic::warning(text).help("`--batch-timeout` stops what takes too long"));
        }
        (Some(budget), Some(predicted)) => {
            let (out, all) = (plan.left_out.len(), plan.jobs.len());
            let text =
                format!("budget of {budget}: {} of {all} cases, {} by past runs", all - out, time(predicted));
            let names = plan.left_out.iter().map(|job| format!("`{}`", plan.job(*job).case_id));
            let names: Vec<String> = names.take(NAMED).collect();
            let more =
                if out > names.len() { format!(" and {} more", out - names.len()) } else { String::new() };
            let note = Diagnostic::note(text);
            said.push(if out > 0 { note.help(format!("not run: {}{more}", names.join(", "))) } else { note });
        }
        _ => {}
    }
    said
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

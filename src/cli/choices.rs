//! What is said of the choice that a shard and a budget make.

use crate::config::TimeLimit;
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, Shard};
use crate::text;
use std::time::Duration;

/// Names of cases that are left out, at most.
const NAMED: usize = 20;

/// What is to be said of the choice that a shard and a budget make.
pub(super) fn of(plan: &Plan, shard: Option<Shard>, budget: Option<TimeLimit>) -> Vec<Diagnostic> {
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

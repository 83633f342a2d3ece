//! From what stands on the command line to a batch and the cases in it; or why nothing is meant by it.

use super::super::arguments::ShowArguments;
use super::super::failure::Failure;
use super::super::record::unreadable;
use super::has_failed;
use crate::diagnostic::Diagnostic;
use crate::id::CaseId;
use crate::store::{BatchRow, CaseRow, QueryError, Reader, Which};
use crate::suggestion::closest;

/// More names than these help nobody.
const MOST_NAMED: usize = 10;

/// What is to be shown.
pub(super) struct Subject {
    pub(super) batch: BatchRow,
    /// In the order of the plan.
    pub(super) cases: Vec<CaseRow>,
    pub(super) scope: Scope,
}

/// How much of a batch is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of it.
    Batch,
    /// One case, with every browser it has.
    Case,
}

/// Finds what is meant.
pub(super) fn subject(reader: &Reader, arguments: &ShowArguments) -> Result<Subject, Failure> {
    let whole = |which: &Which| -> Result<Subject, QueryError> {
        let batch = reader.batch(which)?;
        Ok(Subject { cases: reader.case_runs(&batch.id)?, batch, scope: Scope::Batch })
    };
    let batch = arguments.batch.as_deref().map(Which::parse);
    match (arguments.subject.as_deref(), batch) {
        (None, batch) => whole(&batch.unwrap_or(Which::Last)).map_err(unreadable),
        (Some("last"), None) => whole(&Which::Last).map_err(unreadable),
        (Some(id), Some(batch)) => in_batch(reader, whole(&batch).map_err(unreadable)?, id, arguments.failed),
        (Some(word), None) => match latest(reader, word, arguments.failed)? {
            Some(found) => Ok(found),
            None => match whole(&Which::parse(word)) {
                Err(QueryError::NoBatch { .. }) => Err(unknown(reader, word)),
                found => found.map_err(unreadable),
            },
        },
    }
}

/// The case as the latest batch has it.
fn latest(reader: &Reader, id: &str, failed: bool) -> Result<Option<Subject>, Failure> {
    let all = reader.case_history(&CaseId::new(id), u32::MAX).map_err(unreadable)?;
    // Batch ids are ordered by time; the keys of rows are not, once databases have been merged.
    let batches = all.iter().filter(|case| !failed || has_failed(case)).map(|case| &case.batch_id);
    let Some(batch) = batches.max() else {
        return if all.is_empty() { Ok(None) } else { Err(never_failed(id)) };
    };
    let batch = reader.batch(&Which::Prefix(batch.to_string())).map_err(unreadable)?;
    let mut cases = all;
    cases.retain(|case| case.batch_id == batch.id && (!failed || has_failed(case)));
    cases.sort_by_key(|case| case.id);
    Ok(Some(Subject { batch, cases, scope: Scope::Case }))
}

/// The case as this batch has it.
fn in_batch(reader: &Reader, whole: Subject, id: &str, failed: bool) -> Result<Subject, Failure> {
    let id = CaseId::new(id);
    let Subject { batch, cases, .. } = whole;
    let (own, others): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.case_id == id);
    if own.is_empty() {
        let known: Vec<CaseId> = others.into_iter().map(|case| case.case_id).collect();
        let nothing = Diagnostic::error(format!("batch `{}` has no case `{id}`", batch.id));
        let elsewhere = !reader.case_history(&id, 1).map_err(unreadable)?.is_empty();
        let help = if elsewhere {
            Some(format!("`batchrun show {id}` shows it as the latest batch has it"))
        } else {
            several(id.as_str(), &known).or_else(|| meant(id.as_str(), &known))
        };
        return Err(refused(nothing, help));
    }
    let cases: Vec<_> = own.into_iter().filter(|case| !failed || has_failed(case)).collect();
    if cases.is_empty() {
        return Err(Failure::input(format!("`{id}` has not failed in batch `{}`", batch.id)));
    }
    Ok(Subject { batch, cases, scope: Scope::Case })
}

fn never_failed(id: &str) -> Failure {
    Failure::input(format!("`{id}` has not failed in any batch"))
}

/// Neither a batch nor a case.
fn unknown(reader: &Reader, word: &str) -> Failure {
    let known = match reader.case_ids() {
        Ok(known) => known,
        Err(error) => return unreadable(error),
    };
    let nothing = Diagnostic::error(format!("`{word}` is neither a batch nor a case that has run"));
    let help = several(word, &known).or_else(|| meant(word, &known));
    refused(nothing, help.or_else(|| Some("`batchrun show` shows the latest batch with its cases".to_owned())))
}

fn refused(told: Diagnostic, help: Option<String>) -> Failure {
    Failure::Input(vec![match help {
        Some(help) => told.help(help),
        None => told,
    }])
}

/// The cases of which `word` is only the file, or the name without its row.
fn several(word: &str, known: &[CaseId]) -> Option<String> {
    let word = word.strip_prefix("./").unwrap_or(word);
    let word = word.strip_suffix(".toml").unwrap_or(word);
    let is_part = |id: &&str| {
        let rest = id.strip_prefix(word);
        !word.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', ':', '/']))
    };
    let found: Vec<&str> = known.iter().map(CaseId::as_str).filter(is_part).collect();
    let named: Vec<String> = found.iter().take(MOST_NAMED).map(|id| format!("`{id}`")).collect();
    let more = found.len().saturating_sub(MOST_NAMED);
    match found.len() {
        0 => None,
        1 => Some(format!("did you mean {}?", named[0])),
        _ if more > 0 => Some(format!("name one of {} … and {more} more", named.join(", "))),
        _ => Some(format!("name one of {}", named.join(", "))),
    }
}

/// The id that is written most like `word`.
fn meant(word: &str, known: &[CaseId]) -> Option<String> {
    closest(word, known.iter().map(CaseId::as_str)).map(|near| format!("did you mean `{near}`?"))
}

//! From what stands on the command line to a batch and the cases in it; or why nothing is meant by it.

use super::super::arguments::ShowArguments;
use super::super::failure::Failure;
use super::super::record::unreadable;
use crate::diagnostic::Diagnostic;
use crate::id::{BatchId, CaseId};
use crate::outcome::Verdict;
use crate::store::{BatchRow, CaseRow, QueryError, Reader, Slots, Which};
use crate::suggestion::closest;
use crate::text::shell_word;

/// More names than these help nobody.
const MOST_NAMED: usize = 10;

/// What is to be shown.
pub(super) struct Subject {
    pub(super) batch: BatchRow,
    /// On how many it ran.
    pub(super) slots: Slots,
    /// All of the batch, in the order of the plan.
    pub(super) cases: Vec<CaseRow>,
    /// The only one that is meant, with every browser it has.
    pub(super) case: Option<CaseId>,
    /// Whether only cases are meant that failed or errored.
    pub(super) failed: bool,
}

impl Subject {
    /// Whether a case of the batch is meant.
    pub(super) fn has(&self, case: &CaseRow) -> bool {
        self.case.as_ref().is_none_or(|id| *id == case.case_id) && (!self.failed || has_failed(case))
    }
}

/// Finds what is meant.
pub(super) fn subject(reader: &Reader, arguments: &ShowArguments) -> Result<Subject, Failure> {
    let failed = arguments.failed;
    let whole = |which: &Which| -> Result<Subject, QueryError> {
        let batch = reader.batch(which)?;
        let (slots, cases) = (reader.slots(&batch)?, reader.case_runs(&batch.id)?);
        Ok(Subject { batch, slots, cases, case: None, failed })
    };
    let batch = arguments.batch.as_deref().map(Which::parse);
    match (arguments.subject.as_deref(), batch) {
        (None, batch) => whole(&batch.unwrap_or(Which::Last)).map_err(unreadable),
        (Some("last"), None) => whole(&Which::Last).map_err(unreadable),
        (Some(id), Some(batch)) => in_batch(reader, whole(&batch).map_err(unreadable)?, CaseId::typed(id)),
        (Some(word), None) => {
            // A whole id says more than the beginning of one.
            let id = CaseId::typed(word);
            if let Some(latest) = latest(reader, &id, failed)? {
                let subject = whole(&Which::Prefix(latest.to_string())).map_err(unreadable)?;
                return Ok(Subject { case: Some(id), ..subject });
            }
            match whole(&Which::parse(word)) {
                Err(QueryError::NoBatch { .. }) => Err(unknown(reader, word)),
                found => found.map_err(unreadable),
            }
        }
    }
}

/// The latest batch that has the case, or in which it failed.
fn latest(reader: &Reader, id: &CaseId, failed: bool) -> Result<Option<BatchId>, Failure> {
    let all = reader.case_history(id, u32::MAX).map_err(unreadable)?;
    match all.iter().find(|case| !failed || has_failed(case)).map(|case| &case.batch_id) {
        None if !all.is_empty() => Err(Failure::input(format!("`{id}` has not failed in any batch"))),
        latest => Ok(latest.cloned()),
    }
}

/// The case as this batch has it.
fn in_batch(reader: &Reader, whole: Subject, id: CaseId) -> Result<Subject, Failure> {
    let batch = whole.batch.id.clone();
    if !whole.cases.iter().any(|case| case.case_id == id) {
        let nothing = Diagnostic::error(format!("batch `{batch}` has no case `{id}`"));
        let help = if reader.case_history(&id, 1).map_err(unreadable)?.is_empty() {
            let known: Vec<CaseId> = whole.cases.into_iter().map(|case| case.case_id).collect();
            several(id.as_str(), &known).or_else(|| meant(id.as_str(), &known))
        } else {
            let word = shell_word(id.as_str());
            Some(format!("another has it: `batchrun show {word}` shows the latest"))
        };
        return Err(refused(nothing, help));
    }
    let subject = Subject { case: Some(id), ..whole };
    match (&subject.case, subject.cases.iter().any(|case| subject.has(case))) {
        (Some(id), false) => Err(Failure::input(format!("`{id}` has not failed in batch `{batch}`"))),
        _ => Ok(subject),
    }
}

fn has_failed(case: &CaseRow) -> bool {
    case.verdict.is_some_and(Verdict::is_bad)
}

/// No case that any batch had.
pub(in crate::cli) fn unknown_case(reader: &Reader, word: &str) -> Failure {
    let known = match reader.case_ids() {
        Ok(known) => known,
        Err(error) => return unreadable(error),
    };
    let nothing = Diagnostic::error(format!("no case `{word}` has run"));
    refused(nothing, several(word, &known).or_else(|| meant(word, &known)))
}

/// Neither a batch nor a case.
fn unknown(reader: &Reader, word: &str) -> Failure {
    let known = match reader.case_ids() {
        Ok(known) => known,
        Err(error) => return unreadable(error),
    };
    let nothing = Diagnostic::error(format!("`{word}` is neither a batch nor a case that has run"));
    let help = several(word, &known).or_else(|| meant(word, &known));
    refused(
        nothing,
        help.or_else(|| Some("`batchrun show` shows the latest batch with its cases".to_owned())),
    )
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

/// The id that `word` is the beginning of, that is written most like it, or that it is a part of.
fn meant(word: &str, known: &[CaseId]) -> Option<String> {
    let ids = || known.iter().map(CaseId::as_str);
    let shortest = |is_it: &dyn Fn(&&str) -> bool| ids().filter(is_it).min_by_key(|id| id.len());
    let begun = shortest(&|id| !word.is_empty() && id.starts_with(word));
    let named = || shortest(&|id| word.chars().count() > 2 && id.contains(word));
    begun.or_else(|| closest(word, ids())).or_else(named).map(|near| format!("did you mean `{near}`?"))
}

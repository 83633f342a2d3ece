//! Ids that are equal after case folding, with both places. Ten thousand ids are compared by their hashes; only where
//! two are equal the cases are looked at again.

use super::library::{CaseKey, Library};
use crate::case::model::Case;
use crate::diagnostic::Diagnostic;
use crate::id::CaseId;
use crate::source::Span;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// An id of a case or of one of its rows, as a hash of its folded form.
pub(super) struct IdOf {
    hash: u64,
    case: CaseKey,
}

/// The ids of a case: one, or one a row.
pub(super) fn ids(case: &Case, key: CaseKey) -> impl Iterator<Item = IdOf> {
    written(case).map(move |id| IdOf { hash: hash(&id), case: key })
}

fn written(case: &Case) -> impl Iterator<Item = CaseId> {
    let whole = case.rows.is_empty().then(|| case.id.clone());
    whole.into_iter().chain(case.rows.iter().map(|row| case.id.with_row(&row.name)))
}

fn hash(id: &CaseId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.folded().hash(&mut hasher);
    hasher.finish()
}

/// What is said of ids that several cases have, in the order of the cases.
pub(super) fn find(mut ids: Vec<IdOf>, library: &Library) -> Vec<Diagnostic> {
    ids.sort_by_key(|id| (id.hash, id.case));
    let pairs = ids.windows(2).filter(|pair| pair[0].hash == pair[1].hash);
    // Rows of one case that share a name were told when they were read.
    let mut pairs: Vec<_> = pairs.filter(|pair| pair[0].case != pair[1].case).collect();
    pairs.sort_by_key(|pair| pair[1].case);
    pairs.into_iter().filter_map(|pair| told(&pair[0], &pair[1], library)).collect()
}

fn told(first: &IdOf, second: &IdOf, library: &Library) -> Option<Diagnostic> {
    let (one, other) = (library.case(first.case).ok()?, library.case(second.case).ok()?);
    let id = written(&other).find(|id| hash(id) == second.hash)?;
    written(&one).find(|it| it.folded() == id.folded())?;
    Some(
        Diagnostic::error(format!("two cases have the id `{id}`"))
            .at(&other.source, head(&other), "the second")
            .at(&one.source, head(&one), "the first")
            .help("ids are compared without regard to upper and lower case"),
    )
}

/// The line in which a case begins.
fn head(case: &Case) -> Span {
    let text = &case.source.text[case.span.start..];
    let end = case.span.start + text.find('\n').unwrap_or(text.len());
    Span { start: case.span.start, end }
}

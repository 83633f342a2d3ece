//! The commands that look at many batches at once: what they print is worked out by [`crate::history`], from what the
//! record holds. They change nothing.

mod compare;
mod flaky;
mod history;
mod quarantine;
mod slow;
mod spark;
mod table;

pub(crate) use compare::run as compare;
pub(crate) use flaky::run as flaky;
pub(crate) use history::run as history;
pub(crate) use quarantine::run as quarantine;
pub(crate) use slow::run as slow;

use super::arguments::PastArguments;
use super::failure::Failure;
use super::record::{Record, unreadable};
use crate::store::CasePast;
use crate::text::Untrusted;

/// The past of the cases that are meant.
fn pasts(record: &Record, arguments: &PastArguments) -> Result<Vec<CasePast>, Failure> {
    let mut pasts = record.reader.pasts(arguments.last).map_err(unreadable)?;
    let part = arguments.part.as_deref().unwrap_or_default();
    pasts.retain(|past| past.case.as_str().contains(part));
    if pasts.is_empty() {
        return Err(Failure::input(match part {
            "" => "nothing has run yet".to_owned(),
            part => format!("no case that has run has `{part}` in its id"),
        }));
    }
    Ok(pasts)
}

/// A text of the record, which may have come from elsewhere, as a terminal may have it.
fn shown(text: &str) -> String {
    crate::reporter::terminal::shown(&Untrusted::from(text))
}

/// The id of a case; with its browser where there are several.
fn title(past: &CasePast, several: bool) -> String {
    let id = shown(past.case.as_str());
    if several { format!("{id} @{}", shown(&past.browser)) } else { id }
}

fn several_browsers(pasts: &[CasePast]) -> bool {
    pasts.iter().any(|past| past.browser != pasts[0].browser)
}

/// At most so many; 0: all.
fn first<T>(all: &[T], limit: usize) -> &[T] {
    if limit == 0 { all } else { &all[..limit.min(all.len())] }
}

/// What stands below a list that was cut off.
fn cut(shown: usize, all: usize) -> Option<String> {
    (shown < all).then(|| format!("… and {} more: `--limit 0` lists all\n", all - shown))
}

//! `prune`: old batches go, with their evidence and logs.

use super::super::arguments::PruneArguments;
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::record::unreadable;
use super::{database, open};
use crate::id::BatchId;
use crate::outcome::{BatchStatus, ExitCode};
use crate::store::{BatchRow, Reader};
use crate::text::{bytes, counted};
use jiff::Timestamp;

/// Removes what is not to be kept. A batch that runs is always kept.
pub(crate) fn run(arguments: &PruneArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let path = database(&arguments.project, console)?;
    let batches = Reader::open(&path).and_then(|reader| reader.batches(u32::MAX)).map_err(unreadable)?;
    let goes = chosen(&batches, arguments);
    let names = |batches: &[&BatchRow]| {
        let number = u32::try_from(batches.len()).unwrap_or(u32::MAX);
        let cases: u32 = batches.iter().map(|batch| batch.total).fold(0, u32::saturating_add);
        let what = if number == 1 { "1 batch".to_owned() } else { format!("{number} batches") };
        if number == 0 { "nothing".to_owned() } else { format!("{what} with {}", counted(cases, "case")) }
    };
    let kept = batches.len() - goes.len();
    if arguments.dry_run {
        for batch in &goes {
            console.data(&format!("{}\n", batch.id))?;
        }
        console.say(&format!("{} would be removed, {kept} kept", names(&goes)));
        return Ok(ExitCode::Success);
    }
    let ids: Vec<BatchId> = goes.iter().map(|batch| batch.id.clone()).collect();
    let removed = open(&path, console)?.remove(&ids).map_err(unreadable)?;
    console.say(&format!("{} removed, {kept} kept: {} freed", names(&goes), bytes(removed.bytes)));
    if removed.database_kept {
        console.say("the database's file is as large as before, since another process uses it");
    }
    Ok(ExitCode::Success)
}

/// Those that go: beyond the number that is kept, and older than what is kept. The latest come first.
fn chosen<'a>(batches: &'a [BatchRow], arguments: &PruneArguments) -> Vec<&'a BatchRow> {
    let before = arguments.older_than.and_then(|age| Timestamp::now().checked_sub(age).ok());
    let keep = usize::try_from(arguments.keep.unwrap_or(0)).unwrap_or(usize::MAX);
    let is_old = |batch: &BatchRow| {
        let started = batch.started_at.parse::<Timestamp>();
        before.is_none_or(|before| started.is_ok_and(|started| started < before))
    };
    let ended = |batch: &&BatchRow| batch.status != BatchStatus::Running;
    batches.iter().skip(keep).filter(|batch| is_old(batch)).filter(ended).collect()
}

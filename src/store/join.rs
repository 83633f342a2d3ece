//! The shards of one batch, run by several machines into databases of their own, as the one batch that they are.
//!
//! Jobs, slots and the numbers of events are moved so that no two shards share one; events then come in the order in which
//! they happened. The joined batch has an id that follows from those of its shards: joining again finds it there.

mod events;

use super::open::Store;
use super::query::{QueryError, Reader};
use super::rows::BatchRow;
use crate::id::BatchId;
use crate::outcome::{BatchStatus, ExitCode};
use rusqlite::{Transaction, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::time::{Duration, SystemTime};

/// A batch made of shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Its id.
    pub batch: BatchId,
    /// Whether it was there already.
    pub known: bool,
}

/// Why shards cannot be joined.
#[derive(Debug)]
pub enum JoinError {
    /// A batch is no shard.
    NoShard(BatchId),
    /// A batch still runs.
    Running(BatchId),
    /// They are not all the shards of one batch.
    Incomplete(Vec<String>),
    /// Something cannot be read or written.
    Query(QueryError),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoShard(batch) => {
                write!(f, "the latest batch `{batch}` is no shard: without `--join` batches stay apart")
            }
            Self::Running(batch) => write!(f, "batch `{batch}` still runs: join them when it has ended"),
            Self::Incomplete(found) => {
                write!(
                    f,
                    "these are not all the shards of one batch, each once: {}; name the database of every one",
                    found.join(", ")
                )
            }
            Self::Query(error) => error.fmt(f),
        }
    }
}

// Its text says the cause already: a `source` would have it said twice.
impl std::error::Error for JoinError {}

impl From<QueryError> for JoinError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<rusqlite::Error> for JoinError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Query(error.into())
    }
}

/// What a shard's rows are moved by, so that no two shards share a job or a slot.
#[derive(Clone, Copy, Debug, Default)]
struct Offset {
    jobs: i64,
    slots: i64,
}

impl Store {
    /// Makes one batch of all the shards of one, the first shard first.
    pub fn join(&mut self, shards: &[(&Reader, BatchRow)]) -> Result<Joined, JoinError> {
        let shards = in_order(shards)?;
        let batch = id(&shards);
        let joined = self.is_joined(&shards, &batch)?;
        if joined == Some(true) {
            return Ok(Joined { batch, known: true });
        }
        for (reader, shard) in &shards {
            self.merge_one(reader, &shard.id)?;
        }
        if joined.is_some() {
            // A shard was resumed since then: now that all of it is here, the whole is made anew.
            self.remove(std::slice::from_ref(&batch))?;
        }
        let place = self.place().clone();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        begin(&transaction, &shards, &batch)?;
        let (mut offset, mut events) = (Offset::default(), Vec::new());
        for (at, (_, shard)) in shards.iter().enumerate() {
            let (from, to) = (format!("evidence/{}/", shard.id), format!("evidence/{batch}/{at}/"));
            events.extend(events::moved(&transaction, shard, offset, &from, &to)?);
            let slots = take_over(&transaction, shard, (&batch, offset), &from, &to)?;
            offset = Offset { jobs: offset.jobs + i64::from(shard.total), slots: offset.slots + slots };
        }
        events::tell(&transaction, &shards, &batch, events)?;
        for (_, shard) in &shards {
            transaction.execute("DELETE FROM batch WHERE id = ?1", [shard.id.as_str()])?;
        }
        // Before the rows speak of it: a file that nobody speaks of is the lesser evil.
        for (at, (_, shard)) in shards.iter().enumerate() {
            let (from, to) = (place.evidence(&shard.id), place.evidence(&batch).join(at.to_string()));
            if from.exists() {
                std::fs::create_dir_all(place.evidence(&batch))
                    .and_then(|()| std::fs::rename(&from, &to))
                    .map_err(|cause| QueryError::File { path: from, cause })?;
            }
            place
                .rename_logs(&shard.id, &format!("{batch}.{at}"))
                .map_err(|cause| QueryError::File { path: place.log(&shard.id), cause })?;
        }
        transaction.commit()?;
        Ok(Joined { batch, known: false })
    }

    /// Whether the batch that these shards make is here as they are now; `None` where it is not here at all.
    fn is_joined(&self, shards: &[(&Reader, BatchRow)], batch: &BatchId) -> Result<Option<bool>, JoinError> {
        let sql = "SELECT finished_at, status, exit_code, passed, flaky, failed, errored, skipped, interrupted, not_run
            FROM batch WHERE id = ?1";
        let mut statement = self.connection.prepare(sql)?;
        let here = statement.query_map([batch.as_str()], |row| {
            let ended: (Option<String>, String, Option<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let counts =
                (3..10).map(|column| row.get::<_, u32>(column)).collect::<rusqlite::Result<Vec<_>>>()?;
            Ok((ended, counts))
        })?;
        let Some(here) = here.last().transpose()? else { return Ok(None) };
        let (status, exit_code) = ended(shards);
        let mut finished_at = None;
        for (reader, shard) in shards {
            // One that was killed has no end but the last that was heard of it.
            let at = match &shard.finished_at {
                Some(at) => Some(at.clone()),
                None => reader.last_at(&shard.id)?,
            };
            finished_at = finished_at.max(at);
        }
        let now = (finished_at, status.as_str().to_owned(), exit_code.map(ExitCode::code));
        let counts: [fn(&BatchRow) -> u32; 7] = [
            |it| it.passed,
            |it| it.flaky,
            |it| it.failed,
            |it| it.errored,
            |it| it.skipped,
            |it| it.interrupted,
            |it| it.not_run,
        ];
        let counts = counts.map(|count| shards.iter().map(|(_, shard)| count(shard)).sum());
        Ok(Some(here == (now, counts.to_vec())))
    }
}

/// The shards in their order, once it is clear that they are all there are.
fn in_order<'a>(given: &[(&'a Reader, BatchRow)]) -> Result<Vec<(&'a Reader, BatchRow)>, JoinError> {
    let mut shards = Vec::new();
    for (reader, batch) in given {
        if batch.status == BatchStatus::Running {
            return Err(JoinError::Running(batch.id.clone()));
        }
        let Some((number, of)) = batch.shard.as_deref().and_then(numbers) else {
            return Err(JoinError::NoShard(batch.id.clone()));
        };
        shards.push((number, of, (*reader, batch.clone())));
    }
    shards.sort_by_key(|(number, ..)| *number);
    let complete = shards.iter().zip(1..).all(|((number, of, _), at)| *number == at && *of == shards.len());
    if !complete {
        return Err(JoinError::Incomplete(given.iter().filter_map(|(_, it)| it.shard.clone()).collect()));
    }
    Ok(shards.into_iter().map(|(.., shard)| shard).collect())
}

/// `2/3`
fn numbers(shard: &str) -> Option<(usize, usize)> {
    let (number, of) = shard.split_once('/')?;
    // What stands behind it says how it was split.
    let of = of.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((number.trim().parse().ok()?, of.parse().ok()?))
}

/// An id that begins with the time of the first shard, and is the same for the same shards.
fn id(shards: &[(&Reader, BatchRow)]) -> BatchId {
    let mut digest = Sha256::new();
    for (_, shard) in shards {
        digest.update(shard.id.as_str());
    }
    let random = digest.finalize().iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte));
    let started =
        shards.iter().filter_map(|(_, shard)| shard.started_at.parse::<jiff::Timestamp>().ok()).min();
    let started = started.unwrap_or_default().as_second();
    BatchId::new(SystemTime::UNIX_EPOCH + Duration::from_secs(started.unsigned_abs()), random)
}

/// How the whole ended: as the first shard that did not finish, and with the exit code that ranks highest. There is none
/// where a shard's runner could not say one any more.
fn ended(shards: &[(&Reader, BatchRow)]) -> (BatchStatus, Option<ExitCode>) {
    let status = shards.iter().map(|(_, shard)| shard.status).find(|it| *it != BatchStatus::Finished);
    (status.unwrap_or(BatchStatus::Finished), worst(shards.iter().map(|(_, shard)| shard.exit_code)))
}

fn worst(codes: impl Iterator<Item = Option<u8>>) -> Option<ExitCode> {
    let mut codes = codes.map(|code| code.and_then(ExitCode::from_code));
    codes.try_fold(ExitCode::Success, |worst, code| Some(worst.or(code?)))
}

fn begin(
    transaction: &Transaction<'_>,
    shards: &[(&Reader, BatchRow)],
    batch: &BatchId,
) -> rusqlite::Result<()> {
    let ids: Vec<&str> = shards.iter().map(|(_, shard)| shard.id.as_str()).collect();
    let all = serde_json::Value::from(ids).to_string();
    let (status, exit_code) = ended(shards);
    transaction.execute(
        "INSERT INTO batch (id, started_at, finished_at, status, exit_code, concurrency, total, passed, flaky, failed,
            errored, skipped, interrupted, not_run, host, boot_id, seed, shard, version, git_commit, command_line,
            settings_json)
         SELECT ?1, min(started_at), max(finished_at), ?2, ?3, sum(concurrency), sum(total), sum(passed), sum(flaky),
            sum(failed), sum(errored), sum(skipped), sum(interrupted), sum(not_run), group_concat(DISTINCT host), NULL,
            min(seed), NULL, min(version), min(git_commit), min(command_line), min(settings_json)
         FROM batch WHERE id IN (SELECT value FROM json_each(?4))",
        params![batch.as_str(), status.as_str(), exit_code.map(ExitCode::code), all],
    )?;
    Ok(())
}

/// Makes a shard's rows those of the joined batch; says how many slots it had.
fn take_over(
    transaction: &Transaction<'_>,
    shard: &BatchRow,
    (batch, offset): (&BatchId, Offset),
    from: &str,
    to: &str,
) -> rusqlite::Result<i64> {
    let attempts =
        "SELECT attempt.id FROM attempt JOIN case_run ON case_run.id = case_run_id WHERE batch_id = ?1";
    let own = shard.id.as_str();
    let slots = format!("SELECT coalesce(max(slot), 0) FROM attempt WHERE id IN ({attempts})");
    let slots = transaction.query_row(&slots, [own], |row| row.get(0))?;
    let moved = format!("UPDATE attempt SET slot = slot + ?2 WHERE id IN ({attempts})");
    transaction.execute(&moved, params![own, offset.slots])?;
    let kept = format!("UPDATE evidence SET path = replace(path, ?2, ?3) WHERE attempt_id IN ({attempts})");
    transaction.execute(&kept, params![own, from, to])?;
    // Jobs are numbered in the order of these keys, and one shard's come behind those of the one before it.
    transaction.pragma_update(None, "defer_foreign_keys", true)?;
    let last: i64 =
        transaction.query_row("SELECT coalesce(max(id), 0) FROM case_run", [], |row| row.get(0))?;
    let moved = format!("UPDATE attempt SET case_run_id = case_run_id + ?2 WHERE id IN ({attempts})");
    transaction.execute(&moved, params![own, last])?;
    let moved = "UPDATE case_run SET id = id + ?2, batch_id = ?3 WHERE batch_id = ?1";
    transaction.execute(moved, params![own, last, batch.as_str()])?;
    let moved = "UPDATE sample SET batch_id = ?2 WHERE batch_id = ?1";
    transaction.execute(moved, params![own, batch.as_str()])?;
    Ok(slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_of_the_whole_is_the_one_that_ranks_highest() {
        let worst = |codes: &[Option<u8>]| worst(codes.iter().copied()).map(ExitCode::code);
        assert_eq!(worst(&[Some(0), Some(0)]), Some(0));
        assert_eq!(worst(&[Some(1), Some(3)]), Some(1));
        assert_eq!(worst(&[Some(1), Some(130), Some(0)]), Some(130));
        assert_eq!(worst(&[Some(1), None]), None, "a runner that was killed says none");
    }
}

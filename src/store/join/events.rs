//! The events of a joined batch: those of its shards, with jobs, slots and evidence moved, in the order of their times.

use super::{Offset, ended};
use crate::id::BatchId;
use crate::outcome::{ExitCode, Verdict};
use crate::store::query::Reader;
use crate::store::rows::BatchRow;
use rusqlite::{Transaction, params};
use serde_json::{Value, json};

/// The events of a shard, its jobs, slots and evidence moved.
pub(super) fn moved(
    transaction: &Transaction<'_>,
    shard: &BatchRow,
    offset: Offset,
    from: &str,
    to: &str,
) -> rusqlite::Result<Vec<Value>> {
    let mut statement = transaction.prepare("SELECT json FROM event WHERE batch_id = ?1 ORDER BY seq")?;
    let texts = statement.query_map([shard.id.as_str()], |row| row.get::<_, String>(0))?;
    let mut events = Vec::new();
    for text in texts {
        let mut event: Value = serde_json::from_str(&text?.replace(from, to)).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
        })?;
        for (key, by) in [("job", offset.jobs), ("slot", offset.slots)] {
            if let Some(number) = event.get(key).and_then(Value::as_i64) {
                event[key] = json!(number + by);
            }
        }
        events.push(event);
    }
    Ok(once(events))
}

/// The events of a batch that was resumed, as if it had not been: what a runner after it took back never happened.
/// `batch_resumed` speaks of all jobs of its batch, and would take back those of other shards, too.
fn once(events: Vec<Value>) -> Vec<Value> {
    let is = |event: &Value, kind: &str| event["event"] == kind;
    let Some(resumed) = events.iter().rposition(|event| is(event, "batch_resumed")) else { return events };
    let taken_back = |event: &Value| {
        let verdict = event["verdict"].as_str().and_then(|word| word.parse::<Verdict>().ok());
        is(event, "batch_finished") || is(event, "case_finished") && verdict.is_some_and(Verdict::is_resumed)
    };
    let told = events.into_iter().enumerate();
    let told = told.filter(|(at, it)| !is(it, "batch_resumed") && (*at > resumed || !taken_back(it)));
    told.map(|(_, event)| event).collect()
}

/// Writes the events of all shards down as those of one batch: it begins once, has its plan, and ends once.
pub(super) fn tell(
    transaction: &Transaction<'_>,
    shards: &[(&Reader, BatchRow)],
    batch: &BatchId,
    mut events: Vec<Value>,
) -> rusqlite::Result<()> {
    let kind = |event: &Value| event["event"].as_str().unwrap_or_default().to_owned();
    let rank = |event: &Value| match &*kind(event) {
        "batch_started" => 0,
        "case_queued" => 1,
        "batch_finished" => 3,
        _ => 2,
    };
    let at = |event: &Value| event["at"].as_str().unwrap_or_default().to_owned();
    // Stable: what happened at the same time stays in the order of its shard.
    events.sort_by_key(|event| (rank(event), if rank(event) == 1 { String::new() } else { at(event) }));
    let time = |event: &Value| at(event).parse::<jiff::Timestamp>().unwrap_or_default();
    let (began, over) = (events.first().map(time), events.last().map(time));
    let (status, exit_code) = ended(shards);
    let sum = |of: fn(&BatchRow) -> u32| shards.iter().map(|(_, shard)| of(shard)).sum::<u32>();
    let most = events.iter().filter_map(|event| event["peak_memory_bytes"].as_u64()).max();
    let since = |from: Option<jiff::Timestamp>, to: jiff::Timestamp| {
        from.map_or(0, |from| u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0))
    };
    // Who cannot say how it ended does not say so.
    events.retain(|event| exit_code.is_some() || rank(event) != 3);
    let (mut started, mut left) = (false, events.iter().filter(|event| rank(event) == 3).count());
    let mut seq = 0;
    for mut event in events {
        match rank(&event) {
            0 if std::mem::replace(&mut started, true) => continue,
            0 => {
                event["batch"] = json!(batch);
                event["shard"] = Value::Null;
                event["total"] = json!(sum(|shard| shard.total));
                event["concurrency"] = json!(sum(|shard| shard.concurrency));
            }
            3 => {
                left -= 1;
                if left > 0 {
                    continue;
                }
                event["status"] = json!(status);
                event["exit_code"] = json!(exit_code.map(ExitCode::code));
                event["duration_ms"] = json!(since(began, over.unwrap_or_default()));
                event["peak_memory_bytes"] = json!(most);
            }
            _ => {}
        }
        seq += 1;
        event["seq"] = json!(seq);
        let elapsed = since(began, time(&event));
        event["elapsed_ms"] = json!(elapsed);
        transaction.prepare_cached(
            "INSERT INTO event (batch_id, seq, at, elapsed_ms, kind, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?.execute(params![
            batch.as_str(),
            seq,
            at(&event),
            i64::try_from(elapsed).unwrap_or(i64::MAX),
            kind(&event),
            event.to_string()
        ])?;
    }
    Ok(())
}

//! The events of a joined batch: those of its shards, with jobs, slots and evidence moved, in the order of their times.

use super::{Offset, ended};
use crate::id::BatchId;
use crate::outcome::{ExitCode, Verdict};
use crate::store::query::Reader;
use crate::store::rows::BatchRow;
use crate::text::shell_word;
use rusqlite::{Transaction, params};
use serde_json::{Value, json};

/// An event of a shard on its way into the whole.
pub(super) struct Moved {
    /// By the clock that nobody sets: the start of its shard and the time since then.
    when: jiff::Timestamp,
    event: Value,
}

impl Moved {
    fn kind(&self) -> &str {
        self.event["event"].as_str().unwrap_or_default()
    }

    /// The batch begins, has its plan, runs and ends, in this order.
    fn rank(&self) -> u8 {
        match self.kind() {
            "batch_started" => 0,
            "case_queued" => 1,
            "batch_finished" => 3,
            _ => 2,
        }
    }

    /// Whether a runner that came later has taken it back.
    fn is_taken_back(&self) -> bool {
        let verdict = self.event["verdict"].as_str().and_then(|word| word.parse::<Verdict>().ok());
        match self.kind() {
            "batch_finished" => true,
            "case_finished" => verdict.is_some_and(Verdict::is_resumed),
            _ => false,
        }
    }
}

/// The events of a shard, its jobs, slots and evidence moved.
pub(super) fn moved(
    transaction: &Transaction<'_>,
    shard: &BatchRow,
    offset: Offset,
    from: &str,
    to: &str,
) -> rusqlite::Result<Vec<Moved>> {
    let started: jiff::Timestamp = shard.started_at.parse().unwrap_or_default();
    let mut statement = transaction.prepare("SELECT json FROM event WHERE batch_id = ?1 ORDER BY seq")?;
    let texts = statement.query_map([shard.id.as_str()], |row| row.get::<_, String>(0))?;
    let mut events = Vec::new();
    let mut limit = Value::Null;
    for text in texts {
        let mut event: Value = serde_json::from_str(&text?.replace(from, to)).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
        })?;
        for (key, by) in [("job", offset.jobs), ("slot", offset.slots)] {
            if let Some(number) = event.get(key).and_then(Value::as_i64) {
                event[key] = json!(number + by);
            }
        }
        let elapsed = jiff::SignedDuration::from_millis(event["elapsed_ms"].as_i64().unwrap_or_default());
        let when = started.saturating_add(elapsed).unwrap_or(started);
        let kind = event["event"].as_str().unwrap_or_default();
        // Of what a resumed batch says of itself only this is told on.
        if kind == "batch_resumed" && event["concurrency"] != limit {
            let changed = json!({
                "at": event["at"],
                "event": "concurrency_changed",
                "from": limit,
                "to": event["concurrency"],
                "why": "resumed",
            });
            events.push(Moved { when, event: changed });
        }
        match kind {
            "batch_started" | "batch_resumed" => limit = event["concurrency"].clone(),
            "concurrency_changed" => limit = event["to"].clone(),
            _ => {}
        }
        events.push(Moved { when, event });
    }
    Ok(once(events))
}

/// The events of a batch that was resumed, as if it had not been: what a runner after it took back never happened.
/// `batch_resumed` speaks of all jobs of its batch, and would take back those of other shards, too.
fn once(events: Vec<Moved>) -> Vec<Moved> {
    let is_resumed = |it: &Moved| it.kind() == "batch_resumed";
    let Some(resumed) = events.iter().rposition(is_resumed) else { return events };
    let told = events.into_iter().enumerate();
    let told = told.filter(|(at, it)| !is_resumed(it) && (*at > resumed || !it.is_taken_back()));
    told.map(|(_, event)| event).collect()
}

/// Writes the events of all shards down as those of one batch: it begins once, has its plan, and ends once.
pub(super) fn tell(
    transaction: &Transaction<'_>,
    shards: &[(&Reader, BatchRow)],
    batch: &BatchId,
    mut events: Vec<Moved>,
) -> rusqlite::Result<()> {
    // Stable: the plan keeps its order, and what happened at the same time that of its shard.
    events.sort_by_key(|it| (it.rank(), if it.rank() == 1 { jiff::Timestamp::MIN } else { it.when }));
    let (began, over) = (events.first().map(|it| it.when), events.last().map(|it| it.when));
    let (status, exit_code) = ended(shards);
    let sum = |of: fn(&BatchRow) -> u32| shards.iter().map(|(_, shard)| of(shard)).sum::<u32>();
    let most = events.iter().filter_map(|it| it.event["peak_memory_bytes"].as_u64()).max();
    let since_began = |to: jiff::Timestamp| {
        began.map_or(0, |from| i64::try_from(to.duration_since(from).as_millis().max(0)).unwrap_or(i64::MAX))
    };
    // Who cannot say how it ended does not say so.
    events.retain(|it| exit_code.is_some() || it.rank() != 3);
    let number = |number: &Value| number.as_i64().unwrap_or_default();
    // All of them together.
    let mut limit: i64 =
        events.iter().filter(|it| it.rank() == 0).map(|it| number(&it.event["concurrency"])).sum();
    let (mut started, mut left) = (false, events.iter().filter(|it| it.rank() == 3).count());
    let mut seq = 0;
    for Moved { when, mut event } in events {
        match event["event"].as_str().unwrap_or_default() {
            "batch_started" if std::mem::replace(&mut started, true) => continue,
            "batch_started" => {
                let words = of_the_whole(&event["command_line"]);
                let quoted: Vec<_> = words.iter().map(|word| shell_word(word)).collect();
                let told = "UPDATE batch SET command_line = ?2 WHERE id = ?1";
                transaction.execute(told, params![batch.as_str(), quoted.join(" ")])?;
                event["command_line"] = json!(words);
                event["batch"] = json!(batch);
                event["shard"] = Value::Null;
                event["total"] = json!(sum(|shard| shard.total));
                event["concurrency"] = json!(limit);
            }
            "concurrency_changed" => {
                let now = limit + number(&event["to"]) - number(&event["from"]);
                event["from"] = json!(limit);
                event["to"] = json!(now);
                limit = now;
            }
            "attempt_started" => event["limit"] = json!(limit),
            "batch_finished" => {
                left -= 1;
                if left > 0 {
                    continue;
                }
                event["status"] = json!(status);
                event["exit_code"] = json!(exit_code.map(ExitCode::code));
                event["duration_ms"] = json!(since_began(over.unwrap_or_default()));
                event["peak_memory_bytes"] = json!(most);
            }
            _ => {}
        }
        seq += 1;
        event["seq"] = json!(seq);
        event["elapsed_ms"] = json!(since_began(when));
        transaction.prepare_cached(
            "INSERT INTO event (batch_id, seq, at, elapsed_ms, kind, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?.execute(params![
            batch.as_str(),
            seq,
            event["at"].as_str().unwrap_or_default(),
            since_began(when),
            event["event"].as_str().unwrap_or_default(),
            event.to_string()
        ])?;
    }
    Ok(())
}

/// A shard's command line without what made it a shard.
fn of_the_whole(words: &Value) -> Vec<&str> {
    let mut words = words.as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut whole = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--shard" => drop(words.next()),
            word if word.starts_with("--shard=") => {}
            word => whole.push(word),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_the_whole_has_no_shard() {
        let told = json!(["batchrun", "--shard", "1/2", "-q", "--shard=2/2", "--shard-by", "count"]);
        assert_eq!(of_the_whole(&told), ["batchrun", "-q", "--shard-by", "count"]);
    }
}

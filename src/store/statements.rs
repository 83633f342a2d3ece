//! Events to rows: what each event changes in the tables. Begins and commits nothing.

use super::keys::Keys;
use crate::event::facts::{
    AttemptFinished, AttemptStarted, BatchFinished, BatchResumed, BatchStarted, CaseFinished, CaseQueued,
};
use crate::event::{Event, Sample, Stamped, StepFinished, StepStarted, millis};
use crate::id::{BatchId, JobId};
use crate::outcome::Verdict;
use crate::text::{Untrusted, shell_word};
use rusqlite::{Transaction, named_params, params};

/// One transaction that is being filled.
pub(super) struct Rows<'a> {
    transaction: &'a Transaction<'a>,
    pub(super) batch: &'a BatchId,
    keys: &'a mut Keys,
    /// Jobs that end with this transaction, by verdict.
    ended: [u32; Verdict::ALL.len()],
}

impl<'a> Rows<'a> {
    pub(super) fn of(transaction: &'a Transaction<'a>, batch: &'a BatchId, keys: &'a mut Keys) -> Self {
        Self { transaction, batch, keys, ended: [0; Verdict::ALL.len()] }
    }
}

impl Rows<'_> {
    pub(super) fn run(&self, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<usize> {
        self.transaction.prepare_cached(sql)?.execute(values)
    }

    pub(super) fn add(&mut self, stamped: &Stamped) -> rusqlite::Result<()> {
        let at = millis::text(stamped.at);
        match &stamped.event {
            Event::BatchStarted(batch) => {
                self.keys.case_runs.reserve_exact(batch.total as usize);
                self.begin(batch, &at)?;
            }
            Event::BatchResumed(batch) => self.resume(batch)?,
            Event::CaseQueued(queued) => self.queue(queued, &at)?,
            Event::AttemptStarted(started) => self.start(started, &at)?,
            Event::StepStarted(step) => self.enter(step, &at)?,
            Event::StepFinished(step) => self.leave(step, &at)?,
            Event::AttemptFinished(finished) => self.end_attempt(finished, &at)?,
            Event::CaseFinished(finished) => self.end(finished, &at)?,
            Event::Sample(sample) => self.sample(sample, &at)?,
            Event::BatchFinished(finished) => self.finish(finished, &at)?,
            Event::ConcurrencyChanged { .. }
            | Event::Paused { .. }
            | Event::Stopping { .. }
            | Event::Resumed
            | Event::Message { .. } => {}
        }
        if stamped.event.is_detail() { Ok(()) } else { self.keep(stamped, &at) }
    }

    fn keep(&self, stamped: &Stamped, at: &str) -> rusqlite::Result<()> {
        let json = serde_json::to_string(stamped)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        self.run(
            "INSERT INTO event (batch_id, seq, at, elapsed_ms, kind, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.batch.as_str(),
                int(stamped.seq),
                at,
                int(stamped.elapsed_ms),
                stamped.event.kind(),
                json
            ],
        )?;
        Ok(())
    }

    fn begin(&self, batch: &BatchStarted, at: &str) -> rusqlite::Result<()> {
        let words: Vec<String> = batch.command_line.iter().map(|word| shell_word(word.raw())).collect();
        self.run(
            "INSERT INTO batch (id, started_at, status, concurrency, total, host, boot_id, seed, shard, version,
                git_commit, command_line, settings_json)
             VALUES (:id, :at, 'running', :concurrency, :total, :host, :boot_id, :seed, :shard, :version,
                :git_commit, :command_line, :settings)",
            named_params! {
                ":id": self.batch.as_str(), ":at": at, ":concurrency": batch.concurrency, ":total": batch.total,
                ":host": batch.host, ":boot_id": batch.boot_id, ":seed": batch.seed.to_string(),
                ":shard": batch.shard, ":version": batch.version, ":git_commit": batch.git_commit,
                ":command_line": words.join(" "), ":settings": batch.settings.to_string(),
            },
        )?;
        Ok(())
    }

    /// What was left is open again; attempts that nobody saw the end of were interrupted.
    fn resume(&self, batch: &BatchResumed) -> rusqlite::Result<()> {
        let id = self.batch.as_str();
        let cut = "case_run_id IN (SELECT id FROM case_run WHERE batch_id = ?1)";
        let steps = format!(
            "UPDATE step SET verdict = 'interrupted'
             WHERE verdict IS NULL AND attempt_id IN (SELECT id FROM attempt WHERE verdict IS NULL AND {cut})"
        );
        self.run(&steps, [id])?;
        self.run(
            &format!("UPDATE attempt SET verdict = 'interrupted' WHERE verdict IS NULL AND {cut}"),
            [id],
        )?;
        self.run(
            "UPDATE case_run SET verdict = NULL, finished_at = NULL, duration_ms = NULL, message = NULL
             WHERE batch_id = ?1 AND verdict IN ('errored', 'interrupted', 'not_run')",
            [id],
        )?;
        self.run(
            "UPDATE batch SET status = 'running', finished_at = NULL, exit_code = NULL, concurrency = ?2,
                errored = 0, interrupted = 0, not_run = 0
             WHERE id = ?1",
            params![id, batch.started.concurrency],
        )?;
        Ok(())
    }

    fn queue(&mut self, queued: &CaseQueued, at: &str) -> rusqlite::Result<()> {
        self.run(
            "INSERT INTO case_run (batch_id, case_id, name, file, line, content_hash, browser, row, tags, priority,
                quarantined, queued_at)
             VALUES (:batch, :case, :name, :file, :line, :hash, :browser, :row, :tags, :priority, :quarantined, :at)",
            named_params! {
                ":batch": self.batch.as_str(), ":case": queued.case.as_str(), ":name": queued.name.raw(),
                ":file": queued.location.file, ":line": int(queued.location.line as u64),
                ":hash": &*queued.content_hash, ":browser": queued.browser, ":row": queued.row,
                ":tags": serde_json::Value::from(queued.tags.clone()).to_string(), ":priority": queued.priority,
                ":quarantined": queued.quarantined, ":at": at,
            },
        )?;
        let place = queued.job.0 as usize;
        if self.keys.case_runs.len() <= place {
            self.keys.case_runs.resize(place + 1, None);
        }
        // SQLite's own keys begin with 1.
        self.keys.case_runs[place] = std::num::NonZeroI64::new(self.transaction.last_insert_rowid());
        Ok(())
    }

    fn start(&mut self, started: &AttemptStarted, at: &str) -> rusqlite::Result<()> {
        let Some(case_run) = self.keys.case_run(started.job) else { return unknown(started.job) };
        self.run(
            "UPDATE case_run SET started_at = coalesce(started_at, ?2), attempts = ?3 WHERE id = ?1",
            params![case_run, at, started.attempt],
        )?;
        let load = &started.load;
        self.run(
            "INSERT INTO attempt (case_run_id, number, slot, started_at, running, slot_limit, cpu, cpu_pressure,
                memory_pressure, memory_free_mb)
             VALUES (:case_run, :number, :slot, :at, :running, :limit, :cpu, :cpu_pressure, :memory_pressure, :free)",
            named_params! {
                ":case_run": case_run, ":number": started.attempt, ":slot": started.slot, ":at": at,
                ":running": started.running, ":limit": started.limit, ":cpu": load.cpu,
                ":cpu_pressure": load.cpu_pressure, ":memory_pressure": load.memory_pressure,
                ":free": load.memory_free_mb.map(int),
            },
        )?;
        self.keys.attempts.insert((started.job, started.attempt), self.transaction.last_insert_rowid());
        Ok(())
    }

    fn enter(&self, step: &StepStarted, at: &str) -> rusqlite::Result<()> {
        let Some(attempt) = self.keys.attempts.get(&(step.job, step.attempt)) else {
            return unknown(step.job);
        };
        self.run(
            "INSERT INTO step (attempt_id, position, title, started_at, line) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (attempt_id, position) DO NOTHING",
            params![attempt, step.position, step.title.raw(), at, int(step.location.line as u64)],
        )?;
        Ok(())
    }

    /// The row is there already, unless the step ended without having begun: skipped by its condition.
    fn leave(&self, step: &StepFinished, at: &str) -> rusqlite::Result<()> {
        let Some(attempt) = self.keys.attempts.get(&(step.job, step.attempt)) else {
            return unknown(step.job);
        };
        self.run(
            "INSERT INTO step (attempt_id, position, title, started_at, line, verdict, duration_ms, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (attempt_id, position) DO UPDATE SET title = excluded.title, verdict = excluded.verdict,
                duration_ms = excluded.duration_ms, message = excluded.message",
            params![
                attempt,
                step.position,
                step.title.raw(),
                at,
                step.line,
                step.verdict.as_str(),
                int(step.duration_ms),
                step.message.as_ref().map(Untrusted::raw),
            ],
        )?;
        Ok(())
    }

    fn end_attempt(&mut self, finished: &AttemptFinished, at: &str) -> rusqlite::Result<()> {
        let key = (finished.job, finished.attempt);
        let Some(&attempt) = self.keys.attempts.get(&key) else { return unknown(finished.job) };
        let failure = finished.failure.as_ref();
        self.run(
            "UPDATE attempt SET verdict = ?2, failure_kind = ?3, message = ?4, finished_at = ?5, duration_ms = ?6,
                cpu_mean = ?7
             WHERE id = ?1",
            params![
                attempt,
                finished.verdict.as_str(),
                failure.map(|it| it.kind.as_str()),
                failure.map(|it| it.message.raw()),
                at,
                int(finished.duration_ms),
                finished.cpu_mean,
            ],
        )?;
        for evidence in &finished.evidence {
            self.run(
                "INSERT INTO evidence (attempt_id, step_position, kind, path, bytes, note)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    attempt,
                    evidence.position,
                    evidence.kind,
                    evidence.path,
                    int(evidence.bytes),
                    evidence.note.as_ref().map(Untrusted::raw),
                ],
            )?;
        }
        self.keys.ended.push(key);
        Ok(())
    }

    fn end(&mut self, finished: &CaseFinished, at: &str) -> rusqlite::Result<()> {
        let Some(case_run) = self.keys.case_run(finished.job) else { return unknown(finished.job) };
        self.run(
            "UPDATE case_run SET verdict = ?2, finished_at = ?3, duration_ms = ?4, attempts = ?5, message = ?6,
                passed_ms = (SELECT duration_ms FROM attempt WHERE case_run_id = ?1 AND verdict = 'passed'),
                cpu = (SELECT cpu_mean FROM attempt WHERE case_run_id = ?1 AND verdict IN ('passed', 'failed')
                       ORDER BY verdict, number LIMIT 1)
             WHERE id = ?1",
            params![
                case_run,
                finished.verdict.as_str(),
                at,
                int(finished.duration_ms),
                finished.attempts,
                finished.message.as_ref().map(Untrusted::raw),
            ],
        )?;
        self.ended[finished.verdict as usize] += 1;
        Ok(())
    }

    fn sample(&self, sample: &Sample, at: &str) -> rusqlite::Result<()> {
        self.run(
            "INSERT INTO sample (batch_id, at, cpu, memory_mb, net_rx, net_tx, running, queued, slot_limit)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.batch.as_str(),
                at,
                sample.cpu,
                sample.memory_mb.map(int),
                sample.net_rx.map(int),
                sample.net_tx.map(int),
                sample.running,
                sample.queued,
                sample.limit,
            ],
        )?;
        Ok(())
    }

    fn finish(&self, finished: &BatchFinished, at: &str) -> rusqlite::Result<()> {
        self.run(
            "UPDATE batch SET status = ?2, finished_at = ?3, exit_code = ?4 WHERE id = ?1",
            params![self.batch.as_str(), finished.status.as_str(), at, finished.exit.code()],
        )?;
        Ok(())
    }

    /// Adds the jobs that ended to the batch's counts.
    pub(super) fn count(&self) -> rusqlite::Result<()> {
        if self.ended == [0; Verdict::ALL.len()] {
            return Ok(());
        }
        let of = |verdict: Verdict| self.ended[verdict as usize];
        self.run(
            "UPDATE batch SET passed = passed + ?2, flaky = flaky + ?3, failed = failed + ?4, errored = errored + ?5,
                skipped = skipped + ?6, interrupted = interrupted + ?7, not_run = not_run + ?8
             WHERE id = ?1",
            params![
                self.batch.as_str(),
                of(Verdict::Passed),
                of(Verdict::Flaky),
                of(Verdict::Failed),
                of(Verdict::Errored),
                of(Verdict::Skipped),
                of(Verdict::Interrupted),
                of(Verdict::NotRun),
            ],
        )?;
        Ok(())
    }
}

/// An event of a job that was never queued. It is a bug of the runner, and no reason to lose the events around it, which
/// share its transaction.
#[expect(clippy::unnecessary_wraps, reason = "it stands where a statement's result does")]
fn unknown(job: JobId) -> rusqlite::Result<()> {
    debug_assert!(false, "{job:?} was not queued, or its attempt not started");
    Ok(())
}

/// `SQLite`'s integers are signed. Nothing that is counted here gets near their end.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

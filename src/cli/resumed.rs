//! A batch that goes on: what its record says it has left, and what became of that since.

use super::remarks::named;
use crate::case::model::Case;
use crate::config::Settings;
use crate::diagnostic::Diagnostic;
use crate::event::verdicts::Verdicts;
use crate::event::{CaseFinished, Event};
use crate::id::{BatchId, CaseId, JobId};
use crate::outcome::{AttemptVerdict, BatchStatus, Verdict};
use crate::plan::{Left, Plan, Shard};
use crate::runner::core::Before;
use crate::store::{BatchRow, CaseRow, QueryError, Reader, Which};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A batch that is to go on.
#[derive(Debug)]
pub(crate) struct Resumed {
    /// Its id.
    pub(crate) batch: BatchId,
    /// The number of its last event.
    pub(crate) last_event: u64,
    /// What everything random in it follows from.
    pub(crate) seed: u64,
    /// Which part of the whole it is.
    pub(crate) shard: Option<Shard>,
    /// What it has left.
    pub(crate) left: Left,
    /// What its jobs came to.
    pub(crate) before: HashMap<JobId, Before>,
    /// How those ended that do not run again.
    pub(crate) verdicts: Verdicts,
    /// Those of its jobs that cannot run again, and why.
    pub(crate) gone: Vec<(JobId, String)>,
    /// The settings that held when it started, as the record has them.
    settings: serde_json::Value,
    /// The files of what is left, with what was in them.
    files: BTreeMap<String, String>,
    /// What is in them now.
    now: Mutex<BTreeMap<String, String>>,
    /// What is left, for people.
    titles: BTreeMap<JobId, (CaseId, String, String)>,
}

impl Resumed {
    /// The batch that is meant by `last` or the beginning of an id.
    pub(crate) fn of(database: &Path, batch: &str) -> Result<Self, Vec<Diagnostic>> {
        let read = || {
            let reader = Reader::open(database)?;
            let batch = reader.batch(&Which::parse(batch))?;
            let last_event = reader.last_event(&batch.id)?;
            let rows = reader.case_runs(&batch.id)?;
            let mut failures = HashMap::new();
            for row in rows.iter().filter(|row| is_left(row) && row.attempts > 0) {
                let attempts = reader.attempts(row.id)?;
                let failed = attempts.iter().filter(|it| it.verdict == Some(AttemptVerdict::Failed)).count();
                failures.insert(row.id, u16::try_from(failed).unwrap_or(u16::MAX));
            }
            Ok((batch, last_event, rows, failures))
        };
        let (batch, last_event, rows, failures) =
            read().map_err(|error: QueryError| refused(&error.to_string()))?;
        if batch.status == BatchStatus::Running {
            return Err(refused(&format!("batch {} is still running", batch.id)));
        }
        if rows.len() < batch.total as usize {
            let (known, total) = (rows.len(), batch.total);
            return Err(refused(&format!(
                "batch {} ended before its plan was recorded ({known} of {total} cases): nothing of it has run",
                batch.id
            )));
        }
        Ok(Self::new(batch, last_event, rows, &failures))
    }

    fn new(batch: BatchRow, last_event: u64, rows: Vec<CaseRow>, failures: &HashMap<i64, u16>) -> Self {
        let mut resumed = Self {
            batch: batch.id,
            last_event,
            seed: batch.seed.parse().unwrap_or_default(),
            shard: batch.shard.and_then(|shard| shard.parse().ok()),
            left: Left { size: rows.len(), numbers: HashMap::new() },
            before: HashMap::new(),
            verdicts: Verdicts::default(),
            gone: Vec::new(),
            settings: serde_json::from_str(&batch.settings_json).unwrap_or_default(),
            files: BTreeMap::new(),
            now: Mutex::default(),
            titles: BTreeMap::new(),
        };
        // The rows are in the order in which the jobs were queued.
        for (job, row) in (0..).map(JobId).zip(rows) {
            resumed.verdicts.queue(job, row.quarantined);
            if let Some(verdict) = row.verdict.filter(|verdict| !verdict.is_resumed()) {
                resumed.verdicts.end(job, verdict);
            }
            let left = is_left(&row);
            let attempts = u16::try_from(row.attempts).unwrap_or(u16::MAX);
            let failures = failures.get(&row.id).copied().unwrap_or(0);
            if !left || attempts > 0 {
                resumed.before.insert(job, Before { attempts, failures, ended: !left });
            }
            if left {
                let key = (row.case_id.clone(), row.browser.clone());
                resumed.left.numbers.entry(key).or_default().push(job);
                resumed.files.insert(row.file.clone(), row.content_hash);
                resumed.titles.insert(job, (row.case_id, row.browser, row.file));
            }
        }
        resumed
    }

    /// Whether a case in a browser is left.
    pub(crate) fn has(&self, case: &CaseId, browser: &str) -> bool {
        !self.left.of(case, browser).is_empty()
    }

    /// The files of what is left that are still there.
    pub(crate) fn paths(&self, settings: &Settings) -> Vec<PathBuf> {
        let root = &settings.project.root;
        self.files.keys().map(|file| root.join(file)).filter(|path| path.is_file()).collect()
    }

    /// Takes note of the file of a case as it is now.
    pub(crate) fn look_at(&self, case: &Case) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.insert(case.source.path.clone(), case.content_hash.to_string());
    }

    /// Compares what was left with what there is: `plan` is made of it. Says what is different, and refuses where
    /// nothing of it exists any more.
    pub(crate) fn compare(
        &mut self,
        plan: &Plan,
        settings: &Settings,
    ) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let found: BTreeSet<JobId> = plan.jobs.iter().map(|job| job.id).collect();
        for (job, (case, browser, file)) in &self.titles {
            if !found.contains(job) {
                self.gone.push((*job, format!("`{case}` in {browser} is not in `{file}` any more")));
                self.before.entry(*job).or_default().ended = true;
            }
        }
        let gone: Vec<String> = self.gone.iter().map(|(_, why)| why.clone()).collect();
        if found.is_empty() && !gone.is_empty() {
            let text = format!("nothing that batch {} has left exists any more", self.batch);
            return Err(vec![Diagnostic::error(format!("`--resume`: {text}")).help(named(&gone))]);
        }
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = self.files.iter().filter(|(file, hash)| now.get(*file).is_some_and(|now| now != *hash));
        let changed: Vec<String> = changed.map(|(file, _)| format!("`{file}`")).collect();
        let mut warnings = Vec::new();
        if !changed.is_empty() {
            let text =
                format!("files that changed since batch {} ran them: they run as they are now", self.batch);
            warnings.push(Diagnostic::warning(text).help(named(&changed)));
        }
        if !gone.is_empty() {
            let text =
                format!("cases that batch {} has left and that are gone: they stay not run", self.batch);
            warnings.push(Diagnostic::warning(text).help(named(&gone)));
        }
        let settings = self.other_settings(settings);
        if !settings.is_empty() {
            let text = format!("settings that are not as they were when batch {} started", self.batch);
            warnings.push(Diagnostic::warning(text).help(named(&settings)));
        }
        Ok(warnings)
    }

    /// Settings that differ, but for those that only say how many run at once, when, and where the record is.
    fn other_settings(&self, settings: &Settings) -> Vec<String> {
        let of_no_matter = ["concurrency", "order", "database", "batch_timeout", "grace"];
        let entries =
            settings.entries().into_iter().filter(|entry| !of_no_matter.contains(&entry.key.as_str()));
        let differs = entries.filter_map(|entry| {
            let before = self.settings.get(&entry.key)?.get("value")?.as_str()?.to_owned();
            let now = entry.value.to_string();
            // A secret is recorded as its mask.
            (before != now && !before.contains("***"))
                .then(|| format!("`{}` was {before} and is {now}", entry.key))
        });
        differs.collect()
    }

    /// The last words about the jobs that cannot run again.
    pub(crate) fn last_words(&self) -> impl Iterator<Item = Event> + '_ {
        self.gone.iter().map(|(job, why)| {
            let attempts = self.before.get(job).map_or(0, |before| u32::from(before.attempts));
            let message = Some(why.as_str().into());
            Event::CaseFinished(CaseFinished::without_attempt(*job, Verdict::NotRun, attempts, message))
        })
    }
}

fn is_left(row: &CaseRow) -> bool {
    row.verdict.is_none_or(Verdict::is_resumed)
}

fn refused(why: &str) -> Vec<Diagnostic> {
    vec![Diagnostic::error(format!("`--resume`: {why}"))]
}

//! What must be settled before anything is started: the locks, the database, the record of the plan, who reports.

use super::super::arguments::RunArguments;
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::prepare::Prepared;
use super::logging;
use super::notify::{self, Notices};
use super::reports;
use crate::case::model::Case;
use crate::config::{Order, Settings, TimeLimit};
use crate::event::{BatchResumed, BatchStarted, CaseFinished, CaseQueued, Event, Level};
use crate::id::BatchId;
use crate::mask::Masker;
use crate::outcome::{ExitCode, Verdict};
use crate::plan::Job;
use crate::random;
use crate::reporter::Board;
use crate::runner::dispatcher::Sink;
use crate::step;
use crate::store::{LockError, NamedLock, OpenError, Place, Recorder, ResumeError, Store};
use crate::text::Untrusted;
use anyhow::Context as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Jobs that are announced in one transaction.
const ANNOUNCED_AT_ONCE: usize = 500;

/// A batch that is recorded and has not begun.
pub(super) struct Opened {
    pub(super) batch: BatchId,
    pub(super) seed: u64,
    pub(super) place: Place,
    pub(super) masker: Masker,
    pub(super) recorder: Recorder,
    /// What the batch is at, for whoever asks.
    pub(super) board: Board,
    /// What somebody is to be told, if anybody is.
    pub(super) notices: Option<Notices>,
    /// Held for as long as the batch runs.
    _lock: Option<NamedLock>,
}

/// Opens the record of a new batch. `to_mask` is what is secret besides the settings' own secrets.
pub(super) fn open(
    arguments: &RunArguments,
    console: &mut Console,
    prepared: &Prepared,
    to_mask: Vec<String>,
) -> Result<Opened, Failure> {
    let settings = &prepared.settings;
    let mut store = Store::open(settings.database.value.as_path()).map_err(unusable)?;
    let wait = arguments.wait_lock.map_or(Duration::ZERO, TimeLimit::get);
    let lock = match &arguments.lock {
        Some(name) => Some(NamedLock::take(&store.place().run(), name, wait).map_err(locked)?),
        None => None,
    };
    let (batch, begun) = if let Some(resumed) = &prepared.resumed {
        let begun = store.resume(&resumed.batch, resumed.last_event).map_err(not_resumed)?;
        (resumed.batch.clone(), begun)
    } else {
        let batch = BatchId::new(SystemTime::now(), random::seed());
        let begun = store.begin(&batch).map_err(unusable)?;
        (batch, begun)
    };
    let place = store.place().clone();
    let secrets = settings.secrets.iter().map(|(_, secret)| secret.expose().to_owned());
    let webhook = settings.notify_webhook.value.iter().map(|it| it.expose().to_string());
    let masker = Masker::new(secrets.chain(to_mask).chain(webhook));
    // A report that is refused leaves no log of a batch that never was.
    let mut reporters = reports::reporters(arguments, console, prepared, &place, &batch)?;
    logging::start(&arguments.console, arguments.record.log.as_deref(), &place.log(&batch), &masker)
        .context("the log cannot be written")
        .map_err(|error| Failure::Other(ExitCode::Usage, error))?;
    let board = Board::default();
    reporters.insert(0, board.keeper());
    let notices = notify::open(settings, &place, &batch, &masker).map(|(herald, notices)| {
        reporters.insert(1, herald);
        notices
    });
    let recorder = Recorder::start(store, begun, reporters)
        .context("the recorder cannot be started")
        .map_err(|error| Failure::Other(ExitCode::Bug, error))?;
    Ok(Opened { batch, seed: prepared.seed, place, masker, recorder, board, notices, _lock: lock })
}

/// The first events: the batch, and every job of its plan. Waits now and then until they are recorded, so that not all of
/// a large plan is in memory at once.
pub(super) async fn announce(
    opened: &Opened,
    prepared: &Prepared,
    limit: u32,
    sink: &dyn Sink,
) -> Result<(), Failure> {
    let settings = &prepared.settings;
    let masked = |text: &str| Untrusted::from(opened.masker.mask(text));
    let started = started(opened, prepared, limit, &masked);
    if let Some(resumed) = &prepared.resumed {
        let left = u32::try_from(prepared.plan.jobs.len()).unwrap_or(u32::MAX);
        sink.send(Event::BatchResumed(Box::new(BatchResumed { left, started })));
        resumed.last_words().for_each(|event| sink.send(event));
        return Ok(());
    }
    sink.send(Event::BatchStarted(Box::new(started)));
    if matches!(settings.order.value, Order::Random(_)) {
        let text = format!("the order is random: `--order random:{}` makes it again", opened.seed);
        sink.send(Event::Message { level: Level::Info, text: text.into() });
    }
    for jobs in prepared.plan.jobs.chunks(ANNOUNCED_AT_ONCE) {
        for job in jobs {
            let case =
                prepared.plan.case(job).map_err(|error| Failure::Other(ExitCode::Errored, error.into()))?;
            sink.send(Event::CaseQueued(Box::new(queued(job, &case, &masked))));
        }
        // A recorder that is gone is told of when it is joined.
        let _ = opened.recorder.barrier().await;
    }
    for &job in &prepared.plan.left_out {
        let message = Some(Untrusted::from("left out: it does not fit into the budget"));
        sink.send(Event::CaseFinished(CaseFinished::without_attempt(job, Verdict::NotRun, 0, message)));
    }
    Ok(())
}

fn started(
    opened: &Opened,
    prepared: &Prepared,
    limit: u32,
    masked: &dyn Fn(&str) -> Untrusted,
) -> BatchStarted {
    let settings = &prepared.settings;
    let shown: serde_json::Map<String, serde_json::Value> = settings
        .entries()
        .into_iter()
        .map(|entry| {
            let value = opened.masker.mask(&entry.value.to_string());
            (entry.key, serde_json::json!({"value": value, "from": entry.origin.to_string()}))
        })
        .collect();
    BatchStarted {
        batch: opened.batch.clone(),
        total: u32::try_from(prepared.plan.size).unwrap_or(u32::MAX),
        concurrency: limit,
        host: host(),
        boot_id: read("/proc/sys/kernel/random/boot_id"),
        seed: opened.seed,
        shard: prepared.shard.map(|shard| shard.to_string()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: git_commit(&settings.project.root),
        command_line: std::env::args().map(|argument| masked(&argument)).collect(),
        settings: serde_json::Value::Object(shown),
    }
}

fn queued(job: &Job, case: &Case, masked: &dyn Fn(&str) -> Untrusted) -> CaseQueued {
    let tries = if job.terms.expect_failure.is_some() { 1 } else { job.terms.retries.get() + 1 };
    CaseQueued {
        job: job.id,
        case: job.case_id.clone(),
        name: masked(&case.name),
        location: case.source.location(case.span.start),
        content_hash: case.content_hash.clone(),
        browser: job.browser.to_string(),
        row: case.row(job.row).map(|row| row.name.clone()),
        tags: case.tags.clone(),
        priority: job.priority,
        quarantined: job.terms.quarantine.is_some(),
        quarantine: job.terms.quarantine.as_ref().map(|it| masked(&it.told())),
        tries,
    }
}

/// What `${…}` means in this batch.
pub(super) fn context(settings: &Settings, opened: &Opened, server_url: Option<String>) -> step::Context {
    let base_url = settings.base_url.value.as_ref().map(|address| address.as_str().to_owned());
    let for_this_run = settings.base_url.origin.is_for_this_run();
    let (vars_override, vars) =
        settings.vars.iter().partition::<Vec<_>, _>(|(_, sourced)| sourced.origin.is_for_this_run());
    let values = |vars: Vec<(&String, &crate::config::Sourced<serde_json::Value>)>| {
        vars.into_iter().map(|(name, sourced)| (name.clone(), sourced.value.clone())).collect()
    };
    step::Context {
        base_url_override: base_url.clone().filter(|_| for_this_run),
        base_url: base_url.or_else(|| server_url.clone()),
        server_url,
        vars: values(vars),
        vars_override: values(vars_override),
        env: settings.environment.clone(),
        secrets: settings
            .secrets
            .iter()
            .map(|(name, it)| (name.to_owned(), it.expose().to_owned()))
            .collect(),
        batch: opened.batch.clone(),
        seed: opened.seed,
        test_id: settings.test_id_attribute.value.as_str().to_owned(),
        viewport: super::lessor::VIEWPORT,
        schemes: Vec::new(),
        clock: jiff::Timestamp::now,
    }
}

fn unusable(error: OpenError) -> Failure {
    let exit = error.exit_code();
    let hint = error.hint();
    let error = anyhow::Error::new(error);
    Failure::Other(
        exit,
        match hint {
            Some(hint) => anyhow::anyhow!("{error:#}\n{hint}"),
            None => error,
        },
    )
}

fn not_resumed(error: ResumeError) -> Failure {
    match error {
        ResumeError::Open(error) => unusable(error),
        other => Failure::input(format!("`--resume`: {other}")),
    }
}

fn locked(error: LockError) -> Failure {
    let exit = match error {
        LockError::Held { .. } => ExitCode::Locked,
        LockError::File { .. } => ExitCode::Usage,
    };
    Failure::Other(exit, anyhow::Error::new(error))
}

/// The machine's name.
pub(in crate::cli) fn host() -> String {
    read("/proc/sys/kernel/hostname").unwrap_or_else(|| "unknown".to_owned())
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The commit that is checked out in `root`, read from git's own files: git itself may not be there.
fn git_commit(root: &Path) -> Option<String> {
    let git = root.ancestors().map(|folder| folder.join(".git")).find(|path| path.exists())?;
    // A worktree or a submodule has a file there, which leads to a folder of its own (gitrepository-layout(5)).
    let own = match read(git.to_str()?) {
        Some(link) => git.parent()?.join(link.strip_prefix("gitdir: ")?),
        None => git,
    };
    let common =
        std::fs::read_to_string(own.join("commondir")).map_or_else(|_| own.clone(), |it| own.join(it.trim()));
    let head = std::fs::read_to_string(own.join("HEAD")).ok()?;
    let Some(name) = head.trim().strip_prefix("ref: ") else { return Some(head.trim().to_owned()) };
    if let Some(commit) = [&own, &common].iter().find_map(|git| std::fs::read_to_string(git.join(name)).ok())
    {
        return Some(commit.trim().to_owned());
    }
    let packed = std::fs::read_to_string(common.join("packed-refs")).ok()?;
    packed.lines().find_map(|line| Some(line.strip_suffix(name)?.strip_suffix(' ')?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_that_of_the_project_in_worktrees_and_submodules_too() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let commit = |folder: &str| git_commit(&root.path().join(folder));
        write(".git/HEAD", "ref: refs/heads/main\n");
        write(".git/packed-refs", "# pack-refs\nccc refs/heads/remain\naaa refs/heads/main\n");
        write("tests/a.toml", "");
        assert_eq!(commit("tests").as_deref(), Some("aaa"));
        write(".git/refs/heads/main", "bbb\n");
        assert_eq!(commit("tests").as_deref(), Some("bbb"));
        write("library/.git", "gitdir: ../.git/modules/library\n");
        write(".git/modules/library/HEAD", "ddd\n");
        assert_eq!(commit("library").as_deref(), Some("ddd"));
        write("worktree/.git", "gitdir: ../.git/worktrees/worktree\n");
        write(".git/worktrees/worktree/HEAD", "ref: refs/heads/topic\n");
        write(".git/worktrees/worktree/commondir", "../..\n");
        assert_eq!(commit("worktree"), None, "nothing has been committed there");
        write(".git/refs/heads/topic", "eee\n");
        assert_eq!(commit("worktree").as_deref(), Some("eee"));
    }
}

//! `run`: from a prepared plan to an exit code. Wires store, reporters, custody, servers, browsers and runner together.

mod control;
mod counting;
mod dashboard;
mod lessor;
mod logging;
mod notify;
mod opening;
mod reports;
mod rules;
mod servers;

use super::arguments::RunArguments;
use super::console::Console;
use super::failure::Failure;
use super::list;
use super::prepare::{Prepared, prepare};
use crate::browser::lease::Lessor;
use crate::control::{Command, Stop};
use crate::custody::Custody;
use crate::event::{BatchFinished, Event};
use crate::load::{Meter, Sight};
use crate::outcome::{BatchStatus, ExitCode};
use crate::runner::attempt::{Asking, Attempts};
use crate::runner::dispatcher::{self, BatchEnd, Orders, Sink};
use crate::runner::evidence::EvidenceRules;
use crate::runner::signals::{self, Signals};
use anyhow::Context as _;
pub(super) use control::Shown;
use control::{Desk, Steering};
use counting::Counting;
use dashboard::Dashboard;
use lessor::Pages;
use opening::Opened;
pub(super) use opening::host;
use rules::Limits;
pub(super) use rules::{core, slots};
use servers::RunningServers;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

/// Runs a batch.
pub(crate) fn run(arguments: &RunArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let prepared = prepare(
        &arguments.selection,
        &arguments.project,
        &arguments.browser,
        Some(&arguments.limits),
        console,
    )?;
    if arguments.dry_run {
        console.data(&list::plain(&prepared.plan)?)?;
        return Ok(ExitCode::Success);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(crate::case::STACK)
        .enable_all()
        .build()
        .context("the runtime cannot be started")
        .map_err(|error| Failure::Other(ExitCode::Bug, error))?;
    let ended = runtime.block_on(batch(arguments, console, prepared));
    // Nothing is waited for any more: what still runs in the background has lost its purpose.
    runtime.shutdown_background();
    match ended? {
        (_, Some(signal)) => signals::die_by(signal),
        (exit, None) => Ok(exit),
    }
}

/// The batch itself; answers with the exit code and the signal that the process is to end by.
async fn batch(
    arguments: &RunArguments,
    console: &mut Console,
    prepared: Prepared,
) -> Result<(ExitCode, Option<u8>), Failure> {
    let began = Instant::now();
    let pages = lessor::find(&prepared)?;
    let live = dashboard::bind(&arguments.record, console)?;
    let mut opened = opening::open(arguments, console, &prepared, pages.to_mask())?;
    let (first_notice, last_notice) =
        opened.notices.take().map_or((None, None), |it| (it.first, Some(it.last)));
    let age = Duration::from_millis(opened.recorder.sender().elapsed_ms());
    // Time counts from the batch's beginning, also where it is resumed.
    let began = began.checked_sub(age).unwrap_or(began);
    let verdicts = prepared.resumed.as_ref().map(|resumed| resumed.verdicts.clone()).unwrap_or_default();
    let flaky = prepared.settings.fail_on_flaky.value;
    let sink = Arc::new(Counting::new(opened.recorder.sender(), flaky, verdicts, opened.masker.clone()));
    let limits = Limits::new(&prepared.settings, pages.capacity());
    let (commands, inbox) = mpsc::channel(8);
    let dashboard = Dashboard::new(&opened, &commands);
    let _way_there = match live {
        Some(listener) => {
            let shown = dashboard.show(listener, arguments.record.open, console).await;
            shown.context("the dashboard cannot be served").map_err(bug)?
        }
        None => None,
    };
    opening::announce(&opened, &prepared, limits.start, sink.as_ref()).await?;
    let signals = Signals::listen(&commands).context("signals cannot be listened for").map_err(bug)?;
    let meter = Meter::start();
    let staged = Stage {
        opened: &opened,
        prepared,
        pages,
        limits,
        sink: Arc::clone(&sink),
        began,
        dashboard: dashboard.clone(),
        first_notice,
    };
    let (end, leftovers, metered) = Box::pin(staged.run(&commands, inbox, meter)).await;
    let (end, around) = match end {
        Ok(ended) => ended,
        Err(NotBegun { status, exit, .. }) => (BatchEnd { status, panicked: false }, exit),
    };
    let bug = if end.panicked { ExitCode::Bug } else { ExitCode::Success };
    let signal = signals.received();
    let by_signal = signal.map_or(ExitCode::Success, ExitCode::Signal);
    sink.tell_of_flaky();
    let exit = sink.exit_code().or(around).or(bug).or(by_signal);
    sink.send(Event::BatchFinished(BatchFinished {
        status: end.status,
        exit,
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        peak_memory_bytes: metered.map(|it| it.peak_memory_bytes),
        mean_cpu_percent: metered.map(|it| it.mean_cpu_percent),
        leftovers: u32::try_from(leftovers).unwrap_or(u32::MAX),
    }));
    let recorded = tokio::task::spawn_blocking(move || opened.recorder.finish()).await;
    dashboard.close().await;
    let recorded = recorded.context("the recorder panicked").map_err(self::bug)?;
    let exit = recorded.exit_code(exit);
    if let Some(notice) = last_notice {
        console.warnings(&notice.tell(exit).await);
    }
    Ok((exit, signal))
}

fn bug(error: anyhow::Error) -> Failure {
    Failure::Other(ExitCode::Bug, error)
}

/// Why no case could be run.
struct NotBegun {
    status: BatchStatus,
    exit: ExitCode,
    why: anyhow::Error,
}

impl NotBegun {
    fn because(exit: ExitCode, why: impl Into<anyhow::Error>) -> Self {
        Self { status: BatchStatus::Aborted, exit, why: why.into() }
    }

    /// Completes when somebody wants the batch to stop. What else is wished for is for when cases run.
    async fn wished(inbox: &mut mpsc::Receiver<Command>, others: &mut Vec<Command>) -> Self {
        let (how, why) = loop {
            match inbox.recv().await {
                Some(Command::Stop { how, why }) => break (how, why),
                Some(other) => others.push(other),
                None => return std::future::pending().await,
            }
        };
        // Only people and the system give a grace; everything else is about what could not be started.
        let status = if how == Stop::Grace { BatchStatus::Interrupted } else { BatchStatus::Aborted };
        Self { status, exit: ExitCode::Errored, why: anyhow::anyhow!("{why}: no case had been started yet") }
    }
}

/// Everything that must be there while cases run.
struct Stage<'a> {
    opened: &'a Opened,
    prepared: Prepared,
    pages: Pages,
    limits: Limits,
    sink: Arc<Counting>,
    began: Instant,
    dashboard: Dashboard,
    first_notice: Option<notify::First>,
}

impl Stage<'_> {
    /// Starts what is needed, runs the cases, and ends all of it again whatever happened. Answers how it ended, with what
    /// its surroundings add to the exit code, how many processes and folders were found left over, and what it all used.
    async fn run(
        mut self,
        commands: &mpsc::Sender<Command>,
        inbox: mpsc::Receiver<Command>,
        meter: Meter,
    ) -> (Result<(BatchEnd, ExitCode), NotBegun>, usize, Option<crate::load::Metered>) {
        let custody = match Custody::start().await {
            Ok(custody) => Arc::new(custody),
            Err(error) => {
                let why = NotBegun::because(ExitCode::Errored, error);
                return (Err(given_up(why, &self.sink, &self.prepared)), 0, None);
            }
        };
        let watch = tokio::spawn(watch_guard(Arc::clone(&custody), commands.clone()));
        let desk = Desk {
            commands: commands.clone(),
            board: self.opened.board.clone(),
            sink: Arc::clone(&self.sink) as Arc<dyn Sink>,
            dashboard: self.dashboard.clone(),
        };
        let steering = Steering::open(&desk, &custody, &self.opened.place, &self.opened.batch);
        let notice = self.first_notice.take().map(|it| it.watch(&custody, &desk.sink));
        let events = self.opened.recorder.sender();
        let ended = Box::pin(self.with_servers(&custody, commands, inbox, meter.sights())).await;
        if let Some(notice) = notice {
            notice.end(&events).await;
        }
        steering.close(&custody).await;
        let metered = meter.finish();
        watch.abort();
        let _ = watch.await;
        let leftovers = match Arc::try_unwrap(custody) {
            Ok(custody) => custody.finish().await.count(),
            // Somebody still holds it, which is a bug; the guard acts when this process ends.
            Err(_) => 0,
        };
        (ended, leftovers, metered)
    }

    async fn with_servers(
        self,
        custody: &Arc<Custody>,
        commands: &mpsc::Sender<Command>,
        mut inbox: mpsc::Receiver<Command>,
        sights: watch::Receiver<Sight>,
    ) -> Result<(BatchEnd, ExitCode), NotBegun> {
        let Self { opened, prepared, pages, limits, sink, began, .. } = self;
        let given_up = |why| given_up(why, &sink, &prepared);
        let mut wishes = Vec::new();
        let servers = RunningServers::start(custody, &prepared.settings, opened);
        // What is starting ends when it is dropped.
        let servers = tokio::select! {
            servers = servers => servers.map_err(|error| given_up(NotBegun::because(servers::exit_of(&error), error)))?,
            stopped = NotBegun::wished(&mut inbox, &mut wishes) => return Err(given_up(stopped)),
        };
        let watch = servers.watch(commands);
        let lessor = tokio::select! {
            lessor = pages.open(custody, prepared.plan.jobs.len(), sink.as_ref()) => lessor,
            stopped = NotBegun::wished(&mut inbox, &mut wishes) => Err(stopped),
        };
        let ended = match lessor.map_err(given_up) {
            Ok(lessor) => {
                let cases = Cases { opened, prepared, limits, sink, began, wishes };
                let ended = cases.run(Arc::clone(&lessor), servers.url(), inbox, sights).await;
                lessor.close().await;
                Ok(ended)
            }
            Err(error) => Err(error),
        };
        let exit = if watch.end() { ExitCode::Errored } else { ExitCode::Success };
        servers.end().await;
        ended.map(|end| (end, exit))
    }
}

/// Tells that no case begins, and of each what that makes of it.
fn given_up(not_begun: NotBegun, sink: &Counting, prepared: &Prepared) -> NotBegun {
    let why = format!("{:#}", not_begun.why);
    sink.send(Event::Stopping { why: why.lines().next().unwrap_or_default().to_owned() });
    sink.give_up(&why, &rules::open(prepared));
    not_begun
}

/// Everything that running the cases takes besides pages.
struct Cases<'a> {
    opened: &'a Opened,
    prepared: Prepared,
    limits: Limits,
    sink: Arc<Counting>,
    began: Instant,
    /// What was wished for before there was anything to run.
    wishes: Vec<Command>,
}

impl Cases<'_> {
    async fn run(
        self,
        lessor: Arc<dyn Lessor>,
        server_url: Option<String>,
        inbox: mpsc::Receiver<Command>,
        sights: watch::Receiver<Sight>,
    ) -> BatchEnd {
        let Self { opened, prepared, limits, sink, began, wishes } = self;
        let settings = &prepared.settings;
        let entries = rules::entries(&prepared);
        lessor.announce(rules::attempted(&prepared));
        let orders = Orders {
            rules: rules::rules(&prepared, limits, opened.seed),
            permits: Arc::new(Semaphore::new(limits.start as usize)),
            typical: prepared.plan.typical(),
            slow_after: settings.slow_after.value.map(crate::config::TimeLimit::get),
            machine: limits.machine,
            ample: limits.ample,
            sights: sights.clone(),
            entries,
            grace: settings.grace.value.get(),
            batch_timeout: settings.batch_timeout.value.map(crate::config::TimeLimit::get),
            wishes,
        };
        let pressure = orders.rules.pressure;
        let evidence = EvidenceRules {
            screenshot: settings.evidence_screenshot.value,
            source: settings.evidence_source.value,
            console: settings.evidence_console.value,
            trace: settings.evidence_trace.value,
        };
        let context = opening::context(settings, opened, server_url);
        let attempts = Attempts {
            plan: Arc::new(prepared.plan),
            lessor,
            sink: Arc::clone(&sink) as Arc<dyn Sink>,
            context,
            masker: opened.masker.clone(),
            rules: evidence,
            sights,
            pressure,
            base: opened.place.folder().to_owned(),
            evidence_folder: opened.place.evidence(&opened.batch),
            began,
            asking: Asking::default(),
            lost: std::sync::atomic::AtomicBool::new(false),
        };
        dispatcher::run(orders, Arc::new(attempts), sink, inbox).await
    }
}

/// Without the guard every browser is gone: what runs ends by itself, and nothing more may start.
async fn watch_guard(custody: Arc<Custody>, commands: mpsc::Sender<Command>) {
    custody.lost().await;
    let why = "the guard of this run was ended from outside".to_owned();
    let _ = commands.send(Command::Stop { how: Stop::Drain, why }).await;
}

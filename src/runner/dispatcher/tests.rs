//! The loop with attempts that are plain functions, on paused time.

use super::{Attempted, BatchEnd, Orders, Sink, Work, run};
use crate::config::Retries;
use crate::control::{Command, Limit, Stop};
use crate::event::{Event, Failure, Level};
use crate::id::JobId;
use crate::load::Sight;
use crate::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use crate::runner::core::{Entry, Range, Rules, Start};
use crate::runner::stop::StopSignal;
use crate::text::Untrusted;
use async_trait::async_trait;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// Attempts of a second each that count how many run at once.
#[derive(Default)]
struct Gauge {
    inside: AtomicU32,
    most: AtomicU32,
    /// The job that panics, and the job that never ends by itself.
    panics: Option<u32>,
    hangs: Option<u32>,
    /// Whether the infrastructure breaks all attempts.
    breaks: bool,
}

fn attempted(verdict: AttemptVerdict) -> Attempted {
    Attempted {
        verdict,
        failure: None,
        skipped: None,
        evidence: Vec::new(),
        duration: Duration::from_secs(1),
        crashed_at: None,
        cpu_mean: None,
    }
}

#[async_trait]
impl Work for Gauge {
    fn skip_reason(&self, _job: JobId) -> Option<Untrusted> {
        None
    }

    async fn attempt(&self, start: Start, mut stop: StopSignal) -> Attempted {
        let now = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let hangs = self.hangs == Some(start.job.0);
        let work = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if hangs {
                std::future::pending::<()>().await;
            }
        };
        let stopped = tokio::select! {
            () = work => false,
            () = stop.stopped() => true,
        };
        self.inside.fetch_sub(1, Ordering::SeqCst);
        assert!(self.panics != Some(start.job.0), "job {} was made to panic", start.job.0);
        if self.breaks {
            let failure = Failure::new(FailureKind::Driver, "the driver is gone");
            return Attempted { failure: Some(failure), ..attempted(AttemptVerdict::Errored) };
        }
        attempted(if stopped { AttemptVerdict::Interrupted } else { AttemptVerdict::Passed })
    }
}

#[derive(Default)]
struct Ledger(Mutex<Vec<Event>>);

impl Sink for Ledger {
    fn send(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Ledger {
    /// Where such events stand.
    fn places(&self, is_one: impl Fn(&Event) -> bool) -> Vec<usize> {
        let events = self.0.lock().unwrap();
        events.iter().enumerate().filter(|(_, event)| is_one(event)).map(|(at, _)| at).collect()
    }

    fn warnings(&self) -> Vec<String> {
        let warning = |event: &Event| match event {
            Event::Message { level: Level::Warning, text } => Some(text.raw().to_owned()),
            _ => None,
        };
        self.0.lock().unwrap().iter().filter_map(warning).collect()
    }

    fn verdicts(&self) -> Vec<(u32, Verdict)> {
        let events = self.0.lock().unwrap();
        let mut verdicts: Vec<_> = events
            .iter()
            .filter_map(
                |event| if let Event::CaseFinished(it) = event { Some((it.job.0, it.verdict)) } else { None },
            )
            .collect();
        verdicts.sort_by_key(|it| it.0);
        verdicts
    }
}

fn rules(limit: u32) -> Rules {
    Rules { infra_retries: Retries::new(0), give_up_after: 5, ..Rules::plain(limit) }
}

async fn play(
    gauge: Gauge,
    jobs: usize,
    limit: u32,
    commands: mpsc::Receiver<Command>,
) -> (BatchEnd, Arc<Ledger>, u32) {
    play_wished(gauge, jobs, limit, commands, Vec::new()).await
}

async fn play_wished(
    gauge: Gauge,
    jobs: usize,
    limit: u32,
    commands: mpsc::Receiver<Command>,
    wishes: Vec<Command>,
) -> (BatchEnd, Arc<Ledger>, u32) {
    let (gauge, ledger) = (Arc::new(gauge), Arc::new(Ledger::default()));
    let orders = Orders {
        rules: rules(limit),
        permits: Arc::new(Semaphore::new(limit as usize)),
        entries: vec![Entry::plain(); jobs],
        typical: Vec::new(),
        slow_after: None,
        machine: Range::of_machine(2, None),
        ample: Some(20),
        sights: tokio::sync::watch::channel(Sight::default()).1,
        grace: Duration::from_secs(10),
        batch_timeout: Some(Duration::from_secs(3600)),
        wishes,
    };
    let end =
        run(orders, Arc::clone(&gauge) as Arc<dyn Work>, Arc::clone(&ledger) as Arc<dyn Sink>, commands)
            .await;
    (end, ledger, gauge.most.load(Ordering::SeqCst))
}

fn no_commands() -> mpsc::Receiver<Command> {
    mpsc::channel(1).1
}

#[tokio::test(start_paused = true)]
async fn all_slots_are_used_and_never_more() {
    for limit in [1, 5, 20] {
        let (end, ledger, most) = play(Gauge::default(), 60, limit, no_commands()).await;
        assert_eq!(end, BatchEnd { status: BatchStatus::Finished, panicked: false });
        assert_eq!(most, limit);
        assert_eq!(ledger.verdicts().len(), 60);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_wished_for_before_holds_from_the_first_case() {
    let why = || "ctl".to_owned();
    let fewer = Command::Concurrency { limit: Limit::To(2), why: why() };
    let (end, _, most) = play_wished(Gauge::default(), 9, 5, no_commands(), vec![fewer]).await;
    assert_eq!((end.status, most), (BatchStatus::Finished, 2));

    let forth_and_back = vec![Command::Pause { why: why() }, Command::Resume { why: why() }];
    let (end, ledger, _) = play_wished(Gauge::default(), 9, 5, no_commands(), forth_and_back).await;
    assert_eq!(end.status, BatchStatus::Finished);
    assert!(
        ledger.places(|it| matches!(it, Event::Paused { .. } | Event::Resumed)).is_empty(),
        "nobody saw a pause"
    );

    // Nothing runs until somebody resumes.
    let (commands, receiver) = mpsc::channel(1);
    let pause = vec![Command::Pause { why: why() }];
    let run = tokio::spawn(play_wished(Gauge::default(), 3, 3, receiver, pause));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!run.is_finished());
    commands.send(Command::Resume { why: why() }).await.unwrap();
    let (end, ledger, most) = run.await.unwrap();
    assert_eq!((end.status, most), (BatchStatus::Finished, 3));
    let paused = ledger.places(|it| matches!(it, Event::Paused { why } if why == "ctl"));
    let resumed = ledger.places(|it| matches!(it, Event::Resumed));
    let ended = ledger.places(|it| matches!(it, Event::CaseFinished(_)));
    assert!(paused.len() == 1 && resumed.len() == 1 && paused < resumed && resumed[0] < ended[0]);
}

#[tokio::test(start_paused = true)]
async fn more_at_once_than_the_machine_carries_is_warned_of_once_and_done() {
    let (_, ledger, most) = play(Gauge::default(), 40, 30, no_commands()).await;
    assert_eq!(most, 30);
    let warnings = ledger.warnings();
    assert!(warnings.len() == 1 && warnings[0].starts_with("30 cases at once"), "{warnings:?}");
    let (_, ledger, _) = play(Gauge::default(), 15, 30, no_commands()).await;
    assert_eq!(ledger.warnings(), [""; 0], "there are not so many cases");
    let (commands, receiver) = mpsc::channel(2);
    for limit in [Limit::To(25), Limit::More(5)] {
        commands.send(Command::Concurrency { limit, why: "ctl".to_owned() }).await.unwrap();
    }
    let (_, ledger, most) = play(Gauge::default(), 40, 5, receiver).await;
    assert_eq!((most, ledger.warnings().len()), (30, 1));
}

#[tokio::test(start_paused = true)]
async fn a_doubt_and_its_end_tell_what_the_last_error_was() {
    let (_, ledger, _) = play(Gauge { breaks: true, ..Gauge::default() }, 20, 2, no_commands()).await;
    let warnings = ledger.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().all(|it| it.ends_with("; the last was: the driver is gone")), "{warnings:?}");
}

#[tokio::test(start_paused = true)]
async fn f10_a_panic_in_one_attempt_is_its_own_error_and_the_others_go_on() {
    let (end, ledger, _) = play(Gauge { panics: Some(1), ..Gauge::default() }, 3, 2, no_commands()).await;
    assert!(end.panicked);
    assert_eq!(ledger.verdicts(), [(0, Verdict::Passed), (1, Verdict::Errored), (2, Verdict::Passed)]);
}

#[tokio::test(start_paused = true)]
async fn f11_the_running_ones_get_their_grace_and_then_are_interrupted() {
    let (commands, receiver) = mpsc::channel(4);
    commands.send(Command::Stop { how: Stop::Grace, why: "Ctrl-C".to_owned() }).await.unwrap();
    let began = tokio::time::Instant::now();
    let (end, ledger, _) = play(Gauge { hangs: Some(0), ..Gauge::default() }, 3, 2, receiver).await;
    assert_eq!(end.status, BatchStatus::Interrupted);
    assert_eq!(ledger.verdicts(), [(0, Verdict::Interrupted), (1, Verdict::Passed), (2, Verdict::NotRun)]);
    assert_eq!(began.elapsed().as_secs(), 10, "the grace is what it says");
    drop(commands);
}

#[tokio::test(start_paused = true)]
async fn who_asks_twice_to_cancel_does_not_wait_and_nobody_pauses_what_stops() {
    let (commands, receiver) = mpsc::channel(4);
    let why = || "dashboard".to_owned();
    commands.send(Command::Stop { how: Stop::Grace, why: why() }).await.unwrap();
    commands.send(Command::Pause { why: why() }).await.unwrap();
    commands.send(Command::Stop { how: Stop::Grace, why: why() }).await.unwrap();
    let began = tokio::time::Instant::now();
    let (end, ledger, _) = play(Gauge { hangs: Some(0), ..Gauge::default() }, 3, 2, receiver).await;
    assert_eq!((end.status, began.elapsed().as_secs()), (BatchStatus::Interrupted, 0));
    assert!(ledger.places(|it| matches!(it, Event::Paused { .. })).is_empty());
    drop(commands);
}

#[tokio::test(start_paused = true)]
async fn the_batch_timeout_interrupts_what_runs() {
    let (end, ledger, _) = play(Gauge { hangs: Some(0), ..Gauge::default() }, 1, 1, no_commands()).await;
    assert_eq!(end.status, BatchStatus::TimedOut);
    assert_eq!(ledger.verdicts(), [(0, Verdict::Interrupted)]);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the core starts no more than the semaphore has permits for")]
async fn a_core_that_starts_more_than_there_are_permits_is_a_bug() {
    let orders = Orders {
        rules: rules(5),
        permits: Arc::new(Semaphore::new(4)),
        entries: vec![Entry::plain(); 5],
        typical: Vec::new(),
        slow_after: None,
        machine: Range::of_machine(2, None),
        ample: Some(20),
        sights: tokio::sync::watch::channel(Sight::default()).1,
        grace: Duration::from_secs(10),
        batch_timeout: None,
        wishes: Vec::new(),
    };
    run(orders, Arc::new(Gauge::default()), Arc::new(Ledger::default()), no_commands()).await;
}

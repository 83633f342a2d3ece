//! Tests of the interpreter on a scripted page: what a page is asked, and what people read.

mod acts;
mod blocks;
mod build;
mod checks;
mod ends;
mod failures;
mod loaded;
mod prompts;
mod twin;
mod variables;

use super::{
    Context, Ended, EvidenceSink, Finished, Happened, Moment, Run, Screenshot, Started, Witness, run,
};
use crate::browser::page::Page;
use crate::case::model::{Action, Case, Row, Viewport};
use crate::deadline::Deadline;
use crate::event::Failure;
use crate::id::BatchId;
use crate::text::Untrusted;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::time::Duration;
use twin::Twin;

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// What a test runs a case with, and what it sees afterwards.
struct Bench {
    twin: Twin,
    context: Context,
    row: Option<Row>,
    attempt: u32,
    deadline: Duration,
    /// When it is told to stop.
    stop: Option<Duration>,
    watched: Watched,
}

/// What witness and evidence were told.
#[derive(Debug, Default)]
struct Watched {
    /// `1 goto`, `1 goto passed`, with two spaces for each depth.
    steps: Vec<String>,
    logged: Vec<String>,
    concealed: Vec<String>,
    kept: Vec<String>,
}

struct Told<'a>(&'a mut Watched);
struct Kept<'a>(&'a mut Vec<String>);

impl Bench {
    fn new(twin: Twin) -> Self {
        Self {
            twin,
            context: context(),
            row: None,
            attempt: 1,
            deadline: MINUTE,
            stop: None,
            watched: Watched::default(),
        }
    }

    async fn run(&mut self, case: &Case) -> Ended {
        let mut kept = Vec::new();
        let stop = self.stop;
        let ended = run(
            &mut self.twin,
            Run {
                case,
                row: self.row.as_ref(),
                attempt: self.attempt,
                context: &self.context,
                shares: &BTreeMap::from([("account".to_owned(), "alice".to_owned())]),
                step_timeout: 10 * SECOND,
                deadline: Deadline::after("attempt timeout", self.deadline),
                stop: Box::pin(async move {
                    match stop {
                        Some(time) => tokio::time::sleep(time).await,
                        None => std::future::pending().await,
                    }
                }),
                witness: &mut Told(&mut self.watched),
                evidence: &mut Kept(&mut kept),
            },
        )
        .await;
        self.watched.kept = kept;
        ended
    }

    /// Runs these steps, of which none may fail; returns what the page was asked.
    async fn passes(&mut self, actions: impl IntoIterator<Item = Action>) -> &[String] {
        let ended = self.run(&build::case(build::steps(actions))).await;
        assert_eq!(ended.failure, None);
        &self.twin.asked
    }

    /// Runs these steps, of which one must fail.
    async fn fails(&mut self, actions: impl IntoIterator<Item = Action>) -> Failure {
        self.run(&build::case(build::steps(actions))).await.failure.expect("one of them must fail")
    }
}

fn context() -> Context {
    Context {
        base_url: Some("http://shop.test/".to_owned()),
        base_url_override: None,
        server_url: Some("http://127.0.0.1:4711".to_owned()),
        vars: BTreeMap::new(),
        vars_override: BTreeMap::new(),
        env: BTreeMap::new(),
        secrets: BTreeMap::new(),
        batch: BatchId::from_stored("20270102-030405-7k2m9qxd"),
        seed: 7,
        test_id: "data-testid".to_owned(),
        viewport: Viewport { width: 1280, height: 720 },
        schemes: Vec::new(),
        clock: || "2027-01-02T03:04:05.678Z".parse().unwrap(),
    }
}

impl Witness for Told<'_> {
    fn step_started(&mut self, step: Started) {
        let indent = "  ".repeat(step.depth as usize);
        self.0.steps.push(format!("{indent}{} {}", step.position, step.title.raw()));
    }

    fn step_finished(&mut self, step: &Finished) {
        let indent = "  ".repeat(step.step.depth as usize);
        let message = step.message.as_ref().map(|it| format!(": {}", it.raw())).unwrap_or_default();
        self.0.steps.push(format!("{indent}{} {}{message}", step.step.position, step.verdict));
    }

    fn log(&mut self, line: Untrusted) {
        self.0.logged.push(line.raw().to_owned());
    }

    fn conceal(&mut self, text: &str) {
        self.0.concealed.push(text.to_owned());
    }
}

#[async_trait]
impl EvidenceSink for Kept<'_> {
    async fn begin(&mut self, _: &mut dyn Page) {}

    fn step_finished(&mut self, _: &Finished) {}

    async fn catch_up(&mut self, _: &mut dyn Page) {}

    async fn look(&mut self, _: &mut dyn Page, _: bool) {}

    async fn screenshot(&mut self, shot: Screenshot) {
        self.0.push(format!("picture {} at {}: {} bytes", shot.name.raw(), shot.position, shot.png.len()));
    }

    async fn moment(&mut self, _: &mut dyn Page, moment: Moment<'_>) {
        let happened = match moment.happened {
            Happened::Failed(failure) => format!("failed {}", failure.kind),
            Happened::FailedSoftly(failure) => format!("failed softly {}", failure.kind),
            Happened::Passed => "passed".to_owned(),
        };
        let sensitive = if moment.sensitive { ", sensitive" } else { "" };
        self.0.push(format!("{happened} at {}, page {:?}{sensitive}", moment.position, moment.page));
    }
}

/// A failure as a person might be shown it.
fn shown(failure: &Failure) -> String {
    let mut lines = vec![format!("{}: {}", failure.kind, failure.message.raw())];
    if let Some(location) = &failure.location {
        let step = failure.step.as_ref().map_or("-", Untrusted::raw);
        lines.push(format!("at {location}, step {}: {step}", failure.position.unwrap_or(0)));
    }
    let mut add = |word: &str, text: &Untrusted| lines.push(format!("{word}: {}", text.raw()));
    failure.expected.iter().for_each(|text| add("expected", text));
    failure.actual.iter().for_each(|text| add("actual", text));
    failure.seen.iter().for_each(|text| add("seen", text));
    failure.hints.iter().for_each(|text| add("hint", text));
    failure.further.iter().for_each(|text| add("further", text));
    if let Some(excerpt) = &failure.excerpt {
        lines.extend(excerpt.raw().lines().map(str::to_owned));
    }
    lines.join("\n")
}

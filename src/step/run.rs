//! One attempt: `before` and `steps`, evidence, then `after` whatever happened, and the verdict of it all.

use super::builtin::Builtin;
use super::failure::{Failed, Halt, excerpt};
use super::hand::Hand;
use super::limit;
use super::scope::Scope;
use super::trail::Trail;
use super::wait::Wait;
use super::witness::{EvidenceSink, Happened, Moment, PageLeft, Witness};
use crate::browser::page::Page;
use crate::case::locator::Filled;
use crate::case::model::{Case, Row, Step, Viewport};
use crate::case::template::FillError;
use crate::deadline::Deadline;
use crate::event::Failure;
use crate::id::BatchId;
use crate::outcome::{AttemptVerdict, FailureKind};
use crate::text::Untrusted;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

/// What all attempts of a batch share.
#[derive(Clone, Debug)]
pub struct Context {
    /// What relative URLs are joined to, from the settings; a case's own wins.
    pub base_url: Option<String>,
    /// The same from the command line; wins over a case's own.
    pub base_url_override: Option<String>,
    /// Where the first `[server]` listens.
    pub server_url: Option<String>,
    /// Variables of the settings.
    pub vars: BTreeMap<String, Value>,
    /// Variables of the command line.
    pub vars_override: BTreeMap<String, Value>,
    /// Environment variables that cases may read.
    pub env: BTreeMap<String, String>,
    /// Secrets, by name.
    pub secrets: BTreeMap<String, String>,
    /// The batch.
    pub batch: BatchId,
    /// Seed of everything random in the batch.
    pub seed: u64,
    /// The attribute that `testid=` looks at.
    pub test_id: String,
    /// The viewport that leased pages have.
    pub viewport: Viewport,
    /// Schemes that are let through though cases may not open them by themselves.
    pub schemes: Vec<String>,
    /// Tells the time for `${now.…}`.
    pub clock: fn() -> Timestamp,
}

/// One attempt at a case.
pub struct Run<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its data row.
    pub row: Option<&'a Row>,
    /// From 1.
    pub attempt: u32,
    /// What all attempts share.
    pub context: &'a Context,
    /// The values of the shares that the attempt holds.
    pub shares: &'a BTreeMap<String, String>,
    /// The limit of a step that has none of its own.
    pub step_timeout: Duration,
    /// The limit of the whole attempt but its `after` steps.
    pub deadline: Deadline,
    /// Completes when the attempt is to end at once, as interrupted. Nothing is cleaned up then: `after` does not run.
    pub stop: Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
    /// Is told what happens.
    pub witness: &'a mut dyn Witness,
    /// Keeps evidence.
    pub evidence: &'a mut dyn EvidenceSink,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The verdict.
    pub verdict: AttemptVerdict,
    /// Why it did not pass. Not masked yet.
    pub failure: Option<Failure>,
    /// Why it was skipped.
    pub skipped: Option<String>,
    /// The position of the step at which the page's renderer crashed.
    pub crashed_at: Option<u32>,
    /// What the page is good for now.
    pub page: PageLeft,
}

/// Carries out a case on a page that was just leased.
pub async fn run(page: &mut dyn Page, run: Run<'_>) -> Ended {
    let Run { case, row, attempt, context, shares, step_timeout, deadline, mut stop, witness, evidence } =
        run;
    let id = row.map_or_else(|| case.id.clone(), |row| case.id.with_row(&row.name));
    let base_url = context.base_url_override.clone().or_else(|| context.base_url.clone());
    let builtin = Builtin { context, case: id.as_str().to_owned(), attempt, shares, base_url };
    let scope = match Scope::new(builtin, case, row) {
        Ok(scope) => scope,
        Err(error) => return unusable(case, &error),
    };
    let mut interpreter = Interpreter {
        context,
        hand: Hand::new(page),
        scope,
        trail: Trail::default(),
        witness,
        evidence,
        step_timeout,
        place: None,
        went_to: None,
        soft: Vec::new(),
        further: Vec::new(),
        notes: Vec::new(),
        halted: None,
        page_left: PageLeft::Sound,
    };
    tokio::select! {
        biased;
        () = &mut stop => interpreter.interrupted(),
        () = interpreter.whole(case, deadline) => interpreter.verdict(AttemptVerdict::Passed),
    }
}

/// How an attempt ends whose variables cannot be filled in.
fn unusable(case: &Case, error: &FillError) -> Ended {
    let span = if error.span.end > 0 { error.span } else { case.span };
    let failure = Failure {
        location: Some(case.source.location(span.start)),
        excerpt: Some(excerpt(&case.source, span).into()),
        ..Failure::new(FailureKind::Step, format!("the case's variables: {error}"))
    };
    Ended {
        verdict: AttemptVerdict::Failed,
        failure: Some(failure),
        skipped: None,
        crashed_at: None,
        page: PageLeft::Sound,
    }
}

/// An attempt under way.
pub(super) struct Interpreter<'r> {
    pub(super) context: &'r Context,
    pub(super) hand: Hand<'r>,
    pub(super) scope: Scope<'r>,
    pub(super) trail: Trail,
    pub(super) witness: &'r mut dyn Witness,
    pub(super) evidence: &'r mut dyn EvidenceSink,
    pub(super) step_timeout: Duration,
    /// Where locators start: inside of a `within`.
    pub(super) place: Option<Filled>,
    /// The URL that the last `goto` led to.
    pub(super) went_to: Option<String>,
    /// Failures of `soft` steps.
    pub(super) soft: Vec<Failed>,
    /// Failures of `after` steps.
    further: Vec<Failed>,
    /// What else is to be said of a failure.
    notes: Vec<Untrusted>,
    /// What ended the steps early.
    halted: Option<Halt>,
    page_left: PageLeft,
}

impl Interpreter<'_> {
    async fn whole(&mut self, case: &Case, deadline: Deadline) {
        self.evidence.begin(self.hand.page()).await;
        let main = self.main(case, deadline).await;
        if let Err(halt) = main {
            if let Halt::Failed(failed) = &halt {
                self.page_left = failed.page;
            }
            self.halted = Some(halt);
            self.hand.withdraw_after(0);
        }
        self.tell_evidence().await;
        if !case.after.is_empty() {
            self.after(&case.after).await;
        }
    }

    async fn main(&mut self, case: &Case, deadline: Deadline) -> Result<(), Halt> {
        if let Some(viewport) = case.viewport.filter(|it| *it != self.context.viewport) {
            self.prepare(case, viewport, deadline).await?;
        }
        self.steps(&case.before, deadline).await?;
        self.steps(&case.steps, deadline).await?;
        self.last_prompts(deadline).await
    }

    /// Gives the page the viewport that the case asks for.
    async fn prepare(&mut self, case: &Case, viewport: Viewport, deadline: Deadline) -> Result<(), Halt> {
        let wire = Wait::to(limit::preparing(self.step_timeout, deadline)).wire();
        let resized = self.hand.resize(viewport, wire).await;
        resized.map_err(|obstacle| {
            let what = format!("setting the viewport to {} × {}", viewport.width, viewport.height);
            let problem = obstacle.explain(&what);
            Halt::Failed(Box::new(Failed::without_step(problem, &case.source, case.span)))
        })
    }

    /// Runs the `after` steps, each whatever became of the one before: they clean up.
    async fn after(&mut self, steps: &[Step]) {
        let deadline = limit::after_steps();
        self.place = None;
        let before = self.soft.len();
        for step in steps {
            if self.page_left != PageLeft::Sound {
                self.notes.push("not all `after` steps were run: the page was lost".into());
                break;
            }
            let end = match self.step(step, deadline).await {
                Ok(()) => continue,
                Err(end) => end,
            };
            self.hand.withdraw_after(0);
            match end {
                Halt::Failed(failed) => {
                    self.page_left = failed.page;
                    self.further.push(*failed);
                }
                Halt::Skipped(_) => break,
            }
        }
        if self.page_left == PageLeft::Sound
            && let Err(Halt::Failed(failed)) = self.last_prompts(deadline).await
        {
            self.further.push(*failed);
        }
        let soft = self.soft.split_off(before);
        self.further.extend(soft);
    }

    async fn tell_evidence(&mut self) {
        let (happened, position, sensitive) = match &self.halted {
            Some(Halt::Failed(failed)) => {
                (Happened::Failed(&failed.failure), failed.position, failed.sensitive)
            }
            Some(Halt::Skipped(_)) => return,
            None => (Happened::Passed, self.trail.position(), false),
        };
        let moment = Moment { happened, position, page: self.page_left, sensitive };
        self.evidence.moment(self.hand.page(), moment).await;
    }

    /// How it ends when it is told to stop.
    fn interrupted(&mut self) -> Ended {
        self.trail.break_off(self.witness, self.evidence);
        // An operation may have been broken off in the middle: nobody knows what the page is doing now.
        self.page_left = self.page_left.max(PageLeft::Stuck);
        self.verdict(AttemptVerdict::Interrupted)
    }

    /// The verdict, which is `otherwise` where nothing failed and nothing was skipped.
    fn verdict(&mut self, otherwise: AttemptVerdict) -> Ended {
        let (hard, skipped) = match self.halted.take() {
            Some(Halt::Failed(failed)) => (Some(*failed), None),
            Some(Halt::Skipped(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        let mut all = hard.into_iter().chain(self.soft.drain(..)).chain(self.further.drain(..));
        let Some(first) = all.next() else {
            let verdict = match (&skipped, otherwise) {
                (Some(_), AttemptVerdict::Passed) => AttemptVerdict::Skipped,
                _ => otherwise,
            };
            return Ended { verdict, failure: None, skipped, crashed_at: None, page: self.page_left };
        };
        let crashed_at = (first.page == PageLeft::Crashed).then_some(first.position);
        let further = all.map(|it| it.line()).chain(self.notes.drain(..)).collect();
        let failure = Failure { further, ..first.failure };
        let verdict = failure.kind.attempt_verdict();
        Ended { verdict, failure: Some(failure), skipped: None, crashed_at, page: self.page_left }
    }
}

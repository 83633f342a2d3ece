//! The page in the interpreter's hand: each operation on it is followed by a look at the prompts that appeared.
//!
//! Adds no operation, waits for nothing, retries nothing.

use super::problem::{Obstacle, Outcome, Problem};
use super::trail::OpenStep;
use super::witness::PageLeft;
use crate::browser::engine::{Call, Element, Envelope, Landed};
use crate::browser::page::{Destination, Fault, Frame, Key, Page, Press, Prompt, PromptAnswer};
use crate::case::matcher;
use crate::case::model::Viewport;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// How long a page that is left may take until a picture shows it, where it is filmed.
const CATCHING_UP: Duration = Duration::from_millis(500);

/// A page with the prompts that are expected on it.
pub(super) struct Hand<'r> {
    page: &'r mut dyn Page,
    expected: VecDeque<Expected>,
    numbers: u32,
    /// When it acted first since somebody asked.
    acted: Option<Instant>,
}

/// A prompt that a `dialog` step expects.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) answer: PromptAnswer,
    pub(super) kind: Option<String>,
    /// A filled text test.
    pub(super) message: Option<Value>,
    /// The `dialog` step.
    pub(super) step: OpenStep,
    pub(super) number: u32,
}

impl<'r> Hand<'r> {
    pub(super) fn new(page: &'r mut dyn Page) -> Self {
        Self { page, expected: VecDeque::new(), numbers: 0, acted: None }
    }

    /// The page itself, for whoever takes evidence.
    pub(super) fn page(&mut self) -> &mut dyn Page {
        &mut *self.page
    }

    /// When it acted first since this was asked last.
    pub(super) fn take_acted(&mut self) -> Option<Instant> {
        self.acted.take()
    }

    /// It is about to do something to the page.
    async fn acts(&mut self, wire: Deadline) {
        self.page.let_draw(wire).await;
        self.has_acted();
    }

    fn has_acted(&mut self) {
        self.acted.get_or_insert_with(Instant::now);
    }

    pub(super) async fn navigate(&mut self, to: &Destination, wire: Deadline) -> Result<(), Obstacle> {
        // What is drawn of a page that is left at once may never be seen: its picture is waited for.
        self.page.catch_up(wire.or_earlier(Deadline::after("trace", CATCHING_UP))).await;
        self.has_acted();
        let result = self.page.navigate(to, wire).await;
        self.settle(result)
    }

    pub(super) async fn ask(
        &mut self,
        frame: &Frame,
        call: &Call,
        wire: Deadline,
    ) -> Result<Envelope, Obstacle> {
        // Some acts are done by the engine, at the end of its answer.
        let may_act = matches!(call, Call::Act { then, .. } if then.changes_the_page());
        if may_act {
            self.page.let_draw(wire).await;
        }
        let result = self.page.ask(frame, call, wire).await;
        if may_act && result.as_ref().is_ok_and(|envelope| envelope.ok) {
            self.has_acted();
        }
        self.settle(result)
    }

    pub(super) async fn enter(
        &mut self,
        frame: &Frame,
        element: &Element,
        wire: Deadline,
    ) -> Result<Frame, Obstacle> {
        let result = self.page.enter(frame, element, wire).await;
        self.settle(result)
    }

    pub(super) async fn script(
        &mut self,
        frame: &Frame,
        body: &str,
        args: &[Value],
        wire: Deadline,
    ) -> Result<Value, Obstacle> {
        self.acts(wire).await;
        let result = self.page.script(frame, body, args, wire).await;
        self.settle(result)
    }

    pub(super) async fn press(
        &mut self,
        at: (&Frame, &Element),
        press: &Press,
        wire: Deadline,
    ) -> Result<Option<Landed>, Obstacle> {
        self.acts(wire).await;
        let result = self.page.press(at.0, at.1, press, wire).await;
        self.settle(result)
    }

    pub(super) async fn insert(
        &mut self,
        at: (&Frame, &Element),
        text: &str,
        wire: Deadline,
    ) -> Result<(), Obstacle> {
        self.acts(wire).await;
        let result = self.page.insert(at.0, at.1, text, wire).await;
        self.settle(result)
    }

    pub(super) async fn keys(
        &mut self,
        at: (&Frame, Option<&Element>),
        keys: &[Key],
        wire: Deadline,
    ) -> Result<usize, Obstacle> {
        self.acts(wire).await;
        let result = self.page.keys(at.0, at.1, keys, wire).await;
        self.settle(result)
    }

    pub(super) async fn arrive(&mut self, deadline: Deadline) -> Result<(), Obstacle> {
        let result = self.page.arrive(deadline).await;
        self.settle(result)
    }

    pub(super) async fn resize(&mut self, viewport: Viewport, wire: Deadline) -> Result<(), Obstacle> {
        let result = self.page.resize(viewport, wire).await;
        self.settle(result)
    }

    pub(super) async fn screenshot(
        &mut self,
        of: Option<(&Frame, &Element)>,
        wire: Deadline,
    ) -> Result<Vec<u8>, Obstacle> {
        let result = self.page.screenshot(of, wire).await;
        self.settle(result)
    }

    /// Queues the answer for a prompt that is expected; returns its number for [`Hand::is_pending`].
    pub(super) fn expect_prompt(&mut self, mut expected: Expected) -> u32 {
        self.numbers += 1;
        expected.number = self.numbers;
        self.page.answer_next_prompt(expected.answer.clone());
        self.expected.push_back(expected);
        self.numbers
    }

    /// Whether no prompt has taken this answer yet.
    pub(super) fn is_pending(&self, number: u32) -> bool {
        self.expected.iter().any(|it| it.number == number)
    }

    /// The oldest prompt that is still expected.
    pub(super) fn pending(&self) -> Option<&Expected> {
        self.expected.front()
    }

    /// The number of the newest prompt that was ever expected.
    pub(super) fn newest_number(&self) -> u32 {
        self.numbers
    }

    /// Forgets one prompt that is expected, and its answer.
    pub(super) fn withdraw(&mut self, number: u32) {
        self.expected.retain(|it| it.number != number);
        self.queue_again();
    }

    /// Forgets the prompts that are expected with a number above this one, and their answers.
    pub(super) fn withdraw_after(&mut self, number: u32) {
        self.expected.retain(|it| it.number <= number);
        self.queue_again();
    }

    fn queue_again(&mut self) {
        // What the page gives back includes the answers that stay: those are queued again.
        self.page.withdraw_answers();
        for kept in &self.expected {
            self.page.answer_next_prompt(kept.answer.clone());
        }
    }

    /// Looks at the prompts that appeared since the last operation.
    pub(super) fn look_at_prompts(&mut self) -> Outcome {
        let mut first = Ok(());
        for prompt in self.page.take_prompts() {
            let judged = self.judge(&prompt);
            if first.is_ok() {
                first = judged;
            }
        }
        first
    }

    fn settle<T>(&mut self, result: Result<T, Fault>) -> Result<T, Obstacle> {
        let prompts = self.look_at_prompts();
        match (result, prompts) {
            // What carries the page is gone: nothing that the page said matters beside that.
            (Err(fault @ (Fault::Infrastructure { .. } | Fault::Crashed)), _) => Err(Obstacle::Fault(fault)),
            (result, Err(mut problem)) => {
                if matches!(result, Err(Fault::PageStuck(_))) {
                    problem.page = PageLeft::Stuck;
                }
                Err(Obstacle::Problem(problem))
            }
            (result, Ok(())) => result.map_err(Obstacle::Fault),
        }
    }

    fn judge(&mut self, prompt: &Prompt) -> Outcome {
        let kind = prompt.kind.as_str();
        let message = prompt.message.line();
        if prompt.answer.is_none() && kind == "beforeunload" {
            let what = "the page asked whether it may be left (`beforeunload`), and nobody expected that";
            return Err(Box::new(Problem::new(FailureKind::Prompt, what).hint(
                "it does so for changes that are not saved: put a `dialog` step before the step that leaves it, \
                 `{ dialog = \"accept\" }` leaves, `{ dialog = \"dismiss\" }` stays; this time it was left",
            )));
        }
        if prompt.answer.is_none() {
            let problem = Problem::new(
                FailureKind::Prompt,
                format!("{} nobody asked for: `{message}`", one(kind)),
            )
            .hint(format!(
                "put a `dialog` step before the step that brings it up: `{{ dialog = \"accept\" }}` or \
                     `{{ dialog = \"dismiss\" }}`; this {kind} was dismissed"
            ));
            return Err(Box::new(problem));
        }
        let Some(expected) = self.expected.pop_front() else { return Ok(()) };
        let here = format!("the `dialog` step at {}", expected.step.started.location);
        if let Some(wanted) = expected.kind.filter(|wanted| wanted != kind) {
            let problem = Problem::new(FailureKind::Prompt, format!("{} appeared: `{message}`", one(kind)))
                .compared(one(&wanted), one(kind))
                .hint(format!("{here} expects {}", one(&wanted)));
            return Err(Box::new(problem));
        }
        match expected.message {
            Some(test) if !matcher::passes(&test, prompt.message.raw()) => {
                let problem = Problem::new(FailureKind::Prompt, format!("the {kind} says `{message}`"))
                    .compared(matcher::explain(&test), format!("`{message}`"))
                    .hint(format!("{here} expects another message"));
                Err(Box::new(problem))
            }
            _ => Ok(()),
        }
    }
}

/// "an `alert`", "a `confirm`".
fn one(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} `{kind}`")
}

//! `dialog`: queues the answer for a prompt, and finds out whether the prompt ever came.

use super::Interpreter;
use super::failure::{Failed, Halt};
use super::hand::Expected;
use super::limit;
use super::problem::{Outcome, Problem};
use super::trail::OpenStep;
use super::walk::Trouble;
use crate::browser::page::PromptAnswer;
use crate::case::model::{Action, Step};
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use std::time::Duration;

/// How often a prompt that is due is looked for.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Interpreter<'_> {
    /// Queues the answer of a `dialog`; returns the prompt's number.
    pub(super) fn queue_answer(&mut self, dialog: &Action) -> Outcome<u32> {
        let Action::Dialog { accept, value, kind, message, .. } = dialog else {
            return Err(Box::new(Problem::new(
                FailureKind::Internal,
                "an answer was queued that is no `dialog`",
            )));
        };
        let text = match value {
            Some(value) => Some(self.text(value)?),
            None => None,
        };
        let message = match message {
            Some(wanted) => Some(wanted.fill(&self.scope)?),
            None => None,
        };
        let Some(step) = self.trail.here().cloned() else {
            return Err(Box::new(Problem::new(FailureKind::Internal, "a `dialog` ran outside of a step")));
        };
        let answer = PromptAnswer { accept: *accept, text };
        Ok(self.hand.expect_prompt(Expected { answer, kind: kind.clone(), message, step, number: 0 }))
    }

    /// A `dialog` with steps: the prompt must have come when they are done.
    pub(super) async fn dialog_during(
        &mut self,
        dialog: &Action,
        steps: &[Step],
        deadline: Deadline,
    ) -> Result<(), Trouble> {
        let number = self.queue_answer(dialog)?;
        self.steps(steps, deadline).await?;
        let patience = limit::preparing(self.step_timeout, deadline);
        if self.prompt_came(number, patience).await? {
            return Ok(());
        }
        self.hand.withdraw(number);
        let what =
            format!("no prompt appeared while its steps ran, nor {} after", Self::within_time(patience));
        Err(Problem::new(FailureKind::Prompt, what).hint("does one of the steps really bring one up?").into())
    }

    /// At the end: no prompt may be unseen, and none that is expected may be missing.
    pub(super) async fn last_prompts(&mut self, deadline: Deadline) -> Result<(), Halt> {
        if let Err(problem) = self.hand.look_at_prompts() {
            return self.halt_at_the_end(*problem, None);
        }
        let patience = limit::preparing(self.step_timeout, deadline);
        while let Some(expected) = self.hand.pending() {
            let (number, step) = (expected.number, expected.step.clone());
            match self.prompt_came(number, patience).await {
                Ok(true) => {}
                Ok(false) => {
                    let problem = Problem::new(
                        FailureKind::Prompt,
                        "no prompt appeared: this `dialog` was never used",
                    )
                    .hint("take the step out, or put it right before the step that brings the prompt up");
                    return self.halt_at_the_end(problem, Some(&step));
                }
                Err(problem) => return self.halt_at_the_end(*problem, Some(&step)),
            }
        }
        Ok(())
    }

    /// What shows only at the end has happened at a step that has ended: this one, or the last.
    fn halt_at_the_end(&mut self, problem: Problem, step: Option<&OpenStep>) -> Result<(), Halt> {
        self.hand.withdraw_after(0);
        match step.or(self.trail.here()) {
            Some(step) => Err(Halt::Failed(Box::new(Failed::of(problem, step, step.sensitive)))),
            None => Ok(()),
        }
    }
}

//! Steps made of steps: groups, conditions, loops, tries and places.

use super::Interpreter;
use super::failure::Halt;
use super::limit;
use super::problem::Problem;
use super::wait::Wait;
use super::walk::{Trouble, Walking};
use crate::browser::engine::{Call, Reading, Then};
use crate::case::locator::{Filled, Locator};
use crate::case::model::{Action, Condition, Step};
use crate::case::template::ValueTemplate;
use crate::deadline::Deadline;
use crate::text::duration;
use serde_json::Value;

impl Interpreter<'_> {
    /// Carries out a block.
    pub(super) fn block<'s>(&'s mut self, action: &'s Action, deadline: Deadline) -> Walking<'s, Trouble> {
        Box::pin(async move {
            match action {
                Action::Group(steps) => self.steps(steps, deadline).await?,
                Action::If { condition, steps, otherwise } => {
                    let branch = if self.holds(condition, deadline).await? { steps } else { otherwise };
                    self.steps(branch, deadline).await?;
                }
                Action::Repeat { times, steps } => {
                    let times = times.fill(&self.scope).map_err(Box::<Problem>::from)?;
                    for _ in 0..times {
                        self.steps(steps, deadline).await?;
                    }
                }
                Action::Each { items, name, steps } => self.each(items, name, steps, deadline).await?,
                Action::EachMatch { target, name, steps } => {
                    self.each_match(target, name, steps, deadline).await?;
                }
                Action::While { condition, limit, steps } => {
                    self.while_holds(condition, *limit, steps, deadline).await?;
                }
                Action::Retry { tries, steps } => self.retry(*tries, steps, deadline).await?,
                Action::Within { target, steps } => self.within(target, steps, deadline).await?,
                Action::Use { flow, with } => self.use_flow(flow, with, deadline).await?,
                Action::Dialog { steps, .. } => self.dialog_during(action, steps, deadline).await?,
                other => {
                    debug_assert!(false, "not a block: {other:?}");
                }
            }
            Ok(())
        })
    }

    async fn each(
        &mut self,
        items: &ValueTemplate,
        name: &str,
        steps: &[Step],
        deadline: Deadline,
    ) -> Result<(), Trouble> {
        let items = match self.value(items)? {
            Value::Array(items) => items,
            other => {
                let what = format!("`each` needs a list, found `{}`", super::take::shown(&other));
                return Err(Problem::step(what).into());
            }
        };
        self.for_each(items, name, steps, deadline).await
    }

    async fn each_match(
        &mut self,
        target: &Locator,
        name: &str,
        steps: &[Step],
        deadline: Deadline,
    ) -> Result<(), Trouble> {
        let wait = Wait::to(limit::preparing(self.step_timeout, deadline));
        let all = self.locate(target)?;
        let question = |query, wait_ms| Call::Read { query, take: Reading::Count, wait_ms };
        let answer = self.ask(&all, wait, &question).await?;
        if !answer.envelope.ok {
            return Err(self.not_ready(&all.text, &answer, wait).await.into());
        }
        let count = answer.envelope.value.as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        // The locators start where this one does, so that they mean the same in the steps.
        let here = self.locate_here(target)?;
        let locators = (0..count).map(|index| Value::String(here.nth(index).as_locator())).collect();
        self.for_each(locators, name, steps, deadline).await
    }

    async fn for_each(
        &mut self,
        items: Vec<Value>,
        name: &str,
        steps: &[Step],
        deadline: Deadline,
    ) -> Result<(), Trouble> {
        let before = self.scope.peek(name);
        let mut walked = Ok(());
        for item in items {
            self.scope.set(name, item);
            walked = self.steps(steps, deadline).await;
            if walked.is_err() {
                break;
            }
        }
        self.scope.restore(name, before);
        Ok(walked?)
    }

    async fn while_holds(
        &mut self,
        condition: &Condition,
        rounds: u32,
        steps: &[Step],
        deadline: Deadline,
    ) -> Result<(), Trouble> {
        for _ in 0..rounds {
            if deadline.is_missed() {
                return Err(Problem::missed(deadline.missed(), "the condition of `while` still held").into());
            }
            if !self.holds(condition, deadline).await? {
                return Ok(());
            }
            self.steps(steps, deadline).await?;
        }
        if !self.holds(condition, deadline).await? {
            return Ok(());
        }
        Err(Problem::step(format!("the condition of `while` still holds after {rounds} rounds"))
            .hint("do its steps change what it looks at? `limit` allows more rounds")
            .into())
    }

    async fn retry(&mut self, tries: u32, steps: &[Step], deadline: Deadline) -> Result<(), Trouble> {
        for left in (0..=tries).rev() {
            let (soft, prompts) = (self.soft.len(), self.hand.newest_number());
            let failed = match self.steps(steps, deadline).await {
                Err(Halt::Failed(failed)) => failed,
                other => return Ok(other?),
            };
            if left == 0 || !failed.can_go_on || deadline.is_missed() {
                return Err(Halt::Failed(failed).into());
            }
            // What the failed try has left behind is no part of the next one.
            self.soft.truncate(soft);
            self.hand.withdraw_after(prompts);
        }
        Ok(())
    }

    async fn within(&mut self, target: &Locator, steps: &[Step], deadline: Deadline) -> Result<(), Trouble> {
        let inside = self.place_of(target, deadline).await?;
        let outside = self.place.replace(inside);
        let walked = self.steps(steps, deadline).await;
        self.place = outside;
        Ok(walked?)
    }

    /// Where locators start inside of `target`: an element, or the document of a frame.
    async fn place_of(&mut self, target: &Locator, deadline: Deadline) -> Result<Filled, Trouble> {
        let filled = self.locate(target)?;
        if filled.query.is_empty() {
            return Ok(filled);
        }
        let wait = Wait::to(limit::preparing(self.step_timeout, deadline));
        let question =
            |query, wait_ms| Call::Act { query, needs: Vec::new(), at: None, then: Then::Keep, wait_ms };
        let answer = self.ask(&filled, wait, &question).await?;
        if !answer.envelope.ok {
            return Err(self.not_ready(&filled.text, &answer, wait).await.into());
        }
        let mut inside = filled;
        if answer.element()?.frame {
            inside.frames.push(std::mem::take(&mut inside.query));
        }
        Ok(inside)
    }

    /// Waits until an expected prompt has come, as long as `patience` allows; `false` if it has not.
    pub(super) async fn prompt_came(
        &mut self,
        number: u32,
        patience: Deadline,
    ) -> Result<bool, Box<Problem>> {
        self.hand.look_at_prompts()?;
        let question = |wait_ms| Call::Document { ready: None, url: None, title: None, wait_ms };
        while self.hand.is_pending(number) {
            if patience.is_missed() {
                return Ok(false);
            }
            tokio::time::sleep(super::dialog::LOOK_EVERY.min(patience.left())).await;
            // Some drivers tell of a prompt only where a command meets it.
            self.ask_document(Wait::look(patience), &question).await?;
        }
        Ok(true)
    }

    /// "within 10s", for messages.
    pub(super) fn within_time(deadline: Deadline) -> String {
        format!("within {}", duration(deadline.budget()))
    }
}

//! One step: told to the witness, held to its time, handed to its verb, and judged when it ends.

use super::Interpreter;
use super::expect::Fact;
use super::explain;
use super::failure::{Failed, Halt};
use super::limit;
use super::problem::{Outcome, Problem};
use super::witness::{Happened, Moment, PageLeft};
use crate::case::locator::{Filled, Locator};
use crate::case::model::{Action, Step};
use crate::case::template::{Template, ValueTemplate};
use crate::deadline::Deadline;
use crate::outcome::StepVerdict;
use serde_json::Value;
use std::pin::Pin;

/// Why a step does not end as it should.
pub(super) enum Trouble {
    /// The step itself went wrong.
    Here(Box<Problem>),
    /// A step inside of it did, and has been judged.
    Inner(Halt),
}

impl From<Box<Problem>> for Trouble {
    fn from(problem: Box<Problem>) -> Self {
        Self::Here(problem)
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Here(Box::new(problem))
    }
}

impl From<Halt> for Trouble {
    fn from(halt: Halt) -> Self {
        Self::Inner(halt)
    }
}

/// Whether a step did its work or was passed over.
pub(super) enum Done {
    Carried,
    PassedOver,
}

/// Steps contain steps: their future must be boxed somewhere, and it is here.
pub(super) type Walking<'s, E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send + 's>>;

impl Interpreter<'_> {
    /// Carries out steps one after the other, up to the first that halts.
    pub(super) fn steps<'s>(&'s mut self, steps: &'s [Step], outer: Deadline) -> Walking<'s, Halt> {
        Box::pin(async move {
            // Steps that never touch the page must not keep the thread, nor a wish to stop from being heard.
            tokio::task::consume_budget().await;
            for step in steps {
                self.step(step, outer).await?;
            }
            Ok(())
        })
    }

    /// Carries out one step, and has a look at what it left.
    pub(super) async fn step(&mut self, step: &Step, outer: Deadline) -> Result<(), Halt> {
        tokio::task::consume_budget().await;
        if step.sensitive && !self.trail.is_sensitive() {
            self.evidence.catch_up(self.hand.page()).await;
        }
        let soft_before = self.soft.len();
        let ended = self.take_step(step, outer).await;
        let is_sound = !matches!(&ended, Err(Halt::Failed(failed)) if failed.page != PageLeft::Sound);
        let is_hidden = step.sensitive || self.trail.is_sensitive();
        if is_sound && !limit::is_block(&step.action) {
            self.evidence.look(self.hand.page(), is_hidden).await;
            // Of all pictures this one is worth a wait: what comes next may be another page.
            let has_failed = matches!(ended, Err(Halt::Failed(_))) || self.soft.len() > soft_before;
            if has_failed && !is_hidden {
                self.evidence.catch_up(self.hand.page()).await;
            }
        }
        ended
    }

    async fn take_step(&mut self, step: &Step, outer: Deadline) -> Result<(), Halt> {
        let hidden = step.sensitive || self.trail.is_sensitive();
        let title = if hidden { step.title.text.clone() } else { step.title.show(&self.scope) };
        self.trail.begin(step, title, self.witness);
        let carried_out = self.carry_out(step, outer).await;
        self.trail.acted(self.hand.take_acted());
        let trouble = match carried_out {
            Ok(done) => {
                let verdict = match done {
                    Done::Carried => StepVerdict::Passed,
                    Done::PassedOver => StepVerdict::Skipped,
                };
                self.trail.end(verdict, None, self.witness, self.evidence);
                return Ok(());
            }
            Err(trouble) => trouble,
        };
        let halt = match trouble {
            Trouble::Here(mut problem) => {
                if !problem.kind.is_infrastructure() {
                    explain::add_thrown(&mut problem, &self.hand.page().console());
                }
                Halt::Failed(Box::new(Failed::new(*problem, self.trail.open())))
            }
            Trouble::Inner(halt) => halt,
        };
        match halt {
            Halt::Failed(failed) => self.failed(step, failed).await,
            Halt::Skipped(reason) => {
                self.trail.end(
                    StepVerdict::Skipped,
                    Some(reason.as_str().into()),
                    self.witness,
                    self.evidence,
                );
                Err(Halt::Skipped(reason))
            }
        }
    }

    async fn failed(&mut self, step: &Step, failed: Box<Failed>) -> Result<(), Halt> {
        let kind = failed.failure.kind;
        let verdict = if kind.is_infrastructure() { StepVerdict::Errored } else { StepVerdict::Failed };
        // A block says nothing more: the step inside of it has said why.
        let own = self.trail.here().is_some_and(|it| it.started.position == failed.position);
        let message = own.then(|| failed.failure.message.clone());
        if !(step.soft && failed.can_go_on) {
            self.trail.end(verdict, message, self.witness, self.evidence);
            return Err(Halt::Failed(failed));
        }
        let moment = Moment {
            happened: Happened::FailedSoftly(&failed.failure),
            position: failed.position,
            page: failed.page,
            sensitive: failed.sensitive,
        };
        self.evidence.moment(self.hand.page(), moment).await;
        self.soft.push(*failed);
        self.trail.end(verdict, message, self.witness, self.evidence);
        Ok(())
    }

    async fn carry_out(&mut self, step: &Step, outer: Deadline) -> Result<Done, Trouble> {
        if outer.is_missed() {
            return Err(Problem::missed(outer.missed(), "no time was left for this step").into());
        }
        if let Some(condition) = &step.condition
            && !self.holds(condition, outer).await?
        {
            return Ok(Done::PassedOver);
        }
        let deadline = limit::of(step, self.step_timeout, outer);
        if limit::is_block(&step.action) {
            self.block(&step.action, deadline).await?;
        } else {
            self.act(step, deadline).await?;
        }
        Ok(Done::Carried)
    }

    /// Carries out what is not made of steps.
    async fn act(&mut self, step: &Step, deadline: Deadline) -> Result<(), Trouble> {
        match &step.action {
            Action::Goto { url, until, status } => self.goto(url, *until, *status, deadline).await?,
            Action::History(history) => self.history(*history, deadline).await?,
            Action::Wait(time) => self.pause(time, deadline).await?,
            Action::Viewport(viewport) => self.resize(*viewport, deadline).await?,
            Action::Click(click) => self.click(click, deadline).await?,
            Action::Check { target, on, force } => self.check(target, *on, *force, deadline).await?,
            Action::Fill { target, value, force } => self.fill(target, value, *force, deadline).await?,
            Action::Type { target, value, delay } => self.type_keys(target, value, *delay, deadline).await?,
            Action::Press { keys, on } => self.press_keys(keys, on.as_ref(), deadline).await?,
            Action::Select { target, choose } => self.select(target, choose, deadline).await?,
            Action::Scroll { target, to } => self.scroll(target, *to, deadline).await?,
            Action::Focus { target, on } => self.focus(target, *on, deadline).await?,
            Action::Expect { target, matchers } => self.expect(target, matchers, deadline).await?,
            Action::ExpectUrl(test) => self.expect_url(test, deadline).await?,
            Action::ExpectTitle(test) => self.expect_title(test, deadline).await?,
            Action::ExpectVar { name, is } => self.expect_var(name, is)?,
            Action::ExpectScript { script, is } => self.expect_script(script, is.as_ref(), deadline).await?,
            Action::Save { target, what, name } => self.save(target, what, name, deadline).await?,
            Action::SaveUrl(name) => self.save_fact(Fact::Url, name, deadline).await?,
            Action::SaveTitle(name) => self.save_fact(Fact::Title, name, deadline).await?,
            Action::Script { script, name } => self.script(script, name.as_deref(), deadline).await?,
            Action::Set(values) => self.set(values)?,
            Action::Screenshot { name, of } => self.screenshot(name, of.as_ref(), deadline).await?,
            Action::Log(text) => self.witness.log(self.words(text).into()),
            Action::Dialog { .. } => drop(self.queue_answer(&step.action)?),
            Action::Fail(text) => return Err(Problem::assertion(self.words(text)).into()),
            Action::Skip(text) => return Err(Halt::Skipped(self.words(text)).into()),
            Action::Within { .. }
            | Action::Use { .. }
            | Action::Group(_)
            | Action::If { .. }
            | Action::Repeat { .. }
            | Action::Each { .. }
            | Action::EachMatch { .. }
            | Action::While { .. }
            | Action::Retry { .. } => self.block(&step.action, deadline).await?,
        }
        if may_lead_elsewhere(&step.action) {
            self.arrive(deadline).await?;
        }
        Ok(())
    }

    /// A text for people, as written if the step is `sensitive`.
    fn words(&self, template: &Template) -> String {
        if self.trail.is_sensitive() { template.text.clone() } else { template.show(&self.scope) }
    }

    /// A text with its variables filled in; masked from now on if the step is `sensitive`.
    pub(super) fn text(&mut self, template: &Template) -> Outcome<String> {
        let text = template.fill(&self.scope)?;
        if self.trail.is_sensitive() {
            self.witness.conceal(&text);
        }
        Ok(text)
    }

    /// A value with its variables filled in; its texts are masked from now on if the step is `sensitive`.
    pub(super) fn value(&mut self, template: &ValueTemplate) -> Outcome<Value> {
        let value = template.fill(&self.scope)?;
        self.conceal(&value);
        Ok(value)
    }

    /// Sets a variable; its texts are masked from now on if the step is `sensitive`.
    pub(super) fn assign(&mut self, name: &str, value: Value) {
        self.conceal(&value);
        self.scope.set(name, value);
    }

    fn conceal(&mut self, value: &Value) {
        if !self.trail.is_sensitive() {
            return;
        }
        match value {
            Value::String(text) => self.witness.conceal(text),
            Value::Array(items) => items.iter().for_each(|item| self.conceal(item)),
            Value::Object(entries) => entries.values().for_each(|entry| self.conceal(entry)),
            Value::Number(number) => self.witness.conceal(&number.to_string()),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A locator with its variables filled in, where it starts now.
    pub(super) fn locate(&self, locator: &Locator) -> Outcome<Filled> {
        let filled = self.locate_here(locator)?;
        Ok(match &self.place {
            Some(place) => place.join(&filled),
            None => filled,
        })
    }

    /// A locator with its variables filled in, without what is around it.
    pub(super) fn locate_here(&self, locator: &Locator) -> Outcome<Filled> {
        Ok(locator.fill(&self.scope, &self.context.test_id)?)
    }
}

/// Whether a step may begin a navigation that is not its whole purpose.
fn may_lead_elsewhere(action: &Action) -> bool {
    matches!(
        action,
        Action::Click(_)
            | Action::Check { .. }
            | Action::Fill { .. }
            | Action::Type { .. }
            | Action::Press { .. }
            | Action::Select { .. }
            | Action::Focus { .. }
            | Action::Script { .. }
    )
}

//! Verbs that take something out of the page or put it into variables: `save`, `script`, `set`, `screenshot`.

use super::Interpreter;
use super::expect::Fact;
use super::problem::{Obstacle, Outcome, Problem};
use super::wait::{Again, Log, Wait};
use super::witness::{PageLeft, Screenshot};
use crate::browser::engine::{Call, Need, Reading, Then};
use crate::browser::page::Fault;
use crate::case::locator::Locator;
use crate::case::model::{Script, Take};
use crate::case::template::{Template, ValueTemplate};
use crate::deadline::Deadline;
use crate::text::Untrusted;
use serde_json::{Value, json};

impl Interpreter<'_> {
    pub(super) async fn save(
        &mut self,
        target: &Locator,
        what: &Take,
        name: &str,
        deadline: Deadline,
    ) -> Outcome {
        let target = self.locate(target)?;
        let reading = match what {
            Take::Text => Reading::Text,
            Take::Texts => Reading::Texts,
            Take::Value => Reading::Value,
            Take::Count => Reading::Count,
            Take::Attribute(attribute) => Reading::Attribute(attribute.clone()),
        };
        let wait = Wait::to(deadline);
        let question = |query, wait_ms| Call::Read { query, take: reading.clone(), wait_ms };
        let answer = self.ask(&target, wait, &question).await?;
        if !answer.envelope.ok {
            return Err(self.not_ready(&target.text, &answer, wait).await.into());
        }
        self.assign(name, answer.envelope.value);
        Ok(())
    }

    /// `save_url`, `save_title`
    pub(super) async fn save_fact(&mut self, fact: Fact, name: &str, deadline: Deadline) -> Outcome {
        let question = |wait_ms| Call::Document { ready: None, url: None, title: None, wait_ms };
        let answer = self.ask_document(Wait::look(deadline), &question).await?;
        self.assign(name, answer.envelope.value[fact.key()].clone());
        Ok(())
    }

    pub(super) async fn script(
        &mut self,
        script: &Script,
        name: Option<&str>,
        deadline: Deadline,
    ) -> Outcome {
        let wait = Wait::to(deadline);
        let frame = self.frame_here(wait).await?;
        let args = self.arguments(script)?;
        let value = match self.hand.script(&frame, &script.body, &args, wait.wire()).await {
            Ok(value) => value,
            // It led elsewhere, which is a way to end where nothing is wanted of it. It is never run twice.
            Err(obstacle) if obstacle.is_gone() && name.is_none() => return Ok(()),
            Err(obstacle) => return Err(explain_script(obstacle).into()),
        };
        if let Some(name) = name {
            self.assign(name, value);
        }
        Ok(())
    }

    /// The value of a script that only looks: it is run again when its document goes away.
    pub(super) async fn run_script(&mut self, script: &Script, wait: Wait) -> Outcome<Value> {
        let args = self.arguments(script)?;
        let (mut log, mut again) = (Log::begin(), Again::new(wait));
        loop {
            let frame = self.frame_here(wait).await?;
            match self.hand.script(&frame, &script.body, &args, wait.wire()).await {
                Ok(value) => return Ok(value),
                Err(obstacle) if obstacle.is_gone() => {
                    again.or_give_up(obstacle, "running the script", &mut log).await?;
                }
                Err(obstacle) => return Err(explain_script(obstacle).into()),
            }
        }
    }

    fn arguments(&mut self, script: &Script) -> Outcome<Vec<Value>> {
        script.args.iter().map(|arg| self.value(arg)).collect()
    }

    pub(super) fn set(&mut self, values: &[(String, ValueTemplate)]) -> Outcome {
        for (name, value) in values {
            let value = self.value(value)?;
            self.assign(name, value);
        }
        Ok(())
    }

    pub(super) async fn screenshot(
        &mut self,
        name: &Template,
        of: Option<&Locator>,
        deadline: Deadline,
    ) -> Outcome {
        let name = Untrusted::from(name.show(&self.scope));
        if self.trail.is_sensitive() {
            self.witness.log(format!("no picture `{}`: the step is sensitive", name.line()).into());
            return Ok(());
        }
        let wire = Wait::to(deadline).wire();
        let taken = match of {
            Some(target) => {
                let then = Then::Scroll { to: json!("view") };
                let answer = self.simple(target, &[Need::Visible, Need::Stable], &then, deadline).await?;
                let element = answer.element()?;
                self.hand.screenshot(Some((&answer.frame, element)), wire).await
            }
            None => self.hand.screenshot(None, wire).await,
        };
        let png = taken.map_err(|obstacle| obstacle.explain("taking a picture"))?;
        let position = self.trail.here().map_or(0, |it| it.started.position);
        self.evidence.screenshot(Screenshot { position, name, png }).await;
        Ok(())
    }
}

fn explain_script(obstacle: Obstacle) -> Problem {
    match obstacle {
        Obstacle::Fault(Fault::PageStuck(missed)) => Problem::missed(missed, "the script did not return")
            .hint("it runs in a loop that does not end, or returns a promise that is never settled")
            .leaving(PageLeft::Stuck),
        Obstacle::Fault(Fault::DocumentGone) => {
            Problem::step("the page went to another document before the script returned")
                .hint("leave out `as` if it is meant to, and read what is wanted from the next page")
        }
        other => other.explain("running the script"),
    }
}

/// A value for people: as JSON, shortened.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

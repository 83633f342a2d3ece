//! `check` and `uncheck`: bring a checkbox, radio button or switch into a state.

use super::Interpreter;
use super::click::{Care, Pressing};
use super::problem::{Outcome, Problem};
use super::wait::Wait;
use crate::browser::engine::{Call, Reading, Ready};
use crate::browser::page::Press;
use crate::case::locator::Locator;
use crate::case::model::Button;
use crate::deadline::Deadline;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a page that has loaded may take to bring back what it was told on the page before.
const RESTORED: Duration = Duration::from_secs(1);

impl Interpreter<'_> {
    pub(super) async fn check(
        &mut self,
        target: &Locator,
        on: bool,
        force: bool,
        deadline: Deadline,
    ) -> Outcome {
        let target = self.locate(target)?;
        let wait = Wait::to(deadline);
        let mut not_so = None;
        // A second time where the document in which it was pressed was left: the next one may not know of it.
        for _ in 0..2 {
            let question = |query, wait_ms| Call::Read { query, take: Reading::Checked, wait_ms };
            let found = self.ask(&target, wait, &question).await?;
            if !found.envelope.ok {
                return Err(self.not_ready(&target.text, &found, wait).await.into());
            }
            if found.envelope.value == Value::Bool(on) {
                return Ok(());
            }
            let press = Press { button: Some(Button::Left), count: 1, modifiers: Vec::new() };
            let care = if force { Care::Forced } else { Care::Guarded };
            let pressing = Pressing { press, at: None, care };
            let pressed_in = self.press_element(&target, &pressing, deadline).await?;
            self.arrive(deadline).await?;
            let question =
                |query, wait_ms| Call::Check { query, matchers: json!({ "checked": on }), wait_ms };
            let mut after = self.ask(&target, Wait::look(deadline), &question).await?;
            if !after.envelope.ok {
                let more = if after.envelope.document == pressed_in {
                    wait
                } else {
                    let loaded = |wait_ms| Call::Document {
                        ready: Some(Ready::Load),
                        url: None,
                        title: None,
                        wait_ms,
                    };
                    self.ask_document(wait, &loaded).await?;
                    Wait::patient(RESTORED, deadline)
                };
                after = self.ask(&target, more, &question).await?;
            }
            if after.envelope.ok {
                return Ok(());
            }
            let is_here = after.envelope.document == pressed_in;
            if !is_here && after.envelope.failure.as_ref().is_some_and(|it| it.code == "missing") {
                // It sent its form, and the next page has no such thing.
                return Ok(());
            }
            not_so = Some(after);
            if is_here {
                break;
            }
        }
        let Some(after) = not_so else { return Ok(()) };
        let state = if on { "checked" } else { "unchecked" };
        let why = self.not_ready(&target.text, &after, wait).await;
        let problem =
            Problem { message: format!("`{}` was pressed and did not become {state}", target.text), ..why };
        Err(Box::new(if on {
            problem.hint("does the page take the click back? pressing its label may be what a person does: `click` that")
        } else {
            problem.hint("a radio button is unchecked by checking another one of its group")
        }))
    }
}

//! Conditions: whether something holds now, or comes to hold within the condition's own time.

use super::Interpreter;
use super::address::url_test;
use super::expect::absence;
use super::limit;
use super::problem::{Outcome, Problem};
use super::wait::Wait;
use crate::browser::engine::Call;
use crate::case::locator::Locator;
use crate::case::matcher::{Matchers, Text};
use crate::case::model::{Condition, Test, ValueTest};
use crate::case::template::look_up;
use crate::deadline::Deadline;
use std::pin::Pin;
use std::time::Duration;

/// How often a condition is looked at that no engine waits for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Interpreter<'_> {
    /// Whether a condition holds, within what is around it.
    pub(super) fn holds<'s>(
        &'s mut self,
        condition: &'s Condition,
        outer: Deadline,
    ) -> Pin<Box<dyn Future<Output = Outcome<bool>> + Send + 's>> {
        Box::pin(async move {
            let patience = condition.timeout.unwrap_or_default();
            // Its own time counts, and the page gets the usual time to answer beyond that.
            let answer_by = limit::preparing(self.step_timeout + patience, outer);
            let wait = Wait::patient(patience, answer_by);
            match &condition.test {
                Test::Element { target, matchers } => {
                    return self.element_holds(target, matchers, wait).await;
                }
                Test::Url(test) => return self.url_holds(test, wait).await,
                _ => {}
            }
            loop {
                if self.holds_now(&condition.test, wait).await? {
                    return Ok(true);
                }
                if wait.until.is_missed() {
                    return Ok(false);
                }
                tokio::time::sleep(LOOK_EVERY.min(wait.until.left())).await;
            }
        })
    }

    async fn holds_now(&mut self, test: &Test, wait: Wait) -> Outcome<bool> {
        match test {
            Test::Element { target, matchers } => self.element_holds(target, matchers, wait).await,
            Test::Url(test) => self.url_holds(test, wait).await,
            Test::Script(script) => {
                let value = self.run_script(script, wait).await?;
                Ok(super::expect::truthy(&value))
            }
            Test::Var { name, is } => self.var_holds(name, is.as_ref()),
            Test::Not(inner) => Ok(!self.holds(inner, wait.answer_by).await?),
            Test::All(all) => {
                for one in all {
                    if !self.holds(one, wait.answer_by).await? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Any(any) => {
                for one in any {
                    if self.holds(one, wait.answer_by).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    async fn element_holds(&mut self, target: &Locator, matchers: &Matchers, wait: Wait) -> Outcome<bool> {
        let filled = self.locate(target)?;
        let matchers = matchers.fill(&self.scope)?;
        let question = |query, wait_ms| Call::Check { query, matchers: matchers.clone(), wait_ms };
        let answer = self.ask(&filled, wait, &question).await?;
        let Some(failure) = answer.envelope.failure.as_ref().filter(|_| !answer.envelope.ok) else {
            return Ok(answer.envelope.ok);
        };
        if failure.code == "invalid" {
            return Err(self.not_ready(&filled.text, &answer, wait).await.into());
        }
        // What is in a frame that is not there is not there either.
        Ok(answer.stopped_at_frame.is_some() && failure.code == "missing" && absence(&matchers))
    }

    async fn url_holds(&mut self, test: &Text, wait: Wait) -> Outcome<bool> {
        let test = self.url_test(test)?;
        let question =
            |wait_ms| Call::Document { ready: None, url: Some(test.clone()), title: None, wait_ms };
        Ok(self.ask_document(wait, &question).await?.envelope.ok)
    }

    /// A text test for a URL, filled in and joined to the base.
    pub(super) fn url_test(&self, test: &Text) -> Outcome<serde_json::Value> {
        let test = test.fill(&self.scope)?;
        url_test(&test, self.scope.base_url())
            .map_err(|error| Box::new(Problem::step(error.to_string()).hint(error.hint())))
    }

    fn var_holds(&mut self, name: &str, is: Option<&ValueTest>) -> Outcome<bool> {
        let Some(value) = look_up(&self.scope, name) else { return Ok(false) };
        match is {
            Some(test) => Ok(self.compare(&value, test)?.holds),
            None => Ok(super::expect::truthy(&value)),
        }
    }
}

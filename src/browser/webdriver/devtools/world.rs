//! The isolated world of each frame of a page, in which the engine and all probes run. The case's own scripts do not.

use super::DevToolsPage;
use crate::browser::chrome::{ENGINE, Sequence, WORLD};
use crate::browser::engine::{Element, Landed};
use crate::browser::page::{Fault, Frame};
use crate::browser::webdriver::classify::WireError;
use crate::deadline::Deadline;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the browser may take to tell of the world of a new document, before one is asked for. Frames in which no
/// script may run get none by themselves.
const NEWS: Duration = Duration::from_secs(1);

/// An isolated world.
enum World {
    /// By `Runtime.ExecutionContextDescription.uniqueId`, as the browser told of it.
    Known(String),
    /// By the number of a world that the browser did not tell of.
    Numbered(i64),
}

impl World {
    /// The parameters of a `Runtime.evaluate` in it.
    fn evaluation(&self, expression: &str, answer: Answer<'_>) -> Value {
        let mut parameters = json!({
            "expression": expression,
            "awaitPromise": true,
            "returnByValue": !matches!(answer, Answer::Handle),
        });
        match self {
            Self::Known(id) => parameters["uniqueContextId"] = json!(id),
            Self::Numbered(id) => parameters["contextId"] = json!(id),
        }
        parameters
    }
}

impl DevToolsPage {
    /// Makes the isolated world of a frame, or finds the one that it has.
    async fn new_world(&self, frame: &Frame, deadline: Deadline) -> Result<World, Fault> {
        let id = self.frame_id(frame);
        let parameters = json!({"frameId": id, "worldName": WORLD});
        let made = self.send("Page.createIsolatedWorld", parameters, deadline).await?;
        // The browser tells of a new world before it answers.
        if let Some(known) = self.context.world(id) {
            return Ok(World::Known(known));
        }
        made["executionContextId"].as_i64().map(World::Numbered).ok_or(Fault::DocumentGone)
    }

    async fn evaluate(
        &self,
        world: &World,
        expression: &str,
        answer: Answer<'_>,
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        let parameters = world.evaluation(expression, answer);
        match answer {
            Answer::Filled(text) => {
                // Where nothing has the focus text goes nowhere, and nobody says so: the engine is asked whether it came.
                let came = world.evaluation("__batchrun.came()", Answer::Value);
                let sequence = Sequence::default()
                    .then([("Runtime.evaluate", parameters)])
                    .then_if("/result/value/value", "insert", [("Input.insertText", json!({"text": text}))])
                    .then([("Runtime.evaluate", came)]);
                let (answers, ended_by) = self.carry_out_partly(&sequence, deadline).await?;
                let mut answers = answers.into_iter();
                let filled = answers.next().map(outcome_of).transpose()?;
                let came = match (answers.next(), answers.next(), ended_by) {
                    (Some(_), Some(came), _) => outcome_of(came)? == json!("hit"),
                    // The text itself may have led elsewhere, as the last digit of a code does: it is not for the next page.
                    (_, _, Some(Fault::DocumentGone))
                        if filled.as_ref().is_some_and(|it| self.has_come(it)) =>
                    {
                        true
                    }
                    (_, _, Some(fault)) => return Err(fault),
                    (_, _, None) => return Ok(filled.unwrap_or_default()),
                };
                let mut value = filled.unwrap_or_default();
                value["value"] = json!(if came { "set" } else { "lost" });
                Ok(value)
            }
            Answer::Value | Answer::Handle => {
                outcome_of(self.send("Runtime.evaluate", parameters, deadline).await?)
            }
        }
    }

    /// Whether the document told that the text came for which this envelope was made.
    fn has_come(&self, envelope: &Value) -> bool {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = self.context.landed(&text(&envelope["document"]), &text(&envelope["element"]["token"]));
        told == Some(Landed::Hit)
    }

    /// The world of a frame that the browser told of, or is about to tell of.
    pub(super) async fn known_world(&self, frame: &Frame, deadline: Deadline) -> Option<String> {
        let id = self.frame_id(frame);
        if !self.has_navigated {
            return self.context.world(id);
        }
        // Who has little time shall not spend it all on this.
        tokio::time::timeout(NEWS.min(deadline.left() / 2), self.context.next_world(id)).await.ok()
    }

    /// An expression in the isolated world of a frame. Every document has one with the engine in it from its beginning;
    /// in a world that went with its document nothing has run, so that the next one is asked. Where there is none, one is
    /// made.
    pub(super) async fn in_world(
        &self,
        frame: &Frame,
        expression: &str,
        answer: Answer<'_>,
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        for _ in 0..2 {
            let Some(known) = self.known_world(frame, deadline).await else { break };
            let world = World::Known(known.clone());
            match self.evaluate(&world, expression, answer, deadline).await {
                Err(Fault::DocumentGone) => self.context.forget_world(&known),
                other => return other,
            }
        }
        let world = self.new_world(frame, deadline).await?;
        let expression = format!("{}\n{expression}", *ENGINE);
        self.evaluate(&world, &expression, answer, deadline).await
    }

    /// What asks in the world of a frame, as a command; `None` where that world is not known.
    pub(super) fn evaluation_in(&self, frame: &Frame, expression: &str) -> Option<(&'static str, Value)> {
        let known = self.context.world(self.frame_id(frame))?;
        Some(("Runtime.evaluate", World::Known(known).evaluation(expression, Answer::Value)))
    }

    /// A DevTools handle on an element that the engine keeps.
    pub(super) async fn handle(
        &self,
        frame: &Frame,
        element: &Element,
        deadline: Deadline,
    ) -> Result<String, Fault> {
        let expression = format!("__batchrun.element({})", json!(element.token));
        let object = self.in_world(frame, &expression, Answer::Handle, deadline).await?;
        object.as_str().map(str::to_owned).ok_or(Fault::DocumentGone)
    }
}

/// What an evaluation is to bring back.
#[derive(Clone, Copy)]
pub(super) enum Answer<'t> {
    /// The value as JSON.
    Value,
    /// The same. If it is an envelope that says that this text is to be inserted, that is done in the same trip, and it
    /// says that it was.
    Filled(&'t str),
    /// A handle on the object.
    Handle,
}

/// The value or handle in an answer of `Runtime.evaluate` or `Runtime.callFunctionOn`, or what was thrown.
pub(super) fn outcome_of(mut result: Value) -> Result<Value, Fault> {
    if let Some(details) = result.get("exceptionDetails") {
        let thrown = &details["exception"];
        let message = thrown["description"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| {
                thrown
                    .get("value")
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .or_else(|| details["text"].as_str().map(str::to_owned))
            .unwrap_or_default();
        return Err(Fault::Script { message });
    }
    let mut object = result["result"].take();
    if object.get("objectId").is_some() { Ok(object["objectId"].take()) } else { Ok(object["value"].take()) }
}

/// Whether the error is one of those with which DevTools ends commands of a document that is no more.
pub(super) fn says_that_the_document_went_away(error: &WireError) -> bool {
    [
        // chromedriver tries three times and calls the last one `timeout`.
        "no such execution context",
        "Cannot find context with specified id",
        "uniqueContextId not found",
        "Execution context was destroyed",
        "Inspected target navigated or closed",
        "No frame for given id found",
        "Frame with the given id was not found",
        "Frame with the given id does not belong",
        "No node with given id found",
        "Could not find node with given id",
    ]
    .iter()
    .any(|sign| error.mentions(sign))
}

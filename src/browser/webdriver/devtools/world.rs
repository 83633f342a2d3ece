//! The isolated world of each frame of a page, in which the engine and all probes run. The case's own scripts do not.

use super::DevToolsPage;
use crate::browser::engine::{self, Element};
use crate::browser::page::{Fault, Frame};
use crate::browser::webdriver::classify::WireError;
use crate::deadline::Deadline;
use serde_json::{Value, json};

/// The isolated world's name, as it is seen in developer tools.
const WORLD: &str = "batchrun";

impl DevToolsPage {
    /// Makes the isolated world of a frame.
    async fn new_world(&self, frame: &Frame, deadline: Deadline) -> Result<i64, Fault> {
        let parameters = json!({"frameId": self.frame_id(frame), "worldName": WORLD});
        let made = self.send("Page.createIsolatedWorld", parameters, deadline).await?;
        made["executionContextId"].as_i64().ok_or(Fault::DocumentGone)
    }

    pub(super) async fn evaluate(
        &self,
        world: i64,
        expression: &str,
        answer: Answer,
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        let parameters = json!({
            "expression": expression,
            "contextId": world,
            "awaitPromise": true,
            "returnByValue": matches!(answer, Answer::Value),
        });
        let result = self.send("Runtime.evaluate", parameters, deadline).await?;
        outcome_of(result)
    }

    /// An expression in the isolated world of a frame. A world that went with its document is made anew, once: nothing
    /// has run then. The engine is installed in a new world by the same evaluation.
    pub(super) async fn in_world(
        &mut self,
        frame: &Frame,
        expression: &str,
        answer: Answer,
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        let id = self.frame_id(frame).to_owned();
        if let Some(world) = self.worlds.get(&id) {
            match self.evaluate(*world, expression, answer, deadline).await {
                Err(Fault::DocumentGone) => drop(self.worlds.remove(&id)),
                other => return other,
            }
        }
        let world = self.new_world(frame, deadline).await?;
        let expression = format!("globalThis.__batchrun ??= {};{expression}", *engine::SENT);
        let result = self.evaluate(world, &expression, answer, deadline).await;
        if result != Err(Fault::DocumentGone) {
            self.worlds.insert(id, world);
        }
        result
    }

    /// A DevTools handle on an element that the engine keeps.
    pub(super) async fn handle(
        &mut self,
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
pub(super) enum Answer {
    /// The value as JSON.
    Value,
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

//! A page of a local Chromium: every command goes over the WebDriver wire as the vendor command `goog/cdp/execute`,
//! which answers about four times as fast as the standard endpoints. The engine and all probes run in an isolated
//! world of each frame, so that no page can break them; the case's own scripts run in the page's world.
//!
//! Commands are of the Chrome DevTools Protocol, domains Page, Runtime, DOM, Input and Emulation.

use super::classify::WireError;
use super::keys;
use super::thrown::in_its_own_lines;
use super::wire::{Command, Wire};
use crate::browser::chrome::{Chrome, Context};
use crate::browser::engine::{self, Call, Element, Envelope};
use crate::browser::page::{ConsoleLine, Destination, Fault, Frame, Key, Page, Press, Prompt, PromptAnswer};
use crate::case::model::{Button, History, Viewport};
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the browser itself may take to say that it is there, when a page did not answer.
const RESPONSIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The isolated world's name, as it is seen in developer tools.
const WORLD: &str = "batchrun";

/// A page in a context of its own.
pub(in crate::browser) struct DevToolsPage {
    chrome: Arc<Chrome>,
    wire: Arc<Wire>,
    context: Context,
    /// The isolated worlds by frame id, each with the engine installed.
    worlds: HashMap<String, i64>,
    /// The browser or the driver was asked whether it is there, and did not answer.
    hung: AtomicBool,
}

impl DevToolsPage {
    pub(in crate::browser) fn new(chrome: Arc<Chrome>, wire: Arc<Wire>, context: Context) -> Self {
        Self { chrome, wire, context, worlds: HashMap::new(), hung: AtomicBool::new(false) }
    }

    /// Whether its browser or driver is of no use any more.
    pub(in crate::browser) fn is_hung(&self) -> bool {
        self.hung.load(Ordering::Relaxed)
    }

    /// The context, to be disposed of.
    pub(in crate::browser) fn into_context(self) -> Context {
        self.context
    }

    /// One DevTools command on the page's target. A page that crashes or a browser that dies meanwhile ends it: the
    /// driver would go on waiting for an answer that cannot come.
    async fn send(&self, name: &'static str, parameters: Value, deadline: Deadline) -> Result<Value, Fault> {
        let answer = tokio::select! {
            biased;
            answer = self.wire.call(Command::Cdp(name, &parameters), deadline) => answer,
            () = self.context.crashed() => return Err(Fault::Crashed),
            () = self.chrome.closed() => return Err(self.browser_ended()),
        };
        match answer {
            Ok(value) => Ok(value),
            Err(error) => Err(self.fault(error).await),
        }
    }

    fn browser_ended(&self) -> Fault {
        let how = self.chrome.exit().map(|exit| format!(", by {exit}")).unwrap_or_default();
        Fault::Infrastructure { kind: FailureKind::BrowserCrash, message: format!("the browser ended{how}") }
    }

    /// What an error on the wire says of this page.
    async fn fault(&self, error: WireError) -> Fault {
        if self.context.signs().borrow().crashed || error.is("tab crashed") || error.mentions("crashed") {
            return Fault::Crashed;
        }
        if says_that_the_document_went_away(&error) {
            return Fault::DocumentGone;
        }
        if error.mentions("Promise was collected") {
            return self.promise_collected().await;
        }
        if let WireError::Missed(missed) = error {
            let deadline = Deadline::after("answer of the browser", RESPONSIVE_TIMEOUT);
            let (browser, driver) =
                tokio::join!(self.chrome.is_responsive(deadline), self.wire.is_answered(deadline));
            if browser && driver {
                return Fault::PageStuck(missed);
            }
            self.hung.store(true, Ordering::Relaxed);
        }
        let kind = Some(error.kind()).filter(|kind| kind.is_infrastructure()).unwrap_or(FailureKind::Driver);
        Fault::Infrastructure { kind, message: error.to_string() }
    }

    /// The garbage collector found a promise that nothing can settle any more. A page that is about to die for want of
    /// memory collects whatever it can first, so it is asked whether it goes on.
    async fn promise_collected(&self) -> Fault {
        let parameters = json!({"expression": "0"});
        let deadline = Deadline::after("answer of the page", RESPONSIVE_TIMEOUT);
        let answer = tokio::select! {
            biased;
            () = self.context.crashed() => return Fault::Crashed,
            answer = self.wire.call(Command::Cdp("Runtime.evaluate", &parameters), deadline) => answer,
        };
        match answer {
            Err(error) if error.is("tab crashed") => Fault::Crashed,
            _ => Fault::Script { message: "the promise that it waits for can never be settled".to_owned() },
        }
    }

    fn frame_id<'a>(&'a self, frame: &'a Frame) -> &'a str {
        match frame {
            // The main frame has the id of its target.
            Frame::Top => self.context.target_id(),
            Frame::Inner(id) => id,
        }
    }

    /// Makes the isolated world of a frame.
    async fn new_world(&self, frame: &Frame, deadline: Deadline) -> Result<i64, Fault> {
        let parameters = json!({"frameId": self.frame_id(frame), "worldName": WORLD});
        let made = self.send("Page.createIsolatedWorld", parameters, deadline).await?;
        made["executionContextId"].as_i64().ok_or(Fault::DocumentGone)
    }

    async fn evaluate(
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
    async fn in_world(
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
    async fn handle(
        &mut self,
        frame: &Frame,
        element: &Element,
        deadline: Deadline,
    ) -> Result<String, Fault> {
        let expression = format!("__batchrun.element({})", json!(element.token));
        let object = self.in_world(frame, &expression, Answer::Handle, deadline).await?;
        object.as_str().map(str::to_owned).ok_or(Fault::DocumentGone)
    }

    /// A point of an element's document in the pixels of the page.
    async fn on_page(
        &self,
        frame: &Frame,
        element: &Element,
        point: (f64, f64),
        deadline: Deadline,
    ) -> Result<(f64, f64), Fault> {
        let (mut x, mut y) = (point.0 + element.offset.0, point.1 + element.offset.1);
        if element.foreign {
            let owner =
                self.send("DOM.getFrameOwner", json!({"frameId": self.frame_id(frame)}), deadline).await?;
            let model = self
                .send("DOM.getBoxModel", json!({"backendNodeId": owner["backendNodeId"]}), deadline)
                .await?;
            let corner = |at: usize| model["model"]["content"][at].as_f64().unwrap_or_default();
            (x, y) = (x + corner(0), y + corner(1));
        }
        Ok((x, y))
    }

    /// `back`, `forward` and `reload`: they answer before anything happens, so the end of the old document (or a
    /// move within it) is awaited by a listener that was armed first.
    async fn traverse(&mut self, history: History, deadline: Deadline) -> Result<(), Fault> {
        let step = match history {
            History::Back => -1,
            History::Forward => 1,
            History::Reload => 0,
        };
        let arm = "globalThis.__left = new Promise(done => { for (const name of ['pagehide', 'popstate', \
                           'hashchange']) addEventListener(name, () => done(true), {once: true}) });0";
        self.in_world(&Frame::Top, arm, Answer::Value, deadline).await?;
        if step == 0 {
            self.send("Page.reload", json!({}), deadline).await?;
        } else {
            let list = self.send("Page.getNavigationHistory", json!({}), deadline).await?;
            let current = list["currentIndex"].as_i64().unwrap_or_default();
            let entry = usize::try_from(current + step)
                .ok()
                .and_then(|at| list["entries"].get(at))
                .map(|it| it["id"].clone());
            let Some(entry) = entry else {
                let direction = if step < 0 { "back" } else { "forward" };
                return Err(Fault::Refused(format!("there is no page to go {direction} to")));
            };
            self.send("Page.navigateToHistoryEntry", json!({"entryId": entry}), deadline).await?;
        }
        // In a new document there is nothing to wait for.
        match self.in_world(&Frame::Top, "globalThis.__left", Answer::Value, deadline).await {
            Ok(_) | Err(Fault::DocumentGone) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    async fn key_event(
        &self,
        kind: &str,
        key: &keys::Definition,
        modifiers: u32,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        // Alt, Control and Meta are the lowest three bits. They make a command of a key: it types nothing then.
        let text = if kind == "keyDown" && modifiers.trailing_zeros() >= 3 { key.text.as_str() } else { "" };
        let kind = if kind == "keyDown" && text.is_empty() { "rawKeyDown" } else { kind };
        let mut event = json!({
            "type": kind,
            "modifiers": modifiers,
            "key": key.key,
            "code": key.code,
            "windowsVirtualKeyCode": key.key_code,
        });
        if !text.is_empty() {
            event["text"] = json!(text);
        }
        self.send("Input.dispatchKeyEvent", event, deadline).await.map(drop)
    }
}

/// What an evaluation is to bring back.
#[derive(Clone, Copy)]
enum Answer {
    /// The value as JSON.
    Value,
    /// A handle on the object.
    Handle,
}

/// The value or handle in an answer of `Runtime.evaluate` or `Runtime.callFunctionOn`, or what was thrown.
fn outcome_of(mut result: Value) -> Result<Value, Fault> {
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
fn says_that_the_document_went_away(error: &WireError) -> bool {
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

#[async_trait]
impl Page for DevToolsPage {
    async fn navigate(&mut self, to: &Destination, deadline: Deadline) -> Result<(), Fault> {
        match to {
            Destination::Url(url) => {
                let answer = self.send("Page.navigate", json!({"url": url}), deadline).await?;
                if let Some(error) = answer["errorText"].as_str() {
                    return Err(Fault::Navigation(error.to_owned()));
                }
            }
            Destination::History(history) => self.traverse(*history, deadline).await?,
        }
        self.worlds.clear();
        Ok(())
    }

    async fn ask(&mut self, frame: &Frame, call: &Call, deadline: Deadline) -> Result<Envelope, Fault> {
        let expression = format!("__batchrun({})", json!(call));
        let answer = self.in_world(frame, &expression, Answer::Value, deadline).await?;
        serde_json::from_value(answer).map_err(|error| Fault::Infrastructure {
            kind: FailureKind::Internal,
            message: format!("the engine's answer is not an envelope: {error}"),
        })
    }

    async fn enter(&mut self, frame: &Frame, element: &Element, deadline: Deadline) -> Result<Frame, Fault> {
        let object = self.handle(frame, element, deadline).await?;
        let node = self.send("DOM.describeNode", json!({"objectId": object}), deadline).await?;
        node["node"]["frameId"].as_str().map(|id| Frame::Inner(id.to_owned())).ok_or(Fault::DocumentGone)
    }

    async fn script(
        &mut self,
        frame: &Frame,
        body: &str,
        args: &[Value],
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        // The body stands on lines of its own: a comment at its end must not swallow the brace.
        let function = format!("(async function(args) {{\n{body}\n}})");
        if *frame == Frame::Top {
            let parameters = json!({
                "expression": format!("{function}({})", json!(args)),
                "awaitPromise": true,
                "returnByValue": true,
                "userGesture": true,
            });
            return outcome_of(self.send("Runtime.evaluate", parameters, deadline).await?)
                .map_err(|fault| in_its_own_lines(fault, body));
        }
        // A node resolves into the page's own world of its frame, which has no other handle.
        let object = self.in_world(frame, "document", Answer::Handle, deadline).await?;
        let node = self.send("DOM.describeNode", json!({"objectId": object}), deadline).await?;
        let own = self
            .send("DOM.resolveNode", json!({"backendNodeId": node["node"]["backendNodeId"]}), deadline)
            .await?;
        let parameters = json!({
            "objectId": own["object"]["objectId"],
            "functionDeclaration": format!("function(args) {{ return {function}(args) }}"),
            "arguments": [{"value": args}],
            "awaitPromise": true,
            "returnByValue": true,
            "userGesture": true,
        });
        outcome_of(self.send("Runtime.callFunctionOn", parameters, deadline).await?)
            .map_err(|fault| in_its_own_lines(fault, body))
    }

    async fn press(
        &mut self,
        frame: &Frame,
        on: &Element,
        press: &Press,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let point = on.point.ok_or(Fault::DocumentGone)?;
        let (x, y) = self.on_page(frame, on, point, deadline).await?;
        let modifiers: u32 = press.modifiers.iter().map(|it| it.bit()).sum();
        let mut event = json!({"type": "mouseMoved", "x": x, "y": y, "modifiers": modifiers});
        self.send("Input.dispatchMouseEvent", event.clone(), deadline).await?;
        let Some(button) = press.button else { return Ok(()) };
        event["button"] = json!(match button {
            Button::Left => "left",
            Button::Middle => "middle",
            Button::Right => "right",
        });
        for click in 1..=press.count {
            event["clickCount"] = json!(click);
            for kind in ["mousePressed", "mouseReleased"] {
                event["type"] = json!(kind);
                self.send("Input.dispatchMouseEvent", event.clone(), deadline).await?;
            }
        }
        Ok(())
    }

    async fn insert(
        &mut self,
        _frame: &Frame,
        _on: &Element,
        text: &str,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        if text.is_empty() {
            // An empty insertion leaves the selection as it is.
            let delete = keys::define("Delete").ok_or(Fault::DocumentGone)?;
            self.key_event("keyDown", &delete, 0, deadline).await?;
            return self.key_event("keyUp", &delete, 0, deadline).await;
        }
        self.send("Input.insertText", json!({"text": text}), deadline).await.map(drop)
    }

    async fn keys(&mut self, _frame: &Frame, keys: &[Key], deadline: Deadline) -> Result<(), Fault> {
        for key in keys {
            let Some(definition) = keys::define(&key.key) else {
                return Err(Fault::Refused(format!("there is no key `{}`", key.key)));
            };
            let mut held = 0;
            let modifiers: Vec<_> =
                key.modifiers.iter().filter_map(|it| Some((it.bit(), keys::define(it.key())?))).collect();
            for (bit, modifier) in &modifiers {
                held |= bit;
                self.key_event("keyDown", modifier, held, deadline).await?;
            }
            self.key_event("keyDown", &definition, held, deadline).await?;
            self.key_event("keyUp", &definition, held, deadline).await?;
            for (bit, modifier) in modifiers.iter().rev() {
                held &= !bit;
                self.key_event("keyUp", modifier, held, deadline).await?;
            }
            if !key.pause.is_zero() {
                tokio::time::sleep(key.pause).await;
            }
        }
        Ok(())
    }

    async fn resize(&mut self, viewport: Viewport, deadline: Deadline) -> Result<(), Fault> {
        let metrics = json!({
            "width": viewport.width,
            "height": viewport.height,
            "deviceScaleFactor": 0,
            "mobile": false,
        });
        self.send("Emulation.setDeviceMetricsOverride", metrics, deadline).await.map(drop)
    }

    async fn screenshot(
        &mut self,
        of: Option<(&Frame, &Element)>,
        deadline: Deadline,
    ) -> Result<Vec<u8>, Fault> {
        use base64::Engine as _;
        let mut parameters = json!({"format": "png"});
        if let Some((frame, element)) = of {
            let (left, top, width, height) = element.rect.ok_or(Fault::DocumentGone)?;
            let (x, y) = self.on_page(frame, element, (left, top), deadline).await?;
            // The clip counts from the page's beginning, not from the viewport's.
            let layout = self.send("Page.getLayoutMetrics", json!({}), deadline).await?;
            let scrolled = |axis: &str| layout["cssVisualViewport"][axis].as_f64().unwrap_or_default();
            parameters["clip"] = json!({
                "x": x + scrolled("pageX"),
                "y": y + scrolled("pageY"),
                "width": width.max(1.0),
                "height": height.max(1.0),
                "scale": 1,
            });
        }
        let answer = self.send("Page.captureScreenshot", parameters, deadline).await?;
        base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap_or_default()).map_err(
            |error| Fault::Infrastructure {
                kind: FailureKind::Protocol,
                message: format!("the screenshot is not base64: {error}"),
            },
        )
    }

    async fn source(&mut self, deadline: Deadline) -> Result<String, Fault> {
        let markup =
            self.in_world(&Frame::Top, "document.documentElement.outerHTML", Answer::Value, deadline).await?;
        Ok(markup.as_str().unwrap_or_default().to_owned())
    }

    fn answer_next_prompt(&mut self, answer: PromptAnswer) {
        self.context.answer_next_prompt(answer);
    }

    fn withdraw_answers(&mut self) -> Vec<PromptAnswer> {
        self.context.withdraw_answers()
    }

    fn take_prompts(&mut self) -> Vec<Prompt> {
        self.context.take_prompts()
    }

    fn console(&self) -> Vec<ConsoleLine> {
        self.context.console().lines
    }
}

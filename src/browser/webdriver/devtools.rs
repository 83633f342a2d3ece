//! A page of a local Chromium: every command goes over the WebDriver wire as the vendor command `goog/cdp/execute`,
//! which answers about four times as fast as the standard endpoints. The engine and all probes run in an isolated
//! world of each frame, so that no page can break them; the case's own scripts run in the page's world.
//!
//! Commands are of the Chrome DevTools Protocol, domains Page, Runtime, DOM, Input and Emulation.

mod history;
mod input;
mod world;

use super::classify::WireError;
use super::thrown::in_its_own_lines;
use super::wire::{Command, Wire};
use crate::browser::chrome::{Carried, CdpError, Chrome, Context, SEQUENCE, Sequence};
use crate::browser::engine::{Call, Element, Envelope, Landed, Then};
use crate::browser::film::{Film, Look};
use crate::browser::page::{ConsoleLine, Destination, Fault, Frame, Key, Page, Press, Prompt, PromptAnswer};
use crate::case::model::Viewport;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use world::{Answer, outcome_of, says_that_the_document_went_away};

/// How long the browser itself may take to say that it is there, when a page did not answer.
const RESPONSIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// An element that input was announced for ([`Call::Landed`]).
struct Announced {
    /// The identity of its document.
    document: String,
    token: String,
}

/// A page in a context of its own.
pub(in crate::browser) struct DevToolsPage {
    chrome: Arc<Chrome>,
    wire: Arc<Wire>,
    context: Context,
    /// For what the engine's last answer announced input.
    announced: Option<Announced>,
    /// The frame that was asked last.
    asked: String,
    /// Something was waited for and came true since the last look.
    has_awaited: bool,
    /// The first document, which was there before anybody told of it, has been left.
    has_navigated: bool,
    /// The browser or the driver was asked whether it is there, and did not answer.
    hung: AtomicBool,
}

impl DevToolsPage {
    pub(in crate::browser) fn new(chrome: Arc<Chrome>, wire: Arc<Wire>, context: Context) -> Self {
        let asked = context.target_id().to_owned();
        Self {
            chrome,
            wire,
            context,
            announced: None,
            asked,
            has_awaited: false,
            has_navigated: false,
            hung: AtomicBool::new(false),
        }
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

    /// Several commands in one trip: the last answer of each stage.
    async fn carry_out(&self, sequence: &Sequence, deadline: Deadline) -> Result<Vec<Value>, Fault> {
        match self.carry_out_partly(sequence, deadline).await? {
            (answers, None) => Ok(answers),
            (_, Some(fault)) => Err(fault),
        }
    }

    /// The same, with what ended it early.
    async fn carry_out_partly(
        &self,
        sequence: &Sequence,
        deadline: Deadline,
    ) -> Result<(Vec<Value>, Option<Fault>), Fault> {
        let answer = self.send(SEQUENCE, json!(sequence), deadline).await?;
        let Carried { answers, error }: Carried<Value> =
            serde_json::from_value(answer).map_err(|error| Fault::Infrastructure {
                kind: FailureKind::Internal,
                message: format!("the gate's answer is not one: {error}"),
            })?;
        let Some(error) = error else { return Ok((answers, None)) };
        let message = error["message"].as_str().unwrap_or_default().to_owned();
        let code = "unknown error".to_owned();
        Ok((answers, Some(self.fault(WireError::Answered { code, message }).await)))
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

    /// The frames whose document input may lead away from.
    fn left_by_input(&self) -> [&str; 2] {
        [self.context.target_id(), &self.asked]
    }

    fn frame_id<'a>(&'a self, frame: &'a Frame) -> &'a str {
        match frame {
            // The main frame has the id of its target.
            Frame::Top => self.context.target_id(),
            Frame::Inner(id) => id,
        }
    }

    async fn come_onto_screen(&mut self, deadline: Deadline) -> Result<(), Fault> {
        let come = self.context.come_onto_screen(deadline).await;
        come.map_err(|error| self.fault_of(error))
    }

    /// What an error past the driver means for the page.
    fn fault_of(&self, error: CdpError) -> Fault {
        match error {
            CdpError::Missed { missed, .. } => Fault::PageStuck(missed),
            CdpError::Closed { .. } => self.browser_ended(),
            other => Fault::Refused(other.to_string()),
        }
    }
}

/// The engine's answer, as the world gave it.
fn envelope(answer: Value) -> Result<Envelope, Fault> {
    serde_json::from_value(answer).map_err(|error| Fault::Infrastructure {
        kind: FailureKind::Internal,
        message: format!("the engine's answer is not an envelope: {error}"),
    })
}

#[async_trait]
impl Page for DevToolsPage {
    async fn navigate(&mut self, to: &Destination, deadline: Deadline) -> Result<(), Fault> {
        match to {
            Destination::Url(url) => {
                let top = self.context.target_id();
                let before = self.context.world(top);
                let requested = self.context.requested_navigations(top);
                let answer = self.send("Page.navigate", json!({"url": url}), deadline).await?;
                if let Some(error) = answer["errorText"].as_str() {
                    // The page went elsewhere by itself in that moment, which ended this navigation.
                    if error.contains("ERR_ABORTED") && self.context.requested_navigations(top) > requested {
                        return Err(Fault::DocumentGone);
                    }
                    return Err(Fault::Navigation(error.to_owned()));
                }
                // Without a loader it was a move within the document. Otherwise the news of the new document may still
                // be on its way: the old one must not answer for it.
                if answer.get("loaderId").is_some() {
                    if let Some(before) = before {
                        self.context.forget_world(&before);
                    }
                    self.has_navigated = true;
                }
            }
            Destination::History(history) => self.traverse(*history, deadline).await?,
        }
        Ok(())
    }

    async fn ask(&mut self, frame: &Frame, call: &Call, deadline: Deadline) -> Result<Envelope, Fault> {
        let expression = format!("__batchrun({})", json!(call));
        let answer = match call {
            Call::Act { then: Then::Fill { value }, .. } => Answer::Filled(value),
            _ => Answer::Value,
        };
        self.announced = None;
        let asked = self.frame_id(frame).to_owned();
        self.asked = asked;
        let envelope = envelope(self.in_world(frame, &expression, answer, deadline).await?)?;
        self.has_awaited |= envelope.ok && !envelope.seen.is_empty();
        if let Call::Act { then: Then::Guard | Then::Point | Then::Type, .. } = call
            && let Some(element) = envelope.element.as_ref().filter(|_| envelope.ok)
        {
            let (document, token) = (envelope.document.clone(), element.token.clone());
            self.announced = Some(Announced { document, token });
        }
        Ok(envelope)
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
    ) -> Result<Option<Landed>, Fault> {
        self.press_element(frame, on, press, deadline).await
    }

    async fn insert(
        &mut self,
        _frame: &Frame,
        _on: &Element,
        text: &str,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        self.insert_text(text, deadline).await
    }

    async fn keys(
        &mut self,
        frame: &Frame,
        on: Option<&Element>,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<usize, Fault> {
        self.strike(frame, on, keys, deadline).await
    }

    async fn arrive(&mut self, deadline: Deadline) -> Result<(), Fault> {
        let frames = self.left_by_input();
        let arrived = deadline.bound(self.context.arrived(&frames));
        tokio::select! {
            biased;
            arrived = arrived => arrived.map_err(Fault::PageStuck),
            () = self.context.crashed() => Err(Fault::Crashed),
            () = self.chrome.closed() => Err(self.browser_ended()),
        }
    }

    async fn resize(&mut self, viewport: Viewport, deadline: Deadline) -> Result<(), Fault> {
        let metrics = json!({
            "width": viewport.width,
            "height": viewport.height,
            "deviceScaleFactor": 0,
            "mobile": false,
        });
        self.come_onto_screen(deadline).await?;
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
            // For as long as that takes the page has the size of the clip.
            self.come_onto_screen(deadline).await?;
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

    async fn begin_film(&mut self, deadline: Deadline) -> Result<(), Fault> {
        let begun = self.context.begin_film(deadline).await;
        begun.map_err(|error| self.fault_of(error))
    }

    async fn look(&mut self, look: Look, deadline: Deadline) {
        let changed = look.changed || std::mem::take(&mut self.has_awaited);
        // Of a document that the step led to the browser may yet have to tell, and it may lead on while it is read.
        let mut world = self.known_world(&Frame::Top, deadline).await;
        self.context.read(deadline).await;
        // A document that has none is not waited for twice.
        if world.is_some() {
            world = self.known_world(&Frame::Top, deadline).await;
        }
        self.context.look(Look { changed, ..look }, world).await;
    }

    async fn let_draw(&mut self, deadline: Deadline) {
        self.context.let_draw(deadline).await;
    }

    async fn catch_up(&mut self, deadline: Deadline) {
        self.context.catch_up(deadline).await;
    }

    async fn end_film(&mut self, deadline: Deadline) -> Film {
        self.context.end_film(deadline).await
    }
}

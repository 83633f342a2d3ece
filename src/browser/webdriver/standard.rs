//! A page behind any WebDriver remote end, by the standard commands alone (W3C WebDriver level 2). The session is the
//! page's own: it was opened for one attempt and ends with it.
//!
//! The engine runs in the page's own world here and is sent along where a document does not have it yet.

use super::actions;
use super::classify::WireError;
use super::watch::Watch;
use super::wire::{Command, Remote, Wire};
use crate::browser::engine::{self, Call, Element, Envelope, Landed};
use crate::browser::film::{self, Film, Look, Picture, PictureFormat, Reel, Timing};
use crate::browser::page::{ConsoleLine, Destination, Fault, Frame, Key, Page, Press, Prompt, PromptAnswer};
use crate::case::model::{History, Viewport};
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// The key of an element in JSON (WebDriver 12.1, "web element identifier").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long the remote end may take to say that it is there, when a page did not answer.
const STATUS_TIMEOUT: Duration = Duration::from_secs(1);

/// Asks the engine, when the document has it; the answer is then `[envelope, element or null]`, else null.
const ASK: &str = "const [call, done] = arguments; const engine = document[Symbol.for('batchrun.engine')]; \
    if (!engine) return done(null); \
    engine(call).then(it => done([it, it.element ? engine.element(it.element.token) : null]))";

/// A page in a session of its own.
pub(in crate::browser) struct StandardPage {
    remote: Remote,
    wire: Wire,
    watch: Watch,
    /// The frame in which the driver is now.
    current: Frame,
    /// How each frame is reached: the frame around it, and its element there.
    frames: HashMap<String, (Frame, Value)>,
    /// Elements that the engine answered with, by document and token.
    elements: HashMap<(Frame, String), Value>,
    /// What is filmed, if it is.
    reel: Option<Reel>,
}

impl StandardPage {
    pub(in crate::browser) fn new(remote: Remote, wire: Wire) -> Self {
        Self {
            remote,
            wire,
            watch: Watch::default(),
            current: Frame::Top,
            frames: HashMap::new(),
            elements: HashMap::new(),
            reel: None,
        }
    }

    pub(in crate::browser) fn wire(&self) -> &Wire {
        &self.wire
    }

    async fn send(&self, command: Command<'_>, deadline: Deadline) -> Result<Value, Fault> {
        loop {
            match self.wire.call(command.clone(), deadline).await {
                Ok(value) => return Ok(value),
                // The command was not carried out: it is sent again once the prompt is answered.
                Err(error) if error.is("unexpected alert open") => self.answer_prompt(deadline).await?,
                Err(error) => return Err(self.fault(error, deadline).await),
            }
        }
    }

    async fn post(&self, path: &str, body: Value, deadline: Deadline) -> Result<Value, Fault> {
        self.send(Command::Post(path, &body), deadline).await
    }

    /// Answers the prompt that is open (WebDriver 18), by the queue or by dismissing it.
    async fn answer_prompt(&self, deadline: Deadline) -> Result<(), Fault> {
        let text = match self.wire.call(Command::Get("alert/text"), deadline).await {
            Ok(text) => text,
            // Somebody else was faster: the page itself, or the driver.
            Err(error) if error.is("no such alert") => return Ok(()),
            Err(error) => return Err(self.fault(error, deadline).await),
        };
        let answer = self.watch.prompt("dialog", text.as_str().unwrap_or_default());
        if let Some(text) = answer.as_ref().and_then(|it| it.text.as_ref()) {
            let typed = self.wire.call(Command::Post("alert/text", &json!({"text": text})), deadline).await;
            if let Err(error) = typed
                && !error.is("element not interactable")
            {
                return Err(self.fault(error, deadline).await);
            }
        }
        let path = if answer.is_some_and(|it| it.accept) { "alert/accept" } else { "alert/dismiss" };
        match self.wire.call(Command::Post(path, &json!({})), deadline).await {
            Err(error) if !error.is("no such alert") => Err(self.fault(error, deadline).await),
            _ => Ok(()),
        }
    }

    async fn fault(&self, error: WireError, deadline: Deadline) -> Fault {
        let document_gone =
            ["stale element reference", "no such frame", "no such element", "detached shadow root"];
        if document_gone.iter().any(|code| error.is(code)) || error.mentions("Document was unloaded") {
            return Fault::DocumentGone;
        }
        // A script timeout before its time was a navigation that took the script with it.
        if error.is("script timeout") && !deadline.is_missed() {
            return Fault::DocumentGone;
        }
        if error.is("tab crashed") || error.mentions("tab crashed") {
            return Fault::Crashed;
        }
        if error.is("javascript error") {
            return Fault::Script { message: message_of(&error) };
        }
        if error.mentions("net::ERR_") || error.mentions("about:neterror") {
            return Fault::Navigation(message_of(&error));
        }
        if let WireError::Missed(missed) = error {
            let deadline = Deadline::after("answer of the driver", STATUS_TIMEOUT);
            if self.remote.status(deadline).await.is_ok() {
                return Fault::PageStuck(missed);
            }
        }
        let kind = Some(error.kind()).filter(|kind| kind.is_infrastructure()).unwrap_or(FailureKind::Driver);
        Fault::Infrastructure { kind, message: error.to_string() }
    }

    /// Makes `frame` the current browsing context (WebDriver 11.6).
    async fn switch_to(&mut self, frame: &Frame, deadline: Deadline) -> Result<(), Fault> {
        if self.current == *frame {
            return Ok(());
        }
        let mut chain = Vec::new();
        let mut at = frame;
        while let Frame::Inner(name) = at {
            let (around, element) = self.frames.get(name).ok_or(Fault::DocumentGone)?;
            chain.push(element.clone());
            at = around;
        }
        self.current = Frame::Top;
        self.post("frame", json!({"id": null}), deadline).await?;
        for element in chain.into_iter().rev() {
            self.post("frame", json!({"id": element}), deadline).await?;
        }
        self.current = frame.clone();
        Ok(())
    }

    async fn execute(
        &self,
        path: &str,
        script: &str,
        args: Value,
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        self.post(path, json!({"script": script, "args": args}), deadline).await
    }

    fn kept(&self, frame: &Frame, element: &Element) -> Result<&Value, Fault> {
        self.elements.get(&(frame.clone(), element.token.clone())).ok_or(Fault::DocumentGone)
    }

    async fn actions(&self, sources: &[Value], deadline: Deadline) -> Result<(), Fault> {
        self.post("actions", json!({"actions": sources}), deadline).await.map(drop)
    }
}

fn message_of(error: &WireError) -> String {
    match error {
        WireError::Answered { message, .. } => message.clone(),
        other => other.to_string(),
    }
}

#[async_trait]
impl Page for StandardPage {
    async fn navigate(&mut self, to: &Destination, deadline: Deadline) -> Result<(), Fault> {
        self.switch_to(&Frame::Top, deadline).await?;
        match to {
            Destination::Url(url) => self.post("url", json!({"url": url}), deadline).await?,
            Destination::History(History::Back) => self.post("back", json!({}), deadline).await?,
            Destination::History(History::Forward) => self.post("forward", json!({}), deadline).await?,
            Destination::History(History::Reload) => self.post("refresh", json!({}), deadline).await?,
        };
        self.frames.clear();
        self.elements.clear();
        Ok(())
    }

    async fn ask(&mut self, frame: &Frame, call: &Call, deadline: Deadline) -> Result<Envelope, Fault> {
        self.switch_to(frame, deadline).await?;
        let mut answer = match self.execute("execute/async", ASK, json!([call]), deadline).await {
            // Another document, for all that anybody knows.
            Err(Fault::DocumentGone) if matches!(call, Call::Landed { .. }) => return Ok(Envelope::default()),
            answer => answer?,
        };
        if answer.is_null() {
            let source = &*engine::SENT;
            let install = format!("{source};\n{ASK}");
            answer = self.execute("execute/async", &install, json!([call]), deadline).await?;
        }
        // Still null: the document went away and the driver took that for a result.
        let (envelope, element) = match answer.as_array_mut().map(Vec::as_mut_slice) {
            Some([envelope, element]) => (envelope.take(), element.take()),
            _ => return Err(Fault::DocumentGone),
        };
        let envelope: Envelope = serde_json::from_value(envelope).map_err(|error| Fault::Infrastructure {
            kind: FailureKind::Protocol,
            message: format!("the engine's answer is not an envelope: {error}"),
        })?;
        if let Some(found) = &envelope.element
            && element.get(ELEMENT).is_some()
        {
            self.elements.insert((frame.clone(), found.token.clone()), element);
        }
        Ok(envelope)
    }

    async fn enter(&mut self, frame: &Frame, element: &Element, _deadline: Deadline) -> Result<Frame, Fault> {
        let reference = self.kept(frame, element)?.clone();
        let name = reference[ELEMENT].as_str().ok_or(Fault::DocumentGone)?.to_owned();
        self.frames.insert(name.clone(), (frame.clone(), reference));
        Ok(Frame::Inner(name))
    }

    async fn script(
        &mut self,
        frame: &Frame,
        body: &str,
        args: &[Value],
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        self.switch_to(frame, deadline).await?;
        // Errors are brought back as a value: `execute/async` would call them a timeout or lose their stack.
        let script = format!(
            "const done = arguments[1]; (async function(args) {{\n{body}\n}})(arguments[0])\
             .then(value => done({{value}}), error => done({{error: String(error?.stack ?? error)}}))"
        );
        let mut answer = self.execute("execute/async", &script, json!([args]), deadline).await?;
        if let Some(error) = answer["error"].as_str() {
            return Err(Fault::Script { message: error.to_owned() });
        }
        Ok(answer["value"].take())
    }

    async fn press(
        &mut self,
        frame: &Frame,
        on: &Element,
        press: &Press,
        deadline: Deadline,
    ) -> Result<Option<Landed>, Fault> {
        self.switch_to(frame, deadline).await?;
        let reference = self.kept(frame, on)?;
        let sources = actions::press(on, reference, press);
        let mut sent = self.actions(&sources, deadline).await;
        if sent.is_ok() && !press.modifiers.is_empty() {
            sent = self.send(Command::Delete("actions"), deadline).await.map(drop);
        }
        match sent {
            // What a press sets off often tears the document down before the answer comes, and nobody can tell that from
            // a press that came too late. Pressing again on whatever comes next would be a second press.
            Ok(()) | Err(Fault::DocumentGone) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn insert(
        &mut self,
        frame: &Frame,
        _on: &Element,
        text: &str,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let pressed: Vec<Key> = if text.is_empty() {
            vec![Key { modifiers: Vec::new(), key: "Delete".to_owned(), pause: Duration::ZERO }]
        } else {
            text.chars()
                .map(|it| Key { modifiers: Vec::new(), key: it.to_string(), pause: Duration::ZERO })
                .collect()
        };
        self.keys(frame, None, &pressed, deadline).await.map(drop)
    }

    async fn keys(
        &mut self,
        frame: &Frame,
        _on: Option<&Element>,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<usize, Fault> {
        self.switch_to(frame, deadline).await?;
        let source = actions::keys(keys).map_err(|key| Fault::Refused(format!("there is no key `{key}`")))?;
        match self.actions(&[source], deadline).await {
            // A key that sends a form takes its document away; keys cannot be sent twice.
            Ok(()) | Err(Fault::DocumentGone) => Ok(keys.len()),
            Err(fault) => Err(fault),
        }
    }

    async fn arrive(&mut self, _deadline: Deadline) -> Result<(), Fault> {
        // Drivers wait for navigations by themselves, before and after each command (WebDriver 10.1).
        Ok(())
    }

    async fn resize(&mut self, viewport: Viewport, deadline: Deadline) -> Result<(), Fault> {
        // The standard sets windows, not viewports (WebDriver 11.8): the difference is measured first.
        let script = "return [outerWidth - innerWidth, outerHeight - innerHeight]";
        let frame = self.execute("execute/sync", script, json!([]), deadline).await?;
        let border = |at: usize| frame[at].as_i64().unwrap_or_default().max(0);
        let size = json!({
            "width": i64::from(viewport.width) + border(0),
            "height": i64::from(viewport.height) + border(1),
        });
        self.post("window/rect", size, deadline).await.map(drop)
    }

    async fn screenshot(
        &mut self,
        of: Option<(&Frame, &Element)>,
        deadline: Deadline,
    ) -> Result<Vec<u8>, Fault> {
        use base64::Engine as _;
        let path = match of {
            Some((frame, element)) => {
                self.switch_to(frame, deadline).await?;
                let id = self.kept(frame, element)?[ELEMENT].as_str().unwrap_or_default().to_owned();
                format!("element/{id}/screenshot")
            }
            None => "screenshot".to_owned(),
        };
        let answer = self.send(Command::Get(&path), deadline).await?;
        base64::engine::general_purpose::STANDARD.decode(answer.as_str().unwrap_or_default()).map_err(
            |error| Fault::Infrastructure {
                kind: FailureKind::Protocol,
                message: format!("the screenshot is not base64: {error}"),
            },
        )
    }

    async fn source(&mut self, deadline: Deadline) -> Result<String, Fault> {
        self.switch_to(&Frame::Top, deadline).await?;
        let source = self.send(Command::Get("source"), deadline).await?;
        Ok(source.as_str().unwrap_or_default().to_owned())
    }

    fn answer_next_prompt(&mut self, answer: PromptAnswer) {
        self.watch.queue(answer);
    }

    fn withdraw_answers(&mut self) -> Vec<PromptAnswer> {
        self.watch.withdraw()
    }

    fn take_prompts(&mut self) -> Vec<Prompt> {
        self.watch.take_prompts()
    }

    fn console(&self) -> Vec<ConsoleLine> {
        // The classic protocol has no console.
        Vec::new()
    }

    async fn begin_film(&mut self, _deadline: Deadline) -> Result<(), Fault> {
        self.reel = Some(Reel::default());
        Ok(())
    }

    async fn look(&mut self, look: Look, deadline: Deadline) {
        if look.sensitive {
            return;
        }
        let Some(mut reel) = self.reel.take() else { return };
        if let Ok(bytes) = self.screenshot(None, deadline).await {
            let at_ms = film::milliseconds(Timestamp::now());
            reel.picture(Picture {
                at_ms,
                until_ms: at_ms,
                timing: Timing::Asked,
                format: PictureFormat::Png,
                bytes,
            });
        }
        if let Ok(markup) = self.source(deadline).await {
            reel.document(look.number, markup);
        }
        self.reel = Some(reel);
    }

    async fn end_film(&mut self, _deadline: Deadline) -> Film {
        // Nor does it tell of requests.
        self.reel.take().map(|mut reel| reel.film(Vec::new())).unwrap_or_default()
    }
}

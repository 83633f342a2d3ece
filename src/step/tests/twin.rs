//! A page without a browser: records what it is asked, in words, and plays what it was told to answer. What nobody
//! told it about succeeds at once.

use crate::browser::engine::{
    Call, Candidate, Element, Envelope, Landed, NotReady, Query, Reading, Seen, Then,
};
use crate::browser::page::{ConsoleLine, Destination, Fault, Frame, Key, Page, Press, Prompt, PromptAnswer};
use crate::case::model::Viewport;
use crate::deadline::Deadline;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// The scripted page.
#[derive(Debug, Default)]
pub(super) struct Twin {
    /// What it was asked, one line each.
    pub(super) asked: Vec<String>,
    /// How long the engine was to wait, for each question to it.
    pub(super) waits: Vec<u64>,
    plays: HashMap<&'static str, VecDeque<Play>>,
    answers: VecDeque<PromptAnswer>,
    prompts: Vec<Prompt>,
    url: String,
    /// What the page's console has.
    pub(super) console: Vec<ConsoleLine>,
}

/// What happens at one operation.
#[derive(Debug, Default)]
pub(super) struct Play {
    reply: Option<Reply>,
    takes: Duration,
    prompt: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
enum Reply {
    /// The engine gives up after the time it was given.
    NotReady(NotReady, Vec<Seen>),
    Value(Value),
    Frame,
    Document(&'static str),
    Status(Option<u16>),
    Fault(Fault),
    /// No answer before the wire's deadline.
    Stuck,
    /// No answer, ever.
    Silent,
}

impl Play {
    fn of(reply: Reply) -> Self {
        Self { reply: Some(reply), ..Self::default() }
    }

    pub(super) fn not_ready(code: &str, message: &str) -> Self {
        let failure = NotReady { code: code.to_owned(), message: message.to_owned(), ..NotReady::default() };
        Self::of(Reply::NotReady(failure, Vec::new()))
    }

    pub(super) fn mismatch(message: &str, expected: &str, actual: &str) -> Self {
        let failure = NotReady {
            code: "mismatch".to_owned(),
            message: message.to_owned(),
            expected: Some(expected.to_owned()),
            actual: Some(actual.to_owned()),
            ..NotReady::default()
        };
        Self::of(Reply::NotReady(failure, Vec::new()))
    }

    pub(super) fn value(value: Value) -> Self {
        Self::of(Reply::Value(value))
    }

    /// The element found is a frame.
    pub(super) fn frame() -> Self {
        Self::of(Reply::Frame)
    }

    /// Another document answers.
    pub(super) fn document(identity: &'static str) -> Self {
        Self::of(Reply::Document(identity))
    }

    pub(super) fn status(status: Option<u16>) -> Self {
        Self::of(Reply::Status(status))
    }

    pub(super) fn fault(fault: Fault) -> Self {
        Self::of(Reply::Fault(fault))
    }

    pub(super) fn gone() -> Self {
        Self::fault(Fault::DocumentGone)
    }

    pub(super) fn stuck() -> Self {
        Self::of(Reply::Stuck)
    }

    pub(super) fn silent() -> Self {
        Self::of(Reply::Silent)
    }

    /// It succeeds, and a prompt appears.
    pub(super) fn prompt(kind: &'static str, message: &'static str) -> Self {
        Self { prompt: Some((kind, message)), ..Self::default() }
    }

    pub(super) fn and_prompt(self, kind: &'static str, message: &'static str) -> Self {
        Self { prompt: Some((kind, message)), ..self }
    }

    pub(super) fn after(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    pub(super) fn seen(mut self, at_ms: u64, what: &str) -> Self {
        if let Some(Reply::NotReady(_, seen)) = &mut self.reply {
            seen.push(Seen { at_ms, what: what.to_owned() });
        }
        self
    }

    pub(super) fn candidate(mut self, locator: &str, description: &str) -> Self {
        if let Some(Reply::NotReady(failure, _)) = &mut self.reply {
            let (description, locator) = (description.to_owned(), locator.to_owned());
            let candidate = Candidate { description, locator, ..Candidate::default() };
            failure.candidates.push(candidate);
        }
        self
    }
}

impl Twin {
    /// What happens at the next operation of this name (`act`, `check`, `read`, `document`, `landed`, `navigate`,
    /// `press`, `insert`, `keys`, `arrive`, `script`, `enter`, `resize`, `screenshot`) that nothing was said about yet.
    pub(super) fn at(mut self, operation: &'static str, play: Play) -> Self {
        self.plays.entry(operation).or_default().push_back(play);
        self
    }

    fn next(&mut self, operation: &str) -> Play {
        self.plays.get_mut(operation).and_then(VecDeque::pop_front).unwrap_or_default()
    }

    fn note(&mut self, frame: &Frame, what: String) {
        self.asked.push(match frame {
            Frame::Top => what,
            Frame::Inner(name) => format!("in {name}: {what}"),
        });
    }

    fn show_prompt(&mut self, prompt: Option<(&'static str, &'static str)>) {
        if let Some((kind, message)) = prompt {
            let answer = self.answers.pop_front();
            self.prompts.push(Prompt { kind: kind.to_owned(), message: message.into(), answer });
        }
    }

    /// Plays an operation whose success has no other value than the reply's.
    async fn play(&mut self, operation: &str, deadline: Deadline) -> Result<Option<Reply>, Fault> {
        let play = self.next(operation);
        tokio::time::sleep(play.takes).await;
        self.show_prompt(play.prompt);
        match play.reply {
            Some(Reply::Fault(fault)) => Err(fault),
            Some(Reply::Stuck) => {
                tokio::time::sleep(deadline.left()).await;
                Err(Fault::PageStuck(deadline.missed()))
            }
            Some(Reply::Silent) => std::future::pending().await,
            reply => Ok(reply),
        }
    }
}

#[async_trait]
impl Page for Twin {
    async fn navigate(&mut self, to: &Destination, deadline: Deadline) -> Result<(), Fault> {
        match to {
            Destination::Url(url) => {
                self.asked.push(format!("navigate {url}"));
                self.url.clone_from(url);
            }
            Destination::History(history) => self.asked.push(format!("navigate {history:?}")),
        }
        self.play("navigate", deadline).await.map(drop)
    }

    async fn ask(&mut self, frame: &Frame, call: &Call, deadline: Deadline) -> Result<Envelope, Fault> {
        let (operation, words, wait_ms, value) = describe(call, &self.url);
        self.note(frame, words);
        self.waits.push(wait_ms);
        let element = Element {
            token: "e1".to_owned(),
            description: "<button>".to_owned(),
            point: Some((10.0, 10.0)),
            ..Element::default()
        };
        let done = Envelope {
            ok: true,
            document: "first".to_owned(),
            element: Some(element.clone()),
            value,
            ..Envelope::default()
        };
        Ok(match self.play(operation, deadline).await? {
            Some(Reply::NotReady(failure, seen)) => {
                let at_once = failure.code == "unsuitable" || failure.code == "invalid";
                let waited = if at_once { 0 } else { wait_ms };
                tokio::time::sleep(Duration::from_millis(waited)).await;
                Envelope { ok: false, failure: Some(failure), seen, element: None, ..done }
            }
            Some(Reply::Value(value)) => Envelope { value, ..done },
            Some(Reply::Status(status)) => {
                let value = json!({"url": self.url, "ready_state": "complete", "status": status});
                Envelope { value, ..done }
            }
            Some(Reply::Frame) => Envelope { element: Some(Element { frame: true, ..element }), ..done },
            Some(Reply::Document(identity)) => Envelope { document: identity.to_owned(), ..done },
            _ => done,
        })
    }

    async fn enter(&mut self, frame: &Frame, element: &Element, deadline: Deadline) -> Result<Frame, Fault> {
        self.note(frame, format!("enter {}", element.token));
        self.play("enter", deadline).await?;
        Ok(match frame {
            Frame::Top => Frame::Inner("frame".to_owned()),
            Frame::Inner(name) => Frame::Inner(format!("{name}/frame")),
        })
    }

    async fn script(
        &mut self,
        frame: &Frame,
        body: &str,
        args: &[Value],
        deadline: Deadline,
    ) -> Result<Value, Fault> {
        self.note(frame, format!("script {body} {}", json!(args)));
        match self.play("script", deadline).await? {
            Some(Reply::Value(value)) => Ok(value),
            _ => Ok(Value::Null),
        }
    }

    async fn press(
        &mut self,
        frame: &Frame,
        on: &Element,
        press: &Press,
        deadline: Deadline,
    ) -> Result<Option<Landed>, Fault> {
        let button = press.button.map_or("nothing".to_owned(), |it| format!("{it:?} × {}", press.count));
        self.note(frame, format!("press {button} {:?} on {}", press.modifiers, on.token));
        self.play("press", deadline).await.map(|_| None)
    }

    async fn insert(
        &mut self,
        frame: &Frame,
        _: &Element,
        text: &str,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        self.note(frame, format!("insert {text:?}"));
        self.play("insert", deadline).await.map(drop)
    }

    async fn keys(
        &mut self,
        frame: &Frame,
        _on: Option<&Element>,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<usize, Fault> {
        let shown = keys.iter().map(|key| {
            let held = key.modifiers.iter().map(|it| format!("{it:?}+")).collect::<Vec<_>>().concat();
            format!("{held}{}", key.key)
        });
        let words = format!("keys {}", shown.collect::<Vec<_>>().join(" "));
        self.note(frame, words);
        let reply = self.play("keys", deadline).await?;
        Ok(match reply {
            Some(Reply::Value(came)) => {
                came.as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or_default()
            }
            _ => keys.len(),
        })
    }

    async fn arrive(&mut self, deadline: Deadline) -> Result<(), Fault> {
        self.play("arrive", deadline).await.map(drop)
    }

    async fn resize(&mut self, viewport: Viewport, deadline: Deadline) -> Result<(), Fault> {
        self.asked.push(format!("resize {}×{}", viewport.width, viewport.height));
        self.play("resize", deadline).await.map(drop)
    }

    async fn screenshot(
        &mut self,
        of: Option<(&Frame, &Element)>,
        deadline: Deadline,
    ) -> Result<Vec<u8>, Fault> {
        let what = of.map_or("all", |(_, element)| &element.token);
        self.asked.push(format!("screenshot of {what}"));
        self.play("screenshot", deadline).await?;
        Ok(b"png".to_vec())
    }

    async fn source(&mut self, _: Deadline) -> Result<String, Fault> {
        Ok("<html></html>".to_owned())
    }

    fn answer_next_prompt(&mut self, answer: PromptAnswer) {
        self.answers.push_back(answer);
    }

    fn withdraw_answers(&mut self) -> Vec<PromptAnswer> {
        self.answers.drain(..).rev().collect()
    }

    fn take_prompts(&mut self) -> Vec<Prompt> {
        std::mem::take(&mut self.prompts)
    }

    fn console(&self) -> Vec<ConsoleLine> {
        self.console.clone()
    }
}

/// A call's name, its words, how long it is to wait, and the value of its success.
fn describe(call: &Call, url: &str) -> (&'static str, String, u64, Value) {
    match call {
        Call::Act { query, needs, at, then, wait_ms } => {
            let needs: String = needs.iter().map(|need| format!(" {need:?}").to_lowercase()).collect();
            let at = at.map_or(String::new(), |at| format!(" at {at:?}"));
            let (then, value) = match then {
                Then::Nothing => (String::new(), Value::Null),
                Then::Fill { value } => (format!(" → fill {value:?}"), json!("insert")),
                other => (format!(" → {}", json!(other)), Value::Null),
            };
            ("act", format!("act {}{needs}{at}{then}", words(query)), *wait_ms, value)
        }
        Call::Check { query, matchers, wait_ms } => {
            ("check", format!("check {} {matchers}", words(query)), *wait_ms, Value::Null)
        }
        Call::Read { query, take, wait_ms } => {
            let value = match take {
                Reading::Checked => json!(false),
                Reading::Count => json!(2),
                _ => json!("text"),
            };
            ("read", format!("read {} {}", words(query), json!(take)), *wait_ms, value)
        }
        Call::Document { ready, url: wanted, title, wait_ms } => {
            let ready = ready.map(|it| format!(" {}", json!(it))).unwrap_or_default();
            let wanted = wanted.as_ref().map(|it| format!(" url {it}")).unwrap_or_default();
            let title = title.as_ref().map(|it| format!(" title {it}")).unwrap_or_default();
            let words = format!("document{ready}{wanted}{title}");
            let value = json!({"url": url, "title": "A page", "ready_state": "complete"});
            ("document", words, *wait_ms, value)
        }
        Call::Landed { token } => ("landed", format!("landed {token}"), 0, json!("hit")),
    }
}

fn words(query: &Query) -> String {
    let part = |part: &Value| {
        let what = part.get("value").or_else(|| part.get("index")).or_else(|| part.get("text"));
        format!(
            "{}={}",
            part["by"].as_str().unwrap_or("?"),
            what.map_or(String::new(), |it| match it {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        )
    };
    query.iter().map(part).collect::<Vec<_>>().join(" >> ")
}

//! What the pages of one context tell besides answers: prompts, console lines, crashes. Answers prompts at once.

use super::console::{Console, Kind};
use super::message::{Message, raw};
use super::navigations::{Navigations, Stage};
use super::worlds::{TOLD, Worlds};
use crate::browser::engine::Landed;
use crate::browser::page::{Prompt, PromptAnswer};
use crate::deadline::Deadline;
use crate::text::Untrusted;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Console lines that are kept; of more, the newest.
const LINES: usize = 1000;

/// Bytes of console messages that are kept.
const BYTES: usize = 4 << 20;

/// A console message larger than this is only counted.
const LINE_BYTES: usize = 64 << 10;

/// Prompts that are kept between two looks at them. A page in a loop of alerts makes hundreds a second.
const PROMPTS: usize = 100;

/// How long the browser may take to begin a navigation that a page asks for. What the page's policy forbids never
/// begins, and nobody says so.
const BEGINNING: Duration = Duration::from_secs(1);

/// The tap of one context.
#[derive(Debug)]
pub(super) struct Tap {
    state: Mutex<State>,
    /// Whether a page crashed, and how many prompts there were.
    signs: watch::Sender<Signs>,
    /// Wakes who waits for a document.
    documents_told: Notify,
}

/// What has happened in a context so far, to be waited on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// Whether a page of it crashed.
    pub crashed: bool,
    /// Prompts that appeared.
    pub prompts: u64,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<PromptAnswer>,
    prompts: VecDeque<Prompt>,
    /// Unread until somebody asks: most contexts end without anybody asking.
    lines: VecDeque<(Kind, Box<RawValue>)>,
    bytes: usize,
    dropped: u64,
    worlds: Worlds,
    navigations: Navigations,
    /// What a document told last of the input that it watches.
    told: Option<Told>,
}

/// News of watched input.
#[derive(Clone, Debug, Deserialize)]
struct Told {
    /// The identity of the document.
    document: String,
    /// The token of the element.
    token: String,
    outcome: Landed,
}

/// What becomes of an event after the tap has seen it.
#[derive(Debug)]
pub(super) enum Then {
    /// The driver gets it, too.
    Pass,
    /// The driver does not get it.
    Keep,
    /// The driver does not get it, and the page gets this answer (`Page.handleJavaScriptDialog`).
    Answer(Box<RawValue>),
}

impl Tap {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            signs: watch::Sender::new(Signs::default()),
            documents_told: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at an event of a page.
    ///
    /// Drivers never learn of prompts: one that knows of a prompt ends the command in flight with an error, while
    /// here the command goes on as soon as the prompt is answered. Nor do they get the console, which they only drop.
    pub(super) fn event(&self, message: &Message<'_>) -> Then {
        let kind = match message.method.unwrap_or_default() {
            "Page.javascriptDialogOpening" => return self.prompt(message.params),
            "Page.javascriptDialogClosed" => return Then::Keep,
            "Inspector.targetCrashed" => {
                self.signs.send_modify(|signs| signs.crashed = true);
                return Then::Pass;
            }
            method if method.starts_with("Runtime.executionContext") => {
                self.lock().worlds.event(message);
                self.documents_told.notify_waiters();
                return Then::Pass;
            }
            "Runtime.bindingCalled" => return self.told(message.params),
            method if method.starts_with("Page.") => {
                if self.lock().navigations.event(message) {
                    self.documents_told.notify_waiters();
                }
                return Then::Pass;
            }
            "Runtime.consoleAPICalled" => Kind::Call,
            "Runtime.exceptionThrown" => Kind::Exception,
            "Log.entryAdded" => Kind::Entry,
            _ => return Then::Pass,
        };
        if let Some(params) = message.params {
            self.line(kind, params);
        }
        Then::Keep
    }

    fn prompt(&self, params: Option<&RawValue>) -> Then {
        #[derive(Default, Deserialize)]
        struct Opening {
            #[serde(default, rename = "type")]
            kind: String,
            #[serde(default)]
            message: String,
        }
        let opening: Opening = params.and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default();
        let mut state = self.lock();
        let answer = state.answers.pop_front();
        // Nobody asked: dismissed, but for a page that wants to keep its visitor. That would block every navigation.
        let accept = answer.as_ref().map_or(opening.kind == "beforeunload", |answer| answer.accept);
        let mut reply = json!({ "accept": accept });
        if let Some(text) = answer.as_ref().and_then(|answer| answer.text.as_ref()) {
            reply["promptText"] = json!(text);
        }
        if state.prompts.len() < PROMPTS {
            state.prompts.push_back(Prompt {
                kind: opening.kind,
                message: Untrusted::from(opening.message),
                answer,
            });
        }
        drop(state);
        self.signs.send_modify(|signs| signs.prompts += 1);
        Then::Answer(raw(&reply))
    }

    fn told(&self, params: Option<&RawValue>) -> Then {
        #[derive(Deserialize)]
        struct Call {
            name: String,
            payload: String,
        }
        let call: Option<Call> = params.and_then(|it| serde_json::from_str(it.get()).ok());
        let Some(call) = call.filter(|it| it.name == TOLD) else { return Then::Pass };
        if let Ok(told) = serde_json::from_str(&call.payload) {
            self.lock().told = Some(told);
        }
        Then::Keep
    }

    fn line(&self, kind: Kind, params: &RawValue) {
        let mut state = self.lock();
        let size = params.get().len();
        if size > LINE_BYTES {
            state.dropped += 1;
            return;
        }
        while state.lines.len() >= LINES || state.bytes + size > BYTES {
            let Some((_, oldest)) = state.lines.pop_front() else { break };
            state.bytes -= oldest.get().len();
            state.dropped += 1;
        }
        state.bytes += size;
        state.lines.push_back((kind, params.to_owned()));
    }

    pub(super) fn answer_next_prompt(&self, answer: PromptAnswer) {
        self.lock().answers.push_back(answer);
    }

    pub(super) fn withdraw_answers(&self) -> Vec<PromptAnswer> {
        self.lock().answers.drain(..).rev().collect()
    }

    pub(super) fn take_prompts(&self) -> Vec<Prompt> {
        self.lock().prompts.drain(..).collect()
    }

    pub(super) fn console(&self) -> Console {
        let state = self.lock();
        let lines = state.lines.iter().map(|(kind, params)| kind.line(params));
        Console { lines: lines.collect(), dropped: state.dropped }
    }

    /// The isolated world of a frame.
    pub(super) fn world(&self, frame: &str) -> Option<String> {
        self.lock().worlds.of(frame).map(str::to_owned)
    }

    /// Waits for the isolated world of a frame.
    pub(super) async fn next_world(&self, frame: &str) -> String {
        loop {
            let told = self.documents_told.notified();
            if let Some(world) = self.world(frame) {
                return world;
            }
            told.await;
        }
    }

    /// What a document told last of the input to an element.
    pub(super) fn landed(&self, document: &str, token: &str) -> Option<Landed> {
        let state = self.lock();
        state
            .told
            .as_ref()
            .filter(|it| it.document == document && it.token == token)
            .map(|it| it.outcome.clone())
    }

    /// How often the page itself has asked for a navigation of a frame.
    pub(super) fn requested_navigations(&self, frame: &str) -> u64 {
        self.lock().navigations.requested(frame)
    }

    /// Whether a navigation of one of these frames is under way.
    pub(super) fn is_navigating(&self, frames: &[&str]) -> bool {
        self.lock().navigations.under_way(frames).is_some()
    }

    /// Waits until no navigation of these frames is under way.
    pub(super) async fn arrived(&self, frames: &[&str]) {
        let patience = tokio::time::Instant::now() + BEGINNING;
        loop {
            let told = self.documents_told.notified();
            let stage = self.lock().navigations.under_way(frames);
            match stage {
                None => return,
                Some(Stage::Started) => told.await,
                Some(Stage::Requested) => {
                    if tokio::time::timeout_at(patience, told).await.is_err() {
                        self.lock().navigations.forget_requests();
                    }
                }
            }
        }
    }

    /// Waits until the document of a page's frame has been read (`DOMContentLoaded`), once and for so long.
    pub(super) async fn read(&self, frame: &str, patience: Deadline) {
        let read = async {
            loop {
                let told = self.documents_told.notified();
                if !self.lock().navigations.is_reading(frame) {
                    return;
                }
                told.await;
            }
        };
        if patience.bound(read).await.is_err() {
            self.lock().navigations.forget_reading(frame);
        }
    }

    /// Forgets a world that is known to be gone.
    pub(super) fn forget_world(&self, gone: &str) {
        self.lock().worlds.forget(gone);
    }

    pub(super) fn signs(&self) -> watch::Receiver<Signs> {
        self.signs.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn event(tap: &Tap, method: &str, params: &Value) -> Then {
        let params = raw(params);
        let message = Message {
            id: None,
            method: Some(method),
            session: Some("S"),
            params: Some(&params),
            result: None,
            error: None,
        };
        tap.event(&message)
    }

    fn answer_to(tap: &Tap, kind: &str) -> String {
        match event(
            tap,
            "Page.javascriptDialogOpening",
            &json!({"type": kind, "message": "sure?", "url": "u"}),
        ) {
            Then::Answer(answer) => answer.get().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn f33_prompts_take_queued_answers_else_are_dismissed() {
        let tap = Tap::new();
        let yes = PromptAnswer { accept: true, text: Some("Ann".to_owned()) };
        tap.answer_next_prompt(yes.clone());
        assert_eq!(answer_to(&tap, "prompt"), r#"{"accept":true,"promptText":"Ann"}"#);
        assert_eq!(answer_to(&tap, "confirm"), r#"{"accept":false}"#);
        assert_eq!(answer_to(&tap, "beforeunload"), r#"{"accept":true}"#);
        let answers: Vec<_> =
            tap.take_prompts().into_iter().map(|prompt| (prompt.kind, prompt.answer)).collect();
        let expected = [("prompt", Some(yes.clone())), ("confirm", None), ("beforeunload", None)]
            .map(|(k, a)| (k.to_owned(), a));
        assert_eq!(answers, expected);
        assert_eq!(*tap.signs().borrow(), Signs { crashed: false, prompts: 3 });
        tap.answer_next_prompt(PromptAnswer { accept: false, text: None });
        tap.answer_next_prompt(yes.clone());
        assert_eq!(tap.withdraw_answers(), [yes, PromptAnswer { accept: false, text: None }]);
    }

    #[test]
    fn the_console_reads_like_a_console() {
        let tap = Tap::new();
        let place = json!({"callFrames": [{"url": "http://x/a.js", "lineNumber": 4, "columnNumber": 2}]});
        let args = json!([
            {"type": "string", "value": "n ="}, {"type": "number", "value": 3, "description": "3"},
            {"type": "number", "unserializableValue": "NaN", "description": "NaN"}, {"type": "undefined"},
            {"type": "object", "subtype": "null", "value": null}, {"type": "object", "description": "Array(2)"},
        ]);
        event(
            &tap,
            "Runtime.consoleAPICalled",
            &json!({"type": "warning", "args": args, "stackTrace": place}),
        );
        let thrown = json!({"text": "Uncaught", "lineNumber": 0, "columnNumber": 0, "url": "http://x/",
            "exception": {"type": "object", "description": "Error: no\n    at f"}});
        event(&tap, "Runtime.exceptionThrown", &json!({"exceptionDetails": thrown}));
        let missing = json!({"level": "error", "text": "404", "url": "http://x/i.png", "source": "network"});
        event(&tap, "Log.entryAdded", &json!({"entry": missing}));
        let lines = tap.console().lines;
        let shown: Vec<_> = lines
            .iter()
            .map(|it| format!("{} | {} | {}", it.level, it.text.line(), it.from.line()))
            .collect();
        assert_eq!(
            shown,
            [
                "warning | n = 3 NaN undefined null Array(2) | http://x/a.js:5:3",
                "exception | Uncaught Error: no at f | http://x/:1:1",
                "error | 404 | http://x/i.png",
            ]
        );
    }

    #[test]
    fn a_flood_keeps_the_newest_lines_and_counts_the_rest() {
        let tap = Tap::new();
        for n in 0..LINES + 5 {
            event(&tap, "Runtime.consoleAPICalled", &json!({"type": "log", "args": [{"value": n}]}));
        }
        let long = "x".repeat(LINE_BYTES);
        event(&tap, "Runtime.consoleAPICalled", &json!({"type": "log", "args": [{"value": long}]}));
        let console = tap.console();
        assert_eq!((console.lines.len(), console.dropped), (LINES, 6));
        assert_eq!(console.lines[0].text.raw(), "5");
    }
}

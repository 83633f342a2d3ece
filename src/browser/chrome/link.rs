//! One driver's connection through a gate: what it may ask, and what it gets to hear.
//!
//! On the browser's side it has a browser-level session of its own on the shared pipe, so that ids and sessions of
//! different drivers never meet. Deciding is synchronous; nothing here waits.

use super::gate::Core;
use super::message::{Answer, Message, Outgoing, TargetInfo, raw, too_large};
use super::pipe::Listener;
use super::sequence::{SEQUENCE, Sequence};
use super::tap::{Tap, Then};
use super::worlds;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::mpsc;

/// Messages that may wait for a driver. One that lets more pile up has stopped reading.
pub(super) const QUEUE: usize = 8192;

/// A driver's connection.
pub(super) struct Link {
    core: Arc<Core>,
    /// The browser-level session; the driver knows it as "none".
    session: String,
    /// Towards the driver; `None` once it was found full.
    to_driver: Mutex<Option<mpsc::Sender<String>>>,
    attached: Mutex<HashMap<String, Attached>>,
    this: Weak<Link>,
}

/// A session below the browser-level one.
struct Attached {
    tap: Arc<Tap>,
    /// Whether `Runtime.enable` has been answered.
    runtime_enabled: bool,
}

/// What becomes of a command of the driver.
#[derive(Debug)]
enum Ruling {
    /// It goes to the browser as it is.
    Pass,
    /// It goes to the browser with other parameters.
    PassWith(Box<RawValue>),
    /// It is several commands in this session, each of which passes.
    Sequence(Sequence, String),
    /// The answer is known.
    Nothing,
    /// It is refused, in these words.
    Refuse(&'static str),
}

/// The words of the browser for targets that are not there.
const NO_TARGET: &str = "No target with given id found";
const NOT_ALLOWED: &str = "Not allowed";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithInfo {
    #[serde(default)]
    session_id: String,
    target_info: TargetInfo,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WithIds {
    session_id: String,
    target_id: String,
}

impl Link {
    /// A connection whose browser-level session exists already. Its messages for the driver arrive at the receiver,
    /// which ends when the driver does not read.
    pub(super) fn new(core: Arc<Core>, session: String) -> (Arc<Self>, mpsc::Receiver<String>) {
        let (to_driver, messages) = mpsc::channel(QUEUE);
        let link = Arc::new_cyclic(|this| Self {
            core,
            session,
            to_driver: Mutex::new(Some(to_driver)),
            attached: Mutex::default(),
            this: Weak::clone(this),
        });
        link.core.pipe.listen(&link.session, Arc::<Self>::clone(&link));
        (link, messages)
    }

    /// Ends the connection: the browser detaches everything that the driver attached.
    pub(super) fn close(&self) {
        let sessions: Vec<String> = self.attached().drain().map(|(session, _)| session).collect();
        for session in sessions.iter().chain([&self.session]) {
            self.core.pipe.unlisten(session);
        }
        self.core.pipe.tell(None, "Target.detachFromTarget", &json!({ "sessionId": self.session }));
    }

    fn attached(&self) -> MutexGuard<'_, HashMap<String, Attached>> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn to_driver(&self, text: String) {
        let mut sender = self.to_driver.lock().unwrap_or_else(PoisonError::into_inner);
        if sender.as_ref().is_some_and(|sender| sender.try_send(text).is_err()) {
            // Dropping the only sender ends the connection: better than a driver that missed something.
            *sender = None;
        }
    }

    /// Takes a command of the driver. `false`: it does not speak the protocol.
    pub(super) fn command(&self, text: &str) -> bool {
        let Ok(message) = serde_json::from_str::<Message<'_>>(text) else { return false };
        let (Some(id), Some(method)) = (message.id, message.method) else { return false };
        let ruling = match message.session {
            None => self.browser_command(method, message.params),
            Some(session) if method == SEQUENCE => self.sequence(session, message.params),
            Some(session) => self.page_command(session, method),
        };
        let session = message.session.map(str::to_owned);
        match ruling {
            Ruling::Sequence(sequence, session) => self.carry_out(id, session, sequence),
            Ruling::Pass => self.pass(id, session, method, message.params),
            Ruling::PassWith(params) => self.pass(id, session, method, Some(&params)),
            Ruling::Nothing => self.answer(id, session.as_deref(), Answer::Result(&raw(&Map::new()))),
            Ruling::Refuse(words) => {
                let error = raw(&json!({ "code": -32000, "message": words }));
                self.answer(id, session.as_deref(), Answer::Error(&error));
            }
        }
        true
    }

    /// Rules on a command to the browser itself. Only what a driver needs passes: everything else could reach beyond
    /// the slot, and what future versions add shall be looked at first.
    fn browser_command(&self, method: &str, params: Option<&RawValue>) -> Ruling {
        match method {
            // Windows are numbered; the driver asks for the number of one of its targets first.
            "Target.getTargets"
            | "Target.setDiscoverTargets"
            | "Browser.getVersion"
            | "Browser.getWindowBounds"
            | "Browser.setWindowBounds" => Ruling::Pass,
            "Target.attachToTarget"
            | "Target.activateTarget"
            | "Target.closeTarget"
            | "Target.getTargetInfo"
            | "Browser.getWindowForTarget" => {
                if self.core.knows(&ids(params).target_id) {
                    Ruling::Pass
                } else {
                    Ruling::Refuse(NO_TARGET)
                }
            }
            "Target.detachFromTarget" => {
                let own = self.attached().contains_key(&ids(params).session_id);
                if own { Ruling::Pass } else { Ruling::Refuse("No session with given id") }
            }
            "Target.createTarget"
            | "Browser.grantPermissions"
            | "Browser.setPermission"
            | "Browser.resetPermissions"
            | "Browser.setDownloadBehavior" => self.in_own_context(params),
            _ => Ruling::Refuse(NOT_ALLOWED),
        }
    }

    /// Without a context these would mean the default one, which nobody sees.
    fn in_own_context(&self, params: Option<&RawValue>) -> Ruling {
        let Some(context) = self.core.only_context() else { return Ruling::Refuse(NOT_ALLOWED) };
        let parsed = params.map(|params| serde_json::from_str::<Map<String, Value>>(params.get()));
        let Ok(mut params) = parsed.unwrap_or_else(|| Ok(Map::new())) else {
            return Ruling::Refuse(NOT_ALLOWED);
        };
        params.insert("browserContextId".to_owned(), Value::String(context));
        Ruling::PassWith(raw(&params))
    }

    /// Rules on a command to a page, tab, frame or worker. What stays inside passes.
    fn page_command(&self, session: &str, method: &str) -> Ruling {
        let attached = self.attached();
        let Some(attached) = attached.get(session) else {
            return Ruling::Refuse("Session with given id not found.");
        };
        match method {
            // Drivers send it twice, and each waits for the page's main thread.
            "Runtime.enable" if attached.runtime_enabled => Ruling::Nothing,
            "Target.setAutoAttach" | "Target.getTargetInfo" | "Target.detachFromTarget" => Ruling::Pass,
            "Browser.close" | "Browser.crash" | "Browser.crashGpuProcess" => Ruling::Refuse(NOT_ALLOWED),
            method if method.starts_with("Target.") => Ruling::Refuse(NOT_ALLOWED),
            _ => Ruling::Pass,
        }
    }

    /// Rules on a command that consists of commands.
    fn sequence(&self, session: &str, params: Option<&RawValue>) -> Ruling {
        let Some(sequence) = parse::<Sequence>(params) else {
            return Ruling::Refuse("Invalid parameters");
        };
        let passes = |method| matches!(self.page_command(session, method), Ruling::Pass);
        if sequence.methods().all(passes) {
            Ruling::Sequence(sequence, session.to_owned())
        } else {
            Ruling::Refuse(NOT_ALLOWED)
        }
    }

    fn carry_out(&self, id: u64, session: String, sequence: Sequence) {
        let (this, pipe) = (Weak::clone(&self.this), self.core.pipe.clone());
        tokio::spawn(async move {
            // Without an answer the browser is gone, which the end of the connection says.
            let Some(ended) = sequence.carry_out(&pipe, &session).await else { return };
            drop(pipe);
            let Some(link) = this.upgrade() else { return };
            link.answer(id, Some(&session), Answer::Result(&ended));
        });
    }

    fn pass(&self, id: u64, session: Option<String>, method: &str, params: Option<&RawValue>) {
        let this = Weak::clone(&self.this);
        let to_browser = session.clone().unwrap_or_else(|| self.session.clone());
        let lists_targets = method == "Target.getTargets";
        let changes_runtime = match method {
            "Runtime.enable" => Some(true),
            "Runtime.disable" => Some(false),
            _ => None,
        };
        let on_answer = move |answer: Answer<'_>| {
            let Some(link) = this.upgrade() else { return };
            if let (Some(enabled), Answer::Result(_), Some(session)) = (changes_runtime, answer, &session)
                && let Some(attached) = link.attached().get_mut(session)
            {
                attached.runtime_enabled = enabled;
            }
            match answer {
                Answer::Result(result) if lists_targets => {
                    let own = link.own_targets(result);
                    link.answer(id, session.as_deref(), Answer::Result(&own));
                }
                answer => link.answer(id, session.as_deref(), answer),
            }
        };
        self.core.pipe.send(Some(&to_browser), method, params, Box::new(on_answer));
    }

    fn answer(&self, id: u64, session: Option<&str>, answer: Answer<'_>) {
        let refusal;
        let (result, error) = match answer {
            Answer::Result(result) => (Some(result), None),
            Answer::Error(error) => (None, Some(error)),
            Answer::TooLarge(bytes) => {
                refusal = too_large(bytes);
                (None, Some(&*refusal))
            }
            // The end of the connection says so.
            Answer::Closed => return,
        };
        self.to_driver(Outgoing { id: Some(id), result, error, session, ..Outgoing::default() }.text());
    }

    /// The answer to `Target.getTargets`, without what is foreign.
    fn own_targets(&self, result: &RawValue) -> Box<RawValue> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Targets<'a> {
            #[serde(borrow)]
            target_infos: Vec<&'a RawValue>,
        }
        let all =
            serde_json::from_str::<Targets<'_>>(result.get()).map(|all| all.target_infos).unwrap_or_default();
        let own = |info: &&&RawValue| {
            serde_json::from_str::<TargetInfo>(info.get()).is_ok_and(|info| self.core.see(&info).is_some())
        };
        let own: Vec<&&RawValue> = all.iter().filter(own).collect();
        raw(&HashMap::from([("targetInfos", own)]))
    }

    /// An event of the browser-level session.
    fn browser_event(&self, message: &Message<'_>) {
        let method = message.method.unwrap_or_default();
        let visible = match method {
            "Target.attachedToTarget" => self.attach(message.params, None),
            "Target.targetCreated" | "Target.targetInfoChanged" => {
                parse::<WithInfo>(message.params).is_some_and(|it| self.core.see(&it.target_info).is_some())
            }
            "Target.targetDestroyed" | "Target.targetCrashed" => {
                self.core.knows(&ids(message.params).target_id)
            }
            "Target.detachedFromTarget" => self.detach(message.params),
            _ => true,
        };
        if visible {
            let (method, params) = (message.method, message.params);
            self.to_driver(Outgoing { method, params, ..Outgoing::default() }.text());
        }
    }

    /// An event of a page, tab, frame or worker.
    fn page_event(&self, session: &str, message: &Message<'_>, text: &str) {
        let Some(tap) = self.attached().get(session).map(|it| Arc::clone(&it.tap)) else { return };
        let pass = match message.method.unwrap_or_default() {
            "Target.attachedToTarget" => self.attach(message.params, Some(tap)),
            "Target.detachedFromTarget" => self.detach(message.params),
            _ => match tap.event(message) {
                Then::Pass => true,
                Then::Keep => false,
                Then::Answer(params) => {
                    self.core.pipe.tell(Some(session), "Page.handleJavaScriptDialog", &params);
                    false
                }
            },
        };
        if pass {
            self.to_driver(text.to_owned());
        }
    }

    /// Begins to listen to a new session before its first message is read. Frames and workers belong to the context
    /// of their parent; what the browser attaches from elsewhere is not the driver's.
    fn attach(&self, params: Option<&RawValue>, parent: Option<Arc<Tap>>) -> bool {
        let Some(WithInfo { session_id, target_info }) = parse(params) else { return false };
        let Some(tap) = self.core.see(&target_info).or(parent) else {
            self.core.pipe.tell(
                Some(&self.session),
                "Target.detachFromTarget",
                &json!({ "sessionId": session_id }),
            );
            return false;
        };
        if let Some(this) = self.this.upgrade() {
            self.core.pipe.listen(&session_id, this);
        }
        if target_info.kind == "page" {
            let tell = |method, params: &_| self.core.pipe.tell(Some(&session_id), method, params);
            tell("Runtime.addBinding", &*worlds::LISTEN);
            tell("Page.addScriptToEvaluateOnNewDocument", &*worlds::INSTALL);
        }
        self.attached().insert(session_id, Attached { tap, runtime_enabled: false });
        true
    }

    fn detach(&self, params: Option<&RawValue>) -> bool {
        let session = ids(params).session_id;
        self.core.pipe.unlisten(&session);
        self.attached().remove(&session).is_some()
    }
}

impl Listener for Link {
    fn event(&self, session: &str, message: &Message<'_>, text: &str) {
        if session == self.session {
            self.browser_event(message);
        } else {
            self.page_event(session, message, text);
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(params: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(params?.get()).ok()
}

fn ids(params: Option<&RawValue>) -> WithIds {
    parse(params).unwrap_or_default()
}

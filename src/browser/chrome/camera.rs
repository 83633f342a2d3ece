//! Films a page for a trace, past its driver and without anybody waiting for it (Chrome DevTools Protocol, domains Page,
//! Runtime and Network).
//!
//! The browser is told once to send a small picture of whatever it draws: a page that stands still costs nothing. One
//! that never does, as with an animation, is filmed again only when the next step has ended.

use super::message::{Answer, Message, raw};
use super::network::Requests;
use super::pipe::{Listener, Pipe};
use crate::browser::film::{Film, MARGIN, MARKUP, Picture, PictureFormat, Reel};
use crate::deadline::Deadline;
use base64::Engine as _;
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Of a hundred: letters can be read, and a page takes some ten kilobytes.
const QUALITY: u32 = 50;

/// Pictures are fitted into this many pixels: they cost half of what the whole viewport would.
const SIZE: (u32, u32) = (640, 480);

/// Pictures that one step may take.
const PICTURES: u32 = 2;

/// The camera of one page.
#[derive(Debug)]
pub(super) struct Camera {
    pipe: Pipe,
    /// A session in the page that nobody else has.
    session: String,
    state: Mutex<State>,
    /// Documents, and first pictures of a camera that was switched on, that are on their way.
    pending: watch::Sender<u32>,
}

#[derive(Debug, Default)]
struct State {
    reel: Reel,
    requests: Requests,
    /// Pictures that came since the last look; `None` while the camera is off.
    pictures: Option<u32>,
    /// It was switched on, and has not sent how the page looks now.
    is_warming_up: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    data: String,
    metadata: Metadata,
    session_id: i64,
}

#[derive(Deserialize)]
struct Metadata {
    /// Seconds since 1970.
    timestamp: Option<f64>,
}

#[derive(Deserialize)]
struct Evaluated {
    result: Value,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

impl Camera {
    /// One that takes note of requests from now on, and of all else from the first look.
    pub(super) fn begin(pipe: Pipe, session: String) -> Arc<Self> {
        let camera =
            Arc::new(Self { pipe, session, state: Mutex::default(), pending: watch::Sender::new(0) });
        camera.pipe.listen(&camera.session, Arc::<Self>::clone(&camera));
        // Nobody asks for bodies: the browser need not keep any.
        camera.tell("Network.enable", &json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0 }));
        camera
    }

    /// Notes how the page stands now. `world` is the isolated world of its top document, if there is one.
    pub(super) fn look(self: &Arc<Self>, look: u32, world: Option<String>) {
        let mut state = self.lock();
        if state.pictures.replace(0).is_none() {
            let (width, height) = SIZE;
            let how = json!({ "format": "jpeg", "quality": QUALITY, "maxWidth": width, "maxHeight": height });
            self.tell("Page.startScreencast", &how);
            state.is_warming_up = true;
            self.pending.send_modify(|pending| *pending += 1);
        }
        drop(state);
        let Some(world) = world else { return };
        self.pending.send_modify(|pending| *pending += 1);
        let how = json!({
            "expression": format!("document.documentElement.outerHTML.slice(0, {})", MARKUP + MARGIN),
            "uniqueContextId": world,
            "returnByValue": true,
        });
        let camera = Arc::clone(self);
        let on_answer = move |answer: Answer<'_>| {
            // A document that is gone by now is nothing to be told.
            if let Answer::Result(result) = answer
                && let Ok(evaluated) = serde_json::from_str::<Evaluated>(result.get())
            {
                camera.lock().reel.document(look, evaluated.result.value);
            }
            camera.pending.send_modify(|pending| *pending -= 1);
        };
        self.pipe.send(Some(&self.session), "Runtime.evaluate", Some(&raw(&how)), Box::new(on_answer));
    }

    /// What was filmed, once all that is on its way has come.
    pub(super) async fn end(&self, deadline: Deadline) -> Film {
        let mut pending = self.pending.subscribe();
        // What does not come in time is missing.
        let _ = deadline.bound(pending.wait_for(|pending| *pending == 0)).await;
        self.off();
        let mut state = self.lock();
        let requests = state.requests.take();
        state.reel.film(requests)
    }

    /// Nobody wants to know any more.
    pub(super) fn off(&self) {
        self.pipe.unlisten(&self.session);
    }

    fn tell(&self, method: &str, params: &serde_json::Value) {
        self.pipe.tell(Some(&self.session), method, params);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn frame(&self, frame: Frame) {
        self.tell("Page.screencastFrameAck", &json!({ "sessionId": frame.session_id }));
        let bytes = base64::engine::general_purpose::STANDARD.decode(frame.data);
        let mut state = self.lock();
        if std::mem::take(&mut state.is_warming_up) {
            self.pending.send_modify(|pending| *pending -= 1);
        }
        if let (Ok(bytes), Some(seconds)) = (bytes, frame.metadata.timestamp) {
            state.reel.picture(Picture { at_ms: seconds * 1000.0, format: PictureFormat::Jpeg, bytes });
        }
        state.pictures = state.pictures.map(|pictures| pictures + 1);
        if state.pictures >= Some(PICTURES) {
            state.pictures = None;
            self.tell("Page.stopScreencast", &json!({}));
        }
    }
}

impl Listener for Camera {
    fn event(&self, _session: &str, message: &Message<'_>, _text: &str) {
        let Some(params) = message.params else { return };
        match message.method.unwrap_or_default() {
            "Page.screencastFrame" => {
                if let Ok(frame) = serde_json::from_str(params.get()) {
                    self.frame(frame);
                }
            }
            method if method.starts_with("Network.") => self.lock().requests.event(method, params),
            _ => {}
        }
    }
}

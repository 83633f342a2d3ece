//! Films a page for a trace, past its driver and without anybody waiting for it but for the last picture (Chrome DevTools
//! Protocol, domains Page, Runtime and Network).
//!
//! The browser is told once to send a small picture of whatever it draws: a page that stands still costs nothing. One
//! that never does, as with an animation, is filmed again only when the next step has ended.

use super::message::{Answer, Message, raw};
use super::network::Requests;
use super::pipe::{Listener, Pipe};
use crate::browser::film::{self, Film, MARGIN, MARKUP, Picture, PictureFormat, Reel};
use crate::deadline::Deadline;
use base64::Engine as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// Of a hundred: letters can be read, and a page takes some ten kilobytes.
const QUALITY: u32 = 50;

/// Pictures are fitted into this many pixels, about as many as the pages show them in: they cost half of what the whole
/// viewport would.
const SIZE: (u32, u32) = (560, 420);

/// Pictures that one step may take: a tenth of a second of a page that never stands still. To switch the camera off and on
/// costs a picture and the certainty of what the next one shows.
const PICTURES: u32 = 6;

/// Completes in a page when it has drawn two frames.
const TWO_FRAMES: &str =
    "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(''))))";

/// What a look found so long ago, in milliseconds, has been drawn by now if it is anything that is seen.
const LONG_AGO: f64 = 150.0;

/// A picture that was drawn no longer before a look than this shows what the look found, in milliseconds.
const AT_ONCE: f64 = 10.0;

/// The camera of one page.
#[derive(Debug)]
pub(super) struct Camera {
    pipe: Pipe,
    /// A session in the page that nobody else has.
    session: String,
    state: Mutex<State>,
    /// Documents, and first pictures of a camera that was switched on, that are on their way.
    pending: watch::Sender<u32>,
    /// When the last look was that found what no picture shows yet, in milliseconds since 1970.
    undrawn: watch::Sender<Option<f64>>,
}

#[derive(Debug, Default)]
struct State {
    reel: Reel,
    requests: Requests,
    /// Pictures that came since the last look; `None` while the camera is off.
    pictures: Option<u32>,
    /// When it was switched on, in milliseconds since 1970, if it has not sent since how the page looks. What it sends first
    /// was drawn some time before.
    warming_up: Option<f64>,
    /// When the newest picture but for such a one was drawn, in milliseconds since 1970.
    drawn_at: Option<f64>,
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
        let camera = Arc::new(Self {
            pipe,
            session,
            state: Mutex::default(),
            pending: watch::Sender::new(0),
            undrawn: watch::Sender::new(None),
        });
        camera.pipe.listen(&camera.session, Arc::<Self>::clone(&camera));
        // Nobody asks for bodies: the browser need not keep any.
        camera.tell("Network.enable", &json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0 }));
        camera
    }

    /// Notes how the page stands now. `world` is the isolated world of its top document, if there is one.
    pub(super) fn look(self: &Arc<Self>, look: u32, world: Option<String>) {
        let mut state = self.lock();
        if state.pictures.replace(0).is_none() {
            self.switch_on(&mut state);
        }
        drop(state);
        let Some(world) = world else { return };
        self.pending.send_modify(|pending| *pending += 1);
        let how = json!({
            "expression": format!("document.documentElement.outerHTML.slice(0, {})", MARKUP + MARGIN),
            "uniqueContextId": world,
            "returnByValue": true,
        });
        let (camera, now) = (Arc::clone(self), film::milliseconds(Timestamp::now()));
        let on_answer = move |answer: Answer<'_>| {
            // A document that is gone by now is nothing to be told.
            if let Answer::Result(result) = answer
                && let Ok(evaluated) = serde_json::from_str::<Evaluated>(result.get())
            {
                let mut state = camera.lock();
                let is_new = state.reel.document(look, evaluated.result.value);
                let is_drawn = state.drawn_at.is_some_and(|drawn| drawn >= now - AT_ONCE);
                if is_new && !is_drawn {
                    camera.undrawn.send_replace(Some(now));
                }
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
        self.last_picture(deadline).await;
        self.off();
        let mut state = self.lock();
        let requests = state.requests.take();
        state.reel.film(requests)
    }

    /// Waits for a picture of what the last look found, where none shows it yet: the browser draws what a step has seen
    /// only after it has told of it.
    async fn last_picture(&self, deadline: Deadline) {
        let mut undrawn = self.undrawn.subscribe();
        let Some(look) = *undrawn.borrow() else { return };
        if film::milliseconds(Timestamp::now()) > look + LONG_AGO {
            return;
        }
        let (drawn, has_drawn) = oneshot::channel();
        let how = json!({ "expression": TWO_FRAMES, "awaitPromise": true, "returnByValue": true });
        let on_answer = Box::new(move |_: Answer<'_>| {
            let _ = drawn.send(());
        });
        self.pipe.send(Some(&self.session), "Runtime.evaluate", Some(&raw(&how)), on_answer);
        let picture = async {
            let is_shown = tokio::select! {
                _ = undrawn.wait_for(Option::is_none) => true,
                _ = has_drawn => false,
            };
            if !is_shown {
                self.take_picture();
                let _ = self.pending.subscribe().wait_for(|pending| *pending == 0).await;
            }
        };
        let _ = deadline.bound(picture).await;
    }

    /// Has the browser send a picture of what it has drawn last, which it may have sent long ago.
    fn take_picture(&self) {
        let mut state = self.lock();
        if state.pictures.is_some() {
            self.switch_off();
        }
        self.switch_on(&mut state);
    }

    fn switch_on(&self, state: &mut State) {
        let (width, height) = SIZE;
        let how = json!({ "format": "jpeg", "quality": QUALITY, "maxWidth": width, "maxHeight": height });
        self.tell("Page.startScreencast", &how);
        state.pictures = Some(0);
        state.warming_up = Some(film::milliseconds(Timestamp::now()));
        self.pending.send_modify(|pending| *pending += 1);
    }

    fn switch_off(&self) {
        self.tell("Page.stopScreencast", &json!({}));
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
        let (Ok(bytes), Some(seconds)) = (bytes, frame.metadata.timestamp) else { return };
        let at_ms = seconds * 1000.0;
        let mut state = self.lock();
        state.reel.picture(Picture { at_ms, format: PictureFormat::Jpeg, bytes });
        // What was on its way while the camera was off comes before.
        if state.warming_up.take_if(|since| at_ms >= *since - AT_ONCE).is_some() {
            self.pending.send_modify(|pending| *pending -= 1);
        } else {
            state.drawn_at = Some(at_ms);
            self.undrawn
                .send_if_modified(|undrawn| undrawn.take_if(|look| at_ms >= *look - AT_ONCE).is_some());
        }
        state.pictures = state.pictures.map(|pictures| pictures + 1);
        if state.pictures >= Some(PICTURES) {
            state.pictures = None;
            self.switch_off();
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

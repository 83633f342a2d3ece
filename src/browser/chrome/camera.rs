//! Films a page for a trace, past its driver. Nobody waits for it but at the end, and before what must not be seen (Chrome
//! DevTools Protocol, domains Page, Runtime and Network).
//!
//! The browser is told once to send a small picture of whatever it draws: a page that stands still costs nothing. One
//! that never does, as with an animation, is filmed again only when the next step has ended.

use super::message::{Answer, Message, raw};
use super::network::Requests;
use super::pipe::{Listener, Pipe};
use crate::browser::film::{self, Film, Look, MARGIN, MARKUP, Picture, PictureFormat, Reel};
use crate::deadline::Deadline;
use base64::Engine as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
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

/// Milliseconds between two frames. A picture's time is when it was to be seen: one frame after the page began to draw it,
/// or two where it was late (measured, also with all processors busy: 16.6 or 33.3 ms).
const FRAME: f64 = 1000.0 / 60.0;

/// By how much two times of the browser may differ that mean the same, in milliseconds.
const BLUR: f64 = 1.0;

/// What a look found so long ago, in milliseconds, has been drawn by now if it is anything that is seen.
const LONG_AGO: f64 = 150.0;

/// When a page begins to draw its next frame, in milliseconds since 1970: the first one to show what was done before.
const NEXT_FRAME: &str =
    "new Promise(done => requestAnimationFrame(at => done(performance.timeOrigin + at)))";

/// Completes in a page when it has drawn two frames.
const TWO_FRAMES: &str =
    "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))";

/// The camera of one page.
#[derive(Debug)]
pub(super) struct Camera {
    pipe: Pipe,
    /// A session in the page that nobody else has.
    session: String,
    state: Mutex<State>,
    /// Documents, and first pictures of a camera that was switched on, that are on their way.
    pending: watch::Sender<u32>,
    /// What no picture shows yet.
    undrawn: watch::Sender<Option<Undrawn>>,
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

/// The last look that found a change.
#[derive(Clone, Copy, Debug)]
struct Undrawn {
    look: u32,
    /// From when on a picture surely shows it.
    from: f64,
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
struct Evaluated<T> {
    result: Remote<T>,
}

#[derive(Deserialize)]
struct Remote<T> {
    value: T,
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
    pub(super) fn look(self: &Arc<Self>, look: Look, world: Option<String>) {
        let Look { number, acted, sensitive } = look;
        let mut state = self.lock();
        if state.pictures.replace(0).is_none() {
            self.switch_on(&mut state);
        }
        // Unless the page tells better: a frame that begins now shows it.
        state.reel.look(number, film::milliseconds(Timestamp::now()) + FRAME + BLUR);
        if acted && !sensitive {
            self.must_be_seen(&state, number);
        }
        drop(state);
        let Some(world) = world else { return };
        let camera = Arc::clone(self);
        self.ask(Some(&world), NEXT_FRAME, move |began: Option<f64>| {
            if let Some(began) = began {
                camera.drawn_from(number, began + FRAME - BLUR);
            }
        });
        if sensitive {
            return;
        }
        let markup = format!("document.documentElement.outerHTML.slice(0, {})", MARKUP + MARGIN);
        self.pending.send_modify(|pending| *pending += 1);
        let camera = Arc::clone(self);
        self.ask(Some(&world), &markup, move |markup: Option<String>| {
            // A document that is gone by now is nothing to be told.
            if let Some(markup) = markup {
                let mut state = camera.lock();
                if state.reel.document(number, markup) {
                    camera.must_be_seen(&state, number);
                }
            }
            camera.pending.send_modify(|pending| *pending -= 1);
        });
    }

    /// A look has found a change, which the last picture must show.
    fn must_be_seen(&self, state: &State, look: u32) {
        let from = surely_from(&state.reel, look);
        let is_drawn = state.drawn_at.is_some_and(|drawn| drawn >= from);
        self.undrawn.send_replace((!is_drawn).then_some(Undrawn { look, from }));
    }

    /// Pictures show what a look found from then on.
    fn drawn_from(&self, look: u32, from: f64) {
        let mut state = self.lock();
        state.reel.look(look, from);
        let from = surely_from(&state.reel, look);
        let is_drawn = state.drawn_at.is_some_and(|drawn| drawn >= from);
        self.undrawn.send_if_modified(|undrawn| {
            if let Some(it) = undrawn.as_mut().filter(|it| it.look == look) {
                it.from = from;
            }
            is_drawn && undrawn.take_if(|it| it.look == look).is_some()
        });
    }

    /// Has the page work something out; in its main world where none is named.
    fn ask<T: DeserializeOwned>(
        &self,
        world: Option<&str>,
        expression: &str,
        on_value: impl FnOnce(Option<T>) + Send + 'static,
    ) {
        let mut how = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        if let Some(world) = world {
            how["uniqueContextId"] = json!(world);
        }
        let on_answer = move |answer: Answer<'_>| {
            let Answer::Result(result) = answer else { return on_value(None) };
            on_value(serde_json::from_str(result.get()).ok().map(|it: Evaluated<T>| it.result.value));
        };
        self.pipe.send(Some(&self.session), "Runtime.evaluate", Some(&raw(&how)), Box::new(on_answer));
    }

    /// What was filmed, once all that is on its way has come.
    pub(super) async fn end(&self, deadline: Deadline) -> Film {
        let mut pending = self.pending.subscribe();
        // What does not come in time is missing.
        let _ = deadline.bound(pending.wait_for(|pending| *pending == 0)).await;
        self.catch_up(deadline).await;
        self.off();
        let mut state = self.lock();
        let requests = state.requests.take();
        state.reel.film(requests)
    }

    /// Waits for a picture of what the last look found, where none shows it yet: the browser draws what a step has seen
    /// only after it has told of it.
    pub(super) async fn catch_up(&self, deadline: Deadline) {
        let mut undrawn = self.undrawn.subscribe();
        let Some(Undrawn { from, .. }) = *undrawn.borrow() else { return };
        if film::milliseconds(Timestamp::now()) > from + LONG_AGO {
            return;
        }
        let (drawn, has_drawn) = oneshot::channel();
        self.ask(None, TWO_FRAMES, move |_: Option<u32>| {
            let _ = drawn.send(());
        });
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
        // It often comes before its own time.
        let until_ms = at_ms.min(film::milliseconds(Timestamp::now()));
        state.reel.picture(Picture { at_ms, until_ms, format: PictureFormat::Jpeg, bytes });
        // What was on its way while the camera was off comes before.
        if state.warming_up.take_if(|since| at_ms >= *since - FRAME).is_some() {
            self.pending.send_modify(|pending| *pending -= 1);
        } else {
            state.drawn_at = Some(at_ms);
            self.undrawn.send_if_modified(|undrawn| undrawn.take_if(|it| at_ms >= it.from).is_some());
        }
        state.pictures = state.pictures.map(|pictures| pictures + 1);
        if state.pictures >= Some(PICTURES) {
            state.pictures = None;
            self.switch_off();
        }
    }
}

/// From when on a picture surely shows what a look found. Where the look before was in the frame before, the first picture
/// may be that one's, which is late.
fn surely_from(reel: &Reel, look: u32) -> f64 {
    let from = reel.shown_from(look).unwrap_or_default();
    let is_quick = reel.shown_from(look - 1).is_some_and(|before| from - before < 1.5 * FRAME);
    if is_quick { from + FRAME - BLUR } else { from }
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

//! Films a page for a trace, past its driver (Chrome DevTools Protocol, domains Page, Runtime and Network). It is waited for
//! until it films, at the end, when a step has failed and before what must not be seen; before each act only until what is
//! there is being drawn.
//!
//! The browser is told once to send a small picture of whatever it draws: a page that stands still costs nothing. One
//! that never does, as with an animation, is filmed again only when the next step has ended.

mod state;

use self::state::{News, State};
use super::message::{Answer, Message, raw};
use super::pipe::{Listener, Pipe};
use super::worlds::WORLD;
use crate::browser::film::{self, FRAME, Film, Look, MARGIN, MARKUP, Picture, PictureFormat, Timing};
use crate::deadline::Deadline;
use base64::Engine as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// Of a hundred: letters can be read, and a page takes some ten kilobytes.
const QUALITY: u32 = 50;

/// Pictures are fitted into this many pixels, about as many as the pages show them in: they cost half of what the whole
/// viewport would.
const SIZE: (u32, u32) = (560, 420);

/// Pictures that one step may take: a tenth of a second of a page that never stands still. To switch the camera off and on
/// costs a picture and the certainty of what the next one shows.
const PICTURES: u32 = 6;

/// How long the browser may take to begin to film.
const BEGINNING: Duration = Duration::from_secs(1);

/// How long the page may take to draw what an act would otherwise be seen with.
const DRAWING: Duration = Duration::from_millis(500);

/// What tells in the page in which frames its changes are drawn.
const WITNESS: &str = include_str!("camera.js");

/// Has it tell that once what has changed is being drawn.
const DRAWN: &str = "__batchrun_film.drawn()";

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
    /// Answers, and first pictures of a camera that was switched on, that are on their way.
    pending: watch::Sender<u32>,
    /// Counts pictures.
    arrived: watch::Sender<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScreencastFrame {
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
    /// One that takes note of requests from now on, and of all else from the first document that is opened from now on.
    pub(super) fn begin(pipe: Pipe, session: String) -> Arc<Self> {
        let camera = Arc::new(Self {
            pipe,
            session,
            state: Mutex::default(),
            pending: watch::Sender::new(0),
            arrived: watch::Sender::new(0),
        });
        camera.pipe.listen(&camera.session, Arc::<Self>::clone(&camera));
        // Nobody asks for bodies: the browser need not keep any.
        camera.tell("Network.enable", &json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0 }));
        // The scripts of a session are for documents that it hears of.
        camera.tell("Page.enable", &json!({}));
        camera
            .tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": WITNESS, "worldName": WORLD }));
        camera
    }

    /// Notes how the page stands now. `world` is the isolated world of its top document, if there is one.
    pub(super) async fn look(self: &Arc<Self>, look: Look, world: Option<String>) {
        {
            let mut state = self.lock();
            state.look = look.number;
            if look.sensitive {
                state.sensitive = Some(look.number);
            }
            if state.pictures.replace(0).is_none() {
                self.switch_on(&mut state);
            }
        }
        if let Some(world) = world {
            self.ask_for_news(look, &world);
        }
        self.warm_up().await;
    }

    /// Asks the page what has changed.
    fn ask_for_news(self: &Arc<Self>, look: Look, world: &str) {
        let Look { number, changed, sensitive } = look;
        let (due, most) = if sensitive { (2, 0) } else { (u8::from(changed), MARKUP + MARGIN) };
        self.pending.send_modify(|pending| *pending += 1);
        let camera = Arc::clone(self);
        self.ask(Some(world), &format!("__batchrun_film.look({due}, {most})"), move |news: Option<News>| {
            // A document that is gone by now is nothing to be told.
            if let Some(news) = news {
                let mut state = camera.lock();
                state.reel.look(number, news.pending.then_some(news.document));
                state.take(number, &news);
                if let Some(markup) = news.markup {
                    state.reel.document(number, markup);
                }
            }
            camera.pending.send_modify(|pending| *pending -= 1);
        });
    }

    /// Waits until a camera that was switched on has begun to film: some 10 ms, or 25 where the processors are busy. Else what
    /// it sends first may show already what a quick step does next.
    async fn warm_up(&self) {
        let mut arrived = self.arrived.subscribe();
        let begins = arrived.wait_for(|_| self.lock().warming_up.is_none());
        if !self.lock().is_stuck && tokio::time::timeout(BEGINNING, begins).await.is_err() {
            self.lock().is_stuck = true;
        }
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
    pub(super) async fn end(self: Arc<Self>, world: Option<String>, deadline: Deadline) -> Film {
        self.catch_up(world, deadline).await;
        self.off();
        let mut state = self.lock();
        let requests = state.requests.take();
        state.reel.film(requests)
    }

    /// Waits for a picture of what has changed last, where none shows it yet: the browser draws what a step has seen only
    /// after it has told of it. What does not come in time is missing.
    pub(super) async fn catch_up(self: &Arc<Self>, world: Option<String>, deadline: Deadline) {
        if self.lock().is_stuck {
            return;
        }
        if deadline.bound(self.wait_for_picture(world)).await.is_ok() {
            let mut state = self.lock();
            let look = state.look;
            state.reel.caught_up(look);
        }
    }

    /// Waits until the page has begun to draw what the last look found.
    pub(super) async fn let_draw(self: &Arc<Self>, world: Option<String>, deadline: Deadline) {
        // One that never began to film leaves its first picture awaited for ever.
        if self.lock().is_stuck {
            return;
        }
        let deadline = deadline.or_earlier(Deadline::after("drawing", DRAWING));
        let _ = deadline.bound(self.wait_until_drawn(world)).await;
    }

    async fn wait_until_drawn(self: &Arc<Self>, world: Option<String>) {
        self.wait_for_answers().await;
        let look = {
            let mut state = self.lock();
            if state.drawn == state.look || !state.reel.is_pending(state.look) {
                return;
            }
            state.drawn = state.look;
            state.look
        };
        let Some(world) = world else { return };
        self.pending.send_modify(|pending| *pending += 1);
        let camera = Arc::clone(self);
        self.ask(Some(&world), DRAWN, move |news: Option<News>| {
            if let Some(news) = news {
                camera.lock().take(look + 1, &news);
            }
            camera.pending.send_modify(|pending| *pending -= 1);
        });
        self.wait_for_answers().await;
    }

    async fn wait_for_picture(self: &Arc<Self>, world: Option<String>) {
        self.wait_for_answers().await;
        if self.lock().is_hidden() {
            return;
        }
        self.wait_until_drawn(world).await;
        let mut arrived = self.arrived.subscribe();
        if self.is_up_to_date() {
            return;
        }
        let (drawn, has_drawn) = oneshot::channel();
        self.ask(None, TWO_FRAMES, move |_: Option<u32>| {
            let _ = drawn.send(());
        });
        let is_shown = tokio::select! {
            _ = arrived.wait_for(|_| self.is_up_to_date()) => true,
            _ = has_drawn => false,
        };
        if !is_shown {
            self.take_picture();
            self.wait_for_answers().await;
        }
    }

    fn is_up_to_date(&self) -> bool {
        self.lock().is_up_to_date(film::milliseconds(Timestamp::now()))
    }

    async fn wait_for_answers(&self) {
        // It is as alive as what is waited for.
        let _ = self.pending.subscribe().wait_for(|pending| *pending == 0).await;
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

    fn frame(&self, frame: ScreencastFrame) {
        self.tell("Page.screencastFrameAck", &json!({ "sessionId": frame.session_id }));
        let bytes = base64::engine::general_purpose::STANDARD.decode(frame.data);
        let (Ok(bytes), Some(seconds)) = (bytes, frame.metadata.timestamp) else { return };
        let at_ms = seconds * 1000.0;
        let mut state = self.lock();
        // It often comes before its own time.
        let until_ms = at_ms.min(film::milliseconds(Timestamp::now()));
        // What was on its way while the camera was off comes before.
        let is_first = state.warming_up.take_if(|since| at_ms >= *since - FRAME).is_some();
        state.is_stuck &= !is_first;
        state.reel.picture(Picture {
            at_ms,
            until_ms,
            timing: if is_first { Timing::Sent } else { Timing::Frame },
            format: PictureFormat::Jpeg,
            bytes,
        });
        state.pictures = state.pictures.map(|pictures| pictures + 1);
        if state.pictures >= Some(PICTURES) {
            state.pictures = None;
            self.switch_off();
        }
        drop(state);
        if is_first {
            self.pending.send_modify(|pending| *pending -= 1);
        }
        self.arrived.send_modify(|arrived| *arrived = arrived.wrapping_add(1));
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

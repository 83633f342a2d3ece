//! A browser context with a page: opened fresh for one attempt, disposed of after it.

use super::camera::Camera;
use super::console::Console;
use super::error::CdpError;
use super::find::Flavor;
use super::gate::{Core, Gate};
use super::tap::{Signs, Tap};
use crate::browser::engine::Landed;
use crate::browser::film::{Film, Look};
use crate::browser::page::{Prompt, PromptAnswer};
use crate::case::model::Viewport;
use crate::deadline::Deadline;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, watch};

/// How long a document may take to be read before a look at it shows what there is of it.
const READING: Duration = Duration::from_millis(500);

/// A context of its own with one page, at `about:blank`. Dropping it disposes of it without waiting.
#[derive(Debug)]
pub struct Context {
    core: Arc<Core>,
    tap: Arc<Tap>,
    id: String,
    target: String,
    /// A session of ours in the page, made when it is first needed.
    session: OnceCell<String>,
    /// Films the page, where that is wanted.
    camera: Option<Arc<Camera>>,
    /// It lies so that only its last pixel is on the screen.
    is_off_screen: bool,
    disposed: bool,
}

/// Where a page lies. The headless shell draws what is on its screen once more, for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placing {
    /// As windows do.
    OnScreen,
    /// All but its last pixel is to the left of the screen and above it, if it is the shell's: to film it costs half then
    /// (measured). It sees `screenX` and `screenY` below zero.
    OffScreen,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    browser_context_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    target_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Window {
    window_id: i64,
}

impl Gate {
    /// Opens a context with a page that the gate's driver can switch to: its window handle is the target's id.
    pub async fn open_context(
        &self,
        viewport: Viewport,
        placing: Placing,
        deadline: Deadline,
    ) -> Result<Context, CdpError> {
        let core = Arc::clone(&self.core);
        let opened: Opened =
            core.pipe.call(None, "Target.createBrowserContext", &json!({}), deadline).await?;
        let tap = Arc::new(Tap::new());
        // From here on it is disposed of also when the page cannot be made or nobody waits any more.
        let mut context = Context {
            core,
            tap,
            id: opened.browser_context_id,
            target: String::new(),
            session: OnceCell::new(),
            camera: None,
            is_off_screen: false,
            disposed: false,
        };
        context.core.show(&context.id, Arc::clone(&context.tap));
        let mut page = json!({
            "url": "about:blank",
            "browserContextId": context.id,
            "width": viewport.width,
            "height": viewport.height,
        });
        if placing == Placing::OffScreen && context.core.flavor == Flavor::HeadlessShell {
            page["left"] = json!(1 - i64::from(viewport.width));
            page["top"] = json!(1 - i64::from(viewport.height));
            context.is_off_screen = true;
        }
        let created: Created = context.core.pipe.call(None, "Target.createTarget", &page, deadline).await?;
        context.target = created.target_id;
        if context.core.flavor == Flavor::Full {
            context.fit_window(viewport, deadline).await?;
        }
        Ok(context)
    }
}

impl Context {
    /// The id of the page's target, which is also its WebDriver window handle.
    pub fn target_id(&self) -> &str {
        &self.target
    }

    /// Ends the context with all its pages. That also frees a driver that is stuck in a command of one of them.
    pub async fn dispose(mut self, deadline: Deadline) -> Result<(), CdpError> {
        self.disposed = true;
        self.leave();
        let params = json!({ "browserContextId": self.id });
        self.core.pipe.call::<Value>(None, "Target.disposeBrowserContext", &params, deadline).await?;
        Ok(())
    }

    /// Sends a command to the page past the driver, in a session of our own.
    pub async fn command<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &Value,
        deadline: Deadline,
    ) -> Result<T, CdpError> {
        let session = self.session.get_or_try_init(|| self.attach(deadline)).await?;
        self.core.pipe.call(Some(session), method, params, deadline).await
    }

    /// Begins to film the page.
    pub async fn begin_film(&mut self, deadline: Deadline) -> Result<(), CdpError> {
        let session = self.session.get_or_try_init(|| self.attach(deadline)).await?.clone();
        self.camera = Some(Camera::begin(self.core.pipe.clone(), session));
        Ok(())
    }

    /// Brings the page onto the screen, before something makes it smaller: it would lose its last pixel there, and of a page
    /// that is nowhere to be seen the browser takes no screenshot (it waits for ever).
    pub async fn come_onto_screen(&mut self, deadline: Deadline) -> Result<(), CdpError> {
        if self.is_off_screen {
            let window = self.window(deadline).await?;
            let bounds = json!({ "windowId": window, "bounds": { "left": 0, "top": 0 } });
            self.core.pipe.call::<Value>(None, "Browser.setWindowBounds", &bounds, deadline).await?;
            self.is_off_screen = false;
        }
        Ok(())
    }

    /// Notes how the page stands now, if it is filmed.
    /// `world` is the isolated one of its top document, if that has one.
    pub async fn look(&self, look: Look, world: Option<String>) {
        if let Some(camera) = &self.camera {
            camera.look(look, world).await;
        }
    }

    /// Gives the top document some time to be read: of one that has only begun there is nothing to be seen yet.
    pub async fn read(&self, deadline: Deadline) {
        self.tap.read(&self.target, Deadline::after("reading", READING).or_earlier(deadline)).await;
    }

    /// Waits until the page has begun to draw what the last look found, if it is filmed.
    pub async fn let_draw(&self, deadline: Deadline) {
        if let Some(camera) = &self.camera {
            camera.let_draw(self.world(&self.target), deadline).await;
        }
    }

    /// Waits for a picture of what the last look found, if the page is filmed.
    pub async fn catch_up(&self, deadline: Deadline) {
        if let Some(camera) = &self.camera {
            camera.catch_up(self.world(&self.target), deadline).await;
        }
    }

    /// What was filmed.
    pub async fn end_film(&mut self, deadline: Deadline) -> Film {
        match self.camera.take() {
            Some(camera) => camera.end(self.world(&self.target), deadline).await,
            None => Film::default(),
        }
    }

    /// Nobody listens to it any more.
    fn leave(&self) {
        self.core.hide(&self.id);
        if let Some(camera) = &self.camera {
            camera.off();
        }
    }

    /// Gives the viewport its size: the full browser counts its own bars as part of the window.
    async fn fit_window(&self, viewport: Viewport, deadline: Deadline) -> Result<(), CdpError> {
        let window = self.window(deadline).await?;
        let size = json!({ "windowId": window, "width": viewport.width, "height": viewport.height });
        self.core.pipe.call::<Value>(None, "Browser.setContentsSize", &size, deadline).await?;
        Ok(())
    }

    async fn window(&self, deadline: Deadline) -> Result<i64, CdpError> {
        let target = json!({ "targetId": self.target });
        let window: Window =
            self.core.pipe.call(None, "Browser.getWindowForTarget", &target, deadline).await?;
        Ok(window.window_id)
    }

    async fn attach(&self, deadline: Deadline) -> Result<String, CdpError> {
        let params = json!({ "targetId": self.target, "flatten": true });
        let attached: Attached =
            self.core.pipe.call(None, "Target.attachToTarget", &params, deadline).await?;
        Ok(attached.session_id)
    }

    /// Queues an answer for the next prompt. Without one a prompt is dismissed at once, and a `beforeunload` accepted.
    pub fn answer_next_prompt(&self, answer: PromptAnswer) {
        self.tap.answer_next_prompt(answer);
    }

    /// Takes back the answers that no prompt has used, newest first.
    pub fn withdraw_answers(&self) -> Vec<PromptAnswer> {
        self.tap.withdraw_answers()
    }

    /// The prompts that appeared since the last call, at most the first hundred of them.
    pub fn take_prompts(&self) -> Vec<Prompt> {
        self.tap.take_prompts()
    }

    /// What the pages wrote to their console so far.
    pub fn console(&self) -> Console {
        self.tap.console()
    }

    /// Whether a page crashed and how many prompts there were, now and at every change.
    pub fn signs(&self) -> watch::Receiver<Signs> {
        self.tap.signs()
    }

    /// The isolated world of a frame (`Runtime.ExecutionContextDescription.uniqueId`), as far as the browser has told
    /// of it.
    pub fn world(&self, frame: &str) -> Option<String> {
        self.tap.world(frame)
    }

    /// Waits for the isolated world of a frame.
    pub async fn next_world(&self, frame: &str) -> String {
        self.tap.next_world(frame).await
    }

    /// What a document, by its identity, told last of the input that it watches for an element, by its token.
    pub fn landed(&self, document: &str, token: &str) -> Option<Landed> {
        self.tap.landed(document, token)
    }

    /// How often the page itself has asked for a navigation of a frame so far.
    pub fn requested_navigations(&self, frame: &str) -> u64 {
        self.tap.requested_navigations(frame)
    }

    /// Whether a navigation of one of these frames is under way.
    pub fn is_navigating(&self, frames: &[&str]) -> bool {
        self.tap.is_navigating(frames)
    }

    /// Waits until the navigations of these frames that are under way have led to a document, or to nothing.
    pub async fn arrived(&self, frames: &[&str]) {
        self.tap.arrived(frames).await;
    }

    /// Forgets a world that is known to be gone.
    pub fn forget_world(&self, gone: &str) {
        self.tap.forget_world(gone);
    }

    /// Completes when a page of the context has crashed.
    pub async fn crashed(&self) {
        let mut signs = self.signs();
        // The tap lives as long as this borrow, so the wait cannot fail.
        let _ = signs.wait_for(|signs| signs.crashed).await;
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !self.disposed {
            self.leave();
            let params = json!({ "browserContextId": self.id });
            self.core.pipe.tell(None, "Target.disposeBrowserContext", &params);
        }
    }
}

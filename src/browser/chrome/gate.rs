//! The gate of a slot: a DevTools endpoint on the loopback that shows its driver the slot's own contexts only.
//!
//! A driver that is let into the whole browser attaches to every page that it has not seen, in all contexts, and waits
//! for each: a page that hangs in one slot would stop all others. Here it sees one context, whatever the others do.
//! [`super::link`] decides what passes; [`super::door`] speaks HTTP and WebSocket.

use super::door;
use super::error::CdpError;
use super::find::Flavor;
use super::message::TargetInfo;
use super::pipe::Pipe;
use super::tap::Tap;
use crate::deadline::Deadline;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A gate. Dropping it closes the endpoint; contexts that are open stay until they are disposed of.
#[derive(Debug)]
pub struct Gate {
    pub(super) core: Arc<Core>,
    accepting: AbortHandle,
}

/// What endpoint, link and contexts of a gate share.
pub(super) struct Core {
    pub(super) pipe: Pipe,
    /// Where the endpoint listens.
    pub(super) address: SocketAddr,
    /// Part of the WebSocket's path, so that no page under test can guess it.
    pub(super) token: String,
    /// The browser's answer to `Browser.getVersion`.
    pub(super) version: Arc<Version>,
    /// Which build it is.
    pub(super) flavor: Flavor,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    contexts: HashMap<String, Arc<Tap>>,
    /// The context of each target that the driver has been shown.
    targets: HashMap<String, String>,
}

/// What the browser says about itself (`Browser.getVersion`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Version {
    #[serde(rename = "protocolVersion")]
    pub(super) protocol: String,
    pub(super) product: String,
    pub(super) revision: String,
    pub(super) user_agent: String,
    #[serde(rename = "jsVersion")]
    pub(super) javascript: String,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the token nor what pages said belongs into a log.
        f.debug_struct("Gate").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Gate {
    /// Opens the endpoint on a free port of the loopback.
    pub(super) async fn open(pipe: Pipe, version: Arc<Version>, flavor: Flavor) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (token, state) = (crate::id::secret(), Mutex::default());
        let core = Arc::new(Core { pipe, address, token, version, flavor, state });
        let accepting = tokio::spawn(door::accept(listener, Arc::clone(&core))).abort_handle();
        Ok(Self { core, accepting })
    }

    /// The value for `goog:chromeOptions.debuggerAddress`. A driver wants to find a page there: open a context first.
    pub fn address(&self) -> String {
        self.core.address.to_string()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Core {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a context to the driver.
    pub(super) fn show(&self, context: &str, tap: Arc<Tap>) {
        self.lock().contexts.insert(context.to_owned(), tap);
    }

    /// Hides a context from the driver.
    pub(super) fn hide(&self, context: &str) {
        let mut state = self.lock();
        state.targets.retain(|_, of| of != context);
        state.contexts.remove(context);
    }

    /// Whether a target lies in a context of this gate; from then on its id is known.
    pub(super) fn see(&self, target: &TargetInfo) -> Option<Arc<Tap>> {
        let context = target.browser_context_id.as_deref()?;
        let mut state = self.lock();
        let tap = state.contexts.get(context).cloned()?;
        state.targets.insert(target.target_id.clone(), context.to_owned());
        Some(tap)
    }

    /// Whether this id is of a target that the driver has been shown.
    pub(super) fn knows(&self, target: &str) -> bool {
        self.lock().targets.contains_key(target)
    }

    /// The only context, into which the driver's own new windows belong.
    pub(super) fn only_context(&self) -> Option<String> {
        let state = self.lock();
        let mut contexts = state.contexts.keys();
        contexts.next().filter(|_| contexts.next().is_none()).cloned()
    }

    /// `GET /json/version`.
    pub(super) fn version(&self) -> Value {
        json!({
            "Browser": self.version.product,
            "Protocol-Version": self.version.protocol,
            "User-Agent": self.version.user_agent,
            "V8-Version": self.version.javascript,
            "WebKit-Version": format!("537.36 ({})", self.version.revision),
            "webSocketDebuggerUrl": format!("ws://{}{}", self.address, self.socket_path()),
        })
    }

    /// `GET /json/list`: the pages of the slot.
    pub(super) async fn pages(&self, deadline: Deadline) -> Result<Value, CdpError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Targets {
            target_infos: Vec<TargetInfo>,
        }
        let all: Targets = self.pipe.call(None, "Target.getTargets", &json!({}), deadline).await?;
        let own = all.target_infos.into_iter().filter(|it| it.kind == "page" && self.see(it).is_some());
        let list = own.map(|it| {
            json!({ "description": "", "id": it.target_id, "title": it.title, "type": it.kind, "url": it.url })
        });
        Ok(list.collect())
    }

    /// The path of the WebSocket.
    pub(super) fn socket_path(&self) -> String {
        format!("/devtools/browser/{}", self.token)
    }
}

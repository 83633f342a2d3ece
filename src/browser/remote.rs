//! Pages of remote ends: a session for each attempt, wherever most of them are free. Nothing is prepared ahead, since
//! a session at a Grid is somebody's machine.

use super::lease::{Lease, Lessor, NoLease};
use super::page::Page;
use super::webdriver::wire::{CLOSE_TIMEOUT, Remote};
use super::webdriver::{StandardPage, WireError};
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a session may take to come: a Grid's own queue gives up after 300 s.
const NEW_SESSION_TIMEOUT: Duration = Duration::from_secs(330);

/// What the timeouts of the session are set to: higher than any deadline of ours, which are what counts.
const SESSION_TIMEOUT_MS: u64 = 24 * 60 * 60 * 1000;

/// Remote ends and what is asked of them.
pub struct RemoteEnds {
    ends: Vec<Arc<End>>,
    capabilities: Value,
}

struct End {
    remote: Remote,
    capacity: u32,
    used: AtomicU32,
    free: Mutex<Heard>,
}

/// What an end last said of its free sessions.
#[derive(Debug, Default)]
struct Heard {
    free: Option<u32>,
    asked: Option<Instant>,
}

/// How often an end is asked how many sessions are free.
const ASK_AGAIN: Duration = Duration::from_secs(2);

impl RemoteEnds {
    /// These remote ends, each with the number of sessions it can take, and the browser that is wanted of them.
    pub fn new(ends: Vec<(Remote, u32)>, browser: &str) -> Self {
        let ends = ends
            .into_iter()
            .map(|(remote, capacity)| {
                Arc::new(End { remote, capacity, used: AtomicU32::new(0), free: Mutex::default() })
            })
            .collect();
        let capabilities = json!({
            "browserName": browser,
            "pageLoadStrategy": "eager",
            "unhandledPromptBehavior": "ignore",
            "timeouts": {"script": SESSION_TIMEOUT_MS, "pageLoad": SESSION_TIMEOUT_MS, "implicit": 0},
        });
        Self { ends, capabilities }
    }

    /// The sessions that all of them can take together.
    pub fn capacity(&self) -> u32 {
        self.ends.iter().fold(0, |sum, end| sum.saturating_add(end.capacity))
    }

    /// Whether any of them answers, with the reason of the first that does not.
    pub async fn check(&self, timeout: Duration) -> Result<(), NotThere> {
        let mut first = None;
        for end in &self.ends {
            match end.remote.status(Deadline::after("connect timeout", timeout)).await {
                Ok(_) => return Ok(()),
                Err(error) => drop(first.get_or_insert_with(|| NotThere {
                    why: no_lease(&end.remote, &error),
                    unauthorized: matches!(error, WireError::Unauthorized(_)),
                })),
            }
        }
        first.map_or(Ok(()), Err)
    }
}

impl End {
    /// What it last said; asks again in the background where that was some time ago.
    fn free(self: &Arc<Self>) -> Option<u32> {
        let mut heard = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN) {
            heard.asked = Some(Instant::now());
            let end = Arc::clone(self);
            tokio::spawn(async move {
                let status = end.remote.status(Deadline::after("status timeout", ASK_AGAIN)).await;
                let free = status.ok().and_then(|status| free_slots(&status));
                end.free.lock().unwrap_or_else(PoisonError::into_inner).free = free;
            });
        }
        heard.free
    }
}

/// Slots for Chromium that no session holds, as Selenium Grid 4 tells of them; `None` for ends that say nothing of slots.
fn free_slots(status: &Value) -> Option<u32> {
    let nodes = status.get("nodes")?.as_array()?;
    let up = nodes.iter().filter(|node| node["availability"].as_str().is_none_or(|it| it == "UP"));
    let slots = up.filter_map(|node| node["slots"].as_array()).flatten();
    let free = slots.filter(|slot| {
        let browser = slot["stereotype"]["browserName"].as_str();
        slot["session"].is_null() && browser.is_none_or(|browser| browser == "chrome")
    });
    u32::try_from(free.count()).ok()
}

/// Why no remote end can be used.
#[derive(Debug)]
pub struct NotThere {
    /// What happened.
    pub why: NoLease,
    /// The end is there, and the credentials are wrong.
    pub unauthorized: bool,
}

fn no_lease(remote: &Remote, error: &WireError) -> NoLease {
    let kind = Some(error.kind()).filter(|kind| kind.is_infrastructure()).unwrap_or(FailureKind::Endpoint);
    let kind = if matches!(error, WireError::Missed(_)) { FailureKind::Endpoint } else { kind };
    let hint = matches!(error, WireError::Unauthorized(_)).then(|| {
        "`username_env` and `password_env`, or `header`, of the `[[endpoint]]` say what credentials are sent".to_owned()
    });
    NoLease { kind, message: format!("no session at {}: {error}", remote.url()), hint }
}

#[async_trait]
impl Lessor for RemoteEnds {
    fn announce(&self, _attempts: usize) {}

    async fn lease(&self) -> Result<Box<dyn Lease>, NoLease> {
        let free = |end: &Arc<End>| i64::from(end.capacity) - i64::from(end.used.load(Ordering::SeqCst));
        let Some(end) = self.ends.iter().max_by_key(|end| free(end)).cloned() else {
            let message = "no endpoint is configured".to_owned();
            return Err(NoLease { kind: FailureKind::Internal, message, hint: None });
        };
        end.used.fetch_add(1, Ordering::SeqCst);
        let place = Place(end);
        let deadline = Deadline::after("new session timeout", NEW_SESSION_TIMEOUT);
        let remote = &place.0.remote;
        let wire = remote
            .new_session(&self.capabilities, deadline)
            .await
            .map_err(|error| no_lease(remote, &error))?;
        let page = StandardPage::new(remote.clone(), wire);
        Ok(Box::new(RemoteLease { page: Some(page), place }))
    }

    fn free(&self) -> Option<u32> {
        self.ends.iter().map(End::free).sum()
    }

    async fn close(&self) {
        // A session that nobody waits for any more comes all the same, and is ended while we are here.
        let deadline = Deadline::after("close timeout", CLOSE_TIMEOUT);
        for end in &self.ends {
            end.remote.settled(deadline).await;
        }
    }
}

/// A place in an end's capacity; free again with its value.
struct Place(Arc<End>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.used.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A page in a session of its own. The session is ended also when the lease is merely dropped.
struct RemoteLease {
    page: Option<StandardPage>,
    place: Place,
}

#[async_trait]
impl Lease for RemoteLease {
    fn page(&mut self) -> &mut dyn Page {
        self.page.as_mut().expect("a lease has its page until it is released")
    }

    async fn release(mut self: Box<Self>) {
        if let Some(page) = self.page.take() {
            end(&page).await;
        }
    }
}

impl Drop for RemoteLease {
    fn drop(&mut self) {
        if let Some(page) = self.page.take() {
            let place = Place(Arc::clone(&self.place.0));
            self.place.0.used.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                end(&page).await;
                drop(place);
            });
        }
    }
}

async fn end(page: &StandardPage) {
    if let Err(error) = page.wire().end(Deadline::after("close timeout", CLOSE_TIMEOUT)).await {
        tracing::warn!("session {} could not be ended: {error}", page.wire().session());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_says_how_many_slots_are_free() {
        let slot = |browser: &str, session: Value| json!({"stereotype": {"browserName": browser}, "session": session});
        let busy = json!({"sessionId": "1"});
        let grid = json!({"ready": true, "nodes": [
            {"availability": "UP", "slots": [slot("chrome", json!(null)), slot("chrome", busy), slot("firefox", json!(null))]},
            {"availability": "DRAINING", "slots": [slot("chrome", json!(null))]},
            {"slots": [slot("chrome", json!(null))]},
        ]});
        assert_eq!(free_slots(&grid), Some(2));
        assert_eq!(free_slots(&json!({"ready": true, "message": ""})), None);
        assert_eq!(free_slots(&json!({"nodes": "none"})), None);
    }
}

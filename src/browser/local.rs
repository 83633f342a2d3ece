//! Pages of local Chromium: one browser and one chromedriver for all slots, a WebDriver session per slot behind a gate
//! of its own, a fresh browser context for each attempt.
//!
//! What costs is the switch of a session to a fresh context, so that is done ahead: one session more than there are
//! slots, each run by a *keeper* that prepares a page, lends it out, disposes of its context and prepares the next, as
//! long as attempts are announced. A browser or driver that died or hangs is replaced for all keepers by the first
//! that notices.

mod keeper;
mod workshop;

use super::chrome::find;
use super::chrome::{LaunchOptions, Placing};
use super::lease::{Lease, Lessor, NoLease};
use super::page::Page;
use super::webdriver::DevToolsPage;
use crate::case::model::Viewport;
use crate::custody::Custody;
use crate::outcome::FailureKind;
use async_trait::async_trait;
use keeper::{Prepared, Returned, keep};
use std::path::PathBuf;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;
use workshop::Workshop;

/// How much later than the end of its children the end of the guard may be noticed.
const LOST_NOTICE: Duration = Duration::from_millis(100);

/// What local pages are made with.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// How the browser is started.
    pub launch: LaunchOptions,
    /// chromedriver.
    pub driver: PathBuf,
    /// Slots.
    pub slots: usize,
    /// Size of a fresh page.
    pub viewport: Viewport,
    /// Where it lies.
    pub placing: Placing,
}

/// Local Chromium as a lessor.
pub struct LocalBrowsers {
    workshop: Arc<Workshop>,
    ready: Mutex<mpsc::Receiver<Result<Prepared, NoLease>>>,
    keepers: SyncMutex<JoinSet<()>>,
    /// For keepers that join later. Weak: without a keeper nothing is ready ever again.
    offer: mpsc::WeakSender<Result<Prepared, NoLease>>,
}

impl LocalBrowsers {
    /// Starts the browser, the driver and the keepers. The first failure to start is tried once more.
    pub async fn start(custody: Arc<Custody>, options: LocalOptions) -> Result<Self, NoLease> {
        let workshop = Arc::new(Workshop::new(custody, options));
        let pair = match workshop.pair().await {
            Ok(pair) => pair,
            Err(first) => {
                tracing::warn!("{first}; trying once more");
                workshop.pair().await?
            }
        };
        // Trying again would not change what is installed.
        if let Err(error) = find::same_major(pair.chrome.product(), pair.driver.version().unwrap_or_default())
        {
            workshop.replace(&pair).await;
            let hint = Some("install both in the same version, or name them under `[chrome]`".to_owned());
            return Err(NoLease { kind: FailureKind::Driver, message: error.to_string(), hint });
        }
        // Capacity 1: a keeper that has prepared a page waits with it until somebody takes it.
        let (offer, ready) = mpsc::channel(1);
        let mut keepers = JoinSet::new();
        for place in 0..=workshop.options.slots {
            keepers.spawn(keep(place, Arc::clone(&workshop), offer.clone()));
        }
        let (ready, keepers) = (Mutex::new(ready), SyncMutex::new(keepers));
        Ok(Self { workshop, ready, keepers, offer: offer.downgrade() })
    }

    /// What people should know about how the browser was started.
    pub async fn notices(&self) -> Vec<String> {
        self.workshop
            .current
            .lock()
            .await
            .as_ref()
            .map_or_else(Vec::new, |pair| pair.chrome.notices().to_vec())
    }
}

#[async_trait]
impl Lessor for LocalBrowsers {
    fn announce(&self, attempts: usize) {
        self.workshop.wanted.add_permits(attempts);
    }

    /// For more slots more keepers join. For fewer the last ones rest: their pages and sessions are given up.
    fn resize(&self, slots: u32) {
        let Some(offer) = self.offer.upgrade() else { return };
        let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        self.workshop.slots.send_replace(slots as usize);
        while keepers.len() <= slots as usize {
            let place = keepers.len();
            keepers.spawn(keep(place, Arc::clone(&self.workshop), offer.clone()));
        }
    }

    async fn lease(&self) -> Result<Box<dyn Lease>, NoLease> {
        loop {
            let prepared = self.ready.lock().await.recv().await;
            match prepared {
                // Its browser died while the page waited: another is prepared instead.
                Some(Ok(prepared)) if !prepared.pair.is_alive() => self.announce(1),
                Some(Ok(prepared)) => {
                    return Ok(Box::new(LocalLease { page: prepared.page, returned: prepared.returned }));
                }
                Some(Err(error)) => return Err(error),
                None => {
                    let message = "the browsers are closed already".to_owned();
                    return Err(NoLease { kind: FailureKind::Internal, message, hint: None });
                }
            }
        }
    }

    async fn is_lost(&self) -> bool {
        // The guard's children die with it, and news of that may come before news of the guard.
        tokio::time::timeout(LOST_NOTICE, self.workshop.custody.lost()).await.is_ok()
    }

    async fn close(&self) {
        let mut keepers = std::mem::take(&mut *self.keepers.lock().unwrap_or_else(PoisonError::into_inner));
        keepers.abort_all();
        while keepers.join_next().await.is_some() {}
        if let Some(pair) = self.workshop.current.lock().await.take() {
            self.workshop.end(&pair).await;
        }
    }
}

struct LocalLease {
    page: DevToolsPage,
    returned: oneshot::Sender<Returned>,
}

#[async_trait]
impl Lease for LocalLease {
    fn page(&mut self) -> &mut dyn Page {
        &mut self.page
    }

    async fn release(self: Box<Self>) {
        let (disposed, is_disposed) = oneshot::channel();
        let hung = self.page.is_hung();
        let returned = Returned { context: self.page.into_context(), hung, disposed };
        // A keeper that is gone was aborted with everything it kept.
        if self.returned.send(returned).is_ok() {
            let _ = is_disposed.await;
        }
    }
}

//! Pages of local Chromium: one browser and one chromedriver for all slots, a WebDriver session per slot behind a gate
//! of its own, a fresh browser context for each attempt.
//!
//! What costs is the switch of a session to a fresh context, so that is done ahead: one session more than there are
//! slots, each run by a *keeper* that prepares a page, lends it out, disposes of its context and prepares the next, as
//! long as attempts are announced. A browser or driver that died or hangs is replaced for all keepers by the first
//! that notices.

use super::chrome::find;
use super::chrome::{CdpError, Chrome, Context, Gate, LaunchError, LaunchOptions};
use super::lease::{Lease, Lessor, NoLease};
use super::page::Page;
use super::webdriver::driver::Driver;
use super::webdriver::wire::{Command, Wire};
use super::webdriver::{DevToolsPage, WireError};
use crate::case::model::Viewport;
use crate::custody::Custody;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use async_trait::async_trait;
use serde_json::json;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;

const DRIVER_READY_TIMEOUT: Duration = Duration::from_secs(10);
const NEW_SESSION_TIMEOUT: Duration = Duration::from_secs(60);
const PREPARE_TIMEOUT: Duration = Duration::from_secs(30);
const DISPOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Preparing a page is work of the browser and the driver: more at once than there are processors makes each one late.
const PREPARED_AT_ONCE: usize = 8;
/// How much later than the end of its children the end of the guard may be noticed.
const LOST_NOTICE: Duration = Duration::from_millis(100);

/// Higher than any deadline of ours, which are what counts.
const SESSION_TIMEOUT_MS: u64 = 24 * 60 * 60 * 1000;

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
}

/// Local Chromium as a lessor.
pub struct LocalBrowsers {
    workshop: Arc<Workshop>,
    ready: Mutex<mpsc::Receiver<Result<Prepared, NoLease>>>,
    keepers: SyncMutex<JoinSet<()>>,
    /// For keepers that join later. Weak: without a keeper nothing is ready ever again.
    offer: mpsc::WeakSender<Result<Prepared, NoLease>>,
}

/// What all keepers share.
struct Workshop {
    custody: Arc<Custody>,
    options: LocalOptions,
    /// One permit for each announced attempt that no keeper prepares for yet.
    wanted: Semaphore,
    /// Leases that may be out. One keeper more than that prepares pages, the others rest.
    slots: watch::Sender<usize>,
    /// Pages that are prepared at the same moment: more would only make all of them late.
    preparing: Semaphore,
    current: Mutex<Option<Arc<Pair>>>,
}

/// A browser and the driver of its sessions. They are replaced together.
struct Pair {
    chrome: Arc<Chrome>,
    driver: Driver,
}

impl Pair {
    fn is_alive(&self) -> bool {
        self.chrome.exit().is_none() && self.driver.exit().is_none()
    }
}

/// A session with its gate: what a keeper keeps from attempt to attempt.
struct Bench {
    pair: Arc<Pair>,
    gate: Gate,
    wire: Arc<Wire>,
}

/// A page that is ready, and the line on which its keeper waits for its end.
struct Prepared {
    page: DevToolsPage,
    pair: Arc<Pair>,
    returned: oneshot::Sender<Returned>,
}

/// A page that comes back, and the line on which its lessee waits until nothing is left of it.
struct Returned {
    context: Context,
    /// Its browser or driver did not answer any more.
    hung: bool,
    disposed: oneshot::Sender<()>,
}

impl LocalBrowsers {
    /// Starts the browser, the driver and the keepers. The first failure to start is tried once more.
    pub async fn start(custody: Arc<Custody>, options: LocalOptions) -> Result<Self, NoLease> {
        let workshop = Arc::new(Workshop {
            custody,
            wanted: Semaphore::new(0),
            slots: watch::Sender::new(options.slots),
            preparing: Semaphore::new(PREPARED_AT_ONCE),
            options,
            current: Mutex::default(),
        });
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

/// The life of a keeper, the `place`th from 0: it works while there are so many slots.
async fn keep(place: usize, workshop: Arc<Workshop>, offer: mpsc::Sender<Result<Prepared, NoLease>>) {
    let mut slots = workshop.slots.subscribe();
    let mut bench: Option<Bench> = None;
    loop {
        if *slots.borrow_and_update() < place {
            workshop.leave(bench.take()).await;
            // The sender lives in the workshop, as long as this.
            let _ = slots.wait_for(|slots| *slots >= place).await;
        }
        tokio::select! {
            permit = workshop.wanted.acquire() => match permit {
                Ok(permit) => permit.forget(),
                Err(_) => return,
            },
            _ = slots.changed() => continue,
        }
        let (kept, context) = match workshop.prepare(bench.take()).await {
            Ok(prepared) => prepared,
            Err(error) => {
                if offer.send(Err(error)).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let place_in_line = tokio::select! {
            place_in_line = offer.reserve() => place_in_line,
            () = below(&mut slots, place) => {
                // Whoever wants the page gets that of another keeper.
                workshop.wanted.add_permits(1);
                bench = workshop.dispose(context, false, &kept.pair).await.then_some(kept);
                continue;
            }
        };
        let Ok(place_in_line) = place_in_line else { return };
        let (returned, is_returned) = oneshot::channel();
        let page = DevToolsPage::new(Arc::clone(&kept.pair.chrome), Arc::clone(&kept.wire), context);
        place_in_line.send(Ok(Prepared { page, pair: Arc::clone(&kept.pair), returned }));
        // A lease that was merely dropped disposed of its context by that.
        if let Ok(Returned { context, hung, disposed }) = is_returned.await {
            if workshop.dispose(context, hung, &kept.pair).await {
                bench = Some(kept);
            }
            let _ = disposed.send(());
        } else {
            bench = Some(kept);
        }
    }
}

/// Waits until there are fewer slots than `place`.
async fn below(slots: &mut watch::Receiver<usize>, place: usize) {
    // The sender lives in the workshop, as long as the keepers.
    if slots.wait_for(|slots| *slots < place).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Workshop {
    /// The browser and driver that run now; starts them where there are none.
    async fn pair(&self) -> Result<Arc<Pair>, NoLease> {
        let mut current = self.current.lock().await;
        if let Some(pair) = current.as_ref().filter(|pair| pair.is_alive()) {
            return Ok(Arc::clone(pair));
        }
        if let Some(dead) = current.take() {
            tracing::warn!(
                "the browser or its driver ended; both are replaced; the driver's log:{}",
                dead.driver.log()
            );
            self.end(&dead).await;
        }
        let ready = Deadline::after("driver ready timeout", DRIVER_READY_TIMEOUT);
        let (chrome, driver) = tokio::join!(
            Chrome::launch(&self.custody, self.options.launch.clone()),
            Driver::start(&self.custody, &self.options.driver, ready),
        );
        let driver = driver.map_err(|error| no_lease(FailureKind::Driver, error.to_string()));
        match (chrome, driver) {
            (Ok(chrome), Ok(driver)) => {
                let pair = Arc::new(Pair { chrome: Arc::new(chrome), driver });
                *current = Some(Arc::clone(&pair));
                Ok(pair)
            }
            (Ok(chrome), Err(error)) => {
                // Dropping it would leave its folder.
                let _ = chrome.end(&self.custody).await;
                Err(error)
            }
            (Err(error), driver) => {
                if let Ok(driver) = driver {
                    driver.end().await;
                }
                Err(not_launched(&error))
            }
        }
    }

    /// Ends a pair that is of no use any more, unless that was done already.
    async fn replace(&self, pair: &Arc<Pair>) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|now| Arc::ptr_eq(now, pair)) {
            *current = None;
        }
        drop(current);
        self.end(pair).await;
    }

    /// Disposes of a context; says whether its session can be used again. The browser of one that cannot is replaced.
    async fn dispose(&self, context: Context, hung: bool, pair: &Arc<Pair>) -> bool {
        if hung {
            tracing::warn!("the browser or its driver does not answer; both are replaced");
        } else {
            match context.dispose(Deadline::after("dispose timeout", DISPOSE_TIMEOUT)).await {
                Ok(()) => return true,
                Err(error) => tracing::warn!(
                    "a browser context could not be disposed of: {error}; the browser is replaced"
                ),
            }
        }
        self.replace(pair).await;
        false
    }

    async fn end(&self, pair: &Pair) {
        pair.driver.end().await;
        if let Err(error) = pair.chrome.end(&self.custody).await {
            tracing::warn!("the browser's folder could not be removed yet: {error}");
        }
    }

    /// Ends the session of a keeper that rests.
    async fn leave(&self, bench: Option<Bench>) {
        if let Some(bench) = bench {
            let _ = bench.wire.end(Deadline::after("close timeout", DISPOSE_TIMEOUT)).await;
        }
    }

    /// A fresh context with a session switched to it. A session that fails is replaced by a new one, once.
    async fn prepare(&self, bench: Option<Bench>) -> Result<(Bench, Context), NoLease> {
        // Never closed.
        let _turn = self.preparing.acquire().await;
        if let Some(bench) = bench.filter(|bench| bench.pair.is_alive()) {
            match self.open(&bench).await {
                Ok(context) => return Ok((bench, context)),
                Err(error) => {
                    tracing::warn!("a session cannot be used again: {error}");
                    self.leave(Some(bench)).await;
                }
            }
        }
        self.bench().await
    }

    /// Opens a context behind the bench's gate and switches its session there.
    async fn open(&self, bench: &Bench) -> Result<Context, NoLease> {
        let deadline = Deadline::after("prepare timeout", PREPARE_TIMEOUT);
        let context = bench.gate.open_context(self.options.viewport, deadline).await;
        let context = context.map_err(|error| no_fresh_page(&error))?;
        let window = json!({"handle": context.target_id()});
        match bench.wire.call(Command::Post("window", &window), deadline).await {
            Ok(_) => Ok(context),
            Err(error) => {
                let _ = context.dispose(Deadline::after("dispose timeout", DISPOSE_TIMEOUT)).await;
                Err(no_fresh_page(&error))
            }
        }
    }

    /// A new session with a context of its own. The context comes first: chromedriver attaches to the page that it
    /// finds behind the gate, so that it needs no switch, and waits for one where there is none.
    async fn bench(&self) -> Result<(Bench, Context), NoLease> {
        let pair = self.pair().await?;
        let gate = pair
            .chrome
            .gate()
            .await
            .map_err(|error| no_lease(FailureKind::BrowserCrash, error.to_string()))?;
        let deadline = Deadline::after("new session timeout", NEW_SESSION_TIMEOUT);
        let context = match gate.open_context(self.options.viewport, deadline).await {
            Ok(context) => context,
            Err(error) => {
                if matches!(error, CdpError::Missed { .. }) {
                    self.replace(&pair).await;
                }
                return Err(no_fresh_page(&error));
            }
        };
        let capabilities = json!({
            "browserName": pair.chrome.browser().flavor.browser_name(),
            "pageLoadStrategy": "none",
            "unhandledPromptBehavior": "ignore",
            "timeouts": {"script": SESSION_TIMEOUT_MS, "pageLoad": SESSION_TIMEOUT_MS, "implicit": 0},
            "goog:chromeOptions": {"debuggerAddress": gate.address()},
        });
        match pair.driver.remote().new_session(&capabilities, deadline).await {
            Ok(wire) => Ok((Bench { pair, gate, wire: Arc::new(wire) }, context)),
            Err(error) => {
                if matches!(error, WireError::Missed(_)) {
                    // Whoever does not answer this for so long will not answer the next one either.
                    self.replace(&pair).await;
                }
                // A driver of our own has no queue in which there might be no slot.
                let told = Some(error.kind());
                let kind = told.filter(|kind| kind.is_infrastructure() && *kind != FailureKind::NoSlot);
                let kind = kind.unwrap_or(FailureKind::Driver);
                Err(no_lease(kind, format!("no session: {error}; the driver's log:{}", pair.driver.log())))
            }
        }
    }
}

/// Why there is no browser, with the end of its log and what is known to be behind such lines.
fn not_launched(error: &LaunchError) -> NoLease {
    let mut message = error.to_string();
    let mut hint = None;
    if let LaunchError::NotUp(failure) = error {
        let lines: Vec<String> = failure.log.iter().map(|line| format!("\n    {}", line.raw())).collect();
        if !lines.is_empty() {
            message = format!("{message}; its log:{}", lines.concat());
        }
        hint = Some(failure.causes.join("; ")).filter(|causes| !causes.is_empty());
    }
    NoLease { kind: FailureKind::BrowserCrash, message, hint }
}

fn no_fresh_page(error: &dyn std::fmt::Display) -> NoLease {
    no_lease(FailureKind::BrowserCrash, format!("no fresh page: {error}"))
}

fn no_lease(kind: FailureKind, message: String) -> NoLease {
    NoLease { kind, message, hint: None }
}

//! The workshop: the browser and driver that run now, and how sessions and contexts are made with them and disposed of.

use super::LocalOptions;
use crate::browser::chrome::{CdpError, Chrome, Context, Gate, LaunchError};
use crate::browser::lease::NoLease;
use crate::browser::webdriver::WireError;
use crate::browser::webdriver::driver::Driver;
use crate::browser::webdriver::wire::{Command, Wire};
use crate::custody::Custody;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, watch};

const DRIVER_READY_TIMEOUT: Duration = Duration::from_secs(10);
const NEW_SESSION_TIMEOUT: Duration = Duration::from_secs(60);
const PREPARE_TIMEOUT: Duration = Duration::from_secs(30);
const DISPOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Preparing a page is work of the browser and the driver: more at once than there are processors makes each one late.
const PREPARED_AT_ONCE: usize = 8;

/// Higher than any deadline of ours, which are what counts.
const SESSION_TIMEOUT_MS: u64 = 24 * 60 * 60 * 1000;

/// What all keepers share.
pub(super) struct Workshop {
    pub(super) custody: Arc<Custody>,
    pub(super) options: LocalOptions,
    /// One permit for each announced attempt that no keeper prepares for yet.
    pub(super) wanted: Semaphore,
    /// Leases that may be out. One keeper more than that prepares pages, the others rest.
    pub(super) slots: watch::Sender<usize>,
    /// Pages that are prepared at the same moment: more would only make all of them late.
    preparing: Semaphore,
    pub(super) current: Mutex<Option<Arc<Pair>>>,
}

/// A browser and the driver of its sessions. They are replaced together.
pub(super) struct Pair {
    pub(super) chrome: Arc<Chrome>,
    pub(super) driver: Driver,
}

impl Pair {
    pub(super) fn is_alive(&self) -> bool {
        self.chrome.exit().is_none() && self.driver.exit().is_none()
    }
}

/// A session with its gate: what a keeper keeps from attempt to attempt.
pub(super) struct Bench {
    pub(super) pair: Arc<Pair>,
    gate: Gate,
    pub(super) wire: Arc<Wire>,
}

impl Workshop {
    pub(super) fn new(custody: Arc<Custody>, options: LocalOptions) -> Self {
        Self {
            custody,
            wanted: Semaphore::new(0),
            slots: watch::Sender::new(options.slots),
            preparing: Semaphore::new(PREPARED_AT_ONCE),
            options,
            current: Mutex::default(),
        }
    }

    /// The browser and driver that run now; starts them where there are none.
    pub(super) async fn pair(&self) -> Result<Arc<Pair>, NoLease> {
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
    pub(super) async fn replace(&self, pair: &Arc<Pair>) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|now| Arc::ptr_eq(now, pair)) {
            *current = None;
        }
        drop(current);
        self.end(pair).await;
    }

    /// Disposes of a context; says whether its session can be used again. The browser of one that cannot is replaced.
    pub(super) async fn dispose(&self, context: Context, hung: bool, pair: &Arc<Pair>) -> bool {
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

    pub(super) async fn end(&self, pair: &Pair) {
        pair.driver.end().await;
        if let Err(error) = pair.chrome.end(&self.custody).await {
            tracing::warn!("the browser's folder could not be removed yet: {error}");
        }
    }

    /// Ends the session of a keeper that rests.
    pub(super) async fn leave(&self, bench: Option<Bench>) {
        if let Some(bench) = bench {
            let _ = bench.wire.end(Deadline::after("close timeout", DISPOSE_TIMEOUT)).await;
        }
    }

    /// A fresh context with a session switched to it. A session that fails is replaced by a new one, once.
    pub(super) async fn prepare(&self, bench: Option<Bench>) -> Result<(Bench, Context), NoLease> {
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
        let context = bench.gate.open_context(self.options.viewport, self.options.placing, deadline).await;
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
        let context = match gate.open_context(self.options.viewport, self.options.placing, deadline).await {
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

//! A real Chromium behind gates, with a real chromedriver.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

mod driver;
mod faults;
mod slots;

use batchrun::browser::chrome::{Chrome, Context, Gate, LaunchOptions, Placing};
use batchrun::custody::Custody;
use driver::{Driver, Session, VIEWPORT, custody, deadline};
use std::time::Duration;

/// A browser with a driver.
struct Setup {
    custody: Custody,
    chrome: Chrome,
    driver: Driver,
}

/// A slot: a gate with its own session, switched to a context.
struct Slot {
    gate: Gate,
    session: Session,
    context: Context,
}

impl Setup {
    async fn new() -> Self {
        Self::with(LaunchOptions::default()).await
    }

    async fn with(options: LaunchOptions) -> Self {
        let custody = custody().await;
        let chrome = Chrome::launch(&custody, options).await.unwrap_or_else(|error| panic!("{error}"));
        let driver = Driver::start(&custody, &chrome).await;
        Self { custody, chrome, driver }
    }

    async fn slot(&self) -> Slot {
        let gate = self.chrome.gate().await.unwrap();
        let context = gate.open_context(VIEWPORT, Placing::OnScreen, deadline()).await.unwrap();
        let mut session = self.driver.session(&self.chrome, &gate).await;
        session.switch(&context).await.unwrap();
        Slot { gate, session, context }
    }

    /// Ends everything in good order: nothing may be left over then.
    async fn end(self) {
        self.driver.process.end(Duration::ZERO).await;
        self.chrome.end(&self.custody).await.unwrap();
        assert_eq!(self.custody.finish().await.count(), 0);
    }
}

impl Slot {
    /// A fresh context instead of the present one.
    async fn renew(&mut self) {
        let fresh = self.gate.open_context(VIEWPORT, Placing::OnScreen, deadline()).await.unwrap();
        std::mem::replace(&mut self.context, fresh).dispose(deadline()).await.unwrap();
        self.session.switch(&self.context).await.unwrap();
    }
}

//! Lending out pages: the contract between whoever runs attempts and whatever has browsers.

use super::page::Page;
use crate::outcome::FailureKind;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// Lends pages, one an attempt, each in a context that nothing else has ever used.
#[async_trait]
pub trait Lessor: Send + Sync + 'static {
    /// Says that so many attempts more will want a page, so that pages can be prepared ahead and none in vain.
    fn announce(&self, attempts: usize);

    /// Says how many leases may be out at once from now on.
    fn resize(&self, slots: u32) {
        let _ = slots;
    }

    /// Waits for a page. May be dropped: the page goes to the next one who asks.
    async fn lease(&self) -> Result<Box<dyn Lease>, NoLease>;

    /// How many more could be had now, where whoever has them says so. Answers at once, from what was last heard.
    fn free(&self) -> Option<u32> {
        None
    }

    /// Whether everything it lent was ended from outside, and nothing more can be lent. Asked after an attempt errored.
    async fn is_lost(&self) -> bool {
        false
    }

    /// Gives everything back. Leases that are still out end with their browser.
    async fn close(&self);
}

/// How pages come, for whoever decides how many are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supply {
    /// Attempts that wait for a page.
    pub waiting: u32,
    /// How long the first of them has waited.
    pub longest: Duration,
    /// See [`Lessor::free`].
    pub free: Option<u32>,
}

/// A page lent to one attempt.
#[async_trait]
pub trait Lease: Send {
    /// The page.
    fn page(&mut self) -> &mut dyn Page;

    /// Gives the page back and waits until nothing of its context is left.
    async fn release(self: Box<Self>);
}

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoLease {
    /// An infrastructure kind.
    pub kind: FailureKind,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for NoLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NoLease {}

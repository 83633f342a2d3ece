//! One type for every time limit, so that each names itself when it is missed.

use std::fmt;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// A point in time by which something must have ended, with the name people know it by.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    name: &'static str,
    budget: Duration,
    at: Instant,
}

impl Deadline {
    /// Starts now and ends after `budget`. `name` completes "missed the …", e.g. `"step timeout"`.
    pub fn after(name: &'static str, budget: Duration) -> Self {
        Self { name, budget, at: Instant::now() + budget }
    }

    /// The time left; zero once missed.
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether no time is left.
    pub fn is_missed(&self) -> bool {
        self.left().is_zero()
    }

    /// The earlier of the two, with its own name.
    #[must_use]
    pub fn or_earlier(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// The same deadline moved later by `extra`, for whoever must see the other side miss it first.
    #[must_use]
    pub fn plus(self, extra: Duration) -> Self {
        Self { at: self.at + extra, ..self }
    }

    /// The whole time it gave, for messages.
    pub fn budget(&self) -> Duration {
        self.budget
    }

    /// Its name, for messages.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Awaits `future`, at most until this deadline. The future is dropped when it is missed.
    pub async fn bound<F: Future>(&self, future: F) -> Result<F::Output, Missed> {
        tokio::time::timeout_at(self.at, future).await.map_err(|_| self.missed())
    }

    /// The error that names this deadline.
    pub fn missed(&self) -> Missed {
        Missed { name: self.name, budget: self.budget }
    }
}

/// A deadline was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The deadline's name.
    pub name: &'static str,
    /// The whole time it gave.
    pub budget: Duration,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} missed", self.name, crate::text::duration(self.budget))
    }
}

impl std::error::Error for Missed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_missed_deadline_names_itself() {
        let step = Deadline::after("step timeout", Duration::from_secs(10));
        let attempt = Deadline::after("attempt timeout", Duration::from_secs(5));
        let error = step.or_earlier(attempt).bound(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(error.to_string(), "attempt timeout of 5s missed");
        assert!(!step.is_missed());
        assert_eq!(step.left(), Duration::from_secs(5));
    }
}

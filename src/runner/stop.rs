//! The one way in which a running attempt learns that it is to end: a value that only grows harder.

use tokio::sync::watch;

/// The dispatcher's end.
#[derive(Debug)]
pub struct StopSource(watch::Sender<bool>);

/// An attempt's end.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<bool>);

impl StopSource {
    /// A source and its signal, not stopped.
    pub fn new() -> (Self, StopSignal) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), StopSignal(receiver))
    }

    /// Tells every attempt to end now.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }
}

impl StopSignal {
    /// A signal that never comes.
    pub fn never() -> Self {
        StopSource::new().1
    }

    /// Whether the attempt is to end.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes once the attempt is to end.
    pub async fn stopped(&mut self) {
        // A source that is gone will never ask for anything.
        if self.0.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

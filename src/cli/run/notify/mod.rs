//! `[notify]`: who is told of a batch's end, and of its first failure. What becomes of it is a warning at most: it never
//! changes how a batch ends.

mod herald;
mod recipient;

use crate::config::{NotifyOn, Settings};
use crate::custody::Custody;
use crate::diagnostic::Diagnostic;
use crate::event::reporter::Reporter;
use crate::event::{Event, Level};
use crate::id::BatchId;
use crate::mask::Masker;
use crate::outcome::ExitCode;
use crate::runner::dispatcher::Sink;
use crate::store::{EventSender, Place};
use herald::Herald;
use recipient::Recipient;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What is to be told, from the one who sees it in the events to the one who tells it.
pub(super) struct Notices {
    /// Of the first failure, if that is wanted.
    pub(super) first: Option<First>,
    /// Of the end.
    pub(super) last: Last,
}

/// The notice of the first failure, which may never come.
pub(super) struct First {
    document: oneshot::Receiver<Value>,
    recipient: Arc<Recipient>,
}

/// The notice of the end.
pub(super) struct Last {
    document: oneshot::Receiver<Value>,
    recipient: Arc<Recipient>,
    on: NotifyOn,
}

/// Makes what sees to it that somebody is told, if anybody is to be.
pub(super) fn open(
    settings: &Settings,
    place: &Place,
    batch: &BatchId,
    masker: &Masker,
) -> Option<(Box<dyn Reporter>, Notices)> {
    let (command, webhook) = (settings.notify_command.value.clone(), settings.notify_webhook.value.clone());
    if command.is_none() && webhook.is_none() {
        return None;
    }
    let log = place.notify_log(batch);
    let recipient = Arc::new(Recipient { command, webhook, log, masker: masker.clone() });
    let on = settings.notify_on.value;
    let (first_sender, document) = oneshot::channel();
    let first = (on == NotifyOn::FirstFailure).then(|| First { document, recipient: Arc::clone(&recipient) });
    let (last_sender, document) = oneshot::channel();
    let herald = Herald::new(first.is_some().then_some(first_sender), last_sender);
    Some((Box::new(herald), Notices { first, last: Last { document, recipient, on } }))
}

/// Waits for the first failure while cases run.
pub(super) struct Watch {
    task: JoinHandle<()>,
    over: oneshot::Sender<()>,
}

impl First {
    /// Tells it as soon as it is there. A custody that runs is used, since a second one would take the terminal, as the
    /// keys have set it, for what it is to be in the end.
    pub(super) fn watch(self, custody: &Arc<Custody>, sink: &Arc<dyn Sink>) -> Watch {
        let (over, is_over) = oneshot::channel();
        let (custody, sink) = (Arc::clone(custody), Arc::clone(sink));
        let Self { mut document, recipient } = self;
        let task = tokio::spawn(async move {
            let document = tokio::select! {
                biased;
                told = &mut document => told.ok(),
                _ = is_over => document.try_recv().ok(),
            };
            let Some(document) = document else { return };
            for text in recipient.tell(Some(&*custody), &document).await {
                sink.send(Event::Message { level: Level::Warning, text: text.into() });
            }
        });
        Watch { task, over }
    }
}

impl Watch {
    /// Ends once all that has happened has been looked at, and whoever is being told has been told.
    pub(super) async fn end(self, events: &EventSender) {
        // A recorder that is gone is told of when it is joined.
        let _ = events.barrier().await;
        let _ = self.over.send(());
        let _ = self.task.await;
    }
}

impl Last {
    /// Tells of the end, and of what the process will exit with; answers with what is worth a warning.
    pub(super) async fn tell(mut self, exit: ExitCode) -> Vec<Diagnostic> {
        // Nothing has come where the recorder is broken, which people are told of anyway.
        let Ok(mut document) = self.document.try_recv() else { return Vec::new() };
        if self.on == NotifyOn::Failure && exit == ExitCode::Success {
            return Vec::new();
        }
        document["exit_code"] = exit.code().into();
        self.recipient.tell(None, &document).await.into_iter().map(Diagnostic::warning).collect()
    }
}

//! Keepers: each prepares a page, lends it out, disposes of its context and prepares the next.

use super::workshop::{Bench, Pair, Workshop};
use crate::browser::chrome::Context;
use crate::browser::lease::NoLease;
use crate::browser::webdriver::DevToolsPage;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// A page that is ready, and the line on which its keeper waits for its end.
pub(super) struct Prepared {
    pub(super) page: DevToolsPage,
    pub(super) pair: Arc<Pair>,
    pub(super) returned: oneshot::Sender<Returned>,
}

/// A page that comes back, and the line on which its lessee waits until nothing is left of it.
pub(super) struct Returned {
    pub(super) context: Context,
    /// Its browser or driver did not answer any more.
    pub(super) hung: bool,
    pub(super) disposed: oneshot::Sender<()>,
}

/// The life of a keeper, the `place`th from 0: it works while there are so many slots.
pub(super) async fn keep(
    place: usize,
    workshop: Arc<Workshop>,
    offer: mpsc::Sender<Result<Prepared, NoLease>>,
) {
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

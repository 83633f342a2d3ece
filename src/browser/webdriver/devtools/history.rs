//! Moves in a page's history, and to the same page anew.

use super::DevToolsPage;
use super::world::Answer;
use crate::browser::page::{Fault, Frame};
use crate::case::model::History;
use crate::deadline::Deadline;
use serde_json::json;

impl DevToolsPage {
    /// `back`, `forward` and `reload`: they answer before anything happens, so the end of the old document (or a
    /// move within it) is awaited by a listener that was armed first.
    pub(super) async fn traverse(&mut self, history: History, deadline: Deadline) -> Result<(), Fault> {
        let step = match history {
            History::Back => -1,
            History::Forward => 1,
            History::Reload => 0,
        };
        let arm = "globalThis.__left = new Promise(done => { for (const name of ['pagehide', 'popstate', \
                           'hashchange']) addEventListener(name, () => done(true), {once: true}) });0";
        self.in_world(&Frame::Top, arm, Answer::Value, deadline).await?;
        if step == 0 {
            self.send("Page.reload", json!({}), deadline).await?;
        } else {
            let list = self.send("Page.getNavigationHistory", json!({}), deadline).await?;
            let current = list["currentIndex"].as_i64().unwrap_or_default();
            let entry = usize::try_from(current + step)
                .ok()
                .and_then(|at| list["entries"].get(at))
                .map(|it| it["id"].clone());
            let Some(entry) = entry else {
                let direction = if step < 0 { "back" } else { "forward" };
                return Err(Fault::Refused(format!("there is no page to go {direction} to")));
            };
            self.send("Page.navigateToHistoryEntry", json!({"entryId": entry}), deadline).await?;
        }
        // In a new document there is nothing to wait for.
        match self.in_world(&Frame::Top, "globalThis.__left", Answer::Value, deadline).await {
            Ok(_) | Err(Fault::DocumentGone) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

//! Navigations of a context's frames that have begun and not ended, as the browser tells of them. Asks nothing.

use super::message::Message;
use serde::Deserialize;
use std::collections::HashMap;

/// The navigations by frame.
#[derive(Debug, Default)]
pub(super) struct Navigations {
    under_way: HashMap<String, Stage>,
    /// How many the pages themselves have asked for, ever.
    requested: HashMap<String, u64>,
    /// The frames of pages whose document is still being read, and the session that tells of each.
    reading: HashMap<String, String>,
}

/// How far a navigation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The page asks for it. Some come to nothing without a word.
    Requested,
    /// The browser is loading it.
    Started,
}

/// What all these events have, each in part.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    frame_id: String,
    frame: Named,
    disposition: String,
    navigation_type: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Named {
    id: String,
    parent_id: String,
}

impl Navigations {
    /// Takes an event of the domain `Page`; says whether it is one of a navigation.
    pub(super) fn event(&mut self, message: &Message<'_>) -> bool {
        let method = message.method.unwrap_or_default();
        let relevant = [
            "Page.frameRequestedNavigation",
            "Page.frameStartedNavigating",
            "Page.frameStartedLoading",
            "Page.frameStoppedLoading",
            "Page.frameNavigated",
            "Page.navigatedWithinDocument",
            "Page.frameDetached",
            "Page.domContentEventFired",
        ];
        if !relevant.contains(&method) {
            return false;
        }
        let event: Event =
            message.params.and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default();
        let Event { frame_id, frame, disposition, navigation_type } = event;
        match method {
            "Page.frameRequestedNavigation" if disposition == "currentTab" => {
                *self.requested.entry(frame_id.clone()).or_default() += 1;
                self.under_way.entry(frame_id).or_insert(Stage::Requested);
            }
            // A move within the document is over before anybody can wait for it.
            "Page.frameStartedNavigating" if !navigation_type.to_lowercase().contains("samedocument") => {
                self.under_way.insert(frame_id, Stage::Started);
            }
            "Page.frameStartedLoading" => {
                self.under_way.entry(frame_id).and_modify(|stage| *stage = Stage::Started);
            }
            // The frames of a page go with its document, not all of them with a word.
            "Page.frameNavigated" if frame.parent_id.is_empty() => {
                self.under_way.clear();
                self.reading.insert(frame.id, message.session.unwrap_or_default().to_owned());
            }
            "Page.frameNavigated" => drop(self.under_way.remove(&frame.id)),
            // It names the page by its session alone.
            "Page.domContentEventFired" => {
                self.reading.retain(|_, session| Some(session.as_str()) != message.session);
            }
            "Page.frameStoppedLoading" => {
                self.under_way.remove(&frame_id);
                self.reading.remove(&frame_id);
            }
            "Page.navigatedWithinDocument" | "Page.frameDetached" => {
                self.under_way.remove(&frame_id);
            }
            _ => {}
        }
        true
    }

    /// How far the most advanced navigation in these frames is; `None` where there is none.
    pub(super) fn under_way(&self, frames: &[&str]) -> Option<Stage> {
        frames.iter().filter_map(|frame| self.under_way.get(*frame).copied()).max()
    }

    /// How often the page itself has asked for a navigation of a frame.
    pub(super) fn requested(&self, frame: &str) -> u64 {
        self.requested.get(frame).copied().unwrap_or_default()
    }

    /// Whether the document of a page's frame is there in part only: `DOMContentLoaded` is yet to come.
    pub(super) fn is_reading(&self, frame: &str) -> bool {
        self.reading.contains_key(frame)
    }

    /// Gives up a document that takes too long: nobody waits for it again.
    pub(super) fn forget_reading(&mut self, frame: &str) {
        self.reading.remove(frame);
    }

    /// Gives up those that were asked for and never began.
    pub(super) fn forget_requests(&mut self) {
        self.under_way.retain(|_, stage| *stage != Stage::Requested);
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::raw;
    use super::*;
    use serde_json::{Value, json};

    fn event(navigations: &mut Navigations, method: &str, params: &Value) {
        let method = format!("Page.{method}");
        let params = raw(params);
        navigations.event(&Message {
            id: None,
            method: Some(&method),
            session: Some("S"),
            params: Some(&params),
            result: None,
            error: None,
        });
    }

    /// As Chromium tells of a form that is posted and answered with a redirect.
    #[test]
    fn a_navigation_lasts_from_its_request_to_its_document() {
        let mut navigations = Navigations::default();
        let stage = |it: &Navigations| it.under_way(&["F", "other"]);
        event(
            &mut navigations,
            "frameRequestedNavigation",
            &json!({"frameId": "F", "disposition": "currentTab"}),
        );
        assert_eq!((stage(&navigations), navigations.requested("F")), (Some(Stage::Requested), 1));
        let started = json!({"frameId": "F", "navigationType": "differentDocument"});
        event(&mut navigations, "frameStartedNavigating", &started);
        event(&mut navigations, "frameStartedLoading", &json!({"frameId": "F"}));
        assert_eq!(stage(&navigations), Some(Stage::Started));
        let in_a_frame = json!({"frameId": "other", "navigationType": "differentDocument"});
        event(&mut navigations, "frameStartedNavigating", &in_a_frame);
        event(&mut navigations, "frameNavigated", &json!({"frame": {"id": "F"}}));
        assert_eq!(stage(&navigations), None, "its frames went with the document");
        assert!(navigations.is_reading("F") && !navigations.is_reading("other"));
        event(&mut navigations, "frameNavigated", &json!({"frame": {"id": "other", "parentId": "F"}}));
        event(&mut navigations, "domContentEventFired", &json!({"timestamp": 1.0}));
        assert!(!navigations.is_reading("F") && !navigations.is_reading("other"));
        event(&mut navigations, "frameNavigated", &json!({"frame": {"id": "F"}}));
        let params = raw(&json!({"timestamp": 2.0}));
        navigations.event(&Message {
            id: None,
            method: Some("Page.domContentEventFired"),
            session: Some("of another page"),
            params: Some(&params),
            result: None,
            error: None,
        });
        assert!(navigations.is_reading("F"));
        event(&mut navigations, "frameStoppedLoading", &json!({"frameId": "F"}));
        assert!(!navigations.is_reading("F"), "what was broken off is not read any more");
    }

    #[test]
    fn what_leads_to_no_document_ends_as_well() {
        let mut navigations = Navigations::default();
        let requested = json!({"frameId": "F", "disposition": "currentTab"});
        event(&mut navigations, "frameRequestedNavigation", &requested);
        event(&mut navigations, "frameStartedLoading", &json!({"frameId": "F"}));
        event(&mut navigations, "frameStoppedLoading", &json!({"frameId": "F"}));
        assert_eq!(navigations.under_way(&["F"]), None, "a download, or HTTP status 204");
        event(&mut navigations, "frameRequestedNavigation", &requested);
        navigations.forget_requests();
        assert_eq!(navigations.under_way(&["F"]), None, "refused by the page's own policy");
        let elsewhere = json!({"frameId": "F", "disposition": "newTab"});
        event(&mut navigations, "frameRequestedNavigation", &elsewhere);
        let fragment = json!({"frameId": "F", "navigationType": "sameDocument"});
        event(&mut navigations, "frameStartedNavigating", &fragment);
        assert_eq!((navigations.under_way(&["F"]), navigations.requested("F")), (None, 2));
    }
}

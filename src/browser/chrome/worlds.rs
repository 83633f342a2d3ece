//! The isolated worlds of a context's frames, as the browser tells of them. Asks nothing, makes none.
//!
//! Every new document of a page gets one with the engine in it, before any script of its own runs ([`INSTALL`]): a
//! step in a fresh document costs no more than one in an old one.

use super::message::{Message, raw};
use crate::browser::engine;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The isolated world's name, as it is seen in developer tools.
pub(in crate::browser) const WORLD: &str = "batchrun";

/// The name of the function by which the engine tells news of watched input (`Runtime.addBinding`).
pub(super) const TOLD: &str = "__batchrun_told";

/// What gives every isolated world that function.
pub(super) static LISTEN: LazyLock<Box<RawValue>> =
    LazyLock::new(|| raw(&json!({ "name": TOLD, "executionContextName": WORLD })));

/// The engine in a world. Made at once: for a browser it is twice the work to keep a text as long as this until it is
/// needed. A document that takes over the window of the one before gets an engine of its own.
pub(in crate::browser) static ENGINE: LazyLock<String> =
    LazyLock::new(|| format!("globalThis.__batchrun = {};", engine::SENT.trim_end()));

/// What puts the engine into every new document (`Page.addScriptToEvaluateOnNewDocument`).
pub(super) static INSTALL: LazyLock<Box<RawValue>> =
    LazyLock::new(|| raw(&json!({ "source": *ENGINE, "worldName": WORLD })));

/// The worlds by frame.
#[derive(Debug, Default)]
pub(super) struct Worlds {
    known: HashMap<String, World>,
}

#[derive(Debug)]
struct World {
    /// The DevTools session that told of it.
    session: String,
    /// `Runtime.ExecutionContextDescription.uniqueId`: unlike its number it is never used again.
    id: String,
}

impl Worlds {
    /// Takes an event of the domain `Runtime`.
    pub(super) fn event(&mut self, message: &Message<'_>) {
        let Some(session) = message.session else { return };
        match message.method.unwrap_or_default() {
            "Runtime.executionContextCreated" => {
                let Some(Created { context }) = parse(message) else { return };
                if context.name == WORLD {
                    let world = World { session: session.to_owned(), id: context.unique_id };
                    self.known.insert(context.aux_data.frame_id, world);
                }
            }
            "Runtime.executionContextDestroyed" => {
                if let Some(Destroyed { execution_context_unique_id: id }) = parse(message) {
                    self.known.retain(|_, world| world.id != id);
                }
            }
            "Runtime.executionContextsCleared" => self.known.retain(|_, world| world.session != session),
            _ => {}
        }
    }

    /// The world of a frame.
    pub(super) fn of(&self, frame: &str) -> Option<&str> {
        self.known.get(frame).map(|world| world.id.as_str())
    }

    /// Forgets a world that is known to be gone.
    pub(super) fn forget(&mut self, gone: &str) {
        self.known.retain(|_, world| world.id != gone);
    }
}

#[derive(Deserialize)]
struct Created {
    context: Description,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    #[serde(default)]
    name: String,
    #[serde(default)]
    unique_id: String,
    #[serde(default)]
    aux_data: AuxData,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AuxData {
    frame_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destroyed {
    execution_context_unique_id: String,
}

fn parse<'a, T: Deserialize<'a>>(message: &Message<'a>) -> Option<T> {
    serde_json::from_str(message.params?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn event(worlds: &mut Worlds, session: &str, method: &str, params: &Value) {
        let params = raw(params);
        worlds.event(&Message {
            id: None,
            method: Some(method),
            session: Some(session),
            params: Some(&params),
            result: None,
            error: None,
        });
    }

    fn created(worlds: &mut Worlds, session: &str, name: &str, id: &str) {
        let context =
            json!({"id": 3, "name": name, "uniqueId": id, "auxData": {"frameId": "F", "isDefault": false}});
        event(worlds, session, "Runtime.executionContextCreated", &json!({ "context": context }));
    }

    #[test]
    fn the_newest_world_of_a_frame_counts_until_it_is_gone() {
        let mut worlds = Worlds::default();
        created(&mut worlds, "S", WORLD, "1.1");
        created(&mut worlds, "S", "of somebody else", "1.2");
        assert_eq!(worlds.of("F"), Some("1.1"));
        created(&mut worlds, "S", WORLD, "2.1");
        let old = json!({"executionContextId": 3, "executionContextUniqueId": "1.1"});
        event(&mut worlds, "S", "Runtime.executionContextDestroyed", &old);
        assert_eq!(worlds.of("F"), Some("2.1"));
        event(&mut worlds, "other", "Runtime.executionContextsCleared", &json!({}));
        assert_eq!(worlds.of("F"), Some("2.1"));
        event(&mut worlds, "S", "Runtime.executionContextsCleared", &json!({}));
        assert_eq!(worlds.of("F"), None);
    }
}

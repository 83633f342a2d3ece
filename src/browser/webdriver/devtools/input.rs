//! Mouse and keyboard of a page: trusted events, as the browser makes them of a person's. Looks at nothing: what is to be
//! pressed has been found, and what a press hit is asked by others.

use super::world::outcome_of;
use super::{DevToolsPage, envelope};
use crate::browser::chrome::Sequence;
use crate::browser::engine::{Call, Element, Envelope};
use crate::browser::page::{Fault, Frame, Key, Press};
use crate::browser::webdriver::keys;
use crate::case::model::Button;
use crate::deadline::Deadline;
use serde_json::{Value, json};
use std::time::Duration;

/// Keys that go through the driver together, at most.
const AT_ONCE: usize = 100;

impl DevToolsPage {
    /// A point of an element's document in the pixels of the page.
    pub(super) async fn on_page(
        &self,
        frame: &Frame,
        element: &Element,
        point: (f64, f64),
        deadline: Deadline,
    ) -> Result<(f64, f64), Fault> {
        let (mut x, mut y) = (point.0 + element.offset.0, point.1 + element.offset.1);
        if element.foreign {
            let owner =
                self.send("DOM.getFrameOwner", json!({"frameId": self.frame_id(frame)}), deadline).await?;
            let model = self
                .send("DOM.getBoxModel", json!({"backendNodeId": owner["backendNodeId"]}), deadline)
                .await?;
            let corner = |at: usize| model["model"]["content"][at].as_f64().unwrap_or_default();
            (x, y) = (x + corner(0), y + corner(1));
        }
        Ok((x, y))
    }

    /// Moves the mouse to an element, and presses. Where the guard was armed for it, what it saw is asked in the same trip.
    pub(super) async fn press_element(
        &self,
        frame: &Frame,
        on: &Element,
        press: &Press,
        deadline: Deadline,
    ) -> Result<Option<Envelope>, Fault> {
        let point = on.point.ok_or(Fault::DocumentGone)?;
        let (x, y) = self.on_page(frame, on, point, deadline).await?;
        let modifiers: u32 = press.modifiers.iter().map(|it| it.bit()).sum();
        let event = json!({"type": "mouseMoved", "x": x, "y": y, "modifiers": modifiers});
        let Some(button) = press.button else {
            return self.send("Input.dispatchMouseEvent", event, deadline).await.map(|_| None);
        };
        let sequence = Sequence::default().then(mouse_events(event, button, press.count));
        let is_guarded = self.armed.as_ref() == Some(&on.token);
        let question = format!("__batchrun({})", json!(Call::Pressed { token: on.token.clone() }));
        let Some(ask) = self.evaluation_in(frame, &question).filter(|_| is_guarded) else {
            return self.carry_out(&sequence, deadline).await.map(|_| None);
        };
        let answer = self.carry_out(&sequence.then([ask]), deadline).await?.pop().unwrap_or_default();
        envelope(outcome_of(answer)?).map(Some)
    }

    /// Puts text in the place of what is selected.
    pub(super) async fn insert_text(&self, text: &str, deadline: Deadline) -> Result<(), Fault> {
        if text.is_empty() {
            // An empty insertion leaves the selection as it is.
            let delete = Key { modifiers: Vec::new(), key: "Delete".to_owned(), pause: Duration::ZERO };
            return self.strike(&[delete], deadline).await;
        }
        self.send("Input.insertText", json!({"text": text}), deadline).await.map(drop)
    }

    /// Presses and releases keys. They go through the driver together, up to the next pause, and each is sent once the
    /// one before has been dealt with.
    pub(super) async fn strike(&self, keys: &[Key], deadline: Deadline) -> Result<(), Fault> {
        let mut at_once = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            at_once.push(strokes(key)?);
            if key.pause.is_zero() && at_once.len() < AT_ONCE && at + 1 < keys.len() {
                continue;
            }
            let sequence = at_once.drain(..).fold(Sequence::default(), Sequence::then);
            self.carry_out(&sequence, deadline).await?;
            if !key.pause.is_zero() {
                tokio::time::sleep(key.pause).await;
            }
        }
        Ok(())
    }
}

/// Moves, and as many presses and releases as clicks.
fn mouse_events(moved: Value, button: Button, count: u32) -> Vec<(&'static str, Value)> {
    let mut event = moved.clone();
    event["button"] = json!(match button {
        Button::Left => "left",
        Button::Middle => "middle",
        Button::Right => "right",
    });
    let mut events = vec![moved];
    for click in 1..=count {
        event["clickCount"] = json!(click);
        for kind in ["mousePressed", "mouseReleased"] {
            event["type"] = json!(kind);
            events.push(event.clone());
        }
    }
    events.into_iter().map(|event| ("Input.dispatchMouseEvent", event)).collect()
}

/// The events of one key with its modifiers.
fn strokes(key: &Key) -> Result<Vec<(&'static str, Value)>, Fault> {
    let Some(definition) = keys::define(&key.key) else {
        return Err(Fault::Refused(format!("there is no key `{}`", key.key)));
    };
    let modifiers: Vec<_> =
        key.modifiers.iter().filter_map(|it| Some((it.bit(), keys::define(it.key())?))).collect();
    let (mut held, mut events) = (0, Vec::new());
    for (bit, modifier) in &modifiers {
        held |= bit;
        events.push(key_event("keyDown", modifier, held));
    }
    events.push(key_event("keyDown", &definition, held));
    events.push(key_event("keyUp", &definition, held));
    for (bit, modifier) in modifiers.iter().rev() {
        held &= !bit;
        events.push(key_event("keyUp", modifier, held));
    }
    Ok(events.into_iter().map(|event| ("Input.dispatchKeyEvent", event)).collect())
}

fn key_event(kind: &str, key: &keys::Definition, modifiers: u32) -> Value {
    // Alt, Control and Meta are the lowest three bits. They make a command of a key: it types nothing then.
    let text = if kind == "keyDown" && modifiers.trailing_zeros() >= 3 { key.text.as_str() } else { "" };
    let kind = if kind == "keyDown" && text.is_empty() { "rawKeyDown" } else { kind };
    let mut event = json!({
        "type": kind,
        "modifiers": modifiers,
        "key": key.key,
        "code": key.code,
        "windowsVirtualKeyCode": key.key_code,
    });
    if !text.is_empty() {
        event["text"] = json!(text);
    }
    event
}

//! Mouse and keyboard of a page: trusted events, as the browser makes them of a person's. Looks at nothing: what is to be
//! pressed has been found, and what a press hit is asked by others.

use super::DevToolsPage;
use crate::browser::engine::Element;
use crate::browser::page::{Fault, Frame, Key, Press};
use crate::browser::webdriver::keys;
use crate::case::model::Button;
use crate::deadline::Deadline;
use serde_json::json;

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

    /// Moves the mouse to an element, and presses.
    pub(super) async fn press_element(
        &self,
        frame: &Frame,
        on: &Element,
        press: &Press,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let point = on.point.ok_or(Fault::DocumentGone)?;
        let (x, y) = self.on_page(frame, on, point, deadline).await?;
        let modifiers: u32 = press.modifiers.iter().map(|it| it.bit()).sum();
        let mut event = json!({"type": "mouseMoved", "x": x, "y": y, "modifiers": modifiers});
        self.send("Input.dispatchMouseEvent", event.clone(), deadline).await?;
        let Some(button) = press.button else { return Ok(()) };
        event["button"] = json!(match button {
            Button::Left => "left",
            Button::Middle => "middle",
            Button::Right => "right",
        });
        for click in 1..=press.count {
            event["clickCount"] = json!(click);
            for kind in ["mousePressed", "mouseReleased"] {
                event["type"] = json!(kind);
                self.send("Input.dispatchMouseEvent", event.clone(), deadline).await?;
            }
        }
        Ok(())
    }

    /// Puts text in the place of what is selected.
    pub(super) async fn insert_text(&self, text: &str, deadline: Deadline) -> Result<(), Fault> {
        if text.is_empty() {
            // An empty insertion leaves the selection as it is.
            let delete = keys::define("Delete").ok_or(Fault::DocumentGone)?;
            self.key_event("keyDown", &delete, 0, deadline).await?;
            return self.key_event("keyUp", &delete, 0, deadline).await;
        }
        self.send("Input.insertText", json!({"text": text}), deadline).await.map(drop)
    }

    /// Presses and releases keys.
    pub(super) async fn strike(&self, keys: &[Key], deadline: Deadline) -> Result<(), Fault> {
        for key in keys {
            let Some(definition) = keys::define(&key.key) else {
                return Err(Fault::Refused(format!("there is no key `{}`", key.key)));
            };
            let mut held = 0;
            let modifiers: Vec<_> =
                key.modifiers.iter().filter_map(|it| Some((it.bit(), keys::define(it.key())?))).collect();
            for (bit, modifier) in &modifiers {
                held |= bit;
                self.key_event("keyDown", modifier, held, deadline).await?;
            }
            self.key_event("keyDown", &definition, held, deadline).await?;
            self.key_event("keyUp", &definition, held, deadline).await?;
            for (bit, modifier) in modifiers.iter().rev() {
                held &= !bit;
                self.key_event("keyUp", modifier, held, deadline).await?;
            }
            if !key.pause.is_zero() {
                tokio::time::sleep(key.pause).await;
            }
        }
        Ok(())
    }

    async fn key_event(
        &self,
        kind: &str,
        key: &keys::Definition,
        modifiers: u32,
        deadline: Deadline,
    ) -> Result<(), Fault> {
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
        self.send("Input.dispatchKeyEvent", event, deadline).await.map(drop)
    }
}

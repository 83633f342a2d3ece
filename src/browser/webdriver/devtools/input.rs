//! Mouse and keyboard of a page: trusted events, as the browser makes them of a person's. Looks at nothing: what is to be
//! pressed has been found, and what a press hit is asked by others.

use super::world::{Answer, outcome_of};
use super::{Announced, DevToolsPage, envelope};
use crate::browser::chrome::Sequence;
use crate::browser::engine::{Call, Element, Envelope, Landed};
use crate::browser::page::{Fault, Frame, Key, Press};
use crate::browser::webdriver::keys;
use crate::case::model::Button;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use serde_json::{Value, json};
use std::time::Duration;

/// Keys that go through the driver together, at most.
const TOGETHER: usize = 100;

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
    ) -> Result<Option<Landed>, Fault> {
        let point =
            on.point.ok_or_else(|| Fault::Refused("it has no box, so nobody can point at it".to_owned()))?;
        let (x, y) = self.on_page(frame, on, point, deadline).await?;
        let modifiers: u32 = press.modifiers.iter().map(|it| it.bit()).sum();
        let moved = json!({"type": "mouseMoved", "x": x, "y": y, "modifiers": modifiers});
        let events = Sequence::default().then(mouse_events(moved, press));
        self.put_in(frame, self.announced_for(Some(on)), events, deadline).await
    }

    /// What was announced for an element.
    fn announced_for(&self, on: Option<&Element>) -> Option<&Announced> {
        self.announced.as_ref().filter(|it| on.is_some_and(|on| on.token == it.token))
    }

    /// Sends input; what became of what was announced is asked, in the same trip if possible. `None`: nothing was announced.
    async fn put_in(
        &self,
        frame: &Frame,
        announced: Option<&Announced>,
        events: Sequence,
        deadline: Deadline,
    ) -> Result<Option<Landed>, Fault> {
        let Some(announced) = announced else {
            return match self.carry_out(&events, deadline).await {
                // What input sets off often takes the document away before the answer comes.
                Ok(_) | Err(Fault::DocumentGone) => Ok(None),
                Err(fault) => Err(fault),
            };
        };
        let question = format!("__batchrun({})", json!(Call::Landed { token: announced.token.clone() }));
        let asked = match self.evaluation_in(frame, &question) {
            Some(ask) => {
                let answers = self.carry_out(&events.then([ask]), deadline).await;
                answers.and_then(|mut all| outcome_of(all.pop().unwrap_or_default()))
            }
            None => match self.carry_out(&events, deadline).await {
                Ok(_) => self.in_world(frame, &question, Answer::Value, deadline).await,
                Err(fault) => Err(fault),
            },
        };
        self.landed(announced, asked.and_then(envelope)).map(Some)
    }

    /// What became of announced input: as the document answers that was to get it or, where that is gone or busy leaving,
    /// as it has told while it happened.
    fn landed(&self, announced: &Announced, asked: Result<Envelope, Fault>) -> Result<Landed, Fault> {
        let told = self.context.landed(&announced.document, &announced.token);
        match (asked, told) {
            (Ok(envelope), _) if envelope.document == announced.document => {
                serde_json::from_value(envelope.value).map_err(|error| Fault::Infrastructure {
                    kind: FailureKind::Internal,
                    message: format!("what the engine tells of input is not understood: {error}"),
                })
            }
            // Of keys only some may have come.
            (Ok(_) | Err(Fault::DocumentGone), None | Some(Landed::Keys { .. })) => Err(Fault::DocumentGone),
            (Ok(_) | Err(Fault::DocumentGone), Some(told)) => Ok(told),
            (Err(Fault::PageStuck(_)), Some(told)) if self.context.is_navigating(&self.left_by_input()) => {
                Ok(told)
            }
            (Err(fault), _) => Err(fault),
        }
    }

    /// Puts text in the place of what is selected.
    pub(super) async fn insert_text(&self, text: &str, deadline: Deadline) -> Result<(), Fault> {
        if text.is_empty() {
            // An empty insertion leaves the selection as it is.
            let delete = Key { modifiers: Vec::new(), key: "Delete".to_owned(), pause: Duration::ZERO };
            return self.strike(&Frame::Top, None, &[delete], deadline).await.map(drop);
        }
        self.send("Input.insertText", json!({"text": text}), deadline).await.map(drop)
    }

    /// Presses and releases keys, and says how many of them came. They go through the driver together, up to the next
    /// pause, and each is sent once the one before has been dealt with.
    pub(super) async fn strike(
        &self,
        frame: &Frame,
        on: Option<&Element>,
        keys: &[Key],
        deadline: Deadline,
    ) -> Result<usize, Fault> {
        let announced = self.announced_for(on);
        let world = self.context.world(self.frame_id(frame));
        let (mut together, mut landed) = (Vec::new(), None);
        for (at, key) in keys.iter().enumerate() {
            together.push(strokes(key)?);
            let is_last = at + 1 == keys.len();
            if key.pause.is_zero() && together.len() < TOGETHER && !is_last {
                continue;
            }
            if announced.is_some() && self.context.world(self.frame_id(frame)) != world {
                // The rest would go into the next document.
                return if self.have_led_away(announced, keys) {
                    Ok(keys.len())
                } else {
                    Err(Fault::DocumentGone)
                };
            }
            let events = together.drain(..).fold(Sequence::default(), Sequence::then);
            landed = match self.put_in(frame, announced.filter(|_| is_last), events, deadline).await {
                Err(Fault::DocumentGone) if self.have_led_away(announced, keys) => return Ok(keys.len()),
                landed => landed?,
            };
            if !key.pause.is_zero() {
                tokio::time::sleep(key.pause.min(deadline.left())).await;
            }
        }
        Ok(match landed {
            Some(Landed::Keys { arrived, lost: true }) => whole_keys(keys, arrived),
            Some(Landed::None) => 0,
            _ => keys.len(),
        })
    }

    /// Whether the keys themselves took their document away: all came, or the last that came was one that sends forms.
    fn have_led_away(&self, announced: Option<&Announced>, keys: &[Key]) -> bool {
        let told = announced.and_then(|it| self.context.landed(&it.document, &it.token));
        let Some(Landed::Keys { arrived, .. }) = told else { return false };
        let came = keys.get(..whole_keys(keys, arrived)).unwrap_or_default();
        came.len() == keys.len() || came.last().is_some_and(|key| key.key == "Enter")
    }
}

/// How many keys so many strokes make, modifiers being strokes of their own.
fn whole_keys(keys: &[Key], strokes: usize) -> usize {
    let ends = keys.iter().scan(0, |sum, key| {
        *sum += 1 + key.modifiers.len();
        Some(*sum)
    });
    ends.take_while(|end| *end <= strokes).count()
}

/// Moves, and as many presses and releases as clicks.
fn mouse_events(moved: Value, press: &Press) -> Vec<(&'static str, Value)> {
    let mut event = moved.clone();
    let mut events = vec![moved];
    if let Some(button) = press.button {
        event["button"] = json!(match button {
            Button::Left => "left",
            Button::Middle => "middle",
            Button::Right => "right",
        });
        for click in 1..=press.count {
            event["clickCount"] = json!(click);
            for kind in ["mousePressed", "mouseReleased"] {
                event["type"] = json!(kind);
                events.push(event.clone());
            }
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

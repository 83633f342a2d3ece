//! Presses and keys as the input sources that "Perform Actions" takes (WebDriver 17.5): one list of ticks a device.

use super::keys;
use crate::browser::engine::Element;
use crate::browser::page::{Key, Press};
use crate::case::model::Button;
use serde_json::{Value, json};

/// The sources of a press on `element`, which the driver knows by `reference`.
pub(super) fn press(element: &Element, reference: &Value, press: &Press) -> [Value; 2] {
    // Actions count from the element's middle (WebDriver 17.4.3), the engine's point from the viewport's corner.
    let (dx, dy) = match (element.point, element.rect) {
        (Some((x, y)), Some((left, top, width, height))) => (x - left - width / 2.0, y - top - height / 2.0),
        _ => (0.0, 0.0),
    };
    let mut keyboard = Vec::new();
    let mut mouse = Vec::new();
    // Devices move in step: while one does something the other pauses.
    for modifier in &press.modifiers {
        if let Some(key) = keys::define(modifier.key()) {
            keyboard.push(json!({"type": "keyDown", "value": key.action}));
            mouse.push(json!({"type": "pause", "duration": 0}));
        }
    }
    keyboard.push(json!({"type": "pause", "duration": 0}));
    mouse.push(json!({
        "type": "pointerMove", "duration": 0, "origin": reference, "x": dx.floor(), "y": dy.floor(),
    }));
    if let Some(button) = press.button {
        let button = match button {
            Button::Left => 0,
            Button::Middle => 1,
            Button::Right => 2,
        };
        for _ in 0..press.count {
            mouse.push(json!({"type": "pointerDown", "button": button}));
            mouse.push(json!({"type": "pointerUp", "button": button}));
        }
    }
    let pointer =
        json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": mouse});
    [key_source(&keyboard), pointer]
}

/// The source of `keys`, one after the other. The error is a key that there is not.
pub(super) fn keys(keys: &[Key]) -> Result<Value, &str> {
    let mut actions = Vec::new();
    for key in keys {
        let definition = keys::define(&key.key).ok_or(key.key.as_str())?;
        let modifiers: Vec<_> = key.modifiers.iter().filter_map(|it| keys::define(it.key())).collect();
        for held in &modifiers {
            actions.push(json!({"type": "keyDown", "value": held.action}));
        }
        actions.push(json!({"type": "keyDown", "value": definition.action}));
        actions.push(json!({"type": "keyUp", "value": definition.action}));
        for held in modifiers.iter().rev() {
            actions.push(json!({"type": "keyUp", "value": held.action}));
        }
        if !key.pause.is_zero() {
            let pause = u64::try_from(key.pause.as_millis()).unwrap_or(u64::MAX);
            actions.push(json!({"type": "pause", "duration": pause}));
        }
    }
    Ok(key_source(&actions))
}

fn key_source(actions: &[Value]) -> Value {
    json!({"type": "key", "id": "keyboard", "actions": actions})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::model::Modifier;
    use std::time::Duration;

    #[test]
    fn a_press_counts_from_the_middle_and_begins_once_the_modifiers_are_down() {
        let element =
            Element { point: Some((15.0, 40.0)), rect: Some((10.0, 20.0, 30.0, 50.0)), ..Element::default() };
        let reference = json!({"an": "element"});
        let twice = Press { button: Some(Button::Right), count: 2, modifiers: vec![Modifier::Shift] };
        let [keyboard, mouse] = press(&element, &reference, &twice);
        assert_eq!(
            keyboard["actions"],
            json!([{"type": "keyDown", "value": "\u{e008}"}, {"type": "pause", "duration": 0}])
        );
        assert_eq!(
            mouse["actions"],
            json!([
                {"type": "pause", "duration": 0},
                {"type": "pointerMove", "duration": 0, "origin": reference, "x": -10.0, "y": -5.0},
                {"type": "pointerDown", "button": 2},
                {"type": "pointerUp", "button": 2},
                {"type": "pointerDown", "button": 2},
                {"type": "pointerUp", "button": 2},
            ])
        );
    }

    #[test]
    fn modifiers_are_let_go_after_their_key_and_before_its_pause() {
        let stroke = |key: &str| Key {
            modifiers: vec![Modifier::Control],
            key: key.to_owned(),
            pause: Duration::from_millis(40),
        };
        assert_eq!(
            keys(&[stroke("a")]).unwrap()["actions"],
            json!([
                {"type": "keyDown", "value": "\u{e009}"},
                {"type": "keyDown", "value": "a"},
                {"type": "keyUp", "value": "a"},
                {"type": "keyUp", "value": "\u{e009}"},
                {"type": "pause", "duration": 40},
            ])
        );
        assert_eq!(keys(&[stroke("a"), stroke("Entr")]), Err("Entr"));
    }
}

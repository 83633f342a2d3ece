//! Keys with modifiers as cases write them (`Control+A`), in the words of UI Events `KeyboardEvent` key Values.

use super::model::{KeyChord, Modifier};
use super::suggest;
use std::ops::Range;

/// A text that is not a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    /// What is wrong.
    pub message: String,
    /// Where in the text, in bytes.
    pub at: Range<usize>,
    /// What to do.
    pub help: Option<String>,
}

const MODIFIERS: [(&str, Modifier); 4] = [
    ("Alt", Modifier::Alt),
    ("Control", Modifier::Control),
    ("Meta", Modifier::Meta),
    ("Shift", Modifier::Shift),
];

/// The named keys that a WebDriver can press.
pub(super) const NAMED: [&str; 40] = [
    "Enter",
    "Tab",
    "Escape",
    "Backspace",
    "Delete",
    "Insert",
    "Space",
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "ArrowDown",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "Alt",
    "Control",
    "Meta",
    "Shift",
    "Pause",
    "Help",
    "Cancel",
    "Clear",
    "ContextMenu",
    "CapsLock",
    "NumLock",
    "F1",
    "F2",
    "F3",
    "F4",
    "F5",
    "F6",
    "F7",
    "F8",
    "F9",
    "F10",
    "F11",
    "F12",
    "PrintScreen",
    "ScrollLock",
];

/// Reads `Control+Shift+A`, `Enter`, `+`, `Control++`.
pub fn parse(text: &str) -> Result<KeyChord, KeyError> {
    let mut modifiers = Vec::new();
    let mut at = 0;
    // The last `+` is the key itself when nothing follows it.
    while let Some(end) =
        text[at..].find('+').map(|found| at + found).filter(|end| *end > at && end + 1 < text.len())
    {
        let word = &text[at..end];
        let Some((_, modifier)) = MODIFIERS.into_iter().find(|(name, _)| *name == word) else {
            let near = match word.to_lowercase().as_str() {
                "ctrl" => Some("Control"),
                "cmd" | "command" | "win" | "super" => Some("Meta"),
                "option" => Some("Alt"),
                _ => suggest::one_of(word, MODIFIERS.into_iter().map(|(name, _)| name)),
            };
            return Err(KeyError {
                message: format!("`{word}` is not a key that can be held"),
                at: at..end,
                help: Some(near.map_or_else(
                    || format!("it is one of {}", suggest::list(MODIFIERS.into_iter().map(|(name, _)| name))),
                    |near| format!("did you mean `{near}`?"),
                )),
            });
        };
        if !modifiers.contains(&modifier) {
            modifiers.push(modifier);
        }
        at = end + 1;
    }
    let key = &text[at..];
    let mut chars = key.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_control() => Ok(KeyChord { modifiers, key: key.to_owned() }),
        _ if key == "Space" => Ok(KeyChord { modifiers, key: " ".to_owned() }),
        _ if NAMED.contains(&key) => Ok(KeyChord { modifiers, key: key.to_owned() }),
        _ => Err(unknown(key, at)),
    }
}

fn unknown(key: &str, at: usize) -> KeyError {
    let near = match key.to_lowercase().as_str() {
        "return" => Some("Enter"),
        "esc" => Some("Escape"),
        "del" => Some("Delete"),
        "ctrl" => Some("Control"),
        "left" => Some("ArrowLeft"),
        "right" => Some("ArrowRight"),
        "up" => Some("ArrowUp"),
        "down" => Some("ArrowDown"),
        _ => suggest::one_of(key, NAMED),
    };
    let help = near.map_or_else(
        || "a key is one character or a name such as `Enter`; for text use `type` or `fill`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    KeyError { message: format!("unknown key `{key}`"), at: at..at + key.len(), help: Some(help) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_read_left_to_right() {
        let chord = |text| parse(text).map(|chord| (chord.modifiers, chord.key));
        assert_eq!(chord("Control+A"), Ok((vec![Modifier::Control], "A".into())));
        assert_eq!(
            chord("Control+Shift+ArrowLeft"),
            Ok((vec![Modifier::Control, Modifier::Shift], "ArrowLeft".into()))
        );
        assert_eq!(chord("+"), Ok((vec![], "+".into())));
        assert_eq!(chord("Control++"), Ok((vec![Modifier::Control], "+".into())));
        assert_eq!(chord("Space"), Ok((vec![], " ".into())));
        assert_eq!(chord("é"), Ok((vec![], "é".into())));
        let error =
            |text| parse(text).map_err(|error| (error.message, error.help.unwrap_or_default())).unwrap_err();
        assert_eq!(
            error("Ctrl+A"),
            ("`Ctrl` is not a key that can be held".into(), "did you mean `Control`?".into())
        );
        assert_eq!(error("enter"), ("unknown key `enter`".into(), "did you mean `Enter`?".into()));
        assert_eq!(error("Return").1, "did you mean `Enter`?");
        for text in ["", "hello", "Control+", "\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! Keys: from a `KeyboardEvent.key` value to what drivers want to know of it. Layout: US (UI Events, `KeyboardEvent`
//! code Values, WebDriver 17.4.2 "keyboard actions").

use crate::case::model::Modifier;

/// What is sent for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// `KeyboardEvent.key`.
    pub(super) key: String,
    /// `KeyboardEvent.code`; empty for characters that no US key has.
    pub(super) code: String,
    /// Windows virtual key code, which pages see as `keyCode`.
    pub(super) key_code: u32,
    /// The text it types; empty for keys that type none.
    pub(super) text: String,
    /// What the WebDriver keyboard actions want: the character, or a private-use code.
    pub(super) action: String,
}

/// Named keys: key, code, virtual key code, text, WebDriver code point.
const NAMED: &[(&str, &str, u32, &str, char)] = &[
    ("Enter", "Enter", 13, "\r", '\u{e007}'),
    ("Tab", "Tab", 9, "", '\u{e004}'),
    ("Backspace", "Backspace", 8, "", '\u{e003}'),
    ("Delete", "Delete", 46, "", '\u{e017}'),
    ("Escape", "Escape", 27, "", '\u{e00c}'),
    ("Space", "Space", 32, " ", ' '),
    ("ArrowLeft", "ArrowLeft", 37, "", '\u{e012}'),
    ("ArrowUp", "ArrowUp", 38, "", '\u{e013}'),
    ("ArrowRight", "ArrowRight", 39, "", '\u{e014}'),
    ("ArrowDown", "ArrowDown", 40, "", '\u{e015}'),
    ("Home", "Home", 36, "", '\u{e011}'),
    ("End", "End", 35, "", '\u{e010}'),
    ("PageUp", "PageUp", 33, "", '\u{e00e}'),
    ("PageDown", "PageDown", 34, "", '\u{e00f}'),
    ("Insert", "Insert", 45, "", '\u{e016}'),
    ("F1", "F1", 112, "", '\u{e031}'),
    ("F2", "F2", 113, "", '\u{e032}'),
    ("F3", "F3", 114, "", '\u{e033}'),
    ("F4", "F4", 115, "", '\u{e034}'),
    ("F5", "F5", 116, "", '\u{e035}'),
    ("F6", "F6", 117, "", '\u{e036}'),
    ("F7", "F7", 118, "", '\u{e037}'),
    ("F8", "F8", 119, "", '\u{e038}'),
    ("F9", "F9", 120, "", '\u{e039}'),
    ("F10", "F10", 121, "", '\u{e03a}'),
    ("F11", "F11", 122, "", '\u{e03b}'),
    ("F12", "F12", 123, "", '\u{e03c}'),
    ("Shift", "ShiftLeft", 16, "", '\u{e008}'),
    ("Control", "ControlLeft", 17, "", '\u{e009}'),
    ("Alt", "AltLeft", 18, "", '\u{e00a}'),
    ("Meta", "MetaLeft", 91, "", '\u{e03d}'),
];

/// Keys with a character: code, virtual key code, the character without and with Shift.
const PRINTED: &[(&str, u32, char, char)] = &[
    ("Digit0", 48, '0', ')'),
    ("Digit1", 49, '1', '!'),
    ("Digit2", 50, '2', '@'),
    ("Digit3", 51, '3', '#'),
    ("Digit4", 52, '4', '$'),
    ("Digit5", 53, '5', '%'),
    ("Digit6", 54, '6', '^'),
    ("Digit7", 55, '7', '&'),
    ("Digit8", 56, '8', '*'),
    ("Digit9", 57, '9', '('),
    ("Space", 32, ' ', ' '),
    ("Semicolon", 186, ';', ':'),
    ("Equal", 187, '=', '+'),
    ("Comma", 188, ',', '<'),
    ("Minus", 189, '-', '_'),
    ("Period", 190, '.', '>'),
    ("Slash", 191, '/', '?'),
    ("Backquote", 192, '`', '~'),
    ("BracketLeft", 219, '[', '{'),
    ("Backslash", 220, '\\', '|'),
    ("BracketRight", 221, ']', '}'),
    ("Quote", 222, '\'', '"'),
];

/// Looks a key up. A single character is itself; a newline is Enter, a tab is Tab. `None`: there is no such key.
pub(super) fn define(key: &str) -> Option<Definition> {
    let key = match key {
        "\n" | "\r" => "Enter",
        "\t" => "Tab",
        other => other,
    };
    if let Some((name, code, key_code, text, action)) = NAMED.iter().find(|it| it.0 == key) {
        let shown = if *name == "Space" { " " } else { name };
        return Some(Definition {
            key: shown.to_owned(),
            code: (*code).to_owned(),
            key_code: *key_code,
            text: (*text).to_owned(),
            action: action.to_string(),
        });
    }
    let mut characters = key.chars();
    let (Some(character), None) = (characters.next(), characters.next()) else { return None };
    let (code, key_code) = if character.is_ascii_alphabetic() {
        let upper = character.to_ascii_uppercase();
        (format!("Key{upper}"), u32::from(upper))
    } else {
        PRINTED
            .iter()
            .find(|(_, _, plain, shifted)| character == *plain || character == *shifted)
            .map_or((String::new(), 0), |(code, key_code, _, _)| ((*code).to_owned(), *key_code))
    };
    Some(Definition { key: key.to_owned(), code, key_code, text: key.to_owned(), action: key.to_owned() })
}

impl Modifier {
    /// The key's name.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Alt => "Alt",
            Self::Control => "Control",
            Self::Meta => "Meta",
            Self::Shift => "Shift",
        }
    }

    /// Its bit in DevTools' `Input` domain.
    pub(super) fn bit(self) -> u32 {
        match self {
            Self::Alt => 1,
            Self::Control => 2,
            Self::Meta => 4,
            Self::Shift => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_and_names_are_keys_and_other_words_are_not() {
        assert_eq!(define("a").unwrap().code, "KeyA");
        assert_eq!(define("?").unwrap().code, "Slash");
        assert_eq!(define("é").unwrap().text, "é");
        assert_eq!(define("\n").unwrap().key, "Enter");
        assert_eq!(define("ArrowLeft").unwrap().key_code, 37);
        assert_eq!(define("Entre"), None);
    }
}

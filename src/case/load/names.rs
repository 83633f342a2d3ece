//! What a path is called: shown to people, and as an id. Names that are not UTF-8 or hold control characters are
//! escaped, so that both are safe to print and stay different for different files.

use crate::text::Untrusted;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// The path with `.` and `..` taken out by name; symbolic links are not looked at.
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
}

/// The path as people know it: below the root with `/` between its parts, else whole.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(below) => {
            let parts: Vec<String> =
                below.components().map(|part| escape(part.as_os_str().as_encoded_bytes())).collect();
            if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
        }
        Err(_) => escape(path.as_os_str().as_encoded_bytes()),
    }
}

/// The id of a file's only case, from its shown path.
pub(super) fn id(shown: &str) -> &str {
    shown.strip_suffix(".toml").unwrap_or(shown)
}

/// The text of a name, with `\xFF` for bytes that are not UTF-8 and `\u{1b}` for control characters.
pub(super) fn escape(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        // A terminal may have line breaks and tabs, a name may not.
        let one_line = chunk.valid().replace('\n', "\\u{a}").replace('\t', "\\u{9}");
        text.push_str(&Untrusted::from(one_line).terminal());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_to_show_and_stay_different() {
        assert_eq!(escape("grün.toml".as_bytes()), "grün.toml");
        assert_eq!(escape(b"a\xff\x1b[2J.toml"), "a\\xFF\\u{1b}[2J.toml");
        let root = Path::new("/p");
        assert_eq!(shown(root, Path::new("/p/a/b.toml")), "a/b.toml");
        assert_eq!(shown(root, Path::new("/q/b.toml")), "/q/b.toml");
        assert_eq!(shown(root, root), ".");
        assert_eq!(id("a/b.toml"), "a/b");
        assert_eq!(normalise(Path::new("/p/./a/../b")), Path::new("/p/b"));
        assert_eq!(normalise(Path::new("/../a")), Path::new("/../a"));
    }
}

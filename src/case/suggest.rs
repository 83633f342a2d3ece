//! Words for "did you mean" and for lists of what is allowed.

use crate::suggestion;

/// The candidate that a person most likely meant by `word`, if any is near enough.
pub(super) fn one_of<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody misspells a word of a hundred letters; comparing one would take memory with its length.
    if word.len() > 100 { None } else { suggestion::closest(word, candidates) }
}

/// Words in backticks with commas between them.
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

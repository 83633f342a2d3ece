//! "Did you mean": the known word nearest to one that is not known.

/// The candidate that a person most likely meant by `word`, if any is near enough.
pub(super) fn one_of<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    // Nobody misspells a word of a thousand letters.
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    // camelCase and words run together are a matter of underscores alone.
    let joined = word.replace('_', "");
    let mut best = None;
    for candidate in candidates {
        let folded = plain(candidate);
        // A third of the longer word may differ, one letter always.
        let allowed = (word.len().max(folded.len()) / 3).max(1);
        let distance = if folded.replace('_', "") == joined {
            0
        } else if word.len().abs_diff(folded.len()) > allowed {
            continue;
        } else {
            strsim::damerau_levenshtein(&word, &folded)
        };
        if distance <= allowed && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Words in backticks with commas between them.
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_meant() {
        let verbs = ["click", "double_click", "check", "goto", "fill", "expect_url"];
        assert_eq!(one_of("clik", verbs), Some("click"));
        assert_eq!(one_of("doubleClick", verbs), Some("double_click"));
        assert_eq!(one_of("dblclick", verbs), Some("double_click"));
        assert_eq!(one_of("GOTO", verbs), Some("goto"));
        assert_eq!(one_of("expect-url", verbs), Some("expect_url"));
        assert_eq!(one_of("banana", verbs), None);
        assert_eq!(one_of("", verbs), None);
    }
}

//! "Did you mean": the known word that is closest to an unknown one. Knows no words of its own.

/// The candidate that was probably meant, or `None` when nothing is close enough to be worth saying.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = folded(word);
    let near = candidates.into_iter().filter_map(|candidate| {
        let other = folded(candidate);
        let distance = strsim::damerau_levenshtein(&word, &other);
        // A third of the longer word may differ, one letter always; below that suggestions amuse more than they help.
        let allowed = (word.chars().count().max(other.chars().count()) / 3).max(1);
        (distance <= allowed && !word.is_empty()).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Without what people write differently: case, hyphens, underscores, spaces.
fn folded(word: &str) -> String {
    word.to_lowercase().replace(['-', '_', ' '], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_likely_word_is_suggested() {
        let known = ["timeout", "retries", "step_timeout"];
        assert_eq!(closest("timout", known), Some("timeout"));
        assert_eq!(closest("Retires", known), Some("retries"));
        assert_eq!(closest("stepTimeout", known), Some("step_timeout"));
        assert_eq!(closest("step-timeout", known), Some("step_timeout"));
        assert_eq!(closest("colour", known), None);
        assert_eq!(closest("", known), None);
    }
}

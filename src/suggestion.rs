//! "Did you mean": the known word that is closest to an unknown one. Knows no words of its own.

/// The candidate that was probably meant, or `None` when nothing is close enough to be worth saying.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Below this, suggestions amuse more than they help.
    const CLOSE_ENOUGH: f64 = 0.75;
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= CLOSE_ENOUGH)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_likely_word_is_suggested() {
        let known = ["timeout", "retries", "step_timeout"];
        assert_eq!(closest("timout", known), Some("timeout"));
        assert_eq!(closest("Retrys", known), Some("retries"));
        assert_eq!(closest("colour", known), None);
    }
}

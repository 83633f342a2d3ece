//! Seeds, and numbers that follow from them. Nothing here is a secret.

/// 64 bits that no other run has: the standard library seeds its hasher from the system's randomness.
pub fn seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// A number that is the same each time for the same seed and place, and else as good as random (splitmix64).
pub fn number(seed: u64, place: u64) -> u64 {
    let mut mixed = seed ^ place;
    for multiplier in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(multiplier);
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_numbers_and_another_one_others() {
        let numbers = |seed| [0, 1, 2].map(|place| number(seed, place));
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        assert_ne!(seed(), seed());
    }
}

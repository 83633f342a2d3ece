//! Numbers as small bars, and verdicts as single characters, the oldest first.

use crate::outcome::Verdict;
use crate::reporter::terminal::{Paint, tinted};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar for each number, from 0 to the highest; a blank where there is none.
pub(super) fn bars(numbers: &[Option<u64>]) -> String {
    let most = numbers.iter().flatten().copied().max().unwrap_or(0).max(1);
    let bar = |number: u64| {
        let at = usize::try_from(number.saturating_mul(7).div_ceil(most)).unwrap_or(7);
        BARS[at.min(7)]
    };
    numbers.iter().map(|number| number.map_or(' ', bar)).collect()
}

/// One character for each verdict.
pub(super) fn verdicts(verdicts: &[Option<Verdict>], paint: Paint) -> String {
    let one = |verdict: Verdict| match verdict {
        Verdict::Passed => "·",
        Verdict::Flaky => "f",
        Verdict::Failed => "F",
        Verdict::Errored => "E",
        Verdict::Skipped => "s",
        Verdict::Interrupted => "i",
        Verdict::NotRun => "-",
    };
    let tell = |verdict: &Option<Verdict>| {
        verdict.map_or_else(|| "?".to_owned(), |verdict| tinted(verdict, one(verdict), paint))
    };
    verdicts.iter().map(tell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_reach_from_nothing_to_the_highest() {
        assert_eq!(bars(&[Some(0), Some(1), None, Some(4), Some(7)]), "▁▂ ▅█");
        assert_eq!(bars(&[Some(0), Some(0)]), "▁▁");
    }

    #[test]
    fn a_verdict_is_one_character() {
        let all = [Some(Verdict::Passed), Some(Verdict::Failed), Some(Verdict::Flaky), None];
        assert_eq!(verdicts(&all, Paint::new(false)), "·Ff?");
    }
}

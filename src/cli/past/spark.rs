//! Numbers as small bars, and verdicts as single characters, the oldest first.

use crate::outcome::Verdict;
use crate::reporter::terminal::{Paint, tinted, word_of_count};

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

/// One character for each verdict, and what those mean that are not `·`.
pub(super) fn verdicts(verdicts: &[Option<Verdict>], paint: Paint) -> String {
    let tell = |verdict: &Option<Verdict>| {
        verdict.map_or_else(|| "?".to_owned(), |verdict| tinted(verdict, sign(verdict), paint))
    };
    let text: String = verdicts.iter().map(tell).collect();
    let there = |verdict: &Verdict| *verdict != Verdict::Passed && verdicts.contains(&Some(*verdict));
    let mut meant: Vec<String> = Verdict::ALL
        .iter()
        .filter(|verdict| there(verdict))
        .map(|verdict| format!("{} {}", sign(*verdict), word_of_count(*verdict)))
        .collect();
    meant.extend(verdicts.contains(&None).then(|| "? no verdict".to_owned()));
    if meant.is_empty() { text } else { format!("{text}   ({})", meant.join(", ")) }
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "·",
        Verdict::Flaky => "f",
        Verdict::Failed => "F",
        Verdict::Errored => "E",
        Verdict::Skipped => "s",
        Verdict::Interrupted => "i",
        Verdict::NotRun => "-",
    }
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
        assert_eq!(verdicts(&all, Paint::new(false)), "·Ff?   (f flaky, F failed, ? no verdict)");
        assert_eq!(verdicts(&all[..1], Paint::new(false)), "·");
    }
}

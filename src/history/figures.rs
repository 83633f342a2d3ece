//! What the past runs of one case say in figures: how often it is flaky, how long it takes, and whether that has changed.

use super::{PastRun, median};
use crate::outcome::Verdict;
use serde::Serialize;
use std::time::Duration;

/// How often something happened, with the bounds within which the true rate lies with 95 % confidence (the score
/// interval of Wilson, which is sound for few runs and for rates near 0, too).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// How often it happened.
    pub times: u32,
    /// Out of how many.
    pub of: u32,
    /// The rate, from 0 to 1.
    pub rate: f64,
    /// Not less than this.
    pub low: f64,
    /// Not more than this.
    pub high: f64,
}

impl Rate {
    /// So often out of so many. Out of none nothing is known: the bounds are 0 and 1.
    pub fn new(times: u32, of: u32) -> Self {
        if of == 0 {
            return Self { times, of, rate: 0.0, low: 0.0, high: 1.0 };
        }
        let (n, z) = (f64::from(of), 1.96_f64);
        let rate = f64::from(times) / n;
        let spread = z * (rate * (1.0 - rate) / n + z * z / (4.0 * n * n)).sqrt();
        let (middle, all) = (rate + z * z / (2.0 * n), 1.0 + z * z / n);
        let bound = |at: f64| (at / all).clamp(0.0, 1.0);
        Self { times, of, rate, low: bound(middle - spread), high: bound(middle + spread) }
    }
}

/// How reliable a case is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Flakiness {
    /// Runs that passed only after they had failed, out of those that say something of the product. What ran under
    /// load is not among them.
    pub flaky: Rate,
    /// The same of those that ran while the machine was busy.
    pub under_load: Rate,
    /// Runs that the infrastructure broke.
    pub errored: u32,
    /// Runs that failed.
    pub failed: u32,
    /// When the last flaky one was recorded: the higher, the later.
    #[serde(skip)]
    pub last: u64,
}

impl Flakiness {
    /// Of a case's runs; `busy` is the use of the processors, in percent, beyond which a run is under load. `None` if
    /// no run says anything.
    pub fn of(runs: &[PastRun], busy: f64) -> Option<Self> {
        let loaded = |run: &PastRun| run.cpu.is_some_and(|cpu| cpu > busy);
        let tells = |verdict| matches!(verdict, Verdict::Passed | Verdict::Flaky | Verdict::Failed);
        let count = |wanted: &dyn Fn(&PastRun) -> bool| {
            u32::try_from(runs.iter().filter(|run| wanted(run)).count()).unwrap_or(u32::MAX)
        };
        let flaky_where = |is_loaded: bool| {
            let of_those = |run: &PastRun| loaded(run) == is_loaded;
            Rate::new(
                count(&|run| run.verdict == Verdict::Flaky && of_those(run)),
                count(&|run| tells(run.verdict) && of_those(run)),
            )
        };
        let last = runs.iter().filter(|run| run.verdict == Verdict::Flaky).map(|run| run.number).max();
        runs.iter().any(|run| tells(run.verdict)).then(|| Self {
            flaky: flaky_where(false),
            under_load: flaky_where(true),
            errored: count(&|run| run.verdict == Verdict::Errored),
            failed: count(&|run| run.verdict == Verdict::Failed),
            last: last.unwrap_or(0),
        })
    }
}

/// How long the passing attempts of a case take. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pace {
    /// Runs that were timed.
    pub runs: u32,
    /// The median.
    pub median_ms: u64,
    /// All but one of twenty took at most this.
    pub p95_ms: u64,
    /// How the latest runs compare with those before.
    pub change: Option<Shift>,
}

/// How the latest runs of a case compare with those before, under the same load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// The median before.
    pub before_ms: u64,
    /// The median of the latest.
    pub now_ms: u64,
    /// By how many of the past's own deviations they differ; beyond 3 it is hardly chance.
    pub deviations: f64,
}

/// Runs that count as the latest.
const LATEST: usize = 5;
/// So many runs before them there must be.
const ENOUGH: usize = 5;
/// Runs whose use of the processors differs by no more than this, in percent, ran under the same load.
const SAME_LOAD: f64 = 20.0;

impl Shift {
    /// Whether it is hardly chance, and large enough for people to care: a tenth, and 50 ms.
    pub fn is_real(self) -> bool {
        let difference = self.now_ms.abs_diff(self.before_ms);
        self.deviations.abs() > 3.0 && difference >= 50 && difference * 10 >= self.before_ms
    }

    /// Of two runs, in milliseconds, each by itself; `past` are times of the same case, which tell by how much it
    /// differs anyway. Where there are too few of them, only half as much again, and a quarter of a second, is real.
    pub fn of_two(before_ms: u64, now_ms: u64, past: &[u64]) -> Self {
        // Both runs differ by chance.
        let usual =
            spread(past).filter(|_| past.len() >= ENOUGH).map(|spread| spread * std::f64::consts::SQRT_2);
        let unit = usual.unwrap_or_else(|| (float(before_ms) / 2.0).max(250.0) / 3.0);
        Self { before_ms, now_ms, deviations: (float(now_ms) - float(before_ms)) / unit }
    }

    /// Of times in milliseconds; `None` where there are too few.
    pub fn between(before: &[u64], now: &[u64]) -> Option<Self> {
        if before.len() < ENOUGH {
            return None;
        }
        let (now_ms, before_ms) = (median(now.to_vec())?, median(before.to_vec())?);
        let deviations = (float(now_ms) - float(before_ms)) / spread(before)?;
        Some(Self { before_ms, now_ms, deviations })
    }
}

/// By how much times usually differ from their median. 1.4826 makes the median absolute deviation comparable with a
/// standard deviation. Times that hardly ever differed have next to none: a twentieth of the median is no news.
fn spread(times: &[u64]) -> Option<f64> {
    let middle = median(times.to_vec())?;
    let deviation = median(times.iter().map(|it| it.abs_diff(middle)).collect())?;
    Some((float(deviation) * 1.4826).max(float(middle) / 20.0).max(1.0))
}

impl Pace {
    /// How the latest runs differ from those before, where that is hardly chance.
    pub fn real_change(&self) -> Option<Shift> {
        self.change.filter(|it| it.is_real())
    }

    /// How long the case takes now: as long as its latest runs where that has changed, or else as ever.
    pub fn now_ms(&self) -> u64 {
        self.real_change().map_or(self.median_ms, |it| it.now_ms)
    }

    /// Of a case's runs, the latest first; `None` if none passed.
    pub fn of(runs: &[PastRun]) -> Option<Self> {
        let runs: Vec<(u64, Option<f64>)> =
            runs.iter().filter_map(|run| Some((milliseconds(run.time?), run.cpu))).collect();
        let mut times: Vec<u64> = runs.iter().map(|(ms, _)| *ms).collect();
        let median_ms = median(times.clone())?;
        times.sort_unstable();
        let at = (times.len() * 95).div_ceil(100).max(1) - 1;
        let (now, before) = runs.split_at(LATEST.min(runs.len()));
        let load = median(now.iter().filter_map(|(_, cpu)| cpu.map(rounded)).collect());
        let alike = |cpu: Option<f64>| match (cpu, load) {
            (Some(cpu), Some(load)) => (cpu - f64::from(load)).abs() <= SAME_LOAD,
            _ => true,
        };
        let before: Vec<u64> = before.iter().filter(|(_, cpu)| alike(*cpu)).map(|(ms, _)| *ms).collect();
        let now: Vec<u64> = now.iter().map(|(ms, _)| *ms).collect();
        Some(Self {
            runs: u32::try_from(times.len()).unwrap_or(u32::MAX),
            median_ms,
            p95_ms: times[at],
            change: Shift::between(&before, &now),
        })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds of a run are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn float(ms: u64) -> f64 {
    ms as f64
}

/// Percent, to be put in order.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn rounded(percent: f64) -> u32 {
    percent.clamp(0.0, 1_000.0).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(verdict: Verdict, ms: Option<u64>, cpu: Option<f64>) -> PastRun {
        PastRun { verdict, time: ms.map(Duration::from_millis), cpu, number: 1 }
    }

    #[test]
    fn a_rate_has_the_interval_of_wilson() {
        // As R has it: binom::binom.wilson(5, 50).
        let rate = Rate::new(5, 50);
        assert!((rate.low - 0.043_5).abs() < 0.000_1 && (rate.high - 0.213_6).abs() < 0.000_1, "{rate:?}");
        let none = Rate::new(0, 10);
        assert!(none.low == 0.0 && (none.high - 0.277_5).abs() < 0.000_2, "{none:?}");
        let unknown = Rate::new(0, 0);
        assert_eq!((unknown.low, unknown.high), (0.0, 1.0));
    }

    #[test]
    fn errors_and_load_are_counted_apart() {
        let runs = [
            run(Verdict::Flaky, Some(9), Some(20.0)),
            run(Verdict::Flaky, Some(9), Some(99.0)),
            run(Verdict::Passed, Some(9), Some(99.0)),
            run(Verdict::Errored, None, None),
            run(Verdict::Failed, None, None),
        ];
        let it = Flakiness::of(&runs, 90.0).unwrap();
        assert_eq!((it.flaky.times, it.flaky.of, it.errored, it.failed), (1, 2, 1, 1));
        assert_eq!((it.under_load.times, it.under_load.of), (1, 2));
        assert_eq!(Flakiness::of(&runs[3..4], 90.0), None);
        let only_loaded = Flakiness::of(&runs[1..2], 90.0).unwrap();
        assert_eq!((only_loaded.flaky.of, only_loaded.under_load.times), (0, 1));
    }

    #[test]
    fn a_change_is_measured_in_deviations_of_runs_under_the_same_load() {
        let slow = [500, 510, 490, 500, 505].map(|ms| run(Verdict::Passed, Some(ms), Some(30.0)));
        let quick = [200, 205, 195, 200, 202, 198].map(|ms| run(Verdict::Passed, Some(ms), Some(25.0)));
        // Ran on a busy machine: says nothing of a run on an idle one.
        let busy = [600, 610, 620, 600, 600, 600].map(|ms| run(Verdict::Passed, Some(ms), Some(100.0)));
        let runs: Vec<PastRun> = slow.into_iter().chain(quick).chain(busy).collect();
        let pace = Pace::of(&runs).unwrap();
        let change = pace.change.unwrap();
        assert_eq!((change.before_ms, change.now_ms), (200, 500));
        assert!(change.is_real() && change.deviations > 10.0, "{change:?}");
        assert_eq!((pace.runs, pace.p95_ms), (17, 620));
        assert_eq!(Pace::of(&runs[..8]).unwrap().change, None, "too few to compare with");
        assert_eq!(Pace::of(&[run(Verdict::Failed, None, None)]), None);
    }

    #[test]
    fn what_hardly_differs_is_no_change() {
        let same = Shift::between(&[100; 9], &[104; 5]).unwrap();
        assert!(!same.is_real(), "{same:?}");
    }
}

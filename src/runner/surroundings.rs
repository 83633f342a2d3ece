//! What the machine was doing while something ran, in the words of the record.

use super::core::Pressure;
use crate::event::{Failure, Load, Sample};
use crate::load::Sight;
use crate::text::{Untrusted, bytes};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Between two samples.
const INTERVAL: Duration = Duration::from_secs(1);

/// Makes a sample of a sight once a second.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    last: Option<(Instant, Sight)>,
}

impl Sampler {
    /// Whether it is time for another one.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        // Sights come on a beat of their own, so that one may be a moment early.
        self.last.as_ref().is_none_or(|(at, _)| now.duration_since(*at) + INTERVAL / 10 >= INTERVAL)
    }

    /// The sample of now; `batch` is what it says of the batch.
    pub(super) fn take(&mut self, now: Instant, sight: Sight, batch: Sample) -> Sample {
        let (_, before) = self.last.replace((now, sight)).unwrap_or((now, sight));
        let more = |now: Option<u64>, before: Option<u64>| Some(now?.saturating_sub(before?));
        Sample {
            cpu: sight.cpu,
            memory_mb: sight.memory_used.map(|bytes| bytes >> 20),
            net_rx: more(sight.net_rx, before.net_rx),
            net_tx: more(sight.net_tx, before.net_tx),
            ..batch
        }
    }
}

/// What an attempt runs under, from its beginning.
pub(super) struct Surroundings {
    sights: watch::Receiver<Sight>,
    first: Sight,
}

impl Surroundings {
    pub(super) fn begin(sights: &watch::Receiver<Sight>) -> Self {
        let first = *sights.borrow();
        Self { sights: sights.clone(), first }
    }

    /// What the machine was doing at the beginning.
    pub(super) fn load(&self) -> Load {
        Load {
            cpu: self.first.cpu,
            cpu_pressure: self.first.cpu_pressure,
            memory_pressure: self.first.memory_pressure,
            memory_free_mb: self.first.memory_free.map(|bytes| bytes >> 20),
        }
    }

    /// Mean use of the processors since the beginning, in percent; of less than a look, that look's.
    pub(super) fn cpu_mean(&self) -> Option<f64> {
        let now = *self.sights.borrow();
        let passed = now.seconds - self.first.seconds;
        if passed <= 0.0 {
            return now.cpu;
        }
        Some((100.0 * (now.busy_seconds - self.first.busy_seconds) / passed).clamp(0.0, 100.0))
    }

    /// The failure, with what may have had its part in it.
    pub(super) fn told_with(&self, mut failure: Failure, pressure: &Pressure) -> Failure {
        failure.hints.extend(self.hints(pressure));
        failure
    }

    fn hints(&self, pressure: &Pressure) -> Vec<Untrusted> {
        let now = *self.sights.borrow();
        let cpu = self.cpu_mean().filter(|mean| *mean > pressure.cpu);
        let either = [self.first, now];
        let memory = either.iter().filter_map(|it| it.memory_pressure).fold(0.0, f64::max);
        let memory = Some(memory).filter(|it| *it > pressure.some_avg10);
        let free =
            either.iter().filter_map(|it| it.memory_free).min().filter(|it| *it < pressure.memory_free);
        let hints = [
            cpu.map(|mean| format!("ran while the processors were {mean:.0} % busy")),
            memory.map(|pressure| format!("ran while memory pressure was {pressure:.0} %")),
            free.map(|free| format!("ran while only {} of memory were free", bytes(free))),
        ];
        hints.into_iter().flatten().map(Untrusted::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESSURE: Pressure = Pressure { cpu: 85.0, memory_free: 500 << 20, some_avg10: 40.0 };

    #[tokio::test(start_paused = true)]
    async fn a_sample_a_second_with_what_came_since_the_one_before() {
        let (mut sampler, mut taken) = (Sampler::default(), Vec::new());
        for received in 0..9 {
            let sight = Sight { net_rx: Some(received * 100), ..Sight::default() };
            let batch = Sample { running: 2, queued: 7, limit: 5, ..Sample::default() };
            if sampler.is_due(Instant::now()) {
                taken.push(sampler.take(Instant::now(), sight, batch));
            }
            tokio::time::advance(Duration::from_millis(250)).await;
        }
        assert_eq!(taken.iter().map(|it| it.net_rx).collect::<Vec<_>>(), [Some(0), Some(400), Some(400)]);
        assert_eq!((taken[1].running, taken[1].queued, taken[1].limit), (2, 7, 5));
    }

    #[test]
    fn what_went_beyond_the_thresholds_is_told() {
        let free = Some(8 << 30);
        let (tell, sights) = watch::channel(Sight { memory_free: free, ..Sight::default() });
        let around = Surroundings::begin(&sights);
        tell.send_replace(Sight { seconds: 10.0, busy_seconds: 5.0, memory_free: free, ..Sight::default() });
        assert_eq!((around.cpu_mean(), around.hints(&PRESSURE)), (Some(50.0), vec![]));
        let hard = Sight {
            seconds: 20.0,
            busy_seconds: 19.0,
            memory_pressure: Some(62.0),
            memory_free: Some(100 << 20),
            ..Sight::default()
        };
        tell.send_replace(hard);
        let hints: Vec<_> = around.hints(&PRESSURE).iter().map(|it| it.raw().to_owned()).collect();
        assert_eq!(
            hints,
            [
                "ran while the processors were 95 % busy",
                "ran while memory pressure was 62 %",
                "ran while only 100 MiB of memory were free"
            ]
        );
    }
}

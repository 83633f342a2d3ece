//! What the machine is doing, and what the run itself uses of it: processors, memory, network, pressure. Reads the
//! kernel's tables, decides nothing. What a system does not tell is not known.

mod cgroup;
mod machine;
mod usage;

use machine::Counters;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use usage::{Usage, usage};

/// Between two sights.
const INTERVAL: Duration = Duration::from_millis(250);

/// What the machine is doing. Shares are in percent; what is not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sight {
    /// Processors that may be used: what affinity and the control group's quota allow.
    pub processors: u32,
    /// Use of these processors since the sight before.
    pub cpu: Option<f64>,
    /// The part of it that is not this run's.
    pub others: Option<f64>,
    /// Share of the last ten seconds in which something waited for a processor (PSI `some avg10`).
    pub cpu_pressure: Option<f64>,
    /// The same for memory.
    pub memory_pressure: Option<f64>,
    /// The same for memory since the sight before.
    pub memory_stall: Option<f64>,
    /// Memory that can be had without swapping, within the control group's limit, in bytes.
    pub memory_free: Option<u64>,
    /// Memory of this run and everything that it started, in bytes, what they share counted once.
    pub memory_used: Option<u64>,
    /// Bytes received so far, on all interfaces but the loopback.
    pub net_rx: Option<u64>,
    /// Bytes sent so far.
    pub net_tx: Option<u64>,
    /// Seconds since it was first looked.
    pub seconds: f64,
    /// Seconds of full use of all processors so far. What two sights differ by in it, as part of the time between them,
    /// is the mean use.
    pub busy_seconds: f64,
}

/// Watches a run from its start to its end, on a thread of its own.
#[derive(Debug)]
pub struct Meter {
    began: Instant,
    first: Option<Usage>,
    peak: Arc<AtomicU64>,
    sights: watch::Receiver<Sight>,
    stop: Sender<()>,
}

/// What a [`Meter`] has seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metered {
    /// The most memory of any look, in bytes.
    pub peak_memory_bytes: u64,
    /// Mean use of the processors, in percent of one core.
    pub mean_cpu_percent: f64,
}

impl Meter {
    /// Starts watching the machine, this process and everything below it.
    pub fn start() -> Self {
        let (stop, stopped) = channel::<()>();
        let peak = Arc::new(AtomicU64::new(0));
        let first = usage(std::process::id());
        let mut eye = Eye::new(first);
        let (tell, sights) = watch::channel(eye.look());
        let seen = Arc::clone(&peak);
        std::thread::spawn(move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let sight = eye.look();
                seen.fetch_max(sight.memory_used.unwrap_or_default(), Ordering::Relaxed);
                tell.send_replace(sight);
            }
        });
        Self { began: Instant::now(), first, peak, sights, stop }
    }

    /// What it sees, four times a second.
    pub fn sights(&self) -> watch::Receiver<Sight> {
        self.sights.clone()
    }

    /// The sum; to be called while what was started still runs. `None` where the system tells nothing.
    pub fn finish(self) -> Option<Metered> {
        // The thread may be at a look: it ends by itself.
        let _ = self.stop.send(());
        let (first, last) = (self.first?, usage(std::process::id())?);
        let peak_memory_bytes = self.peak.load(Ordering::Relaxed).max(last.memory_bytes);
        let seconds = seconds(last.ticks.saturating_sub(first.ticks));
        let mean_cpu_percent = 100.0 * seconds / self.began.elapsed().as_secs_f64().max(0.001);
        Some(Metered { peak_memory_bytes, mean_cpu_percent })
    }
}

/// What a sight is compared with.
struct Eye {
    began: Instant,
    at: Instant,
    counters: Counters,
    own: Option<Usage>,
    busy_seconds: f64,
}

impl Eye {
    fn new(own: Option<Usage>) -> Self {
        let now = Instant::now();
        Self { began: now, at: now, counters: Counters::read(), own, busy_seconds: 0.0 }
    }

    fn look(&mut self) -> Sight {
        let (at, counters) = (Instant::now(), Counters::read());
        let own = usage(std::process::id());
        let passed = at.duration_since(self.at).as_secs_f64().max(0.001);
        let processors = processors();
        let all = f64::from(processors);
        let share = |seconds: f64| (100.0 * seconds / passed / all).clamp(0.0, 100.0);
        let used = own.zip(self.own).map(|(now, before)| seconds(now.ticks.saturating_sub(before.ticks)));
        // Within a quota the use of the whole machine says nothing: this run's own does.
        let within_quota = processors < counters.processors;
        let busy =
            counters.busy.zip(self.counters.busy).map(|(now, before)| seconds(now.saturating_sub(before)));
        let cpu = if within_quota { used } else { busy };
        let others = cpu.zip(used).map(|(all, own)| share((all - own).max(0.0)));
        self.busy_seconds += cpu.unwrap_or_default().min(passed * all) / all;
        let stalled = counters.memory_stalled.zip(self.counters.memory_stalled);
        let sight = Sight {
            processors,
            cpu: cpu.map(share),
            others,
            cpu_pressure: counters.cpu_pressure,
            memory_pressure: counters.memory_pressure,
            memory_stall: stalled.map(|(now, before)| {
                (100.0 * now.saturating_sub(before).as_secs_f64() / passed).clamp(0.0, 100.0)
            }),
            memory_free: free(counters.memory_free),
            memory_used: own.map(|own| own.memory_bytes),
            net_rx: counters.net_rx,
            net_tx: counters.net_tx,
            seconds: at.duration_since(self.began).as_secs_f64(),
            busy_seconds: self.busy_seconds,
        };
        (self.at, self.counters, self.own) = (at, counters, own);
        sight
    }
}

/// Processors that may be used, by affinity and quota.
pub fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |it| u32::try_from(it.get()).unwrap_or(u32::MAX))
}

/// Memory that can be had, in bytes.
pub fn memory_free() -> Option<u64> {
    free(Counters::read().memory_free)
}

/// The control group's limit of memory, in bytes, if it has one.
pub fn memory_limit() -> Option<u64> {
    cgroup::memory_limit()
}

fn free(of_machine: Option<u64>) -> Option<u64> {
    match (of_machine, cgroup::memory_free()) {
        (Some(machine), Some(group)) => Some(machine.min(group)),
        (one, other) => one.or(other),
    }
}

/// Clock ticks as seconds. Below 2^52 ticks, which no run reaches, the conversion is exact.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second().max(1) as f64
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_busy_thread_is_seen_as_this_runs_own() {
        let mut eye = Eye::new(usage(std::process::id()));
        let until = Instant::now() + Duration::from_millis(300);
        while Instant::now() < until {
            std::hint::black_box(0);
        }
        let sight = eye.look();
        assert!(sight.cpu.unwrap() > 0.0 && sight.busy_seconds > 0.0, "{sight:?}");
        assert!(sight.memory_free.unwrap() > 0 && sight.memory_used.unwrap() > 0, "{sight:?}");
        assert!(sight.processors > 0);
    }
}

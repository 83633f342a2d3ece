//! What the run itself uses of the machine: memory and processor time of this process and everything below it.
//! Reads the kernel's tables, decides nothing. Where there is no `/proc`, nothing is known.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One look at a tree of processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Proportional set size of all of it, in bytes: shared pages are counted once.
    pub memory_bytes: u64,
    /// Processor time of all of it so far, in clock ticks, with that of children that have ended.
    pub ticks: u64,
}

/// Looks at the process `root` and its descendants.
pub fn usage(root: u32) -> Option<Usage> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut ticks: HashMap<u32, u64> = HashMap::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process may end between the two reads: then it is not there.
        let Some((parent, used)) =
            fs::read_to_string(entry.path().join("stat")).ok().as_deref().and_then(stat)
        else {
            continue;
        };
        children.entry(parent).or_default().push(pid);
        ticks.insert(pid, used);
    }
    let mut usage = Usage::default();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        usage.ticks += ticks.get(&pid).copied().unwrap_or_default();
        usage.memory_bytes += memory(pid).unwrap_or_default();
        open.extend(children.remove(&pid).unwrap_or_default());
    }
    Some(usage)
}

/// Parent, and user + system time with that of ended children, of a line of `/proc/PID/stat` (proc(5)).
fn stat(line: &str) -> Option<(u32, u64)> {
    // The name stands in parentheses and may hold anything, parentheses too.
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let used = number(11)? + number(12)? + number(13)? + number(14)?;
    Some((u32::try_from(number(1)?).ok()?, used))
}

fn memory(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Watches a run from its start to its end, with a look a second on a thread of its own.
#[derive(Debug)]
pub struct Meter {
    began: Instant,
    first: Option<Usage>,
    peak: Arc<AtomicU64>,
    stop: std::sync::mpsc::Sender<()>,
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
    /// Starts watching this process and everything below it.
    pub fn start() -> Self {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let peak = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&peak);
        let own = std::process::id();
        std::thread::spawn(move || {
            // The first look comes after a second: short runs are looked at by `finish` alone.
            while stopped.recv_timeout(Duration::from_secs(1))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                if let Some(usage) = usage(own) {
                    seen.fetch_max(usage.memory_bytes, Ordering::Relaxed);
                }
            }
        });
        Self { began: Instant::now(), first: usage(own), peak, stop }
    }

    /// The sum; to be called while what was started still runs. `None` where the system tells nothing.
    pub fn finish(self) -> Option<Metered> {
        // The thread may be at a look: it ends by itself.
        let _ = self.stop.send(());
        let (first, last) = (self.first?, usage(std::process::id())?);
        let peak_memory_bytes = self.peak.load(Ordering::Relaxed).max(last.memory_bytes);
        let hertz = rustix::param::clock_ticks_per_second();
        // Below 2^52 ticks, which no run reaches, the conversion is exact.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        let seconds = last.ticks.saturating_sub(first.ticks) as f64 / hertz.max(1) as f64;
        let mean_cpu_percent = 100.0 * seconds / self.began.elapsed().as_secs_f64().max(0.001);
        Some(Metered { peak_memory_bytes, mean_cpu_percent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let line = "42 (a) b) c) S 7 42 42 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 5 6 7";
        assert_eq!(stat(line), Some((7, 100)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_memory() {
        let usage = usage(std::process::id()).unwrap();
        assert!(usage.memory_bytes > 100_000, "{usage:?}");
    }
}

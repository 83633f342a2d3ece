//! What the kernel counts for the whole machine.

use std::fs;
use std::time::Duration;

/// Counters of a moment; each is `None` where the system does not have it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    /// Processors of the machine.
    pub(super) processors: u32,
    /// Clock ticks of all processors that were not idle.
    pub(super) busy: Option<u64>,
    /// PSI `some avg10` of the processors, in percent.
    pub(super) cpu_pressure: Option<f64>,
    /// PSI `some avg10` of the memory, in percent.
    pub(super) memory_pressure: Option<f64>,
    /// How long something has waited for memory so far (PSI `some total`).
    pub(super) memory_stalled: Option<Duration>,
    /// `MemAvailable`, in bytes.
    pub(super) memory_free: Option<u64>,
    /// Bytes received, on all interfaces but the loopback.
    pub(super) net_rx: Option<u64>,
    /// Bytes sent.
    pub(super) net_tx: Option<u64>,
}

impl Counters {
    pub(super) fn read() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        let stat = read("/proc/stat").unwrap_or_default();
        let pressure = |what| read(&format!("/proc/pressure/{what}")).as_deref().and_then(some);
        let memory = pressure("memory");
        let net = read("/proc/net/dev").as_deref().map(net);
        Self {
            processors: u32::try_from(stat.lines().filter(|line| is_processor(line)).count()).unwrap_or(1),
            busy: stat.lines().next().and_then(busy),
            cpu_pressure: pressure("cpu").map(|(share, _)| share),
            memory_pressure: memory.map(|(share, _)| share),
            memory_stalled: memory.map(|(_, total)| total),
            memory_free: read("/proc/meminfo").as_deref().and_then(available),
            net_rx: net.map(|(rx, _)| rx),
            net_tx: net.map(|(_, tx)| tx),
        }
    }
}

/// Whether a line of `/proc/stat` is that of one processor.
fn is_processor(line: &str) -> bool {
    line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Ticks of the first line of `/proc/stat` (proc(5)) but idle, iowait, and guest times, which user times include.
fn busy(line: &str) -> Option<u64> {
    let fields: Vec<u64> =
        line.strip_prefix("cpu ")?.split_whitespace().map_while(|it| it.parse().ok()).collect();
    let of = |at: usize| fields.get(at).copied().unwrap_or_default();
    (fields.len() > 3).then(|| of(0) + of(1) + of(2) + of(5) + of(6) + of(7))
}

/// The line `some` of a file of `/proc/pressure`: `avg10` and `total`.
fn some(text: &str) -> Option<(f64, Duration)> {
    let line = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let of = |key: &str| line.split_whitespace().find_map(|field| field.strip_prefix(key)?.strip_prefix('='));
    Some((of("avg10")?.parse().ok()?, Duration::from_micros(of("total")?.parse().ok()?)))
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Bytes received and sent, of `/proc/net/dev`.
fn net(text: &str) -> (u64, u64) {
    let counted = text.lines().filter_map(|line| {
        let (name, fields) = line.split_once(':')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let of = |at: usize| fields.get(at)?.parse::<u64>().ok();
        (name.trim() != "lo").then_some((of(0)?, of(8)?))
    });
    counted.fold((0, 0), |(rx, tx), (more_rx, more_tx)| (rx + more_rx, tx + more_tx))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        assert_eq!(busy("cpu  10 20 30 400 50 6 7 8 9 10"), Some(81));
        let pressure =
            "some avg10=12.50 avg60=0 avg300=0 total=1500000\nfull avg10=1.00 avg60=0 avg300=0 total=7";
        assert_eq!(some(pressure), Some((12.5, Duration::from_millis(1_500))));
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   2 kB\n"), Some(2048));
        let table =
            "Inter-| Receive\n face |bytes\n    lo: 5 0 0 0 0 0 0 0 5 0\n  eth0: 70 1 0 0 0 0 0 0 30 1\n";
        assert_eq!(net(table), (70, 30));
        assert!(is_processor("cpu0 1 2") && !is_processor("cpu  1 2") && !is_processor("intr 1"));
    }
}

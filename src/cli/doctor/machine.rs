//! What the machine has to offer: processors, memory, shared memory. Where the kernel has no tables, nothing is said.

use super::{Sign, State};
use crate::config::Concurrency;
use crate::load;
use crate::text::bytes;
use std::fs;

const MIB: u64 = 1 << 20;

/// A browser that serves five slots took about this much at its worst.
const ENOUGH_MEMORY: u64 = 400 * MIB;

/// Below this, large pages crash unless the browser keeps its shared memory elsewhere.
const ENOUGH_SHARED_MEMORY: u64 = 256 * MIB;

/// What is to be said about the machine.
pub(super) fn signs(concurrency: Concurrency) -> Vec<Sign> {
    let mut signs = vec![processors(concurrency)];
    signs.extend(memory());
    signs.extend(load::memory_limit().map(|limit| {
        let state = if limit < ENOUGH_MEMORY { State::Doubtful } else { State::Well };
        Sign::new("memory limit", state, format!("{} for this control group", bytes(limit)))
    }));
    signs.extend(shared_memory());
    signs
}

fn processors(concurrency: Concurrency) -> Sign {
    match std::thread::available_parallelism() {
        Ok(count) => Sign::well("processors", format!("{count} for {concurrency} cases at once")),
        Err(error) => Sign::new("processors", State::Doubtful, format!("not known: {error}")),
    }
}

fn memory() -> Option<Sign> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let (total, available) = (kib(&table, "MemTotal:")?, kib(&table, "MemAvailable:")?);
    let found = format!("{} of {} available", bytes(available), bytes(total));
    Some(if available < ENOUGH_MEMORY {
        Sign::new("memory", State::Doubtful, found).help("fewer cases at once need less: `-c 1`")
    } else {
        Sign::well("memory", found)
    })
}

/// A line of `/proc/meminfo` (proc(5)), in bytes.
fn kib(table: &str, name: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn shared_memory() -> Option<Sign> {
    let filesystem = rustix::fs::statvfs("/dev/shm").ok()?;
    let size = filesystem.f_blocks.saturating_mul(filesystem.f_frsize);
    let found = format!("{} in /dev/shm", bytes(size));
    Some(if size < ENOUGH_SHARED_MEMORY {
        Sign::new("shared memory", State::Doubtful, found)
            .help("large pages may crash; `docker run --shm-size=1g` gives more, else the browser is told to use /tmp")
    } else {
        Sign::well("shared memory", found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(kib("MemTotal:  8 kB\nMemAvailable:    5 kB\n", "MemAvailable:"), Some(5 * 1024));
    }
}

//! What a tree of processes uses: memory, processor time. Reads `/proc`; where there is none, nothing is known.

use std::collections::HashMap;
use std::fs;

/// One look at a tree of processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processor time of all of it so far, in clock ticks, with that of children that have ended.
    pub(super) ticks: u64,
    /// Proportional set size of all of it, in bytes: shared pages are counted once. Only where it was asked for, since
    /// the kernel has to walk all pages for it.
    pub(super) memory_bytes: Option<u64>,
}

/// Looks at the process `root` and its descendants.
pub(super) fn usage(root: u32, with_memory: bool) -> Option<Usage> {
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
    let mut usage = Usage { ticks: 0, memory_bytes: with_memory.then_some(0) };
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        usage.ticks += ticks.get(&pid).copied().unwrap_or_default();
        if let Some(sum) = &mut usage.memory_bytes {
            *sum += memory(pid).unwrap_or_default();
        }
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
        let usage = usage(std::process::id(), true).unwrap();
        assert!(usage.memory_bytes > Some(100_000), "{usage:?}");
    }
}

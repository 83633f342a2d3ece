//! What the machine has to offer: processors, memory, shared memory. Where the kernel has no tables, nothing is said.

use super::{Sign, State};
use std::fs;
use std::path::{Path, PathBuf};

const MIB: u64 = 1 << 20;

/// A browser that serves five slots took about this much at its worst.
const ENOUGH_MEMORY: u64 = 400 * MIB;

/// Below this, large pages crash unless the browser keeps its shared memory elsewhere.
const ENOUGH_SHARED_MEMORY: u64 = 256 * MIB;

/// What is to be said about the machine.
pub(super) fn signs(concurrency: u32) -> Vec<Sign> {
    let mut signs = vec![processors(concurrency)];
    signs.extend(memory());
    signs.extend(limit().map(|limit| {
        let state = if limit < ENOUGH_MEMORY { State::Doubtful } else { State::Well };
        Sign::new("memory limit", state, format!("{} for this control group", size(limit)))
    }));
    signs.extend(shared_memory());
    signs
}

fn processors(concurrency: u32) -> Sign {
    match std::thread::available_parallelism() {
        Ok(count) => Sign::well("processors", format!("{count} for {concurrency} cases at once")),
        Err(error) => Sign::new("processors", State::Doubtful, format!("not known: {error}")),
    }
}

fn memory() -> Option<Sign> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let (total, available) = (kib(&table, "MemTotal:")?, kib(&table, "MemAvailable:")?);
    let found = format!("{} of {} available", size(available), size(total));
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

/// The smallest memory limit of the control groups that this process is in (cgroups(7), version 2, then 1).
fn limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let files = groups.lines().flat_map(limit_files);
    files
        .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok())
        .filter(|limit| *limit < 1 << 50)
        .min()
}

/// The files that hold the limits of one line of `/proc/self/cgroup`, the group's own and those above it.
fn limit_files(line: &str) -> Vec<PathBuf> {
    let mut fields = line.splitn(3, ':');
    let (Some(_), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
        return Vec::new();
    };
    let (root, file) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|it| it == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let group = group.trim_start_matches('/');
    Path::new(group).ancestors().map(|group| Path::new(root).join(group).join(file)).collect()
}

fn shared_memory() -> Option<Sign> {
    let filesystem = rustix::fs::statvfs("/dev/shm").ok()?;
    let bytes = filesystem.f_blocks.saturating_mul(filesystem.f_frsize);
    let found = format!("{} in /dev/shm", size(bytes));
    Some(if bytes < ENOUGH_SHARED_MEMORY {
        Sign::new("shared memory", State::Doubtful, found)
            .help("large pages may crash; `docker run --shm-size=1g` gives more, else the browser is told to use /tmp")
    } else {
        Sign::well("shared memory", found)
    })
}

/// Bytes as a person writes them.
fn size(bytes: u64) -> String {
    let mib = bytes / MIB;
    if mib < 10 * 1024 { format!("{mib} MiB") } else { format!("{} GiB", mib / 1024) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(
            [size(0), size(64 * MIB), size(9 * 1024 * MIB), size(24 * 1024 * MIB)].join(", "),
            "0 MiB, 64 MiB, 9216 MiB, 24 GiB"
        );
    }

    #[test]
    fn limits_of_all_groups_above_count() {
        let files = |line: &str| {
            limit_files(line).iter().map(|it| it.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            files("0::/a.slice/b"),
            "/sys/fs/cgroup/a.slice/b/memory.max /sys/fs/cgroup/a.slice/memory.max /sys/fs/cgroup/memory.max"
        );
        assert_eq!(files("7:memory:/"), "/sys/fs/cgroup/memory/memory.limit_in_bytes");
        assert_eq!(files("4:cpu,cpuacct:/x"), "");
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(kib("MemTotal:  8 kB\nMemAvailable:    5 kB\n", "MemAvailable:"), Some(5 * 1024));
    }
}

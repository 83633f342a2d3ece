//! What a tree of processes uses: memory, processor time. Reads `/proc`; where there is none, nothing is known.

use std::collections::HashMap;
use std::fs;

/// One look at a tree of processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processor time of all of it so far, in clock ticks, with that of children that have ended.
    pub(super) ticks: u64,
    /// Memory of all of it, in bytes: see [`Resident`].
    pub(super) memory_bytes: u64,
}

/// Looks at the process `root` and its descendants.
pub(super) fn usage(root: u32) -> Option<Usage> {
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
    let mut ticks_used = 0;
    let mut programs: HashMap<String, Resident> = HashMap::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        ticks_used += ticks.get(&pid).copied().unwrap_or_default();
        if let Some((program, resident)) = status(pid) {
            programs.entry(program).or_default().add(resident);
        }
        open.extend(children.remove(&pid).unwrap_or_default());
    }
    let memory_bytes = programs.values().map(|it| it.private + it.shared).sum();
    Some(Usage { ticks: ticks_used, memory_bytes })
}

/// Resident memory of the processes of one program, in bytes.
///
/// Their own pages are added up; those of files and those that are shared are the same in all of them, and are counted
/// once, as many as the process has that has most. That is within some percent of the proportional set size, for a
/// fortieth of its price: for that the kernel walks all pages of every process, 20 ms for a browser with five pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Resident {
    private: u64,
    shared: u64,
}

impl Resident {
    fn add(&mut self, other: Self) {
        self.private += other.private;
        self.shared = self.shared.max(other.shared);
    }
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

/// The program that a process runs, and its memory.
fn status(pid: u32) -> Option<(String, Resident)> {
    resident(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// `Name`, `RssAnon`, `RssFile` and `RssShmem` of `/proc/PID/status` (proc(5)); one that has ended has no memory.
fn resident(status: &str) -> Option<(String, Resident)> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim)
    };
    let bytes = |name: &str| Some(field(name)?.split_whitespace().next()?.parse::<u64>().ok()? * 1024);
    let shared = bytes("RssFile")? + bytes("RssShmem")?;
    Some((field("Name")?.to_owned(), Resident { private: bytes("RssAnon")?, shared }))
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
    fn what_processes_of_a_program_share_is_counted_once() {
        let of = |anon: u64, file: u64| {
            let text = format!(
                "Name:\tbrowser\nVmRSS:\t9 kB\nRssAnon:\t{anon} kB\nRssFile:\t{file} kB\nRssShmem:\t1 kB\n"
            );
            resident(&text).unwrap().1
        };
        let mut sum = of(10, 100);
        sum.add(of(20, 80));
        assert_eq!(sum, Resident { private: 30 * 1024, shared: 101 * 1024 });
        assert_eq!(resident("Name:\tgone\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_memory() {
        let usage = usage(std::process::id()).unwrap();
        assert!(usage.memory_bytes > 100_000, "{usage:?}");
    }
}

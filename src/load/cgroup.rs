//! What the control group leaves of the memory, in both versions of the interface.

use std::fs;
use std::path::{Path, PathBuf};

/// A limit from here on is none: version 1 writes a huge number instead of `max`.
const NO_LIMIT: u64 = 1 << 60;

/// A group's folder, with the names of the files that hold its limit and its use.
type Group = (PathBuf, [&'static str; 2]);

/// Bytes below the lowest limit of this process's group and those above it; `None` where there is no limit.
pub(super) fn memory_free() -> Option<u64> {
    free(&of_this_process()?)
}

/// The lowest of these limits, in bytes.
pub(super) fn memory_limit() -> Option<u64> {
    of_this_process()?.iter().filter_map(limit).min()
}

fn of_this_process() -> Option<Vec<Group>> {
    Some(groups(&fs::read_to_string("/proc/self/cgroup").ok()?, Path::new("/sys/fs/cgroup")))
}

/// The groups of the memory, by the lines of `/proc/PID/cgroup` (cgroups(7)): the process's own and those above it. In a
/// container the own one may not be there: the root is.
fn groups(lines: &str, root: &Path) -> Vec<Group> {
    let of_line = |line: &str| -> Option<Vec<Group>> {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let (root, files) = if controllers.split(',').any(|it| it == "memory") {
            (root.join("memory"), ["memory.limit_in_bytes", "memory.usage_in_bytes"])
        } else if controllers.is_empty() {
            (root.to_owned(), ["memory.max", "memory.current"])
        } else {
            return None;
        };
        let path = Path::new(path.trim_start_matches('/'));
        Some(path.ancestors().map(|it| (root.join(it), files)).collect())
    };
    lines.lines().filter_map(of_line).flatten().collect()
}

fn free(groups: &[Group]) -> Option<u64> {
    groups.iter().filter_map(below).min()
}

fn number(folder: &Path, name: &str) -> Option<u64> {
    fs::read_to_string(folder.join(name)).ok()?.trim().parse().ok()
}

fn limit((folder, [limit, _]): &Group) -> Option<u64> {
    number(folder, limit).filter(|limit| *limit < NO_LIMIT)
}

/// What is left below a group's limit; caches of files can be given up, so they count as left.
fn below(group: &Group) -> Option<u64> {
    let (folder, [_, usage]) = group;
    let limit = limit(group)?;
    let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let cached = ["total_inactive_file ", "inactive_file "]
        .iter()
        .find_map(|key| stat.lines().find_map(|line| line.strip_prefix(key)?.parse::<u64>().ok()));
    let used = number(folder, usage)?.saturating_sub(cached.unwrap_or_default());
    Some(limit.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(root: &Path, path: &str, files: &[(&str, &str)]) {
        let folder = root.join(path);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    #[test]
    fn the_lowest_limit_on_the_way_up_counts() {
        let root = tempfile::tempdir().unwrap();
        let stat = ("memory.stat", "anon 5\ninactive_file 100\n");
        group(root.path(), "a/b", &[("memory.max", "max\n"), ("memory.current", "700\n"), stat]);
        group(root.path(), "a", &[("memory.max", "1000\n"), ("memory.current", "800\n"), stat]);
        assert_eq!(free(&groups("0::/a/b\n", root.path())), Some(300));
        assert_eq!(free(&groups("0::/elsewhere\n", root.path())), None);
    }

    #[test]
    fn the_first_version_is_read_too() {
        let root = tempfile::tempdir().unwrap();
        let none = "9223372036854771712\n";
        group(root.path(), "memory", &[("memory.limit_in_bytes", none), ("memory.usage_in_bytes", "5\n")]);
        group(
            root.path(),
            "memory/job",
            &[("memory.limit_in_bytes", "50\n"), ("memory.usage_in_bytes", "20\n")],
        );
        assert_eq!(free(&groups("4:memory:/job\n3:cpu:/job\n0::/\n", root.path())), Some(30));
        assert_eq!(free(&groups("4:memory:/other\n", root.path())), None);
    }
}

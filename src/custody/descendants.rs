//! Finding and ending whoever descends from this process, by parenthood alone.

use super::process::Exit;
use rustix::process::{Pid, Signal, WaitOptions, kill_process};
#[cfg(target_os = "linux")]
use std::collections::HashMap;
use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A process that descends from this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Descendant {
    pub(super) pid: Pid,
    /// Its process group.
    pub(super) group: i32,
    /// The name that the system has for it, for reports only.
    pub(super) name: String,
}

/// Everything alive that descends from `ancestor`, itself excluded.
#[cfg(target_os = "linux")]
pub(super) fn of(ancestor: Pid) -> Vec<Descendant> {
    let mut children: HashMap<i32, Vec<(i32, i32, String)>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        // Who ended meanwhile has no file any more. Who is a zombie has no children: they were handed on.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        match parse_stat(&stat) {
            Some(Stat { name, state, parent, group }) if state != 'Z' => {
                children.entry(parent).or_default().push((pid, group, name.to_owned()));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    let mut parents = vec![ancestor.as_raw_nonzero().get()];
    while let Some(parent) = parents.pop() {
        for (pid, group, name) in children.remove(&parent).unwrap_or_default() {
            parents.push(pid);
            found.extend(Pid::from_raw(pid).map(|pid| Descendant { pid, group, name }));
        }
    }
    found
}

/// Elsewhere nothing is known about parenthood: groups alone are ended.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(_ancestor: Pid) -> Vec<Descendant> {
    Vec::new()
}

/// What is read of a process.
#[cfg(any(target_os = "linux", test))]
#[derive(Debug, PartialEq, Eq)]
struct Stat<'a> {
    name: &'a str,
    state: char,
    parent: i32,
    group: i32,
}

/// Name, state, parent and group in the text of `/proc/PID/stat` (`proc_pid_stat(5)`). The name may hold anything, parentheses
/// too, so the last one closes it.
#[cfg(any(target_os = "linux", test))]
fn parse_stat(stat: &str) -> Option<Stat<'_>> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let name = head.split_once('(')?.1;
    let mut fields = tail.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    Some(Stat { name, state, parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
}

/// Kills every descendant and reaps every child, again and again, until none is left or `patience` is over.
/// Says whether none is left. `each` is told of every child that ended, see [`reap`].
pub(super) fn end_all(patience: Duration, mut each: impl FnMut(Pid, Exit)) -> bool {
    let until = Instant::now() + patience;
    let mut pause = Duration::from_millis(1);
    loop {
        kill_all();
        match reap(&mut each) {
            Children::None => return true,
            Children::Some if Instant::now() > until => return false,
            Children::Some => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
        }
    }
}

/// Kills every descendant once.
fn kill_all() {
    for descendant in of(rustix::process::getpid()) {
        // Gone meanwhile, or a set-user-id program, which ends with its parent: the next round looks again.
        let _ = kill_process(descendant.pid, Signal::KILL);
    }
}

/// The environment variable that all processes of one run inherit; its value is the run's folder.
pub(super) const MARK: &str = "BATCHRUN_CUSTODY";

/// For the runner, whose other children are none of custody's business: kills and reaps the descendants that carry
/// the mark of one run or belong to one of `groups`, until none is left or `patience` is over. Says which there were,
/// by name. The mark alone would not do: Chromium's processes write their titles over their environment.
pub(super) fn end_marked(folder: &Path, groups: &HashSet<u32>, patience: Duration) -> Vec<String> {
    let mark = [MARK.as_bytes(), b"=", folder.as_os_str().as_bytes()].concat();
    let marked = |descendant: &Descendant| {
        if u32::try_from(descendant.group).is_ok_and(|group| groups.contains(&group)) {
            return true;
        }
        let environment = std::fs::read(format!("/proc/{}/environ", descendant.pid.as_raw_nonzero()));
        environment.is_ok_and(|it| it.split(|&byte| byte == 0).any(|variable| variable == mark))
    };
    let until = Instant::now() + patience;
    let mut seen: Vec<Descendant> = Vec::new();
    loop {
        let alive: Vec<_> = of(rustix::process::getpid()).into_iter().filter(marked).collect();
        for descendant in &alive {
            let _ = kill_process(descendant.pid, Signal::KILL);
            if !seen.contains(descendant) {
                seen.push(descendant.clone());
            }
        }
        for descendant in &seen {
            let _ = rustix::process::waitpid(Some(descendant.pid), WaitOptions::NOHANG);
        }
        if alive.is_empty() || Instant::now() > until {
            return seen.into_iter().map(|it| it.name).collect();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether this process still has children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Children {
    None,
    Some,
}

/// Reaps every child that has ended. `each` is told before, while the pid (and the group of that number) still belongs
/// to the dead, so that nobody else can have been given it.
pub(super) fn reap(mut each: impl FnMut(Pid, Exit)) -> Children {
    loop {
        // SAFETY: a zeroed siginfo_t is valid; `waitid` writes to nothing else, and when it succeeds the fields of
        // SIGCHLD are the ones in use.
        let ended = unsafe {
            let mut about: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            if libc::waitid(libc::P_ALL, 0, &raw mut about, options) != 0 {
                return Children::None;
            }
            Pid::from_raw(about.si_pid()).map(|pid| (pid, about.si_code, about.si_status()))
        };
        let Some((pid, code, status)) = ended else { return Children::Some };
        each(pid, if code == libc::CLD_EXITED { Exit::Code(status) } else { Exit::Signal(status) });
        let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_confuse_the_fields() {
        let read = Stat { name: "a) b (c)", state: 'S', parent: 7, group: 12 };
        assert_eq!(parse_stat("12 (a) b (c)) S 7 12 12 0"), Some(read));
        assert_eq!(parse_stat("nonsense"), None);
    }
}

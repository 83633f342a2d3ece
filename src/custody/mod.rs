//! Custody: nothing that a batch started outlives it, however it ends.
//!
//! ```text
//! runner ──┬── watcher            waits for the guard to end; if it did not end in good order, ends what it left
//!          │      └── guard       the parent of every browser, driver and `[server]`; ends them at EOF of the runner
//!          │            ├── browser … (own process group, SIGKILL at the guard's death)
//!          │            └── chromedriver …
//!          └── a folder           its name is agreed before anything exists; all temporary folders lie in it
//! ```
//!
//! Guard and watcher are this very program, executed again before any thread exists ([`guard_main_if_asked`]), in a
//! session of their own, so that no terminal signals them. Both are subreapers (Linux): whoever is orphaned below them,
//! like a browser's crash handler that left its group by `setsid`, becomes their child and is found. Each of runner,
//! guard and watcher can die without a trace left, also two of them together. When all three are killed in the same
//! moment, the kernel still ends the guard's own children and browsers end with their debugging pipe, but nobody is
//! left for a grandchild that made itself a session of its own; the next run removes the folder.
//!
//! Nothing here matches a process by its name, and nothing here knows what a browser is.

mod descendants;
mod folder;
mod guard;
mod keeper;
mod process;
mod reports;
mod signals;
mod terminal;
mod watcher;
mod wire;

pub use folder::Folder;
pub use keeper::{Custody, Leftovers, StartError};
pub use process::{Exit, Process, Spawn, SpawnError};
pub use wire::Kind;

/// The first argument that makes this program the watcher and the guard instead of a runner.
const MARK: &str = "__guard";

/// Turns this process into the watcher and the guard when it was started for that, and then never returns.
///
/// Must be the first thing in `main`: the guard is single-threaded, since the kernel ties its hold on children
/// (`PR_SET_PDEATHSIG`) to the thread that forks them, and since the watcher forks the guard without `exec`.
pub fn guard_main_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == MARK) {
        let folder = arguments.next().unwrap_or_default();
        watcher::run(folder.as_ref());
    }
}

// Unit tests start custody, too, but the test harness owns their `main`: there the question is asked before it.
#[cfg(all(test, target_os = "linux"))]
#[unsafe(link_section = ".init_array")]
#[used]
static GUARD_OF_UNIT_TESTS: extern "C" fn() = {
    extern "C" fn ask() {
        guard_main_if_asked();
    }
    ask
};

/// Ends this process at once, without destructors: after a fork they belong to somebody else.
fn leave(code: i32) -> ! {
    // SAFETY: `_exit` does nothing but end the process.
    unsafe { libc::_exit(code) }
}

#[cfg(test)]
mod tests;

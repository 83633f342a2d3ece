//! Kill loop: runner, guard and watcher are killed at random moments, alone and in pairs, and nothing is left.
//!
//! This program is also the runner that gets killed, hence no harness. Everything that a round starts inherits a
//! variable of the environment and makes its folders in a place of the round's own: that is how it is found.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test without a harness")]

use batchrun::browser::chrome::{Chrome, LaunchOptions, Placing};
use batchrun::case::model::Viewport;
use batchrun::custody::{Custody, Kind, Spawn};
use batchrun::deadline::Deadline;
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 200;

/// Rounds with a real browser, some with the full one, whose crash handler leaves the group.
const BROWSER_ROUNDS: usize = 32;

/// What a run must be gone after.
const PATIENCE: Duration = Duration::from_secs(5);

/// The argument that makes this program the runner.
const RUNNER: &str = "__runner";

/// The same with a browser, whose name follows.
const BROWSER: &str = "__browser";

/// The variable that marks what belongs to a round.
const MARK: &str = "BATCHRUN_KILL_LOOP";

/// A child that leaves its group by `setsid`, as a browser's crash handler does.
const SCRIPT: &str = "setsid sleep 1000 & setsid sh -c 'sleep 1000 & exec sleep 1000' & exec sleep 1000";

fn main() {
    batchrun::custody::guard_main_if_asked();
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(RUNNER) => return run(None),
        Some(BROWSER) => return run(Some(arguments.next().unwrap().into())),
        _ => {}
    }
    let scripts = |_| vec![RUNNER.to_owned()];
    kill_loop("scripts", ROUNDS, Duration::from_millis(60), scripts);
    let names = ["chromium-headless-shell", "chromium"];
    let browsers = |round: usize| vec![BROWSER.to_owned(), names[round / 8 % 2].to_owned()];
    kill_loop("browsers", BROWSER_ROUNDS, Duration::from_millis(700), browsers);
    the_kernel_ends_direct_children_when_all_three_are_killed();
    println!("test result: ok");
}

/// The runner: starts processes, makes folders, and cleans up when the guard is lost.
fn run(browser: Option<PathBuf>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let Ok(custody) = Custody::start().await else { return };
        let mut kept = Vec::new();
        for kind in [Kind::Browser, Kind::Server, Kind::Driver] {
            let Ok(folder) = custody.folder("profile") else { break };
            let _ = std::fs::write(folder.path().join("file"), "text");
            let process = custody.spawn(Spawn::new(kind, "/bin/sh").args(["-c", SCRIPT])).await;
            kept.push((folder, process));
        }
        let open = async {
            let binary = Some(browser?);
            let chrome =
                Chrome::launch(&custody, LaunchOptions { binary, ..LaunchOptions::default() }).await.ok()?;
            let gate = chrome.gate().await.ok()?;
            let deadline = Deadline::after("context", Duration::from_secs(10));
            let context = gate
                .open_context(Viewport { width: 800, height: 600 }, Placing::OnScreen, deadline)
                .await
                .ok()?;
            Some((chrome, gate, context))
        };
        let _open = open.await;
        custody.lost().await;
        custody.clean_up_alone().await;
    });
}

/// One run that gets killed.
struct Round {
    name: String,
    folder: tempfile::TempDir,
    runner: Child,
}

impl Round {
    fn start(name: String, arguments: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runner = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .env(MARK, &name)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { name, folder, runner }
    }

    /// Everything alive of this round, with its parent.
    fn processes(&self) -> Vec<(i32, i32)> {
        let mark = format!("{MARK}={}", self.name);
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let Some((_, fields)) = stat.rsplit_once(") ") else { continue };
            let (state, parent) = fields.split_once(' ').unwrap();
            let parent = parent.split(' ').next().unwrap().parse().unwrap();
            if state != "Z" && environment.split(|&byte| byte == 0).any(|it| it == mark.as_bytes()) {
                found.push((pid, parent));
            }
        }
        found
    }

    /// Runner, watcher and guard, as far as they are there yet.
    fn principals(&self) -> [Option<i32>; 3] {
        let all = self.processes();
        let runner = i32::try_from(self.runner.id()).unwrap();
        let child_of = |parent: i32| {
            let guards = |pid: i32| {
                std::fs::read(format!("/proc/{pid}/cmdline"))
                    .is_ok_and(|it| it.split(|&b| b == 0).any(|it| it == b"__guard"))
            };
            all.iter().find(|(pid, of)| *of == parent && guards(*pid)).map(|(pid, _)| *pid)
        };
        let watcher = child_of(runner);
        [Some(runner), watcher, watcher.and_then(child_of)]
    }

    /// Waits until nothing is left, and says what is when patience is over.
    fn wait(&mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        loop {
            // Reaped, so that it is no zombie.
            let _ = self.runner.try_wait();
            let processes = self.processes();
            let folders: Vec<PathBuf> =
                std::fs::read_dir(self.folder.path()).unwrap().flatten().map(|it| it.path()).collect();
            if processes.is_empty() && folders.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("processes {processes:?}, folders {folders:?}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        let _ = self.runner.kill();
        let _ = self.runner.wait();
        for (pid, _) in self.processes() {
            kill(pid);
        }
    }
}

fn kill(pid: i32) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

/// Numbers that look random; the seed is printed with a failure.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// f01, f08, f09: nothing outlives runner, guard or watcher.
fn kill_loop(what: &str, rounds: usize, longest: Duration, arguments: impl Fn(usize) -> Vec<String> + Sync) {
    /// Indices into [runner, watcher, guard].
    const VICTIMS: &[&[usize]] = &[&[0], &[2], &[0, 2], &[2, 0], &[0, 1], &[1, 0], &[1, 2], &[2, 1]];
    let seed = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    let next = AtomicUsize::new(0);
    let worst = std::sync::Mutex::new(Duration::ZERO);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= rounds {
                        return;
                    }
                    let mut random = Random(u64::from(seed) ^ (number as u64) << 32);
                    let mut round = Round::start(format!("{seed}-{number}"), &arguments(number));
                    let moment = random.below(longest.as_micros().try_into().unwrap());
                    std::thread::sleep(Duration::from_micros(moment));
                    let victims = VICTIMS[number % VICTIMS.len()];
                    let principals = round.principals();
                    for &victim in victims {
                        principals[victim].into_iter().for_each(kill);
                    }
                    if principals.iter().any(Option::is_none) {
                        // The victim may not have been there yet: then this round is about a killed runner.
                        kill(principals[0].unwrap());
                    }
                    let since = Instant::now();
                    let left = round.wait();
                    let mut worst = worst.lock().unwrap();
                    *worst = worst.max(since.elapsed());
                    assert!(
                        left.is_ok(),
                        "{what}, round {number}, seed {seed}, killed {victims:?} of {principals:?}: {left:?}"
                    );
                }
            });
        }
    });
    println!("test kill loop with {what} ... ok ({rounds} rounds, worst {:?})", worst.lock().unwrap());
}

/// What cannot be promised: with all three gone nobody is left to look for grandchildren in other sessions.
fn the_kernel_ends_direct_children_when_all_three_are_killed() {
    let round = Round::start(format!("all-{}", std::process::id()), &[RUNNER.to_owned()]);
    let until = Instant::now() + PATIENCE;
    let (principals, children) = loop {
        let principals = round.principals();
        let guard = principals[2];
        let all = round.processes();
        let children: Vec<i32> =
            all.iter().filter(|(_, of)| Some(*of) == guard).map(|(pid, _)| *pid).collect();
        if guard.is_some() && children.len() == 3 {
            break (principals, children);
        }
        assert!(Instant::now() < until, "it never came up: {all:?}");
    };
    principals.into_iter().flatten().for_each(kill);
    let gone = |pid: &i32| {
        let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
        stat.map_or(true, |stat| stat.contains(") Z "))
    };
    while !children.iter().all(gone) {
        assert!(Instant::now() < until, "{children:?} are still there");
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("test the_kernel_ends_direct_children_when_all_three_are_killed ... ok");
}

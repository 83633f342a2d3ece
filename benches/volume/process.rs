//! Processes that are measured: how long they take, the most memory they hold, and the processor time they use.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How often it is looked. Peak memory is the kernel's own high-water mark, so nothing is missed in between.
const LOOK: Duration = Duration::from_millis(10);

/// What a command used, with all processes below it.
#[derive(Debug)]
pub(crate) struct Used {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// Sum of the processes' largest resident sets (`VmHWM`), in kB; what they share counts for each.
    pub(crate) peak_kb: u64,
    /// Processor time of all of them, user and system, to a hundredth of a second each.
    pub(crate) cpu: Duration,
    /// The exit code.
    pub(crate) exit: Option<i32>,
}

/// Runs a command to its end. What it says goes to `output`. `meanwhile` is done once it has been started.
pub(crate) fn measure(
    command: &mut Command,
    output: &Path,
    meanwhile: impl FnOnce() -> io::Result<()>,
) -> io::Result<Used> {
    let file = fs::File::create(output)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let started = Instant::now();
    let mut child = command.spawn()?;
    meanwhile()?;
    let mut seen = BTreeMap::new();
    let status = loop {
        look(child.id(), &mut seen);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK);
    };
    let wall = started.elapsed();
    let (peaks, times): (Vec<u64>, Vec<Duration>) = seen.into_values().unzip();
    Ok(Used { wall, peak_kb: peaks.iter().sum(), cpu: times.iter().sum(), exit: status.code() })
}

/// Notes peak memory and time of a process and of all below it.
fn look(pid: u32, seen: &mut BTreeMap<u32, (u64, Duration)>) {
    // One that ends meanwhile keeps what was noted last.
    if let (Some(peak), Some(time)) = (peak_kb(pid), processor_time(pid)) {
        seen.insert(pid, (peak, time));
    }
    for child in children(pid) {
        look(child, seen);
    }
}

fn peak_kb(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

/// User and system time of a living process.
pub(crate) fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything; `utime` and `stime` are the 12th and 13th field behind it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    // A hundredth of a second on every Linux there is (`USER_HZ`).
    Some(Duration::from_millis(ticks * 10))
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|it| it.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// The scripted driver's process; ends with its value.
pub(crate) struct Driver {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// Where it listens: `http://127.0.0.1:4444/`
    pub(crate) url: String,
}

impl Driver {
    /// This program again, as the driver.
    pub(crate) fn start(mode: &str) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["driver", mode])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut url = String::new();
        stdout.read_line(&mut url)?;
        Ok(Self { child, stdout, url: url.trim().to_owned() })
    }

    /// The address without the scheme.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    /// Ends it: its processor time, and what it was asked.
    pub(crate) fn finish(mut self) -> io::Result<(Duration, serde_json::Value)> {
        let time = processor_time(self.child.id()).unwrap_or_default();
        drop(self.child.stdin.take());
        let mut asked = String::new();
        self.stdout.read_line(&mut asked)?;
        self.child.wait()?;
        Ok((time, serde_json::from_str(&asked)?))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends with its stdin, which is closed by now or here.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

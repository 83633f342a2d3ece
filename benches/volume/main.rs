//! Ten thousand cases: how many a second, in how much memory. `cargo bench --bench volume`; see benches/README.md.
//!
//! The driver is scripted and a process of its own, so that only the runner counts. Nothing here asserts anything but
//! that every case passed: figures go to `results.json`.

#[expect(clippy::expect_used, clippy::panic, reason = "a browser that fails ends the measurement")]
#[path = "../../tests/support/cdp.rs"]
mod cdp;
mod clients;
mod control;
mod driver;
mod http;
mod page;
mod process;
mod project;

use process::{Driver, Used, measure};
use serde_json::{Value, json};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Cases that run at once.
const SLOTS: usize = 50;
/// Plans that are run.
const CASES: [usize; 3] = [1_000, 5_000, 10_000];
/// How often, unless `--rounds` says otherwise.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["driver", mode] => driver::run(driver::Mode::parse(mode)),
        // `cargo test --benches` starts it without: there is nothing to test here.
        _ if !words.contains(&"--bench") => return ExitCode::SUCCESS,
        _ => everything(rounds(&words), after(&words, "--only")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "volume: {error}");
            ExitCode::FAILURE
        }
    }
}

fn rounds(words: &[&str]) -> usize {
    after(words, "--rounds").and_then(|word| word.parse().ok()).unwrap_or(ROUNDS)
}

/// The value of an option.
fn after<'w>(words: &[&'w str], option: &str) -> Option<&'w str> {
    words.iter().skip_while(|word| **word != option).nth(1).copied()
}

/// All kinds, or `only` one, which then is shown but not kept.
fn everything(rounds: usize, only: Option<&str>) -> io::Result<()> {
    let mut batches = CASES.map(|cases| Batch::plain("run", cases)).to_vec();
    batches.extend([
        Batch { driver: "bare", ..Batch::plain("run_bare_pages", CASES[2]) },
        Batch { more: &REPORTS, ..Batch::plain("run_with_reports", CASES[2]) },
        Batch { more: &["--live"], ..Batch::plain("run_live", CASES[2]) },
        Batch { driver: "40", ..Batch::plain("handover", 3_000) },
        Batch { driver: "40", more: &["--live"], clients: 16, ..Batch::plain("sixteen_clients", 3_000) },
        Batch { driver: "1000", slots: 1_000, ..Batch::plain("thousand_sessions", 3_000) },
    ]);
    let wanted = |kind: &str| only.is_none_or(|only| only == kind);
    let mut runs = Vec::new();
    let mut keep = |run: Value| {
        let _ = writeln!(io::stdout(), "{run}");
        runs.push(run);
    };
    for _ in 0..rounds {
        if wanted("control") {
            keep(control()?);
        }
        for it in batches.iter().filter(|it| wanted(it.kind)) {
            keep(batch(it)?);
        }
        if wanted("check") {
            keep(check()?);
        }
    }
    if only == Some("deaf") {
        let live = Batch { more: &["--live"], ..Batch::plain("run_live", CASES[2]) };
        for _ in 0..rounds {
            keep(batch(&live)?);
            keep(batch(&Batch { kind: "deaf", deaf: 1, ..live.clone() })?);
            keep(batch(&Batch { kind: "sixteen_deaf", deaf: 16, ..live.clone() })?);
        }
    }
    if only == Some("page") {
        page::run(rounds, &mut keep)?;
    }
    if only == Some("html") {
        keep(html()?);
    }
    if only.is_some() {
        return Ok(());
    }
    let results = json!({"machine": machine(), "slots": SLOTS, "runs": runs});
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/volume/results.json");
    std::fs::write(path, format!("{results:#}\n"))
}

const REPORTS: [&str; 6] =
    ["--report", "junit=out.xml", "--report", "json=out.json", "--report", "jsonl=out.jsonl"];

/// The driver with a client that does nothing but ask.
fn control() -> io::Result<Value> {
    let driver = Driver::start("equipped")?;
    let cases = CASES[2];
    let wall = control::run(driver.address(), cases, SLOTS)?;
    let (cpu, asked) = driver.finish()?;
    Ok(json!({
        "kind": "control", "cases": cases, "wall_s": wall.as_secs_f64(), "cases_per_s": rate(cases, wall),
        "driver_cpu_s": cpu.as_secs_f64(), "driver": asked,
    }))
}

/// What is run.
#[derive(Clone)]
struct Batch<'a> {
    kind: &'a str,
    cases: usize,
    slots: usize,
    /// See [`driver::Mode::parse`].
    driver: &'a str,
    /// Further arguments.
    more: &'a [&'a str],
    /// Clients that watch it.
    clients: usize,
    /// Clients that are connected and never read.
    deaf: usize,
}

impl<'a> Batch<'a> {
    fn plain(kind: &'a str, cases: usize) -> Self {
        Self { kind, cases, slots: SLOTS, driver: "equipped", more: &[], clients: 0, deaf: 0 }
    }
}

fn batch(&Batch { kind, cases, slots, driver, more, clients, deaf }: &Batch<'_>) -> io::Result<Value> {
    let driver = Driver::start(driver)?;
    let folder = tempfile::tempdir()?;
    project::write(folder.path(), cases, &driver.url)?;
    let slots = slots.to_string();
    let mut command = batchrun(folder.path());
    command.args(["--concurrency", &slots, "--progress", "lines"]).args(more);
    let output = folder.path().join("output.txt");
    let (mut watching, mut silent) = (Vec::new(), Vec::new());
    let used = measure(&mut command, &output, || {
        watching = if clients > 0 { clients::start(clients, &output)? } else { Vec::new() };
        silent = (0..deaf).map(|_| clients::connect(&output)).collect::<io::Result<_>>()?;
        Ok(())
    })?;
    drop(silent);
    let (cpu, asked) = driver.finish()?;
    let passed =
        std::fs::read_to_string(&output)?.lines().filter(|it| it.trim_start().starts_with("PASS ")).count();
    if passed != cases || used.exit != Some(0) {
        return Err(io::Error::other(format!("{passed} of {cases} cases passed, exit {:?}", used.exit)));
    }
    let mut run = told(kind, cases, &used);
    run["driver_cpu_s"] = json!(cpu.as_secs_f64());
    run["driver"] = asked;
    if clients > 0 {
        let told: u64 = watching.into_iter().filter_map(|client| client.join().ok()).sum();
        run["clients"] = json!(clients);
        run["told_mb"] = json!(megabytes(told / 1024));
    }
    Ok(run)
}

/// A project with the record of a batch of ten thousand cases.
fn recorded() -> io::Result<tempfile::TempDir> {
    let driver = Driver::start("equipped")?;
    let folder = tempfile::tempdir()?;
    project::write(folder.path(), CASES[2], &driver.url)?;
    let mut command = batchrun(folder.path());
    command.args(["--concurrency", "50", "--progress", "none"]);
    measure(&mut command, &folder.path().join("output.txt"), || Ok(()))?;
    driver.finish()?;
    Ok(folder)
}

/// The HTML report of ten thousand cases, made from the record. Only where it is asked for by name.
fn html() -> io::Result<Value> {
    let folder = recorded()?;
    let mut report = batchrun(folder.path());
    report.args(["report", "--report", "html=report.html"]);
    let used = measure(&mut report, &folder.path().join("report.txt"), || Ok(()))?;
    let bytes = std::fs::metadata(folder.path().join("report.html"))?.len();
    let mut run = told("html", CASES[2], &used);
    run["bytes"] = json!(bytes);
    Ok(run)
}

/// The same files, only looked at.
fn check() -> io::Result<Value> {
    let folder = tempfile::tempdir()?;
    project::write(folder.path(), CASES[2], "http://127.0.0.1:9/")?;
    let used = measure(batchrun(folder.path()).arg("check"), &folder.path().join("output.txt"), || Ok(()))?;
    if used.exit != Some(0) {
        return Err(io::Error::other(format!("`check` exits with {:?}", used.exit)));
    }
    Ok(told("check", CASES[2], &used))
}

fn batchrun(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batchrun"));
    command.current_dir(folder).env_remove("CI");
    command
}

fn told(kind: &str, cases: usize, used: &Used) -> Value {
    json!({
        "kind": kind, "cases": cases, "wall_s": used.wall.as_secs_f64(), "cases_per_s": rate(cases, used.wall),
        "cpu_s": used.cpu.as_secs_f64(), "peak_mb": megabytes(used.peak_kb),
    })
}

/// Cases a second, in whole cases.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few thousand at most")]
fn rate(cases: usize, wall: std::time::Duration) -> i64 {
    (cases as f64 / wall.as_secs_f64()).round() as i64
}

/// MB of a million bytes, to a tenth.
#[expect(clippy::cast_precision_loss, reason = "memory of one process")]
fn megabytes(kb: u64) -> f64 {
    (kb as f64 * 1.024 / 100.0).round() / 10.0
}

fn machine() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo").lines().find(|line| line.starts_with("model name")).map(str::to_owned);
    json!({
        "cpu": model.and_then(|it| Some(it.split_once(':')?.1.trim().to_owned())),
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "load_before": read("/proc/loadavg").split(' ').next(),
    })
}

//! How long the commands take that look back, on a database of a thousand batches of a thousand cases. `cargo bench
//! --bench history`; see benches/README.md. `-- --keep FILE` leaves the database there.
//!
//! The rows are written straight into the tables: running a million cases would take a quarter of an hour.

use batchrun::random;
use batchrun::store::Store;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::error::Error;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const BATCHES: u32 = 1_000;
const CASES: u32 = 1_000;
const ROUNDS: usize = 5;

/// Each with what it is called in the results.
const COMMANDS: [(&str, &[&str]); 9] = [
    ("show", &["show"]),
    ("show of a case", &["show", "shop/case-500"]),
    ("history", &["history"]),
    ("history of a case", &["history", "shop/case-500"]),
    ("flaky", &["flaky"]),
    ("slow", &["slow"]),
    ("compare", &["compare"]),
    ("quarantine suggest", &["quarantine", "suggest"]),
    ("prune, dry run", &["prune", "--keep", "900", "--dry-run"]),
];

fn main() -> ExitCode {
    // `cargo test --benches` starts it without: there is nothing to test here.
    if !std::env::args().any(|it| it == "--bench") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "history: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let kept = std::env::args().skip_while(|it| it != "--keep").nth(1).map(PathBuf::from);
    let database = kept.unwrap_or_else(|| folder.path().join("batchrun.db"));
    let began = Instant::now();
    generate(&database)?;
    let bytes = std::fs::metadata(&database)?.len();
    let mut out = io::stdout();
    writeln!(out, "{BATCHES} batches of {CASES} cases: {} MiB, {:?}", bytes >> 20, began.elapsed())?;
    let mut runs = Vec::new();
    for (name, arguments) in COMMANDS {
        let mut times = (0..ROUNDS).map(|_| timed(&database, arguments)).collect::<Result<Vec<_>, _>>()?;
        times.sort_by(f64::total_cmp);
        writeln!(out, "{name}: {:.0} ms (at most {:.0})", times[ROUNDS / 2], times[ROUNDS - 1])?;
        runs.push(json!({"command": name, "median_ms": times[ROUNDS / 2], "most_ms": times[ROUNDS - 1]}));
    }
    let results: Value = json!({"batches": BATCHES, "cases": CASES, "database_mib": bytes >> 20, "rounds": ROUNDS, "runs": runs});
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/history/results.json");
    std::fs::write(path, format!("{results:#}\n"))?;
    Ok(())
}

/// Milliseconds from the process's start to its end, its output read.
fn timed(database: &Path, arguments: &[&str]) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batchrun"));
    command.args(arguments).arg("--db").arg(database).stdin(Stdio::null());
    let began = Instant::now();
    let output = command.output()?;
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    // 1: `compare` has found something worse.
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(took)
}

/// Every case has a time of its own, each run another; some are flaky, some fail for a while.
fn generate(database: &Path) -> Result<(), Box<dyn Error>> {
    drop(Store::open(database)?);
    let mut connection = Connection::open(database)?;
    connection.pragma_update(None, "synchronous", "off")?;
    let transaction = connection.transaction()?;
    for batch in 0..BATCHES {
        let (day, hour) = (1 + batch / 24 % 28, batch % 24);
        let month = 1 + batch / (24 * 28);
        let id = format!("2026{month:02}{day:02}-{hour:02}0000-{batch:08}");
        let at = |minute: u32| format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00.000Z");
        transaction.prepare_cached(
            "INSERT INTO batch (id, started_at, finished_at, status, exit_code, concurrency, total, passed, host, seed,
                version, command_line, settings_json)
             VALUES (?1, ?2, ?3, 'finished', 0, 5, ?4, ?4, 'bench', '1', '0', 'batchrun', '{}')",
        )?.execute(params![id, at(0), at(9), CASES])?;
        for case in 0..CASES {
            let chance = random::number(u64::from(case) + 1, u64::from(batch) + 1);
            let usual = 100 + random::number(7, case.into()) % 3_000;
            let took = i64::try_from(usual + chance % (usual / 5))?;
            let cpu = f64::from(u32::try_from((chance >> 40) % 100)?);
            let verdict = match (chance >> 20) % 100 {
                0 if case % 10 == 0 => "flaky",
                1 if case % 30 == 0 => "failed",
                _ => "passed",
            };
            let passed = (verdict != "failed").then_some(took);
            transaction.prepare_cached(
                "INSERT INTO case_run (batch_id, case_id, name, file, line, content_hash, browser, tags, priority, verdict,
                    quarantined, queued_at, started_at, finished_at, duration_ms, attempts, passed_ms, cpu)
                 VALUES (?1, ?2, ?2, 'shop.toml', 1, 'hash', 'chromium', '[]', 0, ?3, 0, ?4, ?4, ?5, ?6, 1, ?7, ?8)",
            )?.execute(params![
                id, format!("shop/case-{case}"), verdict, at(0), at(1), took, passed, cpu
            ])?;
            let case_run = transaction.last_insert_rowid();
            transaction.prepare_cached(
                "INSERT INTO attempt (case_run_id, number, slot, verdict, started_at, finished_at, duration_ms, running,
                    slot_limit, cpu_mean)
                 VALUES (?1, 1, 1, ?2, ?3, ?4, ?5, 5, 5, ?6)",
            )?.execute(params![case_run, verdict, at(0), at(1), took, cpu])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

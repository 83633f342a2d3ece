//! How long the scheduler takes to decide, with very many jobs that wait for very many things. `cargo bench --bench
//! decide`; see benches/README.md.
//!
//! Nothing here asserts anything but that every job ends: figures are printed and go to `results.json`.

use batchrun::config::Retries;
use batchrun::outcome::AttemptVerdict;
use batchrun::plan::{Mode, Need, Share, ShareId, Terms};
use batchrun::random;
use batchrun::runner::core::{Core, Entry, FailFast, Input, Pressure, Rules};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Cases that run at once.
const SLOTS: u32 = 50;

fn main() -> ExitCode {
    // `cargo test --benches` starts it without: there is nothing to test here.
    if !std::env::args().any(|it| it == "--bench") {
        return ExitCode::SUCCESS;
    }
    let runs: Vec<Value> = [(10_000, 0), (10_000, 100), (100_000, 0), (100_000, 100)]
        .into_iter()
        .map(|(jobs, shares)| {
            let run = batch(jobs, shares);
            let _ = writeln!(io::stdout(), "{run}");
            run
        })
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/decide/results.json");
    let text = format!("{:#}\n", json!({"slots": SLOTS, "runs": runs}));
    match std::fs::write(path, text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "decide: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A whole batch; every job needs one or two of the shares, each of which only one may hold.
fn batch(jobs: u32, shares: u32) -> Value {
    let entry = |job: u32| {
        let need = |nth: u64| Need {
            share: ShareId(u32::try_from(random::number(nth, job.into()) % u64::from(shares)).unwrap_or(0)),
            mode: Mode::Write,
        };
        let mut needs: Vec<Need> = if shares == 0 { Vec::new() } else { vec![need(1), need(2)] };
        needs.sort_unstable();
        needs.dedup();
        needs.truncate(1 + job as usize % 2);
        Entry { priority: 0, terms: Arc::new(terms(needs)) }
    };
    let share = |nth: u32| Share { name: nth.to_string(), max: 1, values: Vec::new(), interval: None };
    let mut core = Core::new(rules((0..shares).map(share).collect()), (0..jobs).map(entry).collect());
    let began = Instant::now();
    let mut running = VecDeque::new();
    // The first one puts all jobs into their lines: it is the beginning, not a decision.
    running.extend(core.handle(Duration::ZERO, &Input::Begin).start);
    let filled = began.elapsed();
    let (mut ended, mut slowest, mut now) = (0, Duration::ZERO, Duration::ZERO);
    while let Some(start) = running.pop_front() {
        ended += 1;
        now += Duration::from_millis(1);
        let verdict = AttemptVerdict::Passed;
        let input = Input::Ended { job: start.job, verdict, kind: None, crashed_at: None };
        let at = Instant::now();
        let effects = core.handle(now, &input);
        slowest = slowest.max(at.elapsed());
        running.extend(effects.start);
    }
    assert_eq!(ended, jobs, "every job has ended");
    let mean = began.elapsed().saturating_sub(filled) / ended;
    json!({
        "jobs": jobs, "shares": shares, "begin_ms": microseconds(filled) / 1e3,
        "mean_us": microseconds(mean), "slowest_us": microseconds(slowest),
    })
}

/// To a hundredth.
fn microseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e8).round() / 1e2
}

fn terms(needs: Vec<Need>) -> Terms {
    let minute = Duration::from_secs(60);
    Terms {
        timeout: minute,
        step_timeout: minute,
        retries: Retries::new(0),
        needs: needs.into(),
        places: 1,
        expect_failure: None,
        quarantine: None,
        skip: None,
    }
}

fn rules(shares: Vec<Share>) -> Rules {
    let fail_fast: Option<FailFast> = None;
    Rules {
        limit: SLOTS,
        adaptive: None,
        pressure: Pressure { cpu: 85.0, memory_free: 0, some_avg10: 40.0 },
        ramp: None,
        chunks: None,
        shares,
        infra_retries: Retries::new(0),
        fail_fast,
        give_up_after: 5,
        seed: 1,
        before: HashMap::new(),
    }
}

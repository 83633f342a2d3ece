//! Every act on every hard page, many times, beside as many busy threads as there are cores: each must do exactly once
//! what it is for. Real Chromium, the real binary.
//!
//! `BATCHRUN_MATRIX_RUNS=200 cargo test --release --test hard_pages` runs it two hundred times; `BATCHRUN_MATRIX_KINDS` (names
//! with commas) takes some pages only.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod sign_in;
#[path = "../support/mod.rs"]
mod support;
mod usual;

use batchrun::serve::StaticSite;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::Project;

/// The pages; what each does is in `page.html`.
const KINDS: &[&str] = &[
    "plain",
    "late",
    "covered",
    "moving",
    "rebuilt",
    "disabled",
    "frame",
    "nested",
    "shadow",
    "scrolled",
    "sticky",
    "navigation",
    "clobbered",
];

/// The acts, as steps on `TARGET`.
const ACTS: &[(&str, &str)] = &[
    ("click", "{ click = TARGET }"),
    ("double_click", "{ double_click = TARGET }"),
    ("right_click", "{ right_click = TARGET }"),
    ("hover", "{ hover = TARGET }"),
    ("fill", "{ fill = TARGET, value = 'grüße' }"),
    ("clear", "{ clear = TARGET }"),
    ("type", "{ type = TARGET, value = 'abc' }"),
    ("press", "{ press = 'Enter', on = TARGET }"),
    ("select", "{ select = TARGET, value = 'b' }"),
    ("check", "{ check = TARGET }"),
    ("uncheck", "{ uncheck = TARGET }"),
    ("scroll", "{ scroll = TARGET, to = 'bottom' }"),
];

/// Runs of each act on each page, where nothing else is asked for.
const RUNS: usize = 2;

const SLOTS: &str = "4";

fn wanted(kind: &str) -> bool {
    let kinds = std::env::var("BATCHRUN_MATRIX_KINDS").unwrap_or_default();
    kinds.is_empty() || kinds.split(',').any(|it| it == kind)
}

/// The cases of one run. `count` goes on from run to run.
fn cases(run: usize, count: &mut usize) -> String {
    let mut all = String::new();
    for kind in KINDS.iter().filter(|kind| wanted(kind)) {
        for (act, step) in ACTS {
            let target = match *kind {
                "frame" => "'frame=#frame >> #target'",
                "nested" => "'frame=#frame >> frame=#frame >> #target'",
                _ => "'#target'",
            };
            let step = step.replace("TARGET", target);
            *count += 1;
            // Another seed for each: its page changes at another moment.
            writeln!(
                all,
                "[[case]]\nname = '{kind} {act} {run}'\nsteps = [\n  {{ goto = '/page.html?kind={kind}&act={act}&seed={count}' }},\n  \
                 {step},\n  {{ expect = '#done', text = '1' }},\n]"
            )
            .unwrap();
        }
    }
    all
}

/// Keeps every core busy until it is dropped.
struct Load(Arc<AtomicBool>);

impl Load {
    fn begin() -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            let goes_on = Arc::clone(&goes_on);
            std::thread::spawn(move || while goes_on.load(Ordering::Relaxed) {});
        }
        Self(goes_on)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_does_once_what_it_is_for_on_every_page() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), include_str!("page.html")).unwrap();
    let site = StaticSite::start(folder.path()).await.unwrap();
    let runs = std::env::var("BATCHRUN_MATRIX_RUNS").map_or(RUNS, |it| it.parse().unwrap());
    let mut count = 0;
    let project = (1..=runs).fold(Project::new(), |project, run| {
        project.file(&format!("cases/run-{run}.toml"), &cases(run, &mut count))
    });
    let _load = Load::begin();
    let run =
        ["cases", "-c", SLOTS, "--base-url", &site.url(), "--step-timeout", "30s", "--progress", "lines"];
    let ended = tokio::task::block_in_place(|| project.run(run));
    let missed: Vec<_> =
        ended.stdout.lines().chain(ended.stderr.lines()).filter(|line| !line.contains("PASS")).collect();
    assert_eq!(ended.status, Some(0), "{count} acts\n{}", missed.join("\n"));
}

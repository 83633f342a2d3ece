//! The figures in the README are those of `benches/peers/results.json`, those in benches/README.md are those of
//! `benches/volume/results.json` and `benches/schedule/results.json`: medians of the runs, and their ratios.

use serde_json::Value;

/// Key of a run, the kind of runs it is taken from, digits after the point.
const COLUMNS: [(&str, &str, usize); 3] =
    [("wall_s", "time", 1), ("cpu_s", "time", 1), ("peak_pss_mib", "memory", 0)];

/// The sides, with their names in the README.
const SIDES: [(&str, &str); 3] = [
    ("batchrun", "batchrun"),
    ("playwright", "Playwright Test"),
    ("floor", "floor: bare DevTools, no runner"),
];

fn median(runs: &[Value], key: &str, kind: &str, side: &str, slots: u64) -> f64 {
    let of_these = |run: &&Value| run["side"] == side && run["kind"] == kind && run["slots"] == slots;
    let mut values: Vec<f64> = runs.iter().filter(of_these).filter_map(|run| run[key].as_f64()).collect();
    assert!(values.len() >= 5, "{side} at {slots} slots has {} runs of kind {kind}", values.len());
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

#[test]
fn the_table_in_the_readme_is_that_of_the_results() {
    let results: Value = serde_json::from_str(include_str!("../benches/peers/results.json")).unwrap();
    let readme = include_str!("../README.md");
    let runs = results["runs"].as_array().unwrap();
    for slots in [1, 2, 5] {
        for (side, name) in SIDES {
            let cells: Vec<String> = COLUMNS
                .iter()
                .map(|(key, kind, digits)| {
                    let value = median(runs, key, kind, side, slots);
                    let ratio = value / median(runs, key, kind, "playwright", slots);
                    if side == "playwright" {
                        format!("{value:.digits$}")
                    } else {
                        format!("{value:.digits$} ({ratio:.2})")
                    }
                })
                .collect();
            let row = format!("| {slots} | {name} | {} |", cells.join(" | "));
            assert!(readme.contains(&row), "the README lacks\n{row}");
        }
    }
}

#[test]
fn the_table_of_traces_in_the_readme_is_that_of_the_results() {
    let results: Value = serde_json::from_str(include_str!("../benches/peers/traced.json")).unwrap();
    let runs = results["runs"].as_array().unwrap();
    for slots in [1_u64, 2, 5] {
        let [own, traced, other, other_traced] =
            ["batchrun", "batchrun-traced", "playwright", "playwright-traced"].map(|side| {
                let of_these =
                    |run: &&Value| run["side"] == side && run["kind"] == "time" && run["slots"] == slots;
                let mut times: Vec<f64> =
                    runs.iter().filter(of_these).filter_map(|run| run["wall_s"].as_f64()).collect();
                assert!(times.len() >= 3 && times.len() % 2 == 1, "{side}: {} runs", times.len());
                times.sort_by(f64::total_cmp);
                times[times.len() / 2]
            });
        let more = |with: f64, without: f64| format!("{with:.1} (+{:.0} %)", 100.0 * (with / without - 1.0));
        let row = format!(
            "| {slots} | {own:.1} | {} | {other:.1} | {} |",
            more(traced, own),
            more(other_traced, other)
        );
        assert!(include_str!("../README.md").contains(&row), "the README lacks\n{row}");
    }
}

/// What `benches/volume` runs, with its name in the table.
const VOLUME: [(&str, &str, u64); 11] = [
    ("run", "a batch", 1_000),
    ("run", "a batch", 5_000),
    ("run", "a batch", 10_000),
    ("run_with_reports", "with reports", 10_000),
    ("run_bare_pages", "bare pages", 10_000),
    ("check", "`check`", 10_000),
    ("control", "driver alone", 10_000),
    ("run_live", "live", 10_000),
    ("handover", "handover", 3_000),
    ("sixteen_clients", "sixteen clients", 3_000),
    ("thousand_sessions", "1,000 sessions", 3_000),
];

#[test]
fn the_table_of_volume_is_that_of_its_results() {
    let results: Value = serde_json::from_str(include_str!("../benches/volume/results.json")).unwrap();
    let table = include_str!("../benches/README.md");
    let runs = results["runs"].as_array().unwrap();
    for (kind, name, cases) in VOLUME {
        let these: Vec<&Value> =
            runs.iter().filter(|run| run["kind"] == kind && run["cases"] == cases).collect();
        assert!(these.len() >= 3 && these.len() % 2 == 1, "{kind} of {cases} has {} runs", these.len());
        let cell = |key: &str, digits: usize| {
            let mut values: Vec<f64> = these.iter().filter_map(|run| run[key].as_f64()).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
        };
        let cells = [cell("wall_s", 2), cell("cases_per_s", 0), cell("peak_mb", 1), cell("cpu_s", 2)];
        let row = format!("| {name} | {cases} | {} |", cells.join(" | "));
        assert!(table.contains(&row), "benches/README.md lacks\n{row}");
    }
}

#[test]
fn the_tables_of_schedule_are_those_of_its_results() {
    let results: Value = serde_json::from_str(include_str!("../benches/schedule/results.json")).unwrap();
    let text = include_str!("../benches/README.md");
    let middle = |values: &Value| {
        let mut values: Vec<f64> = values.as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        values.sort_by(f64::total_cmp);
        let at = values.len() / 2;
        if values.len() % 2 == 1 { values[at] } else { f64::midpoint(values[at - 1], values[at]) }
    };
    let mut rows = Vec::new();
    for run in results["auto"].as_array().unwrap() {
        let (best, auto) = (middle(&run["best_s"]), middle(&run["auto_s"]));
        let (name, cases, slots) = (run["workload"].as_str().unwrap(), &run["cases"], &run["best"]);
        rows.push(format!("| {name} | {cases} | {slots} | {best:.1} | {auto:.1} | {:.2} |", best / auto));
    }
    assert_eq!(rows.len(), 3);
    let longest = &results["longest"];
    let bound = longest["lower_bound_s"].as_f64().unwrap();
    for order in ["file", "longest"] {
        let took = middle(&longest[format!("{order}_s")]);
        rows.push(format!("| {order} | {took:.1} | {:.2} |", took / bound));
    }
    for row in rows {
        assert!(text.contains(&row), "benches/README.md lacks\n{row}");
    }
}

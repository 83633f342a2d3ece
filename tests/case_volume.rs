//! Ten thousand case files: how long loading takes and what it keeps. A program of its own, so that nothing else
//! counts.

#![expect(missing_docs, reason = "tests")]

mod project;

use project::Project;
use std::time::{Duration, Instant};

/// The memory of this process that is in use, in bytes.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn f65_ten_thousand_cases_are_loaded_in_two_seconds_and_150_megabytes() {
    let project = Project::new();
    for index in 0..10_000 {
        let text = format!(
            "name = \"Order number {index}\"\ntags = [\"orders\", \"batch-{}\"]\nvars = {{ order = \"{index}\" }}\nsteps = [\n\
             \x20 {{ goto = \"/orders/${{order}}\" }},\n\
             \x20 {{ fill = \"label=Quantity\", value = \"{index}\" }},\n\
             \x20 {{ fill = \"#note-${{order}} >> textarea\", value = \"please hurry, order ${{order}}\" }},\n\
             \x20 {{ select = \"label=Country\", option = \"Norway\" }},\n\
             \x20 {{ click = \"role=button[name='Save']\" }},\n\
             \x20 {{ expect = \"#msg\", text = \"Saved ${{order}}\", class = [\"ok\"] }},\n\
             \x20 {{ expect = \"table >> role=row >> nth=0\", contains = \"{index}\", matches = '^\\d+' }},\n\
             \x20 {{ save = \"#total\", as = \"total\" }},\n\
             \x20 {{ expect_url = \"/orders/{index}\" }},\n]\n",
            index % 100,
        );
        project.write(&format!("testcases/group-{}/order-{index}.toml", index % 100), text);
    }
    let before = resident_bytes();
    let started = Instant::now();
    let cases = project.cases();
    let took = started.elapsed();
    let kept = resident_bytes().saturating_sub(before);
    assert_eq!(cases.len(), 10_000);
    // Unoptimised code is about ten times slower; memory is the same.
    let most = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });
    assert!(took <= most, "took {took:?}");
    assert!(kept <= 150 << 20, "kept {} MiB", kept >> 20);
    eprintln!("took {took:?}, kept {} MiB", kept >> 20);
}

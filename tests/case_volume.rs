//! Ten thousand case files: what loading keeps of them. A program of its own, so that nothing else
//! counts.

use batchrun::case::{LoadOptions, load_each};
use std::time::Instant;

/// The memory of this process that is in use, in bytes.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a process has memory");
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    kilobytes.expect("a number of kB") * 1024
}

#[test]
fn f65_ten_thousand_cases_are_loaded_and_leave_next_to_nothing_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("testcases");
    for group in 0..100 {
        std::fs::create_dir_all(cases.join(format!("group-{group}"))).unwrap();
    }
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
        std::fs::write(cases.join(format!("group-{}/order-{index}.toml", index % 100)), text).unwrap();
    }
    let before = resident_bytes();
    let started = Instant::now();
    let options = LoadOptions {
        root: folder.path().to_owned(),
        directory: folder.path().to_owned(),
        ..LoadOptions::default()
    };
    let loaded = load_each(&["testcases".into()], &options, |_, key| key);
    let took = started.elapsed();
    batchrun::memory::give_back();
    let kept = resident_bytes().saturating_sub(before);
    assert_eq!((loaded.cases.len(), loaded.diagnostics.len()), (10_000, 0));
    // How long it took is for whoever runs this with `--nocapture --release`: a busy machine must not fail a test.
    println!("10,000 files in {took:?}, {} KiB", kept >> 10);
    assert!(kept <= 8 << 20, "kept {} KiB", kept >> 10);
    for key in loaded.cases.iter().step_by(1_000) {
        assert_eq!(loaded.library.case(*key).unwrap().steps.len(), 9);
    }
}

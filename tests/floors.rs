//! The structure holds: modules use only strictly lower floors, files stay short, and the crates that belong to one
//! place are named in that place only.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors of the crate docs, from the ground up.
const FLOORS: &[&[&str]] = &[
    &["text", "id", "source", "suggestion", "duration", "random", "mask", "memory", "shelf"],
    &["diagnostic", "outcome", "control", "deadline"],
    &["custody", "load", "history"],
    &["filter"],
    &["case", "config", "event", "tally"],
    &["browser", "store", "plan", "serve"],
    &["step", "reporter"],
    &["runner", "live"],
    &["cli"],
];

/// Crates that only one place may name.
const HOMES: &[(&str, &str)] = &[
    ("clap", "src/cli/"),
    ("clap_complete", "src/cli/"),
    ("anyhow", "src/cli/"),
    ("indicatif", "src/reporter/terminal/"),
    ("rusqlite", "src/store/"),
    ("fantoccini", "src/browser/webdriver/"),
    ("quick_junit", "src/reporter/"),
];

const LONGEST_FILE: usize = 500;

fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"), text)
        })
        .collect()
}

/// The top-level module that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn module(path: &str) -> Option<&str> {
    let inner = path.strip_prefix("src/")?;
    let first = inner.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "main")).then_some(name)
}

/// Modules named behind `crate::` in code: also in groups such as `use crate::{case, event::Event}`.
fn used(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    for (at, line) in code.iter().enumerate() {
        for (position, _) in line.match_indices("crate::") {
            let rest = &line[position + "crate::".len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let group = format!("{group}{}", code[at + 1..].join(" "));
                let mut depth = 0;
                let mut name = String::new();
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.push((at + 1, std::mem::take(&mut name))),
                        _ if depth == 0 && !c.is_whitespace() => name.push(c),
                        _ => {}
                    }
                }
                found.push((at + 1, name));
            } else {
                found.push((at + 1, rest.to_owned()));
            }
        }
    }
    found
        .into_iter()
        .map(|(line, path)| (line, path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()))
        .filter(|(_, name): &(usize, String)| !name.is_empty())
        .collect()
}

#[test]
fn modules_use_only_strictly_lower_floors() {
    let floor: BTreeMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(at, names)| names.iter().map(move |name| (*name, at))).collect();
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let Some(own) = module(&path) else { continue };
        let Some(own_floor) = floor.get(own) else {
            wrong.push(format!("{path}: `{own}` stands on no floor; see the crate docs"));
            continue;
        };
        for (line, name) in used(&text) {
            if name != own && floor.get(name.as_str()).is_some_and(|it| it >= own_floor) {
                wrong.push(format!(
                    "{path}:{line}: `{own}` (floor {own_floor}) uses `{name}` (floor {})",
                    floor[name.as_str()]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        for (name, home) in HOMES {
            let named = text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                code.contains(&format!("use {name}::"))
                    || code.contains(&format!(" {name}::"))
                    || code.contains(&format!("({name}::"))
            });
            if named && !path.starts_with(home) {
                wrong.push(format!("{path}: `{name}` belongs to {home}"));
            }
        }
        if text.contains(".issue_cmd(") && path != "src/browser/webdriver/wire.rs" {
            wrong.push(format!("{path}: only the wire issues commands"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{path}: {lines} lines; {LONGEST_FILE} is the most"));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{path}: does not open with `//!`"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_what_it_should() {
    assert_eq!(
        used("use crate::{case::model::Case, event};\nlet x = crate::text::duration(d);"),
        [(1, "case".to_owned()), (1, "event".to_owned()), (2, "text".to_owned()),]
    );
    assert_eq!(module("src/browser/page.rs"), Some("browser"));
    assert_eq!(module("src/tally.rs"), Some("tally"));
    assert_eq!(module("src/main.rs"), None);
}

//! What happens to input that is broken, too large, or no input at all: rows 63 to 70 of the table of faults.

use crate::project::{Project, ids, link};
use batchrun::case::{load, load_each};
use batchrun::diagnostic::render;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CASE: &str = "steps = [{ goto = \"/\" }]\n";

#[test]
fn f63_every_error_of_every_file_is_told_at_once() {
    let project = Project::new()
        .file(
            "testcases/a.toml",
            "tag = [\"x\"]\ntimeout = 5\nsteps = [{ clik = \"#a\" }, { fill = \"#b\" }]\n",
        )
        .file("testcases/b.toml", "steps = [{ goto = \"/\" }\nname = \"b\n")
        .file("testcases/c.toml", CASE);
    let shown = project.complaints();
    insta::assert_snapshot!(shown, @r##"
    error: a case has no `tag`
     --> testcases/a.toml:1:1
      |
    1 | tag = ["x"]
      | ^^^
      |
      = help: did you mean `tags`?

    error: the duration `5` has no unit
     --> testcases/a.toml:2:11
      |
    2 | timeout = 5
      |           ^
      |
      = help: write "5ms" or "5s"

    error: unknown verb `clik`
     --> testcases/a.toml:3:12
      |
    3 | steps = [{ clik = "#a" }, { fill = "#b" }]
      |            ^^^^
      |
      = help: did you mean `click`?

    error: `fill` needs `value`
     --> testcases/a.toml:3:29
      |
    3 | steps = [{ clik = "#a" }, { fill = "#b" }]
      |                             ^^^^
      |
      = help: add `value = …` (a text)

    error: a comma is missing before this
     --> testcases/b.toml:2:1
      |
    2 | name = "b
      | ^
    "##);
}

#[test]
fn f64_size_is_looked_at_before_reading() {
    let project = Project::new().file("testcases/huge.toml", "").file("testcases/a.toml", CASE);
    // Sparse: reading it would take for ever.
    std::fs::OpenOptions::new()
        .write(true)
        .open(project.path("testcases/huge.toml"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let started = Instant::now();
    insta::assert_snapshot!(project.complaints(), @r#"error: cannot read `testcases/huge.toml`: it has 1099511627776 bytes, at most 1048576 are allowed"#);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn f64_deep_nesting_and_a_million_keys_end_in_errors() {
    let lists = format!("steps = {}{}\n", "[".repeat(250_000), "]".repeat(250_000));
    let tables = format!("a = {}1{}\n", "{ a = ".repeat(80_000), " }".repeat(80_000));
    let dotted = format!("{}a = 1\n", "a.".repeat(200_000));
    let groups = format!(
        "steps = [{}{{ click = \"a\" }}{}]\n",
        "{ group = \"g\", steps = [".repeat(1000),
        "] }".repeat(1000)
    );
    let keys = (0..100_000).map(|key| format!("k{key}=1\n")).collect::<Vec<_>>().concat();
    let words = format!("steps = [{}]\n", "{a=1},".repeat(150_000));
    let project = Project::new()
        .file("testcases/lists.toml", lists)
        .file("testcases/tables.toml", tables)
        .file("testcases/dotted.toml", dotted)
        .file("testcases/groups.toml", groups)
        .file("testcases/keys.toml", keys)
        .file("testcases/words.toml", words);
    let loaded = project.load(&["testcases"]);
    assert!(loaded.cases.is_empty());
    let shown = project.shown(&loaded);
    for file in ["lists", "tables", "dotted", "groups", "keys", "words"] {
        assert!(
            shown.contains(&format!("--> testcases/{file}.toml"))
                || shown.contains(&format!("::: testcases/{file}.toml")),
            "{file}"
        );
    }
    assert!(shown.contains("nested too deeply"));
    assert!(shown.contains("… and 99901 more in testcases/keys.toml"), "{}", &shown[shown.len() - 200..]);
}

#[test]
fn groups_as_deep_as_toml_allows_are_read() {
    let text = format!(
        "steps = [{}{{ click = \"a\" }}{}]\n",
        "{ group = \"g\", steps = [".repeat(38),
        "] }".repeat(38)
    );
    assert_eq!(Project::new().file("testcases/a.toml", text).cases().len(), 1);
}

#[test]
fn f66_equal_ids_are_told_with_both_places() {
    let project = Project::new()
        .file("testcases/Login.toml", CASE)
        .file("testcases/login.toml", CASE)
        .file("testcases/cart.toml", "[[case]]\nname = \"Add\"\nsteps = [{ goto = \"/\" }]\n\n[[case]]\nname = \"add\"\nsteps = [{ goto = \"/\" }]\n")
        .file("testcases/e\u{301}.toml", CASE)
        .file("testcases/\u{e9}.toml", CASE)
        .file("testcases/rows.toml", "rows = [{ a = 1 }, { a = 2 }]\nrow_name = \"same\"\nsteps = [{ goto = \"/\" }]\n");
    insta::assert_snapshot!(project.complaints().replace("e\u{301}", "[decomposed é]"), @r#"
    error: two rows are called `same`
     --> testcases/rows.toml:1:20
      |
    1 | rows = [{ a = 1 }, { a = 2 }]
      |         ---------  ^^^^^^^^^ the second
      |         |
      |         the first

    error: two cases have the id `testcases/cart::add`
     --> testcases/cart.toml:5:1
      |
    1 | [[case]]
      | -------- the first
    ...
    5 | [[case]]
      | ^^^^^^^^ the second
      |
      = help: ids are compared without regard to upper and lower case

    error: two cases have the id `testcases/login`
     --> testcases/login.toml:1:1
      |
    1 | steps = [{ goto = "/" }]
      | ^^^^^^^^^^^^^^^^^^^^^^^^ the second
      |
     ::: testcases/Login.toml:1:1
      |
    1 | steps = [{ goto = "/" }]
      | ------------------------ the first
      |
      = help: ids are compared without regard to upper and lower case

    error: two cases have the id `testcases/é`
     --> testcases/é.toml:1:1
      |
    1 | steps = [{ goto = "/" }]
      | ^^^^^^^^^^^^^^^^^^^^^^^^ the second
      |
     ::: testcases/[decomposed é].toml:1:1
      |
    1 | steps = [{ goto = "/" }]
      | ------------------------ the first
      |
      = help: ids are compared without regard to upper and lower case
    "#);
}

#[test]
fn f67_what_is_no_file_is_told_and_never_waited_for() {
    let project = Project::new().file("testcases/a.toml", CASE).file("testcases/sub/b.toml", CASE);
    let at = |path: &str| project.path(&format!("testcases/{path}"));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("pipe.toml"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    link(Path::new("/dev/zero"), &at("zero.toml"));
    link(Path::new("missing.toml"), &at("broken.toml"));
    link(Path::new("itself.toml"), &at("itself.toml"));
    link(&at(""), &at("sub/up"));
    std::fs::create_dir(at("x")).unwrap();
    std::fs::create_dir(at("y")).unwrap();
    link(&at("y"), &at("x/y"));
    link(&at("x"), &at("y/x"));
    link(&at("a.toml"), &at("linked.toml"));
    insta::assert_snapshot!(project.complaints(), @r#"
    error: cannot read `testcases/broken.toml`: no such file or directory

    error: cannot read `testcases/itself.toml`: too many levels of symbolic links

    error: cannot read `testcases/pipe.toml`: it is a named pipe, not a file

    error: cannot read `testcases/sub/up`: the link leads back to a folder around it

    error: cannot read `testcases/x/y/x`: the link leads back to a folder around it

    error: cannot read `testcases/y/x/y`: the link leads back to a folder around it

    error: cannot read `testcases/zero.toml`: it is a device, not a file
    "#);
    let named = project.load(&["testcases/pipe.toml", "testcases/zero.toml"]);
    insta::assert_snapshot!(project.shown(&named), @r#"
    error: cannot read `testcases/pipe.toml`: it is a named pipe, not a file

    error: cannot read `testcases/zero.toml`: it is a device, not a file
    "#);
}

#[test]
fn f67_an_unreadable_folder_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new().file("testcases/locked/a.toml", CASE);
    let locked = project.path("testcases/locked");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    let readable = std::fs::read_dir(&locked).is_ok();
    let loaded = project.load(&["testcases"]);
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
    if readable {
        // Root reads everything.
        assert_eq!(ids(&loaded), ["testcases/locked/a"]);
    } else {
        assert_eq!(project.shown(&loaded), "error: cannot read `testcases/locked`: permission denied\n");
    }
}

#[test]
fn f68_strange_names_are_shown_escaped_and_run() {
    let project = Project::new();
    let folder = project.path("testcases");
    std::fs::create_dir_all(&folder).unwrap();
    let long = format!("{}.toml", "l".repeat(250));
    for name in [
        b"\xff\xfe.toml".as_slice(),
        b"\x1b[2J\n.toml",
        "gr\u{fc}n \u{202e}.toml".as_bytes(),
        long.as_bytes(),
    ] {
        std::fs::write(folder.join(std::ffi::OsStr::from_bytes(name)), CASE).unwrap();
    }
    let loaded = load(&[PathBuf::from("testcases")], &project.options);
    assert_eq!(render(&loaded.diagnostics, false, 80), "");
    let found = ids(&loaded);
    assert_eq!(found[0], "testcases/\\u{1b}[2J\\u{a}");
    assert_eq!(found[1], "testcases/gr\u{fc}n \\u{202e}");
    assert_eq!(found[2].len(), "testcases/".len() + 250);
    assert_eq!(found[3], "testcases/\\xFF\\xFE");
}

#[test]
fn f68_a_file_that_is_not_utf8_is_told() {
    let project = Project::new().file("testcases/a.toml", b"name = 'a'\n# \xff\n");
    insta::assert_snapshot!(project.complaints(), @r#"error: cannot read `testcases/a.toml`: it is not UTF-8 (line 2)"#);
}

#[test]
fn f69_data_files_have_limits() {
    let rows = (0..100_001).map(|row| format!("{row}\n")).collect::<Vec<_>>().concat();
    let project = Project::new()
        .file("testcases/a.toml", "rows = \"many.csv\"\nsteps = [{ goto = \"/\" }]\n")
        .file("testcases/b.toml", "rows = \"large.jsonl\"\nsteps = [{ goto = \"/\" }]\n")
        .file("testcases/c.toml", "rows = \"ragged.csv\"\nsteps = [{ goto = \"/\" }]\n")
        .file("testcases/d.toml", "rows = \"object.json\"\nsteps = [{ goto = \"/\" }]\n")
        .file("testcases/e.toml", "rows = \"bad.jsonl\"\nsteps = [{ goto = \"/\" }]\n")
        .file("testcases/many.csv", format!("n\n{rows}"))
        .file("testcases/large.jsonl", "")
        .file("testcases/ragged.csv", "a,b\n1,2\n3\n")
        .file("testcases/object.json", "{\"a\": 1}")
        .file("testcases/bad.jsonl", "{\"a\": 1}\n{\"a\": \n");
    let large = std::fs::OpenOptions::new().write(true).open(project.path("testcases/large.jsonl")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    insta::assert_snapshot!(project.complaints(), @r#"
    error: `testcases/many.csv`: more than 100000 rows
     --> testcases/a.toml:1:8
      |
    1 | rows = "many.csv"
      |        ^^^^^^^^^^

    error: cannot read `testcases/large.jsonl`: it has 16777217 bytes, at most 16777216 are allowed
     --> testcases/b.toml:1:8
      |
    1 | rows = "large.jsonl"
      |        ^^^^^^^^^^^^^

    error: `testcases/ragged.csv`: CSV error: record 2 (line: 3, byte: 8): found record with 1 fields, but the previous record has 2 fields
     --> testcases/c.toml:1:8
      |
    1 | rows = "ragged.csv"
      |        ^^^^^^^^^^^^

    error: `testcases/object.json`: it must be a list of objects
     --> testcases/d.toml:1:8
      |
    1 | rows = "object.json"
      |        ^^^^^^^^^^^^^

    error: `testcases/bad.jsonl`: line 2: EOF while parsing a value at line 2 column 0
     --> testcases/e.toml:1:8
      |
    1 | rows = "bad.jsonl"
      |        ^^^^^^^^^^^
    "#);
}

#[test]
fn f70_what_was_loaded_runs_and_its_hash_is_known() {
    let project = Project::new().file("testcases/a.toml", CASE);
    let cases = project.cases();
    project.write("testcases/a.toml", "steps = [{ click = \"#changed\" }]\n");
    assert_eq!(cases[0].steps[0].title.text, "goto /");
    assert_eq!(&*cases[0].content_hash, "d3e5bbb1948a38eefc812bd4aa071c86392f5a1466ce0de162162d963f46e68d");
}

#[test]
fn f70_a_case_is_read_again_as_it_was_loaded_whatever_has_become_of_its_files() {
    let flow = "params = [\"who\"]\nsteps = [{ fill = \"#user\", value = \"${who}\" }]\n";
    let uses = |name: &str| {
        format!("name = \"{name}\"\nsteps = [{{ use = \"in.flow.toml\", with = {{ who = \"{name}\" }} }}]\n")
    };
    let rows = "rows = \"users.csv\"\nsteps = [{ fill = \"#user\", value = \"${row.user}\" }]\n";
    let project = Project::new()
        .file("testcases/in.flow.toml", flow)
        .file("testcases/one.toml", uses("one"))
        .file("testcases/two.toml", format!("[[case]]\n{}[[case]]\n{}", uses("first"), uses("second")))
        .file("testcases/users.csv", "user\nalice\nbob\n")
        .file("testcases/users.toml", rows);
    let options = &project.options;
    let loaded = load_each(&[PathBuf::from("testcases")], options, |case, key| (key, format!("{case:?}")));
    assert_eq!(render(&loaded.diagnostics, false, 100), "");
    std::fs::remove_dir_all(project.path("testcases")).unwrap();
    assert_eq!(loaded.cases.len(), 4);
    for (key, seen) in &loaded.cases {
        assert_eq!(format!("{:?}", loaded.library.case(*key).unwrap()), *seen);
    }
}

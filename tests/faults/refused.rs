//! Databases, case files and names that a run must refuse before anything is started, or must bear.

use crate::endpoint::project;
use crate::running::{Ended, Record, Running, database};
use crate::scripted_driver::ScriptedDriver;
use crate::support::Project;
use batchrun::outcome::{BatchStatus, Verdict};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

/// A run that is refused: exit 2, and the remote end has not heard of it.
#[track_caller]
fn refused(driver: &ScriptedDriver, project: &Project, arguments: &[&str], said: &[&str]) -> Ended {
    let before = driver.sessions();
    let ended = Running::start(project, arguments).wait_clean();
    ended.exits(2).says(said);
    assert_eq!(driver.sessions(), before, "nothing was started");
    ended
}

#[test]
fn f53_a_database_where_no_file_can_be_made_is_exit_2_before_a_browser_starts() {
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), "", &["fine"]);
    refused(&driver, &project, &["--db", "/proc/batchrun.db"], &["cannot write to the folder `/proc`"]);
    // A file stands where the folder would have to be.
    let project = project.file("file", "");
    refused(&driver, &project, &["--db", "file/batchrun.db"], &["project/file`: it is not a folder"]);
}

#[test]
fn f53_a_database_that_cannot_be_written_is_exit_2_before_a_browser_starts() {
    /// Root may write what nobody may: as root the run is somebody else's.
    const NOBODY: u32 = 65534;
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), "", &["fine"]);
    Running::start(&project, &[]).wait_clean().exits(0);
    let before = fs::read(database(&project)).unwrap();
    let root = project.root();
    let around = root.parent().unwrap();
    let program = around.join("batchrun");
    fs::copy(env!("CARGO_BIN_EXE_batchrun"), &program).unwrap();
    fs::set_permissions(around, fs::Permissions::from_mode(0o777)).unwrap();
    let folder = root.join(".batchrun");
    for path in [&folder, &folder.join("evidence"), &folder.join("log"), &folder.join("run")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    fs::set_permissions(database(&project), fs::Permissions::from_mode(0o444)).unwrap();
    let mut command = std::process::Command::new(&program);
    command.current_dir(&root).env_clear().env("TMPDIR", around).env("HOME", around);
    if rustix::process::geteuid().is_root() {
        for path in [&folder, &database(&project)] {
            chown(path, Some(0), Some(0)).unwrap();
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    let ended = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("cannot write to the database `"), "{stderr}");
    assert_eq!(driver.sessions().0, 1, "nothing was started");
    assert!(fs::read(database(&project)).unwrap() == before, "the file has changed");
}

#[test]
fn f55_a_database_of_a_newer_batchrun_is_exit_2_and_left_as_it_is() {
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), "", &["fine"]);
    Running::start(&project, &[]).wait_clean().exits(0);
    let connection = rusqlite::Connection::open(database(&project)).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(database(&project)).unwrap();
    refused(&driver, &project, &[], &["found schema version 99"]);
    assert!(fs::read(database(&project)).unwrap() == before, "the file has changed");
}

#[test]
fn f57_a_database_that_is_damaged_or_none_of_ours_is_exit_2_and_left_as_it_is() {
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), "", &["fine"]);
    Running::start(&project, &[]).wait_clean().exits(0);
    let half = fs::read(database(&project)).unwrap();
    let half = &half[..half.len() / 2];
    let theirs = project.root().join("theirs.db");
    rusqlite::Connection::open(&theirs).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let theirs = fs::read(&theirs).unwrap();
    let notes = "milk, eggs and bread, and a good deal more than a header of a hundred bytes".repeat(9);
    for (content, said) in [
        (half, "malformed"),
        (&theirs, "a database of another program"),
        (notes.as_bytes(), "something that is not a database"),
    ] {
        fs::write(database(&project), content).unwrap();
        refused(&driver, &project, &[], &[said]);
        assert!(fs::read(database(&project)).unwrap() == content, "{said}: the file has changed");
    }
}

#[test]
fn f63_f64_f66_f67_f69_input_that_cannot_be_used_is_told_all_at_once_and_nothing_runs() {
    const CASE: &str = "steps = [ { goto = \"/\" } ]\n";
    let driver = ScriptedDriver::start();
    let rows = (0..=100_000).map(|row| format!("{row}\n")).collect::<Vec<_>>().concat();
    let project = project(&driver.url(), "", &["fine"])
        .file("testcases/wrong.toml", "tag = [\"x\"]\nsteps = [ { clik = \"#a\" } ]\n")
        .file("testcases/twice.toml", CASE)
        .file("testcases/Twice.toml", CASE)
        .file("testcases/deep.toml", &format!("steps = {}{}\n", "[".repeat(9000), "]".repeat(9000)))
        .file("testcases/huge.toml", "")
        .file("testcases/rows.toml", &format!("rows = \"many.csv\"\n{CASE}"))
        .file("testcases/many.csv", &format!("n\n{rows}"));
    let at = |name: &str| project.root().join("testcases").join(name);
    File::options().write(true).open(at("huge.toml")).unwrap().set_len(1 << 40).unwrap();
    mknodat(CWD, at("pipe.toml"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("zero.toml")).unwrap();
    std::os::unix::fs::symlink("loop.toml", at("loop.toml")).unwrap();
    let said = [
        "did you mean `tags`?",
        "did you mean `click`?",
        "two cases have the id",
        "nested too deeply",
        "it has 1099511627776 bytes, at most 1048576 are allowed",
        "more than 100000 rows",
        "it is a named pipe, not a file",
        "it is a device, not a file",
        "too many levels of symbolic links",
    ];
    refused(&driver, &project, &[], &said);
    assert!(!database(&project).exists(), "no batch was begun");
}

#[test]
fn f68_files_with_strange_names_run_and_are_shown_escaped() {
    let driver = ScriptedDriver::start();
    let project = project(&driver.url(), "", &[]);
    let folder = project.root().join("testcases");
    fs::create_dir_all(&folder).unwrap();
    let long = format!("{}.toml", "l".repeat(250));
    let names: [&[u8]; 4] =
        [b"\xff\xfe.toml", b"\x1b[2J\n.toml", "gr\u{fc}n \u{202e}.toml".as_bytes(), long.as_bytes()];
    for name in names {
        let case =
            "steps = [ { goto = \"http://site.test/1/fail\" }, { expect = \"#it\", text = \"yes\" } ]\n";
        fs::write(folder.join(OsStr::from_bytes(name)), case).unwrap();
    }
    let ended = Running::start(&project, &["--report", "junit=junit.xml"]).wait_clean();
    ended.exits(1).says(&["\\xFF\\xFE", "\\u{1b}[2J\\u{a}", "\\u{202e}", "gr\u{fc}n", &"l".repeat(250)]);
    let clean = |text: &str| assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    clean(&ended.stderr);
    clean(&fs::read_to_string(project.root().join("junit.xml")).unwrap());
    let record = Record::last(&project);
    assert_eq!(record.cases.len(), 4);
    assert!(record.cases.values().all(|it| it.verdict == Some(Verdict::Failed)), "{:?}", record.cases);
    record.is_whole(&project, BatchStatus::Finished, Some(1));
}

#[test]
fn f70_a_case_file_that_changes_during_the_run_runs_as_it_was_loaded() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver.url(), "concurrency = 1\n", &["fine", "fine"]);
    let hashes = |project: &Project| -> Vec<String> {
        let connection = rusqlite::Connection::open(database(project)).unwrap();
        let mut rows = connection.prepare("SELECT content_hash FROM case_run ORDER BY id").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut running = Running::start(&project, &[]);
    driver.wait_until(|made, _, _| made == 1);
    let loaded = hashes(&project);
    for number in 1..=2 {
        let path = project.root().join(format!("testcases/c{number}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        let changed = text.replace("/fine", "/fail");
        assert_ne!(changed, text);
        fs::write(path, changed).unwrap();
    }
    driver.release();
    running.wait_clean().exits(0);
    assert_eq!(hashes(&project), loaded);
    // What they say now fails, and is another text.
    Running::start(&project, &[]).wait_clean().exits(1);
    let again = hashes(&project);
    assert_eq!(again.len(), 4);
    assert!(again[2..].iter().all(|it| !loaded.contains(it)), "{again:?}");
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn f80_names_that_would_lead_out_of_the_folder_name_files_inside_of_it() {
    let driver = ScriptedDriver::start();
    let name = "../../../../escaped";
    let case = format!(
        "[[case]]\nname = \"{name}\"\nvars = {{ name = \"{name}\" }}\nrows = [ {{ a = \"/escaped\" }} ]\n\
         row_name = \"${{row.a}}\"\nsteps = [ {{ goto = \"http://site.test/1/fail\" }}, \
         {{ screenshot = \"${{name}}\" }}, {{ screenshot = \"/escaped\" }}, {{ expect = \"#it\", text = \"yes\" }} ]\n"
    );
    let project = project(&driver.url(), "", &[]).file("testcases/c1.toml", &case);
    let around = project.root().parent().unwrap().to_owned();
    let ended = Running::start(&project, &["--lock", name]).wait_clean();
    ended.exits(1);
    let connection = rusqlite::Connection::open(database(&project)).unwrap();
    let mut rows = connection.prepare("SELECT path, note FROM evidence WHERE path IS NOT NULL").unwrap();
    let kept: Vec<(String, Option<String>)> =
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
    let asked_for = kept.iter().filter(|(_, note)| note.as_deref().is_some_and(|it| it.contains("escaped")));
    assert_eq!(asked_for.count(), 2, "both were taken: {kept:?}");
    let evidence = project.root().join(".batchrun/evidence").canonicalize().unwrap();
    for (path, _) in &kept {
        let file = project.root().join(".batchrun").join(path).canonicalize().unwrap();
        assert!(file.starts_with(&evidence) && !path.contains(".."), "{path}");
    }
    for file in files(&around) {
        let is_named = file.to_string_lossy().contains("escaped");
        assert!(!is_named || file.starts_with(project.root().join(".batchrun")), "{}", file.display());
    }
    assert!(!Path::new("/escaped").exists() && !Path::new("/escaped.png").exists());
}

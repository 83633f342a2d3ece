//! The record and the slots: what is shown has been recorded, and nobody who runs cases waits for that.

use crate::running::Running;
use crate::scripted_driver::ScriptedDriver;
use crate::support::Project;
use rusqlite::Connection;

#[test]
fn f54_slots_go_on_and_no_verdict_is_shown_while_somebody_else_holds_the_database() {
    const CASES: u32 = 60;
    let driver = ScriptedDriver::start();
    let mut project = Project::new().file(
        "runner.toml",
        &format!("concurrency = 5\n[[endpoint]]\nurl = \"{}\"\ncapacity = 5\n", driver.url()),
    );
    for number in 0..CASES {
        let case = "steps = [{ goto = \"http://shop.test/\" }, { expect = \"h1\", text = \"Shop\" }]\n";
        project = project.file(&format!("testcases/c{number}.toml"), case);
    }
    driver.hold();
    let mut run = Running::start(&project, &["--progress", "lines"]);
    // Every slot is in a case, and no case can end.
    driver.wait_for("POST execute/async", 10);
    let other = Connection::open(project.root().join(".batchrun/batchrun.db")).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    driver.release();
    driver.wait_until(|_, ended, _| ended == CASES);

    assert!(!run.stderr().contains("PASS"), "a verdict was shown that is not recorded:\n{}", run.stderr());
    let files = std::fs::read_dir(project.root().join(".batchrun")).unwrap();
    let names: Vec<_> = files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.contains("spool")), "it was held for too long to tell: {names:?}");
    other.execute_batch("ROLLBACK").unwrap();
    let ended = run.wait_clean();
    assert_eq!(ended.exits(0).stderr.matches("PASS ").count(), CASES as usize, "{ended}");
}

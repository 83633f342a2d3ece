//! `init`: a first project.

use crate::support::Project;
use insta::assert_snapshot;

#[test]
fn a_first_project_is_written_and_fine() {
    let project = Project::new();
    assert_snapshot!(project.run(["init"]), @"
    exit 0
    --- stderr
    wrote runner.toml
    wrote testcases/greeting.toml
    wrote testcases/_site/index.html

    `batchrun` runs the case; `batchrun doctor` says whether a browser is there for it
    ");
    assert_snapshot!(project.run(["check"]), @"
    exit 0
    --- stderr
    1 case in 1 file is fine
    ");
    assert_snapshot!(project.run(["list"]), @"
    exit 0
    --- stdout
    testcases/greeting  testcases/greeting.toml:1  smoke
    ");
}

#[test]
fn nothing_is_overwritten() {
    let project = Project::new().file("runner.toml", "retries = 3\n");
    assert_snapshot!(project.run(["init"]), @"
    exit 0
    --- stderr
    kept  runner.toml
    wrote testcases/greeting.toml
    wrote testcases/_site/index.html

    `batchrun` runs the case; `batchrun doctor` says whether a browser is there for it
    ");
    assert_eq!(std::fs::read_to_string(project.root().join("runner.toml")).unwrap(), "retries = 3\n");
}

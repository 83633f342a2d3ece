//! Which jobs there are: `list`, filters and tags.

use crate::support::Project;
use insta::assert_snapshot;

#[test]
fn nothing_selected_exits_with_5() {
    let project = Project::new().file("testcases/_none.txt", "");
    assert_snapshot!(project.run(["list"]), @"
    exit 5
    --- stderr
    error: no case is selected: there is none
    help: `--allow-empty` exits with 0
    ");
    assert_snapshot!(project.run(["list", "--allow-empty"]), @"exit 0");
}

#[test]
fn a_filter_is_checked_before_anything_else() {
    assert_snapshot!(Project::new().run(["list", "-f", "tagg(smoke)", "--tag", "[a"]), @"
    exit 2
    --- stderr
    error: the filter has no test `tagg`
     --> --filter:1:1
      |
    1 | tagg(smoke)
      | ^^^^
      |
      = help: did you mean `tag`?

    error: the filter's glob cannot be read: unclosed character class; missing ']'
     --> --tag:1:1
      |
    1 | [a
      | ^^

    2 errors
    ");
}

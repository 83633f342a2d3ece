//! Which jobs there are: paths, filters, tags, rows, order.

use crate::support::Project;
use insta::assert_snapshot;

/// A shop with cases of all kinds.
fn shop() -> Project {
    Project::new()
        .file("testcases/cart.toml", "tags = [\"cart\"]\n[[case]]\nname = \"add\"\nsteps = [{ log = \"a\" }]\n\n[[case]]\nname = \"remove\"\ntags = [\"smoke\"]\nskip = \"broken\"\nsteps = [{ log = \"b\" }]\n")
        .file("testcases/login.toml", "tags = [\"smoke\", \"auth\"]\nrows = [{ user = \"alice\" }, { user = \"bob\" }]\nrow_name = \"${row.user}\"\nsteps = [{ log = \"${row.user}\" }]\n")
        .file("testcases/admin/users.toml", "name = \"List users\"\npriority = 5\nsteps = [{ log = \"c\" }]\n")
        .file("testcases/_later.toml", "not even TOML")
}

#[test]
fn jobs_are_listed_in_their_order() {
    assert_snapshot!(shop().run(["list"]), @"
    exit 0
    --- stdout
    testcases/admin/users   testcases/admin/users.toml:1
    testcases/cart::add     testcases/cart.toml:2         cart
    testcases/cart::remove  testcases/cart.toml:6         cart smoke (skipped: broken)
    testcases/login[alice]  testcases/login.toml:1        smoke auth
    testcases/login[bob]    testcases/login.toml:1        smoke auth
    ");
}

#[test]
fn from_a_folder_below_the_root_the_same_jobs_are_found() {
    let shop = shop().file("runner.toml", "");
    let all = shop.run(["list"]);
    let shop = shop.inside("testcases/admin");
    assert_eq!(shop.run(["list"]), all);
    assert_snapshot!(shop.run(["list", "."]), @"
    exit 0
    --- stdout
    testcases/admin/users  testcases/admin/users.toml:1
    ");
}

#[test]
fn paths_lines_and_ids_select() {
    assert_snapshot!(shop().run(["list", "testcases/login[bob]", "testcases/cart.toml:6"]), @"
    exit 0
    --- stdout
    testcases/cart::remove  testcases/cart.toml:6   cart smoke (skipped: broken)
    testcases/login[bob]    testcases/login.toml:1  smoke auth
    ");
    assert_snapshot!(shop().run(["list", "testcases/cart::ad", "testcases/nothing"]), @"
    exit 2
    --- stderr
    error: `testcases/nothing` is neither a path nor the id of a case

    error: there is no case `testcases/cart::ad` in `testcases/cart.toml`
    help: did you mean `testcases/cart::add`?

    2 errors
    ");
}

#[test]
fn filters_and_tags_select() {
    assert_snapshot!(shop().run(["list", "-f", "tag(smoke) & !id(*[bob])"]), @"
    exit 0
    --- stdout
    testcases/cart::remove  testcases/cart.toml:6   cart smoke (skipped: broken)
    testcases/login[alice]  testcases/login.toml:1  smoke auth
    testcases/login[bob]    testcases/login.toml:1  smoke auth
    ");
    assert_snapshot!(shop().run(["list", "-t", "smoke", "-t", "cart", "--skip-tag", "auth"]), @"
    exit 0
    --- stdout
    testcases/cart::add     testcases/cart.toml:2  cart
    testcases/cart::remove  testcases/cart.toml:6  cart smoke (skipped: broken)
    ");
    assert_snapshot!(shop().run(["list", "-f", "name(/users$/)", "-f", "file(admin/*)"]), @"
    exit 0
    --- stdout
    testcases/admin/users  testcases/admin/users.toml:1
    ");
}

#[test]
fn overrides_change_order_and_limits() {
    let shop =
        shop().file("runner.toml", "[[override]]\nfilter = \"tag(auth)\"\npriority = 9\ntimeout = \"5m\"\n");
    let output = shop.run(["list", "--format", "json", "-t", "auth"]);
    assert_snapshot!(output, @r#"
    exit 0
    --- stdout
    {
      "total": 2,
      "jobs": [
        {
          "id": "testcases/login[alice]",
          "name": "login",
          "file": "testcases/login.toml",
          "line": 1,
          "row": "alice",
          "browser": "chrome",
          "tags": [
            "smoke",
            "auth"
          ],
          "priority": 9,
          "timeout_ms": 300000,
          "retries": 0,
          "quarantined": false,
          "slots": 1,
          "skip": null
        },
        {
          "id": "testcases/login[bob]",
          "name": "login",
          "file": "testcases/login.toml",
          "line": 1,
          "row": "bob",
          "browser": "chrome",
          "tags": [
            "smoke",
            "auth"
          ],
          "priority": 9,
          "timeout_ms": 300000,
          "retries": 0,
          "quarantined": false,
          "slots": 1,
          "skip": null
        }
      ]
    }
    "#);
    assert!(shop.run(["list"]).stdout.starts_with("testcases/login[alice]"));
}

#[test]
fn nothing_selected_exits_with_5() {
    assert_snapshot!(shop().run(["list", "-t", "nothing"]), @"
    exit 5
    --- stderr
    error: no case is selected: none of 4 fits
    help: `--allow-empty` exits with 0
    ");
    assert_snapshot!(shop().run(["list", "-t", "nothing", "--allow-empty"]), @"exit 0");
    assert_snapshot!(Project::new().run(["list"]), @"
    exit 2
    --- stderr
    error: there is no folder `testcases` in `[PROJECT]`
    help: name folders or files, or write a first case with `batchrun init`
    ");
}

#[test]
fn a_dry_run_shows_the_jobs_and_runs_nothing() {
    let shop = shop();
    assert_eq!(shop.run(["--dry-run", "-t", "smoke"]), shop.run(["list", "-t", "smoke"]));
    assert!(!shop.root().join(".batchrun").exists());
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

#[test]
fn a_folder_may_be_named_like_a_command() {
    let project = Project::new().file("list/a.toml", "steps = [{ log = \"a\" }]\n");
    assert_snapshot!(project.run(["--dry-run", "./list"]), @"
    exit 0
    --- stdout
    list/a  list/a.toml:1
    ");
    assert_snapshot!(Project::new().run(["-c", "3", "list"]), @"
    exit 2
    --- stderr
    error: `list` is a command and stands where a path is expected
    help: a command comes before everything else: `batchrun list …`
    ");
    assert_snapshot!(Project::new().run(["histroy"]), @"
    exit 2
    --- stderr
    error: `histroy` is neither a path nor the id of a case

    note: there is a command that is written like that: `batchrun history`
    ");
}

#[test]
fn f63_mistakes_in_cases_are_shown_at_once() {
    let project = Project::new()
        .file("testcases/a.toml", "steps = [\n  { clik = \"#a\" },\n  { log = \"${nobody}\" },\n]\n")
        .file("testcases/b.toml", "tag = [\"x\"]\nsteps = [{ log = 1 }]\n");
    assert_snapshot!(project.run(["check"]), @r##"
    exit 2
    --- stderr
    error: unknown verb `clik`
     --> testcases/a.toml:2:5
      |
    2 |   { clik = "#a" },
      |     ^^^^
      |
      = help: did you mean `click`?

    error: nothing defines `${nobody}`
     --> testcases/a.toml:3:12
      |
    3 |   { log = "${nobody}" },
      |            ^^^^^^^^^
      |
      = help: give it a value: by `set`, `save`, `vars`, or `--var nobody=…`

    error: a case has no `tag`
     --> testcases/b.toml:1:1
      |
    1 | tag = ["x"]
      | ^^^
      |
      = help: did you mean `tags`?

    error: `log` needs a text, found the number `1`
     --> testcases/b.toml:2:18
      |
    2 | steps = [{ log = 1 }]
      |                  ^
      |
      = help: write "1"

    4 errors
    "##);
}

#[test]
fn f65_ten_thousand_cases_are_listed() {
    let mut project = Project::new();
    for number in 0..100 {
        let case = |case: usize| format!("[[case]]\nname = \"{case}\"\nsteps = [{{ log = \"{case}\" }}]\n");
        project = project.file(&format!("testcases/{number}.toml"), &(0..100).map(case).collect::<String>());
    }
    let output = project.run(["list"]);
    assert_eq!((output.status, output.stdout.lines().count()), (Some(0), 10_000));
}

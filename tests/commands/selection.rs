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
    assert_snapshot!(shop().run(["list"]), @"");
}

#[test]
fn from_a_folder_below_the_root_the_same_jobs_are_found() {
    let shop = shop().file("runner.toml", "");
    let all = shop.run(["list"]);
    let shop = shop.inside("testcases/admin");
    assert_eq!(shop.run(["list"]), all);
    assert_snapshot!(shop.run(["list", "."]), @"");
}

#[test]
fn paths_lines_and_ids_select() {
    assert_snapshot!(shop().run(["list", "testcases/login[bob]", "testcases/cart.toml:6"]), @"");
    assert_snapshot!(shop().run(["list", "testcases/cart::ad", "testcases/nothing"]), @"");
}

#[test]
fn filters_and_tags_select() {
    assert_snapshot!(shop().run(["list", "-f", "tag(smoke) & !id(*[bob])"]), @"");
    assert_snapshot!(shop().run(["list", "-t", "smoke", "-t", "cart", "--skip-tag", "auth"]), @"");
    assert_snapshot!(shop().run(["list", "-f", "name(/users$/)", "-f", "file(admin/*)"]), @"");
}

#[test]
fn overrides_change_order_and_limits() {
    let shop = shop().file("runner.toml", "[[override]]\nfilter = \"tag(auth)\"\npriority = 9\ntimeout = \"5m\"\n");
    let output = shop.run(["list", "--format", "json", "-t", "auth"]);
    assert_snapshot!(output, @"");
    assert!(shop.run(["list"]).stdout.starts_with("testcases/login[alice]"));
}

#[test]
fn nothing_selected_exits_with_5() {
    assert_snapshot!(shop().run(["list", "-t", "nothing"]), @"");
    assert_snapshot!(shop().run(["list", "-t", "nothing", "--allow-empty"]), @"exit 0");
    assert_snapshot!(Project::new().run(["list"]), @"");
}

#[test]
fn a_dry_run_shows_the_jobs_and_runs_nothing() {
    let shop = shop();
    assert_eq!(shop.run(["--dry-run", "-t", "smoke"]), shop.run(["list", "-t", "smoke"]));
    assert!(!shop.root().join(".batchrun").exists());
}

#[test]
fn a_filter_is_checked_before_anything_else() {
    assert_snapshot!(Project::new().run(["list", "-f", "tagg(smoke)", "--tag", "[a"]), @"");
}

#[test]
fn a_folder_may_be_named_like_a_command() {
    let project = Project::new().file("list/a.toml", "steps = [{ log = \"a\" }]\n");
    assert_snapshot!(project.run(["--dry-run", "./list"]), @"");
    assert_snapshot!(Project::new().run(["-c", "3", "list"]), @"");
}

#[test]
fn f63_mistakes_in_cases_are_shown_at_once() {
    let project = Project::new()
        .file("testcases/a.toml", "steps = [\n  { clik = \"#a\" },\n  { log = \"${nobody}\" },\n]\n")
        .file("testcases/b.toml", "tag = [\"x\"]\nsteps = [{ log = 1 }]\n");
    assert_snapshot!(project.run(["check"]), @"");
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

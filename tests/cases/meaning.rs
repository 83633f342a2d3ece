//! What right case files mean, and which cases are chosen by which paths.

use crate::project::{Project, ids};
use batchrun::case::model::{Action, Choice, Test, Until, ValueTest};
use batchrun::case::template::{Lookup, ValueTemplate};
use batchrun::case::{reference, schema};
use serde_json::{Value, json};

struct Nothing;
impl Lookup for Nothing {
    fn get(&self, name: &str) -> Option<Value> {
        (name == "x").then(|| json!("filled"))
    }
}

#[test]
fn the_example_of_the_documentation() {
    let text = r##"
name = "Sign in with a valid account"
tags = ["smoke", "auth"]
priority = 10
timeout = "30s"
retries = 1
uses = ["account-alice", { share = "db", mode = "read" }]
quarantine = { owner = "ann", reason = "slow", until = 2027-01-31 }
meta = { ticket = "A-1", days = [1, 2] }
viewport = { width = 390, height = 844 }
steps = [
  { goto = "/login" },
  { fill = "label=User", value = "alice" },
  { fill = "label=Password", value = "${secret.PASSWORD}" },
  { click = "role=button[name='Sign in']" },
  { expect = "#msg", text = "Welcome alice" },
]
"##;
    let cases = Project::new().file("testcases/login.toml", text).cases();
    let case = &cases[0];
    assert_eq!((case.id.as_str(), case.name.as_str()), ("testcases/login", "Sign in with a valid account"));
    assert_eq!(case.source.path, "testcases/login.toml");
    assert_eq!(case.tags, ["smoke", "auth"]);
    assert_eq!((case.priority, case.retries.unwrap().count), (Some(10), 1));
    assert_eq!(case.timeout.unwrap().as_secs(), 30);
    assert_eq!(
        (case.uses[0].share.as_str(), case.uses[0].read, case.uses[1].read),
        ("account-alice", false, true)
    );
    assert_eq!(case.quarantine.as_ref().unwrap().until.unwrap().to_string(), "2027-01-31");
    assert_eq!(case.meta["days"], json!([1, 2]));
    assert_eq!(case.viewport.unwrap().width, 390);
    assert_eq!(case.content_hash.len(), 64);
    let titles: Vec<&str> = case.steps.iter().map(|step| step.title.text.as_str()).collect();
    assert_eq!(
        titles,
        [
            "goto /login",
            "fill label=User",
            "fill label=Password",
            "click role=button[name='Sign in']",
            "expect #msg"
        ]
    );
    assert_eq!(case.source.line(case.steps[3].span.start), 15);
}

/// One step of every verb that runs, with each of its arguments.
const EVERY_VERB: &str = r#"
vars = { list = ["a"], n = 2 }
steps = [
  { goto = "${base_url}/a", until = "idle", status = 404, timeout = "1m 30s", name = "go ${x}", soft = true, sensitive = true },
  { back = true }, { forward = true }, { reload = true },
  { wait = "0s" }, { wait = "${n}s" }, { viewport = { width = 100, height = 200 } },
  { click = "a", button = "middle", modifiers = ["Shift", "Alt"], count = 3, at = [1, 2.5], force = true },
  { double_click = "a" }, { right_click = "a" }, { hover = "a" },
  { fill = "a", value = "", force = true }, { clear = "a" }, { type = "a", value = "b", delay = "10ms" },
  { press = "Control+Shift+A", on = "a" }, { press = "Enter" },
  { select = "a", option = "One" }, { select = "a", value = ["1", "2"] }, { select = "a", index = [0, 1] },
  { check = "a" }, { uncheck = "a", force = true },
  { scroll = "a" }, { scroll = "a", to = "bottom" }, { scroll = "a", to = [0, 100] },
  { focus = "a" }, { blur = "a" },
  { expect = "a" },
  { expect = "a", visible = true, text = { not = { matches = '^\d+$' } }, contains = "b", matches = "/c/i", value = "d",
    attribute = { href = { contains = "e" }, disabled = true, title = "t" }, class = "f g", css = { color = "red" },
    checked = false, enabled = true, disabled = false, editable = true, focused = true, empty = false,
    in_viewport = true, selected = ["One"], not = { text = "h", hidden = true } },
  { expect = "a", texts = ["x", "${x}"] }, { expect = "a", texts = "${list}" }, { expect = "a", count = 3 },
  { expect = "a", count = ">=${n}" }, { expect = "a", hidden = true }, { expect = "a", detached = true },
  { expect = "a", attached = true, selected = "Two", class = ["k"] },
  { expect_url = "/a/**" }, { expect_title = { one_of = ["a", "b"] } },
  { expect_var = "n", is = 2 }, { expect_var = "x", is = { min = 1, max = "${n}" } }, { expect_var = "x", is = { a = 1 } },
  { expect_script = "return args[0]", args = ["${list}", 1], is = ["a"] }, { expect_script = "return true" },
  { save = "a", as = "x" }, { save = "a", as = "x", attribute = "href" }, { save = "a", as = "x", value = true },
  { save = "a", as = "x", count = true }, { save = "a", as = "x", texts = true },
  { save_url = true, as = "u" }, { save_title = true, as = "t" },
  { script = "return `${1 + 1}`", as = "y" }, { set = { k = "v", m = [1, { a = "${x}" }] } },
  { screenshot = "s", of = "a" }, { log = "${u} ${t} ${y} ${k} ${m.1.a}" },
  { dialog = "accept", value = "v", kind = "prompt", message = { contains = "m" }, steps = [{ click = "a" }] },
  { dialog = "dismiss" },
  { within = "frame=iframe", steps = [{ click = "b" }] },
  { group = "both", steps = [{ click = "a" }] },
  { if = { visible = "a", timeout = "1s" }, steps = [{ click = "a" }], else = [{ click = "b" }] },
  { if = { element = "a", text = "b", not = { checked = true } }, steps = [{ click = "a" }] },
  { click = "a", if = { all = [{ hidden = "a" }, { any = [{ attached = "b" }, { not = { url = "/x" } }] }] } },
  { click = "a", if = { script = "return args[0]", args = [1] } }, { click = "a", if = { var = "x", is = "1" } },
  { click = "a", if = { var = "env.CI" } },
  { repeat = 3, steps = [{ click = "a" }] }, { repeat = "${n}", steps = [{ click = "a" }] },
  { each = ["a", "b"], as = "item", steps = [{ log = "${item}" }] }, { each = "${list}", as = "item", steps = [{ log = "a" }] },
  { each_match = "li", as = "row", steps = [{ click = "${row} >> a" }] },
  { while = { visible = "a" }, limit = 5, steps = [{ click = "a" }] },
  { retry = 2, steps = [{ click = "a" }] },
  { fail = "no ${x}" }, { skip = "not today" },
]
"#;

#[test]
fn every_verb_that_runs_is_read_with_its_arguments() {
    let cases = Project::new().file("testcases/all.toml", EVERY_VERB).cases();
    let steps = &cases[0].steps;
    let first = &steps[0];
    assert_eq!((first.timeout.unwrap().as_secs(), first.soft, first.sensitive), (90, true, true));
    assert_eq!(first.title.fill(&Nothing).unwrap(), "go filled");
    assert!(matches!(&first.action, Action::Goto { until: Until::Idle, status: Some(404), .. }));
    let click = steps
        .iter()
        .find_map(|step| if let Action::Click(click) = &step.action { Some(click) } else { None })
        .unwrap();
    assert_eq!((click.count, click.modifiers.len(), click.at, click.force), (3, 2, Some((1.0, 2.5)), true));
    let selects: Vec<&Vec<Choice>> = steps
        .iter()
        .filter_map(|step| if let Action::Select { choose, .. } = &step.action { Some(choose) } else { None })
        .collect();
    assert!(matches!(selects[0][..], [Choice::Label(_)]));
    assert!(matches!(selects[1][..], [Choice::Value(_), Choice::Value(_)]));
    assert!(matches!(selects[2][..], [Choice::Index(0), Choice::Index(1)]));
    let matchers: Vec<Value> = steps
        .iter()
        .filter_map(|step| {
            if let Action::Expect { matchers, .. } = &step.action {
                matchers.fill(&Nothing).ok()
            } else {
                None
            }
        })
        .collect();
    assert_eq!(matchers[0], json!({"visible": true}));
    assert_eq!(
        matchers[1],
        json!({
            "visible": true, "text": {"not": {"matches": {"pattern": r"^\d+$", "flags": ""}}}, "contains": "b",
            "matches": {"pattern": "c", "flags": "i"}, "value": {"is": "d"},
            "attribute": {"href": {"contains": "e"}, "disabled": true, "title": {"is": "t"}}, "class": ["f", "g"],
            "css": {"color": {"is": "red"}}, "checked": false, "enabled": true, "disabled": false, "editable": true,
            "focused": true, "empty": false, "in_viewport": true, "selected": ["One"],
            "not": {"text": {"is": "h"}, "hidden": true},
        })
    );
    assert_eq!(matchers[2], json!({"visible": true, "texts": ["x", "filled"]}));
    assert_eq!(matchers[3], json!({"count": {"op": "==", "n": 3}}));
    assert_eq!(matchers.last().unwrap(), &json!({"attached": true, "selected": "Two", "class": ["k"]}));
    let tests: Vec<&ValueTest> = steps
        .iter()
        .filter_map(|step| if let Action::ExpectVar { is, .. } = &step.action { Some(is) } else { None })
        .collect();
    assert!(matches!(
        tests[..],
        [ValueTest::Is(ValueTemplate::Plain(_)), ValueTest::Text(_), ValueTest::Is(ValueTemplate::Table(_))]
    ));
    let conditions = steps.iter().filter(|step| step.condition.is_some()).count();
    assert_eq!(conditions, 4);
    let Some(Action::If { condition, otherwise, .. }) =
        steps.iter().map(|step| &step.action).find(|action| matches!(action, Action::If { .. }))
    else {
        panic!("there is an if")
    };
    assert!(matches!(condition.test, Test::Element { .. }));
    assert_eq!((condition.timeout.unwrap().as_secs(), otherwise.len()), (1, 1));
}

#[test]
fn several_cases_share_what_stands_at_the_top() {
    let text = r##"
tags = ["smoke"]
uses = ["db"]
timeout = "20s"
vars = { a = 1, b = 2 }
before = [{ goto = "/" }]
after = [{ log = "file ${b}" }]

[[case]]
name = "add an item"
tags = ["cart", "smoke"]
vars = { b = 3 }
steps = [{ click = "#add" }]

[[case]]
name = "remove an item"
timeout = "5s"
before = [{ click = "#cart" }]
after = [{ log = "case" }]
steps = [{ click = "#remove" }]
"##;
    let cases = Project::new().file("testcases/cart.toml", text).cases();
    assert_eq!(cases[0].id.as_str(), "testcases/cart::add an item");
    assert_eq!(cases[0].tags, ["smoke", "cart"]);
    assert_eq!(cases[0].vars["b"], ValueTemplate::Plain(json!(3)));
    assert_eq!(cases[0].vars["a"], ValueTemplate::Plain(json!(1)));
    assert_eq!((cases[0].timeout.unwrap().as_secs(), cases[1].timeout.unwrap().as_secs()), (20, 5));
    let titles = |steps: &[batchrun::case::model::Step]| {
        steps.iter().map(|step| step.title.text.clone()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        (titles(&cases[0].before), titles(&cases[0].after)),
        ("goto /".into(), "log file ${b}".into())
    );
    assert_eq!(titles(&cases[1].before), "goto /, click #cart");
    assert_eq!(titles(&cases[1].after), "log case, log file ${b}");
    assert_eq!(cases[1].source.line(cases[1].span.start), 15);
    assert_eq!(cases[1].source.line(cases[1].span.end), 20);
}

#[test]
fn rows_make_ids_and_values() {
    let steps = "row_name = \"${row.user}\"\nsteps = [{ fill = \"#u\", value = \"${row.user} ${user}\" }]\n";
    let project = Project::new()
        .file(
            "testcases/inline.toml",
            format!("rows = [{{ user = \"alice\", n = 1 }}, {{ user = \"bob\" }}]\n{steps}"),
        )
        .file("testcases/csv.toml", format!("rows = \"users.csv\"\n{steps}"))
        .file("testcases/json.toml", format!("rows = \"../data/users.json\"\n{steps}"))
        .file(
            "testcases/lines.toml",
            format!("rows = \"users.jsonl\"\n{}", steps.replace("row_name", "tags = [\"${row.user}\"] #")),
        )
        .file("testcases/users.csv", "\u{feff}user,pass\n\"smith, jo\",x\ncarol,\n")
        .file("data/users.json", r#"[{"user": "dave", "age": 4}]"#)
        .file("testcases/users.jsonl", "{\"user\": \"erin\"}\n\n{\"user\": \"frank\"}\n");
    let loaded = project.load(&["testcases"]);
    assert_eq!(project.shown(&loaded), "");
    assert_eq!(
        ids(&loaded),
        [
            "testcases/csv[smith, jo]",
            "testcases/csv[carol]",
            "testcases/inline[alice]",
            "testcases/inline[bob]",
            "testcases/json[dave]",
            "testcases/lines[1]",
            "testcases/lines[2]",
        ]
    );
    assert_eq!(loaded.cases[0].rows[1].get("pass"), Some(&json!("")));
    assert_eq!(loaded.cases[1].rows[0].get("n"), Some(&json!(1)));
    assert_eq!(loaded.cases[2].rows[0].get("age"), Some(&json!(4)));
}

#[test]
fn flows_have_a_scope_of_their_own_and_are_read_once() {
    let project = Project::new()
        .file("testcases/flows/login.flow.toml", "params = [\"user\"]\ndefaults = { home = \"/\" }\nreturns = [\"id\"]\nsteps = [\n  { goto = \"${home}\" },\n  { use = \"../token.flow.toml\" },\n  { set = { id = \"${user}${token}${site}\" } },\n]\n")
        .file("testcases/token.flow.toml", "returns = [\"token\"]\nsteps = [{ script = \"return 1\", as = \"token\" }, { log = \"${row.user} ${case.id}\" }]\n")
        .file("testcases/a.toml", "rows = [{ user = \"x\" }]\nsteps = [\n  { use = \"flows/login.flow.toml\", with = { user = \"${row.user}\" } },\n  { log = \"${id}\" },\n]\n")
        .file("testcases/b.toml", "steps = [{ use = \"flows/login.flow.toml\", with = { user = \"bob\" } }]\n");
    insta::assert_snapshot!(project.complaints(), @r#"
    error: the flow reads `${row.user}`, and the case has no rows
     --> testcases/b.toml:1:18
      |
    1 | steps = [{ use = "flows/login.flow.toml", with = { user = "bob" } }]
      |                  ^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: give it some: rows = [{ … }]
    "#);
    let project = project.file("testcases/b.toml", "steps = [{ log = \"b\" }]\n");
    let cases = project.cases();
    let Action::Use { flow, with } = &cases[0].steps[0].action else { panic!("a use") };
    assert_eq!(
        (flow.params.as_slice(), flow.returns.as_slice(), with.len()),
        (&["user".to_owned()][..], &["id".to_owned()][..], 1)
    );
    assert_eq!(flow.steps[1].source.path, "testcases/flows/login.flow.toml");
    assert_eq!(flow.needs.iter().cloned().collect::<Vec<_>>(), ["row.user"]);
}

#[test]
fn flows_that_use_themselves_or_go_too_deep_or_lie_outside_are_refused() {
    let mut project = Project::new()
        .file("testcases/a.flow.toml", "steps = [{ use = \"b.flow.toml\" }]\n")
        .file("testcases/b.flow.toml", "steps = [{ use = \"a.flow.toml\" }]\n")
        .file("testcases/cycle.toml", "steps = [{ use = \"b.flow.toml\" }]\n")
        .file("testcases/deep.toml", "steps = [{ use = \"d1.flow.toml\" }]\n")
        .file(
            "testcases/outside.toml",
            "steps = [{ use = \"../../outside.flow.toml\" }]\nrows = \"/etc/passwd.csv\"\n",
        );
    for depth in 1..=21 {
        let next = if depth == 21 {
            "{ log = \"x\" }".to_owned()
        } else {
            format!("{{ use = \"d{}.flow.toml\" }}", depth + 1)
        };
        project = project.file(&format!("testcases/d{depth}.flow.toml"), format!("steps = [{next}]\n"));
    }
    std::fs::write(project.path("../outside.flow.toml"), "steps = []").unwrap();
    let shown = project.complaints();
    std::fs::remove_file(project.path("../outside.flow.toml")).unwrap();
    insta::assert_snapshot!(shown, @r#"
    error: `../../outside.flow.toml` lies outside of the project root
     --> testcases/outside.toml:1:18
      |
    1 | steps = [{ use = "../../outside.flow.toml" }]
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^

    error: `/etc/passwd.csv` lies outside of the project root
     --> testcases/outside.toml:2:8
      |
    2 | rows = "/etc/passwd.csv"
      |        ^^^^^^^^^^^^^^^^^

    error: the flow uses itself
     --> testcases/b.flow.toml:1:18
      |
    1 | steps = [{ use = "a.flow.toml" }]
      |                  ^^^^^^^^^^^^^ a.flow.toml → b.flow.toml → a.flow.toml

    error: flows stand in each other more than 20 deep
     --> testcases/d1.flow.toml:1:18
      |
    1 | steps = [{ use = "d2.flow.toml" }]
      |                  ^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_folder_is_walked_in_byte_order_and_helpers_are_passed_over() {
    let case = "steps = [{ goto = \"/\" }]\n";
    let mut project = Project::new();
    for path in [
        "b/z.toml",
        "b.toml",
        "b-c/a.toml",
        "a.toml",
        "_part.toml",
        ".hidden.toml",
        "x.flow.toml",
        "_dir/a.toml",
        "node_modules/a.toml",
        "target/a.toml",
        "notes.md",
        "runner.toml",
    ] {
        project = project.file(&format!("testcases/{path}"), case);
    }
    assert_eq!(
        ids(&project.load(&["testcases"])),
        ["testcases/a", "testcases/b-c/a", "testcases/b", "testcases/b/z"]
    );
    assert_eq!(
        ids(&project.load(&["testcases/_part.toml", "testcases/_dir"])),
        ["testcases/_dir/a", "testcases/_part"]
    );
    assert_eq!(
        ids(&project.load(&["testcases/b", "testcases/b/z.toml", "./testcases/../testcases/b"])),
        ["testcases/b/z"]
    );
}

#[test]
fn lines_and_ids_choose_cases_and_rows() {
    let project = Project::new()
        .file("testcases/cart.toml", "[[case]]\nname = \"add\"\nsteps = [\n  { goto = \"/\" },\n]\n\n[[case]]\nname = \"remove\"\nrows = [{ u = \"a\" }, { u = \"b\" }, { u = \"c\" }]\nrow_name = \"${row.u}\"\nsteps = [{ goto = \"/\" }]\n")
        .file("testcases/login.toml", "steps = [{ goto = \"/\" }]\n");
    let chosen = |path| ids(&project.load(&[path]));
    assert_eq!(chosen("testcases/cart.toml:4"), ["testcases/cart::add"]);
    assert_eq!(
        chosen("testcases/cart.toml:9"),
        ["testcases/cart::remove[a]", "testcases/cart::remove[b]", "testcases/cart::remove[c]"]
    );
    assert_eq!(chosen("testcases/login"), ["testcases/login"]);
    assert_eq!(chosen("testcases/cart::add"), ["testcases/cart::add"]);
    assert_eq!(chosen("testcases/cart::remove[b]"), ["testcases/cart::remove[b]"]);
    let both =
        project.load(&["testcases/cart::remove[a]", "testcases/cart::remove[c]", "testcases/login.toml:1"]);
    assert_eq!(ids(&both), ["testcases/cart::remove[a]", "testcases/cart::remove[c]", "testcases/login"]);
    let wrong = project.load(&[
        "testcases/cart.toml:6",
        "testcases/cart::ad",
        "testcases/logn.toml",
        "nowhere",
        "testcases/cart::remove[x]",
    ]);
    insta::assert_snapshot!(project.shown(&wrong), @r#"
    error: `testcases/logn.toml` is neither a path nor the id of a case
    help: did you mean `testcases/login.toml`?

    error: `nowhere` is neither a path nor the id of a case

    error: no case stands in line 6 of `testcases/cart.toml`

    error: there is no case `testcases/cart::ad` in `testcases/cart.toml`
    help: did you mean `testcases/cart::add`?

    error: there is no case `testcases/cart::remove[x]` in `testcases/cart.toml`
    help: did you mean `testcases/cart::remove`?
    "#);
}

#[test]
fn the_reference_and_the_schema_are_made_from_the_same_tables() {
    let page = reference();
    assert!(page.contains("| `click` | LOC | Clicks."), "{page}");
    assert!(page.contains("| `upload` | LOC | Puts files into a file input. *Not supported yet.*"));
    let schema = schema();
    assert_eq!(schema["definitions"]["case"]["properties"]["priority"]["maximum"], 100);
}

#[test]
fn any_way_of_writing_toml_means_the_same() {
    let inline = "steps = [{ goto = \"/\" }, { click = \"a\", if = { visible = \"b\" } }]\n";
    let tables =
        "[[steps]]\r\ngoto = '/'\r\n\r\n[[steps]]\r\nclick = 'a'\r\n\r\n[steps.if]\r\nvisible = 'b'\r\n";
    let project = Project::new()
        .file("testcases/inline.toml", inline)
        .file("testcases/tables.toml", tables)
        .file("testcases/bom.toml", format!("\u{feff}{inline}"))
        .file("testcases/several.toml", "[[case]]\nname = 'a'\n[[case.steps]]\ngoto = '/'\n[[case.steps]]\nclick = 'a'\nif.visible = 'b'\n");
    for case in project.cases() {
        let titles: Vec<&str> = case.steps.iter().map(|step| step.title.text.as_str()).collect();
        assert_eq!(titles, ["goto /", "click a"], "{}", case.id);
        assert!(case.steps[1].condition.is_some(), "{}", case.id);
        let lines = case.source.line(case.steps[1].span.start)..=case.source.line(case.steps[1].span.end);
        assert!(case.id.as_str() != "testcases/tables" || lines == (4..=8), "{lines:?}");
    }
}

#[test]
fn a_broken_flow_is_told_once_and_where_it_is_broken() {
    let project = Project::new()
        .file(
            "testcases/broken.flow.toml",
            "params = [\"user\"]\nreturns = [\"id\"]\nsteps = [{ clik = \"#a\" }, { log = \"${usr}\" }]\n",
        )
        .file("testcases/a.toml", "steps = [{ use = \"broken.flow.toml\" }]\n")
        .file("testcases/b.toml", "steps = [{ use = \"broken.flow.toml\" }, { log = \"${id}\" }]\n");
    insta::assert_snapshot!(project.complaints(), @r##"
    error: the flow needs `user`
     --> testcases/a.toml:1:12
      |
    1 | steps = [{ use = "broken.flow.toml" }]
      |            ^^^
      |
      = help: add `with = { user = … }`

    error: the flow needs `user`
     --> testcases/b.toml:1:12
      |
    1 | steps = [{ use = "broken.flow.toml" }, { log = "${id}" }]
      |            ^^^
      |
      = help: add `with = { user = … }`

    error: unknown verb `clik`
     --> testcases/broken.flow.toml:3:12
      |
    3 | steps = [{ clik = "#a" }, { log = "${usr}" }]
      |            ^^^^
      |
      = help: did you mean `click`?

    error: the flow returns `id`, and nothing in it defines that
     --> testcases/broken.flow.toml:2:11
      |
    2 | returns = ["id"]
      |           ^^^^^^

    error: nothing defines `${usr}`
     --> testcases/broken.flow.toml:3:36
      |
    3 | steps = [{ clik = "#a" }, { log = "${usr}" }]
      |                                    ^^^^^^
      |
      = help: did you mean `${user}`?
    "##);
}

#[test]
fn variables_that_need_each_other_are_told() {
    let project = Project::new().file(
        "testcases/a.toml",
        "vars = { a = \"${b}\", b = \"x${c}\", c = \"${a}\", d = \"${a}\" }\nsteps = [{ log = \"${d}\" }]\n",
    );
    insta::assert_snapshot!(project.complaints(), @r#"
    error: the variable `a` needs itself: `a` → `b` → `c` → `a`
     --> testcases/a.toml:1:14
      |
    1 | vars = { a = "${b}", b = "x${c}", c = "${a}", d = "${a}" }
      |              ^^^^^^
    "#);
}

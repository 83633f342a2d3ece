//! The mistakes that people make first, and what they are told.

use crate::project::{Project, complaints};

fn step(step: &str) -> String {
    complaints(&format!("steps = [\n  {{ goto = \"/\" }},\n  {step},\n]\n"))
}

#[test]
fn a_typo_in_a_verb() {
    insta::assert_snapshot!(step(r##"{ clik = "#save" }"##), @r##"
    error: unknown verb `clik`
     --> testcases/a.toml:3:5
      |
    3 |   { clik = "#save" },
      |     ^^^^
      |
      = help: did you mean `click`?
    "##);
}

#[test]
fn a_verb_of_another_tool() {
    insta::assert_snapshot!(step(r##"{ assert = "#msg", text = "Welcome" }"##), @r##"
    error: unknown verb `assert`
     --> testcases/a.toml:3:5
      |
    3 |   { assert = "#msg", text = "Welcome" },
      |     ^^^^^^
      |
      = help: did you mean `expect`?
    "##);
}

#[test]
fn two_verbs_in_a_step() {
    insta::assert_snapshot!(step(r##"{ fill = "#user", value = "a", click = "#save" }"##), @r##"
    error: a step has one verb, found `fill` and `click`
     --> testcases/a.toml:3:34
      |
    3 |   { fill = "#user", value = "a", click = "#save" },
      |     ---- the first verb          ^^^^^ the second verb
      |
      = help: write two steps
    "##);
}

#[test]
fn arguments_without_a_verb() {
    insta::assert_snapshot!(step(r#"{ value = "alice" }"#), @r#"
    error: the step has no verb
     --> testcases/a.toml:3:5
      |
    3 |   { value = "alice" },
      |     ^^^^^
      |
      = help: `value` goes with `fill`, `type`, `select`, `expect`
    "#);
}

#[test]
fn an_empty_step() {
    insta::assert_snapshot!(step("{ }"), @r##"
    error: the step is empty
     --> testcases/a.toml:3:3
      |
    3 |   { },
      |   ^^^
      |
      = help: write such as `{ click = "#save" }`
    "##);
}

#[test]
fn a_missing_argument() {
    insta::assert_snapshot!(step(r##"{ fill = "#user" }"##), @r##"
    error: `fill` needs `value`
     --> testcases/a.toml:3:5
      |
    3 |   { fill = "#user" },
      |     ^^^^
      |
      = help: add `value = …` (a text)
    "##);
}

#[test]
fn a_typo_in_an_argument() {
    insta::assert_snapshot!(step(r##"{ fill = "#user", valeu = "alice" }"##), @r##"
    error: `fill` has no `valeu`
     --> testcases/a.toml:3:21
      |
    3 |   { fill = "#user", valeu = "alice" },
      |                     ^^^^^
      |
      = help: did you mean `value`?
    "##);
}

#[test]
fn an_argument_of_another_verb() {
    insta::assert_snapshot!(step(r##"{ click = "#user", value = "alice" }"##), @r##"
    error: `click` has no `value`
     --> testcases/a.toml:3:22
      |
    3 |   { click = "#user", value = "alice" },
      |                      ^^^^^
      |
      = help: it takes `button`, `modifiers`, `count`, `at`, `force`, `timeout`, `name`, `soft`, `sensitive`, `if`
    "##);
}

#[test]
fn a_text_where_a_number_is_wanted_and_the_other_way_round() {
    insta::assert_snapshot!(step(r##"{ click = "#a", count = "2" }, { fill = "#b", value = 5 }, { click = true }"##), @r##"
    error: `count` needs a whole number from 1 to 10, found the text `2`
     --> testcases/a.toml:3:27
      |
    3 |   { click = "#a", count = "2" }, { fill = "#b", value = 5 }, { click = true },
      |                           ^^^
      |
      = help: write 2 without quotes

    error: `value` needs a text, found the number `5`
     --> testcases/a.toml:3:57
      |
    3 |   { click = "#a", count = "2" }, { fill = "#b", value = 5 }, { click = true },
      |                                                         ^
      |
      = help: write "5"

    error: `click` needs a locator (a text), found `true`
     --> testcases/a.toml:3:72
      |
    3 |   { click = "#a", count = "2" }, { fill = "#b", value = 5 }, { click = true },
      |                                                                        ^^^^
    "##);
}

#[test]
fn a_duration_without_a_unit() {
    insta::assert_snapshot!(complaints("timeout = 30\nsteps = [{ wait = \"500\" }]\n"), @r#"
    error: the duration `30` has no unit
     --> testcases/a.toml:1:11
      |
    1 | timeout = 30
      |           ^^
      |
      = help: write "30ms" or "30s"

    error: the duration `500` has no unit
     --> testcases/a.toml:2:19
      |
    2 | steps = [{ wait = "500" }]
      |                   ^^^^^
      |
      = help: write "500ms" or "500s"
    "#);
}

#[test]
fn a_bad_locator() {
    insta::assert_snapshot!(step(r##"{ click = "txt=Save" }, { click = "#list >> role=buton" }, { click = "li:has-text('a')" }, { click = "ul >>" }"##), @r##"
    error: unknown kind of locator `txt=`
     --> testcases/a.toml:3:14
      |
    3 |   { click = "txt=Save" }, { click = "#list >> role=buton" }, { click = "li:has-text('a')" }, ...
      |              ^^^
      |
      = help: did you mean `text=`?

    error: unknown role `buton`
     --> testcases/a.toml:3:52
      |
    3 |   { click = "txt=Save" }, { click = "#list >> role=buton" }, { click = "li:has-text('a')" }, ...
      |                                                    ^^^^^
      |
      = help: did you mean `button`?

    error: CSS has no `:has-text`
     --> testcases/a.toml:3:75
      |
    3 |   { click = "txt=Save" }, { click = "#list >> role=buton" }, { click = "li:has-text('a')" }, ...
      |                                                                           ^^^^^^^^^
      |
      = help: write `>> has_text=…`

    error: nothing follows `>>`
     --> testcases/a.toml:3:110
      |
    3 | ...ick = "li:has-text('a')" }, { click = "ul >>" },
      |                                                ^
    "##);
}

#[test]
fn an_unclosed_quote_in_a_locator() {
    insta::assert_snapshot!(step(r#"{ click = "role=button[name='Save]" }"#), @r#"
    error: the quote ' is not closed
     --> testcases/a.toml:3:31
      |
    3 |   { click = "role=button[name='Save]" },
      |                               ^^^^^^
    "#);
}

#[test]
fn an_unknown_variable() {
    let text = r##"
vars = { user = "alice" }
steps = [
  { fill = "#u", value = "${usr}" },
  { fill = "#p", value = "${PASSWORD}" },
  { fill = "#h", value = "${env.HOME}" },
  { fill = "#s", value = "x${secret.TOKEN}" },
  { fill = "#r", value = "${row.user}" },
  { log = "${case.name} ${now.time} ${share.db}" },
]
"##;
    insta::assert_snapshot!(complaints(text), @r##"
    error: nothing defines `${usr}`
     --> testcases/a.toml:4:27
      |
    4 |   { fill = "#u", value = "${usr}" },
      |                           ^^^^^^
      |
      = help: did you mean `${user}`?

    error: nothing defines `${PASSWORD}`
     --> testcases/a.toml:5:27
      |
    5 |   { fill = "#p", value = "${PASSWORD}" },
      |                           ^^^^^^^^^^^
      |
      = help: did you mean `${secret.PASSWORD}`?

    error: cases may not read the environment variable `HOME`
     --> testcases/a.toml:6:27
      |
    6 |   { fill = "#h", value = "${env.HOME}" },
      |                           ^^^^^^^^^^^
      |
      = help: allow it in runner.toml: env = ["HOME"]

    error: there is no secret `TOKEN`
     --> testcases/a.toml:7:28
      |
    7 |   { fill = "#s", value = "x${secret.TOKEN}" },
      |                            ^^^^^^^^^^^^^^^
      |
      = help: name it in runner.toml: [secrets] env = ["TOKEN"]

    error: the case has no rows
     --> testcases/a.toml:8:27
      |
    8 |   { fill = "#r", value = "${row.user}" },
      |                           ^^^^^^^^^^^
      |
      = help: give it some: rows = [{ … }]

    error: `case` has no `name`
     --> testcases/a.toml:9:12
      |
    9 |   { log = "${case.name} ${now.time} ${share.db}" },
      |            ^^^^^^^^^^^^
      |
      = help: it has `id`, `attempt`

    error: `now` has no `time`
     --> testcases/a.toml:9:25
      |
    9 |   { log = "${case.name} ${now.time} ${share.db}" },
      |                         ^^^^^^^^^^^
      |
      = help: it has `iso`, `date`, `unix`

    error: the case does not use the share `db`
     --> testcases/a.toml:9:37
      |
    9 |   { log = "${case.name} ${now.time} ${share.db}" },
      |                                     ^^^^^^^^^^^
      |
      = help: add uses = ["db"]
    "##);
}

#[test]
fn something_calculated_or_not_closed_in_a_variable() {
    insta::assert_snapshot!(step(r#"{ log = "${site + 1}" }, { log = "costs ${5" }"#), @r#"
    error: `${site + 1}` is not a variable
     --> testcases/a.toml:3:12
      |
    3 |   { log = "${site + 1}" }, { log = "costs ${5" },
      |            ^^^^^^^^^^^
      |
      = help: a name is made of letters, digits, `_` and `-`, with dots between its parts: `${row.user}`; nothing is calculated

    error: `${` is not closed
     --> testcases/a.toml:3:43
      |
    3 |   { log = "${site + 1}" }, { log = "costs ${5" },
      |                                           ^^^
      |
      = help: write `${name}` for a variable, `$${` for the two characters themselves
    "#);
}

#[test]
fn a_bad_pattern() {
    insta::assert_snapshot!(step(r##"{ expect = "#a", matches = "[0-9" }, { expect = "#a", matches = "\bword" }, { expect_url = { matches = "/a/g" } }"##), @r##"
    error: bad pattern: unbalanced bracket
     --> testcases/a.toml:3:30
      |
    3 |   { expect = "#a", matches = "[0-9" }, { expect = "#a", matches = "\bword" }, { expect_url = ...
      |                              ^^^^^^
      |
      = help: patterns are JavaScript's regular expressions

    error: bad pattern: it holds the control character \u{8}
     --> testcases/a.toml:3:67
      |
    3 |   { expect = "#a", matches = "[0-9" }, { expect = "#a", matches = "\bword" }, { expect_url = ...
      |                                                                   ^^^^^^^^
      |
      = help: in double quotes `\b` is a backspace; write it in single quotes: '\b'

    error: bad pattern: the flag `g` is not one of `i`, `m`, `s`, `u`, `v`
     --> testcases/a.toml:3:106
      |
    3 | ... = "\bword" }, { expect_url = { matches = "/a/g" } },
      |                                              ^^^^^^
    "##);
}

#[test]
fn an_unclosed_string() {
    insta::assert_snapshot!(complaints("name = \"a\nsteps = [\n  { goto = \"/\" },\n  { clik = \"#a\" },\n]\n"), @r#"
    error: the text is not closed, expected `"`
     --> testcases/a.toml:1:10
      |
    1 | name = "a
      |          ^
    "#);
}

#[test]
fn an_unclosed_list_or_table() {
    insta::assert_snapshot!(complaints("tags = [\"a\"]\ntimeot = \"5s\"\nsteps = [\n  { goto = \"/\" },\n  { click = \"#a\" ,\n]\n"), @r#"
    error: a case has no `timeot`
     --> testcases/a.toml:2:1
      |
    2 | timeot = "5s"
      | ^^^^^^
      |
      = help: did you mean `timeout`?

    error: the table is not closed
     --> testcases/a.toml:6:1
      |
    6 | ]
      | ^
      |
      = help: is a `}` missing before this?
    "#);
}

#[test]
fn a_missing_comma_and_a_missing_quote() {
    insta::assert_snapshot!(complaints("steps = [\n  { goto = \"/\" }\n  { click = \"#a\" },\n]\nname = login\n"), @r##"
    error: a comma is missing before this
     --> testcases/a.toml:3:3
      |
    3 |   { click = "#a" },
      |   ^

    error: a text needs quotes
     --> testcases/a.toml:5:8
      |
    5 | name = login
      |        ^^^^^
      |
      = help: write "login"
    "##);
}

#[test]
fn a_switch_where_a_reason_is_wanted() {
    let file = "skip = true\nexpect_failure = false\nsteps = [{ goto = \"/\" }]\n";
    insta::assert_snapshot!(complaints(file), @r#"
    error: `skip` needs a text that says why, found `true`
     --> testcases/a.toml:1:8
      |
    1 | skip = true
      |        ^^^^
      |
      = help: for whoever reads it later: `skip = "…"`

    error: `expect_failure` needs a text that says why, found `false`
     --> testcases/a.toml:2:18
      |
    2 | expect_failure = false
      |                  ^^^^^
      |
      = help: leave it out
    "#);
}

#[test]
fn a_typo_in_a_case_key() {
    insta::assert_snapshot!(complaints("tag = [\"smoke\"]\nbaseUrl = \"/\"\nsteps = [{ goto = \"/\" }]\n"), @r#"
    error: a case has no `tag`
     --> testcases/a.toml:1:1
      |
    1 | tag = ["smoke"]
      | ^^^
      |
      = help: did you mean `tags`?

    error: a case has no `baseUrl`
     --> testcases/a.toml:2:1
      |
    2 | baseUrl = "/"
      | ^^^^^^^
      |
      = help: did you mean `base_url`?
    "#);
}

#[test]
fn no_steps_at_all() {
    insta::assert_snapshot!(complaints("name = \"a\"\n"), @r#"
    error: a case needs `steps`
     --> testcases/a.toml:1:1
      |
    1 | name = "a"
      | ^
      |
      = help: add `steps = …` (a list of steps)
    "#);
    insta::assert_snapshot!(complaints("steps = []\n"), @r#"
    error: `steps` needs at least one step
     --> testcases/a.toml:1:9
      |
    1 | steps = []
      |         ^^
    "#);
}

#[test]
fn steps_above_several_cases_and_a_case_without_a_name() {
    let text = "steps = [{ goto = \"/\" }]\ntags = [\"a\"]\n\n[[case]]\nname = \"one\"\n\n[[case]]\nsteps = [{ goto = \"/\" }]\n";
    insta::assert_snapshot!(complaints(text), @r#"
    error: `steps` cannot stand above `[[case]]`
     --> testcases/a.toml:1:1
      |
    1 | steps = [{ goto = "/" }]
      | ^^^^^
      |
      = help: a file has either one case without `[[case]]`, or only `[[case]]` tables

    error: a case needs `steps`
     --> testcases/a.toml:4:1
      |
    4 | [[case]]
      | ^^^^^^^^
      |
      = help: add `steps = …` (a list of steps)

    error: a case in a file of several needs `name`
     --> testcases/a.toml:7:1
      |
    7 | [[case]]
      | ^^^^^^^^
      |
      = help: add `name = …`: it is part of the case's id
    "#);
}

#[test]
fn a_key_given_twice() {
    insta::assert_snapshot!(complaints("name = \"a\"\nsteps = [{ goto = \"/\", goto = \"/b\" }]\nname = \"b\"\n"), @r#"
    error: the key `goto` is given twice
     --> testcases/a.toml:2:24
      |
    2 | steps = [{ goto = "/", goto = "/b" }]
      |                        ^^^^

    error: the key `name` is given twice
     --> testcases/a.toml:3:1
      |
    3 | name = "b"
      | ^^^^
    "#);
}

#[test]
fn a_word_that_is_not_one_of_the_words() {
    insta::assert_snapshot!(step(r#"{ goto = "/", until = "loaded" }, { dialog = "acept" }, { press = "Ctrl+A" }, { press = "enter" }"#), @r#"
    error: `until` cannot be `loaded`
     --> testcases/a.toml:3:25
      |
    3 |   { goto = "/", until = "loaded" }, { dialog = "acept" }, { press = "Ctrl+A" }, { press = "en...
      |                         ^^^^^^^^
      |
      = help: did you mean `load`?

    error: `dialog` cannot be `acept`
     --> testcases/a.toml:3:48
      |
    3 |   { goto = "/", until = "loaded" }, { dialog = "acept" }, { press = "Ctrl+A" }, { press = "en...
      |                                                ^^^^^^^
      |
      = help: did you mean `accept`?

    error: `Ctrl` is not a key that can be held
     --> testcases/a.toml:3:70
      |
    3 |   { goto = "/", until = "loaded" }, { dialog = "acept" }, { press = "Ctrl+A" }, { press = "en...
      |                                                                      ^^^^
      |
      = help: did you mean `Control`?

    error: unknown key `enter`
     --> testcases/a.toml:3:92
      |
    3 | ...cept" }, { press = "Ctrl+A" }, { press = "enter" },
      |                                              ^^^^^
      |
      = help: did you mean `Enter`?
    "#);
}

#[test]
fn a_script_with_a_variable_in_it() {
    insta::assert_snapshot!(step(r#"{ script = "return document.querySelector('${site}')" }"#), @r#"
    error: variables are not filled into scripts
     --> testcases/a.toml:3:14
      |
    3 |   { script = "return document.querySelector('${site}')" },
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: pass it: `args = ["${x}"]`, and read `args[0]` in the script
    "#);
}

#[test]
fn what_is_not_supported_yet_is_checked_first() {
    insta::assert_snapshot!(step(r##"{ upload = "#f", files = ["a.png"] }, { upload = "#f" }, { script = "x()", before_load = true }"##), @r##"
    error: `upload` is not supported yet
     --> testcases/a.toml:3:5
      |
    3 |   { upload = "#f", files = ["a.png"] }, { upload = "#f" }, { script = "x()", before_load = tr...
      |     ^^^^^^

    error: `upload` needs `files`
     --> testcases/a.toml:3:43
      |
    3 |   { upload = "#f", files = ["a.png"] }, { upload = "#f" }, { script = "x()", before_load = tr...
      |                                           ^^^^^^
      |
      = help: add `files = …` (a list)

    error: `upload` is not supported yet
     --> testcases/a.toml:3:43
      |
    3 |   { upload = "#f", files = ["a.png"] }, { upload = "#f" }, { script = "x()", before_load = tr...
      |                                           ^^^^^^

    error: `before_load` is not supported yet
     --> testcases/a.toml:3:78
      |
    3 |   { upload = "#f", files = ["a.png"] }, { upload = "#f" }, { script = "x()", before_load = tr...
      |                                                                              ^^^^^^^^^^^
    "##);
    insta::assert_snapshot!(complaints("state = \"alice\"\nbrowser = \"firefox\"\nsteps = [{ goto = \"/\" }]\n"), @r#"
    error: `state` is not supported yet
     --> testcases/a.toml:1:1
      |
    1 | state = "alice"
      | ^^^^^

    error: the browser `firefox` is not supported yet
     --> testcases/a.toml:2:11
      |
    2 | browser = "firefox"
      |           ^^^^^^^^^
    "#);
}

#[test]
fn a_password_in_a_url_and_a_file_url() {
    insta::assert_snapshot!(step(r#"{ goto = "https://alice:secret@example.com/" }, { goto = "file:///etc/passwd" }"#), @r#"
    error: a user name stands in the URL
     --> testcases/a.toml:3:12
      |
    3 |   { goto = "https://alice:secret@example.com/" }, { goto = "file:///etc/passwd" },
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write `http_auth = { user = "…", password = "${secret.…}" }` at the top of the case

    error: `file:` URLs are refused
     --> testcases/a.toml:3:60
      |
    3 |   { goto = "https://alice:secret@example.com/" }, { goto = "file:///etc/passwd" },
      |                                                            ^^^^^^^^^^^^^^^^^^^^
      |
      = help: files of your own are served by `[server] dir = "FOLDER"`
    "#);
}

#[test]
fn a_condition_that_is_none() {
    insta::assert_snapshot!(step(r##"{ if = { visibel = "#a" }, steps = [{ click = "#a" }] }, { click = "#b", if = "#a" }, { if = { visible = "#a", hidden = "#b" }, steps = [{ click = "#a" }] }"##), @r##"
    error: unknown condition `visibel`
     --> testcases/a.toml:3:12
      |
    3 |   { if = { visibel = "#a" }, steps = [{ click = "#a" }] }, { click = "#b", if = "#a" }, { if ...
      |            ^^^^^^^
      |
      = help: did you mean `visible`?

    error: `if` needs a condition such as `{ visible = "#banner" }`, found the text `#a`
     --> testcases/a.toml:3:81
      |
    3 |   { if = { visibel = "#a" }, steps = [{ click = "#a" }] }, { click = "#b", if = "#a" }, { if ...
      |                                                                                 ^^^^

    error: `visible` and `hidden` cannot stand in one condition
     --> testcases/a.toml:3:114
      |
    3 | ...b", if = "#a" }, { if = { visible = "#a", hidden = "#b" }, steps = [{ click = "#a" }] },
      |                                              ^^^^^^
      |
      = help: combine them: `{ all = [{ … }, { … }] }`
    "##);
}

#[test]
fn a_value_of_the_wrong_kind_in_a_matcher() {
    insta::assert_snapshot!(step(r##"{ expect = "#a", visible = "true" }, { expect = "#a", text = 5 }, { expect = "#a", text = { containz = "x" } }, { expect = "#a", count = "many" }, { expect = "#a", texts = "one" }"##), @r##"
    error: `visible` needs `true` or `false`, found the text `true`
     --> testcases/a.toml:3:30
      |
    3 |   { expect = "#a", visible = "true" }, { expect = "#a", text = 5 }, { expect = "#a", text = {...
      |                              ^^^^^^
      |
      = help: write true without quotes

    error: `text` needs a text, or a table such as `{ contains = "…" }`, found the number `5`
     --> testcases/a.toml:3:64
      |
    3 |   { expect = "#a", visible = "true" }, { expect = "#a", text = 5 }, { expect = "#a", text = {...
      |                                                                ^
      |
      = help: write "5"

    error: `text` has no `containz`
     --> testcases/a.toml:3:95
      |
    3 | ...", text = 5 }, { expect = "#a", text = { containz = "x" } }, { expect = "#a", count = "man...
      |                                             ^^^^^^^^
      |
      = help: did you mean `contains`?

    error: `count` needs a number, or a text such as `">=2"`, found the text `many`
     --> testcases/a.toml:3:140
      |
    3 | ...tainz = "x" } }, { expect = "#a", count = "many" }, { expect = "#a", texts = "one" },
      |                                              ^^^^^^

    error: `texts` needs a list of texts, found the text `one`
     --> testcases/a.toml:3:175
      |
    3 | ...ount = "many" }, { expect = "#a", texts = "one" },
      |                                              ^^^^^
      |
      = help: write ["one"]
    "##);
}

#[test]
fn a_flow_that_is_called_wrongly() {
    let project = Project::new()
        .file("testcases/in.flow.toml", "params = [\"user\"]\ndefaults = { password = \"x\" }\nreturns = [\"id\"]\nsteps = [{ set = { id = \"${user}\" } }]\n")
        .file("testcases/a.toml", "steps = [\n  { use = \"in.flow.toml\" },\n  { use = \"in.flow.toml\", with = { user = \"a\", pasword = \"b\" } },\n  { use = \"inn.flow.toml\" },\n  { use = \"a.toml\" },\n]\n");
    insta::assert_snapshot!(project.complaints(), @r#"
    error: the flow needs `user`
     --> testcases/a.toml:2:5
      |
    2 |   { use = "in.flow.toml" },
      |     ^^^
      |
      = help: add `with = { user = … }`

    error: the flow has no parameter `pasword`
     --> testcases/a.toml:3:27
      |
    3 |   { use = "in.flow.toml", with = { user = "a", pasword = "b" } },
      |                           ^^^^
      |
      = help: did you mean `password`?

    error: cannot read `testcases/inn.flow.toml`: no such file or directory
     --> testcases/a.toml:4:11
      |
    4 |   { use = "inn.flow.toml" },
      |           ^^^^^^^^^^^^^^^

    error: `a.toml` is not a flow: the name of one ends in `.flow.toml`
     --> testcases/a.toml:5:11
      |
    5 |   { use = "a.toml" },
      |           ^^^^^^^^
    "#);
}

#[test]
fn rows_that_do_not_fit() {
    let project = Project::new()
        .file("testcases/users.csv", "user,pass\nalice,a\nbob,b\nALICE,c\n")
        .file("testcases/a.toml", "rows = \"users.csv\"\nrow_name = \"${row.user}\"\nsteps = [{ fill = \"#u\", value = \"${row.usr}\" }]\n")
        .file("testcases/b.toml", "rows = \"users.xlsx\"\nsteps = [{ log = \"${row.x}\" }]\n")
        .file("testcases/c.toml", "rows = [{ a = 1 }, 5]\nrow_name = \"${b}\"\nsteps = [{ log = \"a\" }]\n");
    insta::assert_snapshot!(project.complaints(), @r##"
    error: two rows are called `ALICE`
     --> testcases/users.csv:4:1
      |
    2 | alice,a
      | ------- the first
    3 | bob,b
    4 | ALICE,c
      | ^^^^^^^ the second

    error: the rows have no `usr`
     --> testcases/a.toml:3:34
      |
    3 | steps = [{ fill = "#u", value = "${row.usr}" }]
      |                                  ^^^^^^^^^^
      |
      = help: did you mean `${row.user}`?

    error: cannot read `testcases/users.xlsx`: no such file or directory
     --> testcases/b.toml:1:8
      |
    1 | rows = "users.xlsx"
      |        ^^^^^^^^^^^^

    error: a row is a table such as `{ user = "alice" }`, found the number `5`
     --> testcases/c.toml:1:20
      |
    1 | rows = [{ a = 1 }, 5]
      |                    ^

    error: nothing defines `${b}`
     --> testcases/c.toml:2:13
      |
    2 | row_name = "${b}"
      |             ^^^^
      |
      = help: give it a value: by `set`, `save`, `vars`, or `--var b=…`
    "##);
}

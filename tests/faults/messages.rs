//! What a person reads when a case fails in a real Chromium: where, what was expected and seen, what to do. The ways to
//! fail that come up most, each in full.

use crate::running::Running;
use crate::site::Site;
use crate::support::Project;

/// A page with something of everything that goes wrong.
const SHOP: &str = "<h1 id=msg onclick='greet(total())'>Welcome  Alice</h1><nav><a href=/up>Sign up</a> <a href=/in>Sign in</a></nav>\
    <form onsubmit='return false'><label>User name <input id=user></label>\
    <div style='position:relative;width:200px'><button id=go class=primary>Sign in</button>\
    <div class=cookies style='position:absolute;inset:0;background:#eee'>We use cookies</div></div></form>\
    <button id=bye onclick=\"alert('Your session is over')\">Log out</button>\
    <span id=why><button id=pay disabled>Pay</button><i>Fill in the form first</i></span>\
    <style>#why i { display: none } #why:hover i { display: inline }</style>\
    <iframe name=pay srcdoc='<button>Checkout</button>'></iframe>\
    <script>function total(cart) { return cart.items.length }</script>";

/// Runs a case of these steps on the page; what is said of its failure, without places that change with each run.
fn said(steps: &[&str]) -> Vec<String> {
    let site = Site::start();
    site.page("/", SHOP);
    let project = Project::new().file(
        "runner.toml",
        &format!("step_timeout = \"500ms\"\npressure.cpu = 100\nbase_url = \"{}\"\n", site.url("/")),
    );
    let project = (1..).zip(steps).fold(project, |project, (number, steps)| {
        project.file(
            &format!("testcases/c{number:02}.toml"),
            &format!("steps = [\n  {{ goto = \"/\", timeout = \"60s\" }},\n  {steps},\n]\n"),
        )
    });
    let ended = Running::start(&project, &["-c", "2"]).wait_clean();
    ended.exits(1);
    let address = site.url("");
    let mut blocks: Vec<String> = ended
        .stderr
        .split("\n\n")
        .filter(|block| block.starts_with("FAIL "))
        .map(|block| {
            let block = block.split("\n────").next().unwrap_or_default().replace(&address, "http://site");
            let lines = block.lines().filter(|line| {
                !line.starts_with("  = evidence:") && !line.starts_with("  = rerun:") && line.trim() != "|"
            });
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    blocks.sort();
    assert_eq!(blocks.len(), steps.len(), "{ended}");
    blocks
}

#[test]
fn what_the_page_threw_is_told() {
    let said = said(&["{ click = \"#msg\" },\n  { expect = \"#msg\", contains = \"Bob\" }"]);
    insta::assert_snapshot!(said.join("\n\n"), @r###"
    FAIL testcases/c01
    assertion: `#msg`: the text is `Welcome Alice`, waited 500ms
     --> testcases/c01.toml:4:3, step 3: expect #msg
    4 |   { expect = "#msg", contains = "Bob" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: containing `Bob`
      = actual:   Welcome Alice
      = seen:     in the end the page is at http://site/, titled `/`
      =           the page threw `ReferenceError: greet is not defined` at http://site/:1:101
    "###);
}

#[test]
fn a_check_that_does_not_hold_tells_expected_and_actual() {
    let said = said(&[
        "{ expect = \"#msg\", text = \"Welcome Bob\" }",
        "{ expect = \"#msg\", text = \"welcome alice\" }",
        "{ expect = \"#user\", text = \"alice\" }",
        "{ expect_url = \"/account\" }",
    ]);
    insta::assert_snapshot!(said.join("\n\n"), @r###"
    FAIL testcases/c01
    assertion: `#msg`: the text is `Welcome Alice`, waited 500ms
     --> testcases/c01.toml:3:3, step 2: expect #msg
    3 |   { expect = "#msg", text = "Welcome Bob" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: Welcome Bob
      = actual:   Welcome Alice
      = seen:     in the end the page is at http://site/, titled `/`

    FAIL testcases/c02
    assertion: `#msg`: the text is `Welcome Alice`, waited 500ms
     --> testcases/c02.toml:3:3, step 2: expect #msg
    3 |   { expect = "#msg", text = "welcome alice" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: welcome alice
      = actual:   Welcome Alice
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     they differ in upper and lower case only: checks are case-sensitive, `matches = '/…/i'` is not

    FAIL testcases/c03
    assertion: `#user`: the text is empty (its value is empty, too: use `value`), waited 500ms
     --> testcases/c03.toml:3:3, step 2: expect #user
    3 |   { expect = "#user", text = "alice" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: alice
      = actual:   (nothing)
      = seen:     in the end the page is at http://site/, titled `/`

    FAIL testcases/c04
    assertion: the page has the URL `http://site/`, waited 500ms
     --> testcases/c04.toml:3:3, step 2: expect_url /account
    3 |   { expect_url = "/account" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = expected: http://site/account
      = actual:   http://site/
    "###);
}

#[test]
fn an_element_that_is_not_there_is_told_with_what_is_near() {
    let said = said(&[
        "{ click = \"role=button[name='Sign up']\" }",
        "{ fill = \"label=Username\", value = \"alice\" }",
        "{ click = \"form > button.primry\" }",
        "{ click = \"Sign up\" }",
        "{ click = \"role=button[name='Checkout']\" }",
    ]);
    insta::assert_snapshot!(said.join("\n\n"), @r###"
    FAIL testcases/c01
    step: `role=button[name='Sign up']` is not there, waited 500ms
     --> testcases/c01.toml:3:3, step 2: click role=button[name='Sign up']
    3 |   { click = "role=button[name='Sign up']" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     near: `role=link[name='Sign up']`, <a href="/up">
      =           near: `role=button[name='Sign in']`, <button id="go" class="primary">
      =           near: `role=link[name='Sign in']`, <a href="/in">

    FAIL testcases/c02
    step: `label=Username` is not there, waited 500ms
     --> testcases/c02.toml:3:3, step 2: fill label=Username
    3 |   { fill = "label=Username", value = "alice" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     near: `label='User name'`, <input id="user">

    FAIL testcases/c03
    step: `form > button.primry` is not there, waited 500ms
     --> testcases/c03.toml:3:3, step 2: click form > button.primry
    3 |   { click = "form > button.primry" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     near: `form button.primary`, <button id="go" class="primary">

    FAIL testcases/c04
    step: `Sign up` is not there, waited 500ms
     --> testcases/c04.toml:3:3, step 2: click Sign up
    3 |   { click = "Sign up" },
      |   ^^^^^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     near: `text='Sign up'`, <a href="/up">: without `text=` it is a CSS selector
      =           near: `text='Sign in'`, <a href="/in"> and 1 more: without `text=` it is a CSS selector

    FAIL testcases/c05
    step: `role=button[name='Checkout']` is not there, waited 500ms
     --> testcases/c05.toml:3:3, step 2: click role=button[name='Checkout']
    3 |   { click = "role=button[name='Checkout']" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     near: `frame=iframe[name='pay'] >> …`, <iframe name="pay">: it is in this frame
    "###);
}

#[test]
fn an_element_that_cannot_be_acted_on_is_told_with_what_is_in_the_way() {
    let said = said(&["{ click = \"text=Sign in\" }", "{ click = \"#go\" }", "{ click = \"#pay\" }"]);
    insta::assert_snapshot!(said.join("\n\n"), @r###"
    FAIL testcases/c01
    step: `text=Sign in` matches 2 elements, one is needed, waited 500ms
     --> testcases/c01.toml:3:3, step 2: click text=Sign in
    3 |   { click = "text=Sign in" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     `role=link[name='Sign in']` finds only <a href="/in">Sign in</a>
      =           `#go` finds only <button id="go" class="primary">Sign in</button>

    FAIL testcases/c02
    step: `#go` is covered by `<div class="cookies">`, waited 500ms
     --> testcases/c02.toml:3:3, step 2: click #go
    3 |   { click = "#go" },
      |   ^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     close what covers it, or wait until that is gone: `{ expect = "div.cookies", hidden = true }`; `force = true` acts all the same

    FAIL testcases/c03
    step: `#pay` is disabled, waited 500ms
     --> testcases/c03.toml:3:3, step 2: click #pay
    3 |   { click = "#pay" },
      |   ^^^^^^^^^^^^^^^^^^^
      = seen:     in the end the page is at http://site/, titled `/`
      = hint:     what enables it? an earlier step may be missing; `force = true` acts all the same
    "###);
}

#[test]
fn scripts_pages_and_prompts_that_go_wrong_are_told_with_what_to_do() {
    let said = said(&[
        "{ script = \"while (true) {}\", as = \"x\" }",
        "{ goto = \"/silent\", timeout = \"1s\" }",
        "{ click = \"#bye\" }",
        "{ script = \"return total(undefined)\", as = \"n\" }",
        "{ script = \"return (\", as = \"n\" }",
    ]);
    insta::assert_snapshot!(said.join("\n\n"), @r###"
    FAIL testcases/c01
    timeout: step timeout of 500ms missed: the script did not return
     --> testcases/c01.toml:3:3, step 2: script while (true) {}
    3 |   { script = "while (true) {}", as = "x" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = hint:     it runs in a loop that does not end, or returns a promise that is never settled

    FAIL testcases/c02
    timeout: step timeout of 1s missed: http://site/silent did not answer
     --> testcases/c02.toml:3:3, step 2: goto /silent
    3 |   { goto = "/silent", timeout = "1s" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = hint:     the server took the connection and sent no page, or the page before does not let go

    FAIL testcases/c03
    prompt: an `alert` nobody asked for: `Your session is over`
     --> testcases/c03.toml:3:3, step 2: click #bye
    3 |   { click = "#bye" },
      |   ^^^^^^^^^^^^^^^^^^^
      = hint:     put a `dialog` step before the step that brings it up: `{ dialog = "accept" }` or `{ dialog = "dismiss" }`; this alert was dismissed

    FAIL testcases/c04
    script: the script threw TypeError: Cannot read properties of undefined (reading 'items')
     --> testcases/c04.toml:3:3, step 2: script return total(undefined)
    3 |   { script = "return total(undefined)", as = "n" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = seen:     at total (http://site/:1:769)
      =           at line 1, column 8 of the script
      = hint:     what it reads may not be there yet: wait for it with an `expect` before

    FAIL testcases/c05
    script: the script threw SyntaxError: Unexpected token '}'
     --> testcases/c05.toml:3:3, step 2: script return (
    3 |   { script = "return (", as = "n" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = hint:     the body runs as the body of a function: `return` gives its result, `args[0]` is its first argument
    "###);
}

#[test]
fn the_pointer_goes_to_a_disabled_button_whose_tooltip_says_why_it_is_disabled() {
    let site = Site::start();
    site.page("/", SHOP);
    let steps = "{ goto = \"/\" }, { expect = \"#why i\", hidden = true }, { hover = \"#pay\" }, { expect = \"#why i\", text = \"Fill in the form first\" }";
    let project = Project::new()
        .file("runner.toml", &format!("pressure.cpu = 100\nbase_url = \"{}\"\n", site.url("/")))
        .file("testcases/tooltip.toml", &format!("steps = [ {steps} ]\n"));
    Running::start(&project, &[]).wait_clean().exits(0);
}

//! What a developer reads when a case fails: one text for each of the ways that come up most.

use super::build::{case, click, expect, expect_text, fill, goto, is, placed, run_script};
use super::twin::{Play, Twin};
use super::{Bench, shown};
use crate::browser::page::{ConsoleLine, Fault};
use crate::case::model::Action;
use crate::source::SourceFile;

const FILE: &str = r##"name = "Sign in"
steps = [
  { goto = "/login" },
  { fill = "label=User", value = "alice" },
  { click = "text=Sign in" },
  { expect = "#msg", text = "Welcome alice" },
  { script = "return cart.items.length", as = "n" },
]
"##;

/// Goes to the login page, then does this, which stands in the file like that.
async fn reads(twin: Twin, written: &str, action: Action) -> String {
    let source = SourceFile::new("testcases/login.toml", FILE);
    let steps =
        vec![placed(&source, r#"{ goto = "/login" }"#, goto("/login")), placed(&source, written, action)];
    let failure = Bench::new(twin).run(&case(steps)).await.failure.expect("it must fail");
    shown(&failure)
}

const EXPECT: &str = r##"{ expect = "#msg", text = "Welcome alice" }"##;
const CLICK: &str = r#"{ click = "text=Sign in" }"#;
const FILL: &str = r#"{ fill = "label=User", value = "alice" }"#;
const SCRIPT: &str = r#"{ script = "return cart.items.length", as = "n" }"#;

fn welcome() -> Action {
    expect_text("#msg", "Welcome alice")
}

fn sign_in() -> Action {
    click("text=Sign in")
}

#[tokio::test(start_paused = true)]
async fn the_wrong_text() {
    let play = Play::mismatch("the text is `welcome alice`", "Welcome alice", "welcome alice")
        .seen(0, "is not there")
        .seen(320, "the text is `…`");
    insta::assert_snapshot!(reads(Twin::default().at("check", play), EXPECT, welcome()).await, @r##"
    assertion: `#msg`: the text is `welcome alice`, waited 10s
    at testcases/login.toml:6:3, step 2: expect = "#msg", text = "Welcome alice"
    expected: Welcome alice
    actual: welcome alice
    seen: after 0ms: is not there
    seen: after 320ms: the text is `…`
    seen: in the end the page is at http://shop.test/login, titled `A page`
    hint: they differ in upper and lower case only: checks are case-sensitive, `matches = '/…/i'` is not
      { expect = "#msg", text = "Welcome alice" },
    "##);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_threw() {
    let line = |level: &str, text: &str, line: u32| ConsoleLine {
        at_ms: None,
        level: level.to_owned(),
        text: text.into(),
        from: format!("http://shop.test/a.js:{line}:9").into(),
    };
    let play = Play::not_ready("missing", "is not there");
    let mut twin = Twin::default().at("act", play);
    twin.console = vec![
        line("exception", "Uncaught Error: too long ago", 1),
        line("error", "nothing is thrown here", 2),
        line("exception", "Uncaught TypeError: cart is null\n    at load (a.js:3)", 3),
        line("exception", "Uncaught (in promise) Error: \u{1b}[31mred", 4),
        line("exception", "Uncaught TypeError: cart is null\n    at tick (a.js:3)", 3),
        line("exception", "Uncaught 7", 5),
    ];
    insta::assert_snapshot!(reads(twin, CLICK, sign_in()).await, @r#"
    step: `text=Sign in` is not there, waited 10s
    at testcases/login.toml:5:3, step 2: click = "text=Sign in"
    seen: in the end the page is at http://shop.test/login, titled `A page`
    seen: the page threw `Error: \u{1b}[31mred` at http://shop.test/a.js:4:9
    seen: the page threw `TypeError: cart is null` at http://shop.test/a.js:3:9
    seen: the page threw `7` at http://shop.test/a.js:5:9
    hint: nothing on the page comes near it: is this the page that was expected?
      { click = "text=Sign in" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn the_wrong_page() {
    let play = Play::mismatch(
        "has the URL `http://shop.test/login`",
        "http://shop.test/cart",
        "http://shop.test/login",
    );
    let twin = Twin::default().at("document", Play::default()).at("document", play);
    insta::assert_snapshot!(reads(twin, EXPECT, Action::ExpectUrl(is("/cart"))).await, @r##"
    assertion: the page has the URL `http://shop.test/login`, waited 10s
    at testcases/login.toml:6:3, step 2: expect = "#msg", text = "Welcome alice"
    expected: http://shop.test/cart
    actual: http://shop.test/login
      { expect = "#msg", text = "Welcome alice" },
    "##);
}

#[tokio::test(start_paused = true)]
async fn the_wrong_title() {
    let play = Play::mismatch("the title is `Log in`", "Cart", "Log in").seen(0, "the title is `Log in`");
    let twin = Twin::default().at("document", Play::default()).at("document", play);
    insta::assert_snapshot!(reads(twin, EXPECT, Action::ExpectTitle(is("Cart"))).await, @r##"
    assertion: the page's title is `Log in`, waited 10s
    at testcases/login.toml:6:3, step 2: expect = "#msg", text = "Welcome alice"
    expected: Cart
    actual: Log in
      { expect = "#msg", text = "Welcome alice" },
    "##);
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_locator() {
    let play = Play::not_ready("ambiguous", "matches 2 elements")
        .candidate("role=button[name='Sign in']", "<button type=\"submit\">Sign in</button>")
        .candidate("nav >> text=Sign in", "<a href=\"/login\">Sign in</a>");
    insta::assert_snapshot!(reads(Twin::default().at("act", play), CLICK, sign_in()).await, @r#"
    step: `text=Sign in` matches 2 elements, one is needed, waited 10s
    at testcases/login.toml:5:3, step 2: click = "text=Sign in"
    seen: in the end the page is at http://shop.test/login, titled `A page`
    hint: `role=button[name='Sign in']` finds only <button type="submit">Sign in</button>
    hint: `nav >> text=Sign in` finds only <a href="/login">Sign in</a>
      { click = "text=Sign in" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_covered_element() {
    let play = Play::not_ready("covered", "is covered by `<div class=\"cookie-banner\">`")
        .seen(12, "is moving")
        .seen(60, "is covered by `<div class=\"cookie-banner\">`");
    insta::assert_snapshot!(reads(Twin::default().at("act", play), CLICK, sign_in()).await, @r#"
    step: `text=Sign in` is covered by `<div class="cookie-banner">`, waited 10s
    at testcases/login.toml:5:3, step 2: click = "text=Sign in"
    seen: after 12ms: is moving
    seen: after 60ms: is covered by `<div class="cookie-banner">`
    seen: in the end the page is at http://shop.test/login, titled `A page`
    hint: close what covers it, or wait until that is gone: `{ expect = "div.cookie-banner", hidden = true }`; `force = true` acts all the same
      { click = "text=Sign in" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_missing_element_on_another_page() {
    let elsewhere = serde_json::json!({"url": "http://shop.test/error?code=7", "title": "Something went wrong", "status": 404});
    let login = serde_json::json!({"url": "http://shop.test/login", "title": "Log in"});
    let twin = Twin::default()
        .at("document", Play::value(login))
        .at("act", Play::gone())
        .at(
            "act",
            Play::not_ready("missing", "is not there").candidate("label=User name", "<input id=\"user\">"),
        )
        .at("document", Play::value(elsewhere));
    insta::assert_snapshot!(reads(twin, FILL, fill("label=User", "alice")).await, @r#"
    step: `label=User` is not there, waited 10s
    at testcases/login.toml:4:3, step 2: fill = "label=User", value = "alice"
    seen: after 0ms: the page went to another document
    seen: in the end the page is at http://shop.test/error?code=7, titled `Something went wrong`, which the server answered with HTTP status 404
    hint: near: `label=User name`, <input id="user">
    hint: the case last went to http://shop.test/login: is this still the page it is about?
      { fill = "label=User", value = "alice" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_script_that_does_not_end() {
    let twin = Twin::default().at("script", Play::stuck());
    insta::assert_snapshot!(reads(twin, SCRIPT, run_script("return cart.items.length", Some("n"))).await, @r#"
    timeout: step timeout of 10s missed: the script did not return
    at testcases/login.toml:7:3, step 2: script = "return cart.items.length", as = "n"
    hint: it runs in a loop that does not end, or returns a promise that is never settled
      { script = "return cart.items.length", as = "n" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_page_whose_own_script_does_not_end() {
    let twin = Twin::default().at("check", Play::stuck());
    insta::assert_snapshot!(reads(twin, EXPECT, welcome()).await, @r##"
    timeout: step timeout of 10s missed: the page did not answer while looking for `#msg`
    at testcases/login.toml:6:3, step 2: expect = "#msg", text = "Welcome alice"
    hint: the browser itself still answers: a script of the page keeps it busy, most likely a loop that does not end
      { expect = "#msg", text = "Welcome alice" },
    "##);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_never_finishes_loading() {
    let state = serde_json::json!({"url": "http://shop.test/login", "ready_state": "interactive"});
    let play = Play::mismatch("is loading (`interactive`)", "loaded", "interactive")
        .seen(3, "is loading (`interactive`)");
    let twin = Twin::default().at("document", play).at("document", Play::value(state));
    insta::assert_snapshot!(reads(twin, EXPECT, expect("#msg")).await, @r#"
    timeout: navigation timeout of 30s missed: http://shop.test/login did not finish loading
    at testcases/login.toml:3:3, step 1: goto = "/login"
    expected: loaded
    actual: interactive
    seen: after 3ms: is loading (`interactive`)
    hint: something that the page includes does not arrive; `until = "dom"` goes on as soon as the markup is there, `timeout` gives it more time
      { goto = "/login" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers() {
    insta::assert_snapshot!(reads(Twin::default().at("navigate", Play::stuck()), EXPECT, welcome()).await, @r#"
    timeout: navigation timeout of 30s missed: http://shop.test/login did not answer
    at testcases/login.toml:3:3, step 1: goto = "/login"
    hint: the server took the connection and sent no page, or the page before does not let go
      { goto = "/login" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_running() {
    let play = Play::fault(Fault::Navigation("net::ERR_CONNECTION_REFUSED".to_owned()));
    insta::assert_snapshot!(reads(Twin::default().at("navigate", play), EXPECT, welcome()).await, @r#"
    navigation: http://shop.test/login could not be loaded: net::ERR_CONNECTION_REFUSED
    at testcases/login.toml:3:3, step 1: goto = "/login"
    hint: nothing listens there: is the server running? `[server]` in runner.toml starts one
      { goto = "/login" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_surprising_alert() {
    let play = Play::prompt("alert", "Your session\nhas expired");
    insta::assert_snapshot!(reads(Twin::default().at("press", play), CLICK, sign_in()).await, @r#"
    prompt: an `alert` nobody asked for: `Your session has expired`
    at testcases/login.toml:5:3, step 2: click = "text=Sign in"
    hint: put a `dialog` step before the step that brings it up: `{ dialog = "accept" }` or `{ dialog = "dismiss" }`; this alert was dismissed
      { click = "text=Sign in" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_script_that_throws() {
    let message = "TypeError: Cannot read properties of undefined (reading 'length')\n    at <anonymous>:1:19\n    at run (app.js:3:7)";
    let play = Play::fault(Fault::Script { message: message.to_owned() });
    let action = run_script("return cart.items.length", Some("n"));
    insta::assert_snapshot!(reads(Twin::default().at("script", play), SCRIPT, action).await, @r#"
    script: the script threw TypeError: Cannot read properties of undefined (reading 'length')
    at testcases/login.toml:7:3, step 2: script = "return cart.items.length", as = "n"
    seen: at <anonymous>:1:19
    seen: at run (app.js:3:7)
    hint: what it reads may not be there yet: wait for it with an `expect` before
      { script = "return cart.items.length", as = "n" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_is_not_set() {
    insta::assert_snapshot!(reads(Twin::default(), FILL, fill("label=User", "${user}")).await, @r#"
    step: `${user}` is not set
    at testcases/login.toml:4:3, step 2: fill = "label=User", value = "alice"
    hint: `vars`, `set`, `as = "user"` of an earlier step and `--var user=…` set it; was that step passed over?
      { fill = "label=User", value = "alice" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn an_element_that_never_stands_still() {
    let mut twin = Twin::default();
    for _ in 0..100 {
        let missed = serde_json::json!({"missed": "<div class=\"ad\">"});
        twin = twin.at("landed", Play::value(missed).after(std::time::Duration::from_millis(500)));
    }
    insta::assert_snapshot!(reads(twin, CLICK, sign_in()).await, @r#"
    step: `text=Sign in` was never hit, pressed again and again for 10s
    at testcases/login.toml:5:3, step 2: click = "text=Sign in"
    seen: after 500ms: the press would have hit <div class="ad">, since the page moved; it was held back
    hint: the page moves between the look and the press: wait with an `expect` for what makes it settle
      { click = "text=Sign in" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_is_not_there() {
    let twin = Twin::default().at("act", Play::not_ready("missing", "is not there"));
    insta::assert_snapshot!(reads(twin, CLICK, click("frame=#pay >> text=Sign in")).await, @r#"
    step: frame 1 of `frame=#pay >> text=Sign in` is not there, waited 10s
    at testcases/login.toml:5:3, step 2: click = "text=Sign in"
    seen: in the end the page is at http://shop.test/login, titled `A page`
    hint: nothing on the page comes near it: is this the page that was expected?
      { click = "text=Sign in" },
    "#);
}

#[tokio::test(start_paused = true)]
async fn an_element_of_the_wrong_kind() {
    let play = Play::not_ready("unsuitable", "is a select, which is not filled: use `select`");
    insta::assert_snapshot!(reads(Twin::default().at("act", play), FILL, fill("label=User", "alice")).await, @r#"
    step: `label=User` is a select, which is not filled: use `select`
    at testcases/login.toml:4:3, step 2: fill = "label=User", value = "alice"
      { fill = "label=User", value = "alice" },
    "#);
}

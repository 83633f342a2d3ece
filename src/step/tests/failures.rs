//! What a developer reads when a case fails: one text for each of the ways that come up most.

use super::build::{case, click, expect, expect_text, fill, goto, placed, run_script};
use super::twin::{Play, Twin};
use super::{Bench, shown};
use crate::browser::page::Fault;
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
    let steps = vec![
        placed(&source, r#"{ goto = "/login" }"#, goto("/login")),
        placed(&source, written, action),
    ];
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
    insta::assert_snapshot!(reads(Twin::default().at("check", play), EXPECT, welcome()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_locator() {
    let play = Play::not_ready("ambiguous", "matches 2 elements")
        .candidate("role=button[name='Sign in']", "`<button type=\"submit\">` Sign in")
        .candidate("nav >> text=Sign in", "`<a href=\"/login\">` Sign in");
    insta::assert_snapshot!(reads(Twin::default().at("act", play), CLICK, sign_in()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_covered_element() {
    let play = Play::not_ready("covered", "is covered by `<div class=\"cookie-banner\">`")
        .seen(12, "is moving")
        .seen(60, "is covered by `<div class=\"cookie-banner\">`");
    insta::assert_snapshot!(reads(Twin::default().at("act", play), CLICK, sign_in()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_missing_element_on_another_page() {
    let elsewhere = serde_json::json!({"url": "http://shop.test/error?code=7", "title": "Something went wrong"});
    let login = serde_json::json!({"url": "http://shop.test/login", "title": "Log in"});
    let twin = Twin::default()
        .at("document", Play::value(login))
        .at("act", Play::gone())
        .at("act", Play::not_ready("missing", "is not there").candidate("label=User name", "`<input id=\"user\">`"))
        .at("document", Play::value(elsewhere));
    insta::assert_snapshot!(reads(twin, FILL, fill("label=User", "alice")).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_script_that_does_not_end() {
    let twin = Twin::default().at("script", Play::stuck());
    insta::assert_snapshot!(reads(twin, SCRIPT, run_script("return cart.items.length", Some("n"))).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_page_whose_own_script_does_not_end() {
    let twin = Twin::default().at("check", Play::stuck());
    insta::assert_snapshot!(reads(twin, EXPECT, welcome()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_never_finishes_loading() {
    let state = serde_json::json!({"url": "http://shop.test/login", "ready_state": "interactive"});
    let play = Play::mismatch("is loading (`interactive`)", "loaded", "interactive").seen(3, "is loading (`interactive`)");
    let twin = Twin::default().at("document", play).at("document", Play::value(state));
    insta::assert_snapshot!(reads(twin, EXPECT, expect("#msg")).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers() {
    insta::assert_snapshot!(reads(Twin::default().at("navigate", Play::stuck()), EXPECT, welcome()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_running() {
    let play = Play::fault(Fault::Navigation("net::ERR_CONNECTION_REFUSED".to_owned()));
    insta::assert_snapshot!(reads(Twin::default().at("navigate", play), EXPECT, welcome()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_surprising_alert() {
    let play = Play::prompt("alert", "Your session\nhas expired");
    insta::assert_snapshot!(reads(Twin::default().at("press", play), CLICK, sign_in()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_script_that_throws() {
    let message = "TypeError: Cannot read properties of undefined (reading 'length')\n    at <anonymous>:1:19\n    at run (app.js:3:7)";
    let play = Play::fault(Fault::Script { message: message.to_owned() });
    let action = run_script("return cart.items.length", Some("n"));
    insta::assert_snapshot!(reads(Twin::default().at("script", play), SCRIPT, action).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_is_not_set() {
    insta::assert_snapshot!(reads(Twin::default(), FILL, fill("label=User", "${user}")).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn an_element_that_never_stands_still() {
    let mut twin = Twin::default();
    for _ in 0..100 {
        let missed = serde_json::json!({"missed": "<div class=\"ad\">"});
        twin = twin.at("pressed", Play::value(missed).after(std::time::Duration::from_millis(500)));
    }
    insta::assert_snapshot!(reads(twin, CLICK, sign_in()).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_is_not_there() {
    let twin = Twin::default().at("act", Play::not_ready("missing", "is not there"));
    insta::assert_snapshot!(reads(twin, CLICK, click("frame=#pay >> text=Sign in")).await, @r"");
}

#[tokio::test(start_paused = true)]
async fn an_element_of_the_wrong_kind() {
    let play = Play::not_ready("unsuitable", "is a select, which is not filled: use `select`");
    insta::assert_snapshot!(reads(Twin::default().at("act", play), FILL, fill("label=User", "alice")).await, @r"");
}

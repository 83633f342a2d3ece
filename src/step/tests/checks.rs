//! The checks: what is asked, for how long, and what counts as holding.

use super::build::{
    case, expect, expect_hidden, expect_text, expect_var, goto, is, now, plain, script, set, step, steps,
    text, value, visible, wait,
};
use super::twin::{Play, Twin};
use super::{Bench, SECOND};
use crate::case::matcher::Text;
use crate::case::model::{Action, Condition, Test, ValueTest};
use crate::outcome::{AttemptVerdict, FailureKind};
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn expect_is_one_round_trip_with_what_is_left_of_the_time() {
    let mut bench = Bench::new(Twin::default());
    let mut case = case(steps([expect_text("#msg", "Welcome"), expect("h1")]));
    case.steps[1].timeout = Some(3 * SECOND);
    bench.run(&case).await;
    insta::assert_snapshot!(bench.twin.asked.join("\n"), @r#"
    check css=#msg {"visible":true,"text":{"is":"Welcome"}}
    check css=h1 {"visible":true}
    "#);
    assert_eq!(bench.twin.waits, [10_000, 3_000]);
}

#[tokio::test(start_paused = true)]
async fn a_navigation_under_a_check_is_asked_again_with_what_is_left() {
    let twin = Twin::default().at("check", Play::gone().after(4 * SECOND));
    let mut bench = Bench::new(twin);
    bench.passes([expect("h1")]).await;
    assert_eq!(bench.twin.waits, [10_000, 6_000]);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_a_frame_that_is_not_there_is_hidden() {
    let twin = Twin::default().at("act", Play::not_ready("missing", "is not there"));
    let mut bench = Bench::new(twin);
    bench.passes([expect_hidden("frame=#pay >> .spinner")]).await;
    assert_eq!(bench.twin.waits, [0]);
}

#[tokio::test(start_paused = true)]
async fn urls_are_joined_and_stars_become_patterns() {
    let mut bench = Bench::new(Twin::default());
    let asked = bench.passes([
        Action::ExpectUrl(is("/cart")),
        Action::ExpectUrl(is("/item/*")),
        Action::ExpectTitle(is("Cart")),
    ]);
    insta::assert_snapshot!(asked.await.join("\n"), @r#"
    document url {"is":"http://shop.test/cart"}
    document url {"matches":{"pattern":"^(?:http:\\/\\/shop\\.test\\/item\\/[^/]*)$","flags":""}}
    document title {"is":"Cart"}
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_script_is_asked_until_it_holds() {
    let twin = Twin::default()
        .at("script", Play::value(json!(false)))
        .at(
            "script",
            Play::fault(crate::browser::page::Fault::Script { message: "TypeError: no #x".to_owned() }),
        )
        .at("script", Play::value(json!(3.0)));
    let mut bench = Bench::new(twin);
    let script = script("return n > args[0]", vec![plain(2)]);
    let is = Some(ValueTest::Is(plain(3)));
    let asked = bench.passes([Action::ExpectScript { script, is }]).await;
    assert_eq!(asked, ["script return n > args[0] [2]"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_script_with_a_syntax_error_fails_at_once() {
    let fault = crate::browser::page::Fault::Script { message: "SyntaxError: Unexpected token".to_owned() };
    let mut bench = Bench::new(Twin::default().at("script", Play::fault(fault)));
    let failure =
        bench.fails([Action::ExpectScript { script: script("return (", Vec::new()), is: None }]).await;
    assert_eq!(failure.kind, FailureKind::Script);
    assert_eq!(bench.twin.asked.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn variables_are_compared_as_json() {
    let mut bench = Bench::new(Twin::default());
    let set_list = set("list", plain(json!([1, {"a": "b"}])));
    bench
        .passes([
            set_list,
            expect_var("list", plain(json!([1.0, {"a": "b"}]))),
            expect_var("list.1.a", value("b")),
        ])
        .await;
    let failure = Bench::new(Twin::default()).fails([set("n", plain(3)), expect_var("n", value("3"))]).await;
    assert_eq!(failure.message.raw(), "`n` is 3");
    assert_eq!(failure.expected.unwrap().raw(), "\"3\"");
    assert_eq!(failure.hints[0].raw(), "one is text, the other is not: `is` compares without converting");
    let contains = ValueTest::Text(Text::Contains(text("el")));
    bench
        .passes([set("word", value("hello")), Action::ExpectVar { name: "word".to_owned(), is: contains }])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_condition_looks_once_unless_it_has_time() {
    let twin = Twin::default().at("check", Play::not_ready("missing", "is not there"));
    let mut bench = Bench::new(twin);
    let mut case = case(steps([goto("/"), goto("/")]));
    case.steps[0].condition = Some(visible("#banner"));
    case.steps[1].condition = Some(Condition { timeout: Some(2 * SECOND), ..visible("#banner") });
    bench.run(&case).await;
    assert_eq!(bench.twin.waits[..2], [0, 2_000]);
    assert_eq!(bench.watched.steps, ["1 goto", "1 skipped", "2 goto", "2 passed"]);
}

#[tokio::test(start_paused = true)]
async fn a_conditions_time_does_not_go_beyond_what_is_around_it() {
    let twin = Twin::default().at("check", Play::not_ready("missing", "is not there"));
    let mut case = case(vec![step(goto("/"))]);
    case.steps[0].condition = Some(Condition { timeout: Some(20 * SECOND), ..visible("#banner") });
    let mut bench = Bench::new(twin);
    bench.deadline = 5 * SECOND;
    bench.run(&case).await;
    assert_eq!(bench.twin.waits, [5_000]);
}

#[tokio::test(start_paused = true)]
async fn conditions_combine() {
    let holds = |test: Test| async move {
        let twin = Twin::default()
            .at("script", Play::value(json!(1)))
            .at("check", Play::not_ready("hidden", "is hidden"));
        let mut case = case(vec![step(goto("/"))]);
        case.steps[0].condition = Some(now(test));
        let mut bench = Bench::new(twin);
        bench.run(&case).await;
        bench.watched.steps[1] == "1 passed"
    };
    let yes = || now(Test::Script(script("return 1", Vec::new())));
    let no = || visible("#x");
    let unset = || now(Test::Var { name: "nothing".to_owned(), is: None });
    assert!(holds(Test::All(vec![yes()])).await);
    assert!(!holds(Test::All(vec![yes(), no()])).await);
    assert!(holds(Test::Any(vec![no(), yes()])).await);
    assert!(!holds(Test::Any(vec![no(), unset()])).await);
    assert!(holds(Test::Not(Box::new(no()))).await);
}

#[tokio::test(start_paused = true)]
async fn a_condition_with_time_that_no_engine_waits_for_is_looked_at_again() {
    let twin = Twin::default().at("script", Play::value(json!(0))).at("script", Play::value(json!(1)));
    let mut case = case(vec![step(goto("/"))]);
    let test = Test::Script(script("return ready", Vec::new()));
    case.steps[0].condition = Some(Condition { test, timeout: Some(SECOND) });
    let mut bench = Bench::new(twin);
    bench.run(&case).await;
    assert_eq!(bench.watched.steps[1], "1 passed");
}

#[tokio::test(start_paused = true)]
async fn waiting_is_bounded_by_what_is_around_it_only() {
    let mut bench = Bench::new(Twin::default());
    bench.passes([wait(30 * SECOND)]).await;
    let ended = bench.run(&case(steps([wait(61 * SECOND), goto("/")]))).await;
    assert_eq!(ended.verdict, AttemptVerdict::Failed);
    let failure = ended.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.message.raw(), "attempt timeout of 1m missed: `wait` of 1m 1s does not fit into it");
}

#[tokio::test(start_paused = true)]
async fn goto_checks_the_status_it_is_told() {
    let status = |url, wanted| Action::Goto {
        url: text(url),
        until: crate::case::model::Until::Dom,
        status: Some(wanted),
    };
    let mut bench = Bench::new(Twin::default().at("document", Play::status(Some(404))));
    let failure = bench.fails([status("/nowhere", 200)]).await;
    assert_eq!(failure.message.raw(), "http://shop.test/nowhere answered with the HTTP status 404");
    Bench::new(Twin::default().at("document", Play::status(Some(404))))
        .passes([status("/nowhere", 404)])
        .await;
    let failure =
        Bench::new(Twin::default().at("document", Play::status(None))).fails([status("/", 200)]).await;
    assert_eq!(failure.kind, FailureKind::Step);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_reloads_itself_for_ever_ends_with_the_step() {
    let mut twin = Twin::default();
    for _ in 0..1_000 {
        twin = twin.at("check", Play::gone().after(Duration::from_millis(50)));
    }
    let failure = Bench::new(twin).fails([expect("h1")]).await;
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(
        failure
            .message
            .raw()
            .starts_with("step timeout of 10s missed: the page kept going to other documents")
    );
}

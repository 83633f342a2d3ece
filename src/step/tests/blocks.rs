//! Steps in steps: loops, tries, flows, and what the witness is told of them.

use super::Bench;
use super::build::{
    case, click, expect, expect_var, flow, locator, log, now, plain, row, set, step, steps, text, value,
    var_is, visible, wait,
};
use super::twin::{Play, Twin};
use crate::case::model::{Action, Condition, Step, Test};
use crate::case::template::Arg;
use crate::outcome::{AttemptVerdict, FailureKind};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

async fn logged(actions: Vec<Action>) -> Vec<String> {
    let mut bench = Bench::new(Twin::default());
    bench.passes(actions).await;
    bench.watched.logged
}

#[tokio::test(start_paused = true)]
async fn loops_run_their_steps_and_give_their_variable_back() {
    let lines = logged(vec![
        set("x", value("before")),
        Action::Each {
            items: plain(json!(["a", 2])),
            name: "x".to_owned(),
            steps: steps([log("each ${x}")]),
        },
        log("then ${x}"),
        Action::Repeat { times: Arg::Known(2), steps: steps([log("again")]) },
        Action::EachMatch { target: locator("li"), name: "row".to_owned(), steps: steps([log("${row}")]) },
    ])
    .await;
    assert_eq!(
        lines,
        ["each a", "each 2", "then before", "again", "again", "css=li >> nth=0", "css=li >> nth=1"]
    );
}

#[tokio::test(start_paused = true)]
async fn each_match_means_the_same_within_a_place() {
    let inner = Action::EachMatch {
        target: locator("li"),
        name: "row".to_owned(),
        steps: steps([click("${row} >> a")]),
    };
    let mut bench = Bench::new(Twin::default().at("read", Play::value(json!(1))));
    let asked = bench.passes([Action::Within { target: locator("#list"), steps: vec![step(inner)] }]).await;
    assert!(asked[2].starts_with("act css=#list >> css=li >> nth=0 >> css=a visible"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_while_ends_with_its_condition_or_fails_at_its_limit() {
    let count = |limit| Action::While {
        condition: now(Test::Not(Box::new(var_is("n", plain(1))))),
        limit,
        steps: steps([set("n", plain(1))]),
    };
    Bench::new(Twin::default()).passes([set("n", plain(0)), count(1)]).await;
    let endless = Action::While { condition: visible(".more"), limit: 3, steps: steps([click(".more")]) };
    let failure = Bench::new(Twin::default()).fails([endless]).await;
    assert_eq!(failure.message.raw(), "the condition of `while` still holds after 3 rounds");
}

#[tokio::test(start_paused = true)]
async fn if_takes_one_branch() {
    let branch = |wanted: i32| Action::If {
        condition: var_is("n", plain(wanted)),
        steps: steps([log("yes")]),
        otherwise: steps([log("no")]),
    };
    assert_eq!(logged(vec![set("n", plain(1)), branch(1), branch(2)]).await, ["yes", "no"]);
}

#[tokio::test(start_paused = true)]
async fn retry_tries_again_and_tells_every_try() {
    let twin = Twin::default().at("check", Play::not_ready("missing", "is not there"));
    let mut bench = Bench::new(twin);
    let retry = Action::Retry { tries: 2, steps: steps([log("try"), expect("h1")]) };
    bench.passes([retry]).await;
    insta::assert_snapshot!(bench.watched.steps.join("\n"), @r"
    1 retry
      2 log
      2 passed
      3 expect
      3 failed: `h1` is not there, waited 10s
      4 log
      4 passed
      5 expect
      5 passed
    1 passed
    ");
}

#[tokio::test(start_paused = true)]
async fn retry_gives_up_with_the_last_failure_and_never_on_infrastructure() {
    let missing = || Play::not_ready("missing", "is not there");
    let twin = Twin::default().at("check", missing()).at("check", missing());
    let failure = Bench::new(twin).fails([Action::Retry { tries: 1, steps: steps([expect("h1")]) }]).await;
    assert_eq!(failure.position, Some(3));
    let fault = crate::browser::page::Fault::Infrastructure {
        kind: FailureKind::Driver,
        message: "chromedriver exited with status 1".to_owned(),
    };
    let mut bench = Bench::new(Twin::default().at("check", Play::fault(fault)));
    let ended = bench.run(&case(steps([Action::Retry { tries: 1, steps: steps([expect("h1")]) }]))).await;
    assert_eq!(ended.verdict, AttemptVerdict::Errored);
    assert_eq!(bench.twin.asked.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_blocks_timeout_covers_the_block() {
    let group = Step {
        timeout: Some(Duration::from_secs(5)),
        ..step(Action::Group(steps([wait(Duration::from_secs(4)), expect("h1")])))
    };
    let twin = Twin::default().at("check", Play::not_ready("missing", "is not there"));
    let mut bench = Bench::new(twin);
    let failure = bench.run(&case(vec![group])).await.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.message.raw(), "block timeout of 5s missed: `h1` is not there");
    assert_eq!(bench.twin.waits[0], 1_000);
}

fn login(params: &[&str], returns: &[&str], actions: Vec<Action>, with: &[(&str, &str)]) -> Action {
    Action::Use {
        flow: Arc::new(flow(params, returns, steps(actions))),
        with: with.iter().map(|(name, given)| ((*name).to_owned(), value(given))).collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_has_a_scope_of_its_own_and_returns_what_it_says() {
    let mut bench = Bench::new(Twin::default());
    bench.context.vars_override.insert("user".to_owned(), json!("mallory"));
    let inside = vec![log("${user} ${mine}"), set("id", value("id of ${user}")), set("other", value("x"))];
    let uses = login(&["user"], &["id"], inside, &[("user", "alice")]);
    bench.passes([set("mine", plain(1)), uses, log("${id} ${other} ${mine}")]).await;
    assert_eq!(bench.watched.logged, ["alice ${mine}", "id of alice ${other} 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_flow_fills_in_its_defaults() {
    let mut with_default = flow(&["user"], &[], steps([log("${user} ${role}")]));
    with_default.defaults = vec![("role".to_owned(), value("friend of ${user}"))];
    let flow = Arc::new(with_default);
    let given = vec![("user".to_owned(), value("alice"))];
    let both = vec![("user".to_owned(), value("alice")), ("role".to_owned(), value("admin"))];
    let lines =
        logged(vec![Action::Use { flow: Arc::clone(&flow), with: given }, Action::Use { flow, with: both }])
            .await;
    assert_eq!(lines, ["alice friend of alice", "alice admin"]);
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_returns_what_it_never_set_fails() {
    let failure = Bench::new(Twin::default()).fails([login(&[], &["id"], vec![log("x")], &[])]).await;
    assert_eq!(
        failure.message.raw(),
        "the flow `testcases/login.flow.toml` returns `id`, but did not set it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_a_flow_names_the_step_that_uses_it_and_gives_the_scope_back() {
    let twin = Twin::default().at("check", Play::not_ready("missing", "is not there"));
    let mut bench = Bench::new(twin);
    let mut using = step(login(&[], &[], vec![set("n", plain(2)), expect("h1")], &[]));
    using.soft = true;
    let case = case(vec![step(set("n", plain(1))), using, step(expect_var("n", plain(1)))]);
    let failure = bench.run(&case).await.failure.unwrap();
    assert_eq!(failure.hints.last().unwrap().raw(), "the flow is used at testcases/a.toml:1:1");
    assert_eq!(failure.further, []);
}

#[tokio::test(start_paused = true)]
async fn a_skip_ends_the_attempt_from_wherever_it_stands() {
    let mut bench = Bench::new(Twin::default());
    bench.row = Some(row("alice", &[("user", json!("alice"))]));
    let skip = Action::Group(steps([Action::Skip(text("not for ${row.user}")), log("never")]));
    let ended = bench.run(&case(steps([skip, log("never")]))).await;
    assert_eq!(ended.verdict, AttemptVerdict::Skipped);
    assert_eq!(ended.skipped.as_deref(), Some("not for alice"));
    assert_eq!(
        bench.watched.steps,
        ["1 group", "  2 skip", "  2 skipped: not for alice", "1 skipped: not for alice"]
    );
    assert!(bench.watched.logged.is_empty());
}

#[tokio::test(start_paused = true)]
async fn conditions_of_steps_guard_blocks_too() {
    let mut group = step(Action::Group(steps([log("never")])));
    group.condition = Some(Condition { test: Test::Var { name: "x".to_owned(), is: None }, timeout: None });
    let mut bench = Bench::new(Twin::default());
    bench.run(&case(vec![group])).await;
    assert_eq!(bench.watched.steps, ["1 group", "1 skipped"]);
}

//! Prompts: asked for, not asked for, and never come.

use super::build::{case, click, dialog, goto, is, step, steps};
use super::twin::{Play, Twin};
use super::{Bench, SECOND, shown};
use crate::case::model::Action;
use crate::outcome::FailureKind;

fn confirm_says(wanted: &str) -> Action {
    Action::Dialog {
        accept: true,
        value: None,
        kind: Some("confirm".to_owned()),
        message: Some(is(wanted)),
        steps: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_was_asked_for_is_part_of_the_case() {
    let twin = Twin::default().at("press", Play::prompt("confirm", "Really?"));
    Bench::new(twin).passes([confirm_says("Really?"), click("#delete")]).await;
}

#[tokio::test(start_paused = true)]
async fn answers_queue() {
    let twin = Twin::default()
        .at("press", Play::prompt("confirm", "Really?").and_prompt("confirm", "Really?"))
        .at("landed", Play::prompt("alert", "Gone"));
    Bench::new(twin).passes([confirm_says("Really?"), dialog(true, Vec::new()), click("#delete")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_prompt_with_another_kind_or_message_fails_where_it_appears() {
    let twin = Twin::default().at("press", Play::prompt("alert", "Really?"));
    let failure = Bench::new(twin).fails([confirm_says("Really?"), click("#delete")]).await;
    assert_eq!((failure.kind, failure.position), (FailureKind::Prompt, Some(2)));
    assert_eq!(failure.expected.unwrap().raw(), "a `confirm`");
    let twin = Twin::default().at("press", Play::prompt("confirm", "Sure?"));
    let failure = Bench::new(twin).fails([confirm_says("Really?"), click("#delete")]).await;
    insta::assert_snapshot!(shown(&failure), @r#"
    prompt: the confirm says `Sure?`
    at testcases/a.toml:1:1, step 2: click
    expected: is "Really?"
    actual: `Sure?`
    hint: the `dialog` step at testcases/a.toml:1:1 expects another message
    steps = [
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_may_come_a_little_after_the_last_step() {
    let late = Play::prompt("alert", "Saved").after(SECOND);
    let twin = Twin::default().at("document", late);
    Bench::new(twin).passes([dialog(true, Vec::new()), click("#save")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_dialog_that_was_never_used_fails_the_case_at_that_step() {
    let mut bench = Bench::new(Twin::default());
    let failure = bench.fails([goto("/"), dialog(true, Vec::new()), click("#save")]).await;
    assert_eq!((failure.kind, failure.position), (FailureKind::Prompt, Some(2)));
    assert_eq!(failure.message.raw(), "no prompt appeared: this `dialog` was never used");
    assert!(bench.watched.kept.last().unwrap().starts_with("failed prompt"));
}

#[tokio::test(start_paused = true)]
async fn a_dialog_with_steps_needs_its_prompt_there() {
    let twin = Twin::default().at("press", Play::prompt("confirm", "Really?"));
    Bench::new(twin).passes([dialog(false, steps([click("#delete")]))]).await;
    let failure = Bench::new(Twin::default()).fails([dialog(false, steps([click("#delete")]))]).await;
    assert_eq!(failure.message.raw(), "no prompt appeared while its steps ran, nor within 10s after");
    assert_eq!(failure.position, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_try_that_failed_takes_its_answers_with_it() {
    let twin = Twin::default()
        .at("act", Play::not_ready("missing", "is not there"))
        .at("press", Play::prompt("confirm", "Really?"));
    let tried = steps([dialog(true, Vec::new()), click("#delete")]);
    Bench::new(twin).passes([Action::Retry { tries: 1, steps: tried }]).await;
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_appears_with_the_last_operation_is_not_missed() {
    let mut case = case(vec![step(click("#save"))]);
    case.after = steps([goto("/logout")]).into();
    let twin = Twin::default().at("landed", Play::prompt("alert", "Oops"));
    let failure = Bench::new(twin).run(&case).await.failure.unwrap();
    assert_eq!(failure.message.raw(), "an `alert` nobody asked for: `Oops`");
}

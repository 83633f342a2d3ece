//! How attempts end: soft failures, `after`, faults, interruptions, secrets.

use super::build::{case, click, expect, expect_text, fill, goto, log, plain, set, step, steps, text, wait};
use super::twin::{Play, Twin};
use super::{Bench, SECOND, shown};
use crate::browser::page::Fault;
use crate::case::model::{Action, Step, Take};
use crate::outcome::{AttemptVerdict, FailureKind};
use crate::step::PageLeft;

fn missing() -> Play {
    Play::not_ready("missing", "is not there")
}

fn soft(action: Action) -> Step {
    Step { soft: true, ..step(action) }
}

#[tokio::test(start_paused = true)]
async fn steps_run_in_order_with_before_and_after() {
    let mut case = case(steps([log("step")]));
    case.before = steps([log("before")]).into();
    case.after = steps([log("after")]).into();
    let mut bench = Bench::new(Twin::default());
    let ended = bench.run(&case).await;
    assert_eq!(ended.verdict, AttemptVerdict::Passed);
    assert_eq!(bench.watched.logged, ["before", "step", "after"]);
    assert_eq!(bench.watched.kept, ["passed at 2, page Sound"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_the_steps_and_not_the_after_steps() {
    let mut case = case(steps([expect("h1"), log("never")]));
    case.after = steps([Action::Fail(text("not clean")), log("after")]).into();
    let mut bench = Bench::new(Twin::default().at("check", missing()));
    let ended = bench.run(&case).await;
    assert_eq!(ended.verdict, AttemptVerdict::Failed);
    assert_eq!(bench.watched.logged, ["after"]);
    let failure = ended.failure.unwrap();
    assert_eq!(failure.message.raw(), "`h1` is not there, waited 10s");
    assert_eq!(failure.further[0].raw(), "testcases/a.toml:1:1: not clean");
}

#[tokio::test(start_paused = true)]
async fn after_steps_have_ten_seconds_together() {
    let mut case = case(Vec::new());
    case.after = steps([wait(6 * SECOND), expect("h1"), log("never")]).into();
    let mut bench = Bench::new(Twin::default().at("check", missing()));
    bench.deadline = SECOND;
    let failure = bench.run(&case).await.failure.unwrap();
    assert_eq!(failure.message.raw(), "`after` timeout of 10s missed: `h1` is not there");
    assert_eq!(bench.twin.waits[0], 4_000);
}

#[tokio::test(start_paused = true)]
async fn a_failing_after_step_fails_a_passing_case() {
    let mut case = case(steps([log("step")]));
    case.after = steps([Action::Fail(text("not clean"))]).into();
    let ended = Bench::new(Twin::default()).run(&case).await;
    assert_eq!(ended.verdict, AttemptVerdict::Failed);
    assert_eq!(ended.failure.unwrap().message.raw(), "not clean");
}

#[tokio::test(start_paused = true)]
async fn soft_failures_are_noted_and_fail_at_the_end() {
    let twin =
        Twin::default().at("check", Play::mismatch("the text is `1`", "2", "1")).at("check", missing());
    let mut bench = Bench::new(twin);
    let case = case(vec![soft(expect_text("#a", "2")), soft(expect("#b")), step(log("goes on"))]);
    let ended = bench.run(&case).await;
    assert_eq!(ended.verdict, AttemptVerdict::Failed);
    let failure = ended.failure.unwrap();
    assert_eq!(failure.message.raw(), "`#a`: the text is `1`, waited 10s");
    assert_eq!(failure.further[0].raw(), "testcases/a.toml:1:1: `#b` is not there, waited 10s");
    assert_eq!(bench.watched.logged, ["goes on"]);
    assert_eq!(
        bench.watched.kept[..2],
        ["failed softly assertion at 1, page Sound", "failed softly assertion at 2, page Sound"]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_soft_about_a_page_that_is_lost() {
    let twin = Twin::default().at("check", Play::stuck());
    let mut bench = Bench::new(twin);
    let mut case = case(vec![soft(expect("#a")), step(log("never"))]);
    case.after = steps([goto("/logout")]).into();
    let ended = bench.run(&case).await;
    assert_eq!((ended.verdict, ended.page), (AttemptVerdict::Failed, PageLeft::Stuck));
    assert_eq!(bench.twin.asked.len(), 1, "a page whose context is spent is not asked again");
    assert_eq!(bench.watched.kept, ["failed timeout at 1, page Stuck"]);
    assert_eq!(ended.failure.unwrap().further[0].raw(), "not all `after` steps were run: the page was lost");
}

#[tokio::test(start_paused = true)]
async fn faults_keep_their_kind() {
    let infrastructure = |kind| Fault::Infrastructure { kind, message: "it broke".to_owned() };
    let cases = [
        (infrastructure(FailureKind::Hung), FailureKind::Hung, AttemptVerdict::Errored),
        (infrastructure(FailureKind::SessionLost), FailureKind::SessionLost, AttemptVerdict::Errored),
        (Fault::Crashed, FailureKind::BrowserCrash, AttemptVerdict::Errored),
        (Fault::Refused("no such thing".to_owned()), FailureKind::Step, AttemptVerdict::Failed),
    ];
    for (fault, kind, verdict) in cases {
        let ended = Bench::new(Twin::default().at("check", Play::fault(fault.clone())))
            .run(&case(steps([expect("h1")])))
            .await;
        assert_eq!((ended.failure.unwrap().kind, ended.verdict), (kind, verdict));
        assert_eq!(ended.crashed_at, (fault == Fault::Crashed).then_some(1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_attempts_deadline_names_itself() {
    let mut bench = Bench::new(Twin::default().at("check", missing()));
    bench.deadline = 5 * SECOND;
    let failure = bench.fails([wait(2 * SECOND), expect("h1")]).await;
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.message.raw(), "attempt timeout of 5s missed: `h1` is not there");
    let failure = bench.fails([wait(5 * SECOND), log("never")]).await;
    assert_eq!(failure.message.raw(), "attempt timeout of 5s missed: no time was left for this step");
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_every_open_step_at_once() {
    let mut bench = Bench::new(Twin::default().at("check", Play::silent()));
    bench.stop = Some(3 * SECOND);
    let mut case = case(steps([Action::Group(steps([expect("h1")]))]));
    case.after = steps([log("never")]).into();
    let ended = bench.run(&case).await;
    assert_eq!((ended.verdict, ended.page), (AttemptVerdict::Interrupted, PageLeft::Stuck));
    assert_eq!(bench.watched.steps, ["1 group", "  2 expect", "  2 interrupted", "1 interrupted"]);
    assert!(bench.watched.logged.is_empty());
}

#[tokio::test(start_paused = true)]
async fn steps_that_never_touch_the_page_can_be_interrupted() {
    let mut bench = Bench::new(Twin::default());
    bench.stop = Some(std::time::Duration::ZERO);
    let rounds = Action::Repeat {
        times: crate::case::template::Arg::Known(u32::MAX),
        steps: steps([set("x", plain(1))]),
    };
    let ended = bench.run(&case(steps([rounds]))).await;
    assert_eq!(ended.verdict, AttemptVerdict::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_sensitive_step_shows_nothing_and_hides_its_values_from_then_on() {
    let twin = Twin::default()
        .at("check", Play::mismatch("the text is `4711`", "1234", "4711").seen(5, "the text is `4711`"))
        .at("read", Play::value("DE00 1234".into()));
    let save =
        Action::Save { target: super::build::locator("#iban"), what: Take::Text, name: "iban".to_owned() };
    let mut case = case(steps([fill("#pin", "12${x}"), save, expect_text("#pin", "1234")]));
    case.before = steps([set("x", plain("34"))]).into();
    for step in &mut case.steps {
        step.sensitive = true;
        step.title = text("fill #pin ${x}");
    }
    let mut bench = Bench::new(twin);
    let failure = bench.run(&case).await.failure.unwrap();
    insta::assert_snapshot!(shown(&failure), @r"
    assertion: failed (assertion), waited 10s
    at testcases/a.toml:1:1, step 4: fill #pin ${x}
    hint: the step is `sensitive`: what it expected, found and saw is not shown
    ");
    assert_eq!(bench.watched.concealed, ["1234", "DE00 1234"]);
    assert_eq!(bench.watched.kept, ["failed assertion at 4, page Sound, sensitive"]);
}

#[tokio::test(start_paused = true)]
async fn a_sensitive_step_says_in_general_words_what_stood_in_its_way() {
    for (code, words) in [
        ("missing", "the element is not there, waited 10s"),
        ("disabled", "the element is disabled, waited 10s"),
        ("covered", "the element is covered by another one, waited 10s"),
    ] {
        let twin = Twin::default().at("act", Play::not_ready(code, "shows 4711"));
        let mut case = case(steps([click("#pin4711")]));
        case.steps[0].sensitive = true;
        case.steps[0].title = text("click");
        let failure = Bench::new(twin).run(&case).await.failure.unwrap();
        assert_eq!(failure.message.raw(), words);
        assert!(!shown(&failure).contains("4711"), "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_can_fail_by_its_own_word() {
    let failure =
        Bench::new(Twin::default()).fails([Action::Fail(text("no ${nothing}")), click("#never")]).await;
    assert_eq!((failure.kind, failure.message.raw()), (FailureKind::Assertion, "no ${nothing}"));
}

//! The rules of the core one by one, what they mean for pace and shares, random batches, and whole ones in simulated time.

mod adapt;
mod pace;
mod random;
mod shares;
mod simulated;

use super::{Core, Effects, Entry, FailFast, Input, Notice, Rules, Start};
use crate::config::Retries;
use crate::control::Stop;
use crate::id::JobId;
use crate::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use crate::plan::Terms;
use std::num::NonZeroU32;
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

fn entry() -> Entry {
    Entry::plain()
}

/// One that is tried so often again.
fn retried(times: u32) -> Entry {
    Entry::on(Terms { retries: Retries::new(times), ..Terms::plain() })
}

fn limit(to: u32) -> Input {
    Input::Limit { to, why: "a test".to_owned() }
}

fn rules(limit: u32) -> Rules {
    Rules::plain(limit)
}

fn ended(start: &Start, verdict: AttemptVerdict) -> Input {
    let kind = match verdict {
        AttemptVerdict::Failed => Some(FailureKind::Assertion),
        AttemptVerdict::Errored => Some(FailureKind::Driver),
        _ => None,
    };
    Input::Ended { job: start.job, verdict, kind, crashed_at: None }
}

/// Plays a batch of one job to its end with these attempts.
fn single(entry: Entry, attempts: &[AttemptVerdict]) -> (u32, Option<Verdict>) {
    let mut core = Core::new(rules(1), vec![entry]);
    let mut effects = core.handle(NOW, &Input::Begin);
    for (played, verdict) in (0..).zip(attempts) {
        let start = effects.start.first().cloned();
        // Doubt makes pauses between attempts.
        let start = start.or_else(|| {
            let at = effects.look_at?;
            core.handle(at, &Input::Look).start.first().cloned()
        });
        let Some(start) = start else { return (played, settled(&effects)) };
        effects = core.handle(NOW, &ended(&start, *verdict));
    }
    (u32::try_from(attempts.len()).unwrap(), settled(&effects))
}

fn settled(effects: &Effects) -> Option<Verdict> {
    effects.settled.and_then(|it| it.job_verdict)
}

#[test]
fn higher_priorities_start_first_then_the_order_of_the_plan() {
    let priorities = [0, 5, -3, 5, 0];
    let entries = priorities.map(|priority| Entry { priority, ..entry() }).to_vec();
    let mut core = Core::new(rules(1), entries);
    let mut order = Vec::new();
    let mut effects = core.handle(NOW, &Input::Begin);
    while let Some(start) = effects.start.first().cloned() {
        order.push(start.job.0);
        effects = core.handle(NOW, &ended(&start, AttemptVerdict::Passed));
    }
    assert_eq!(order, [1, 3, 0, 4, 2]);
    assert_eq!(effects.finished, Some(BatchStatus::Finished));
}

#[test]
fn failures_and_infrastructure_errors_have_budgets_of_their_own() {
    use AttemptVerdict::{Errored, Failed, Passed};
    let retried = retried(1);
    assert_eq!(single(entry(), &[Failed]), (1, Some(Verdict::Failed)));
    assert_eq!(single(retried.clone(), &[Failed, Passed]), (2, Some(Verdict::Flaky)));
    assert_eq!(single(retried.clone(), &[Failed, Failed]), (2, Some(Verdict::Failed)));
    assert_eq!(
        single(entry(), &[Errored, Errored, Passed]),
        (3, Some(Verdict::Passed)),
        "errors are not flakiness"
    );
    assert_eq!(single(entry(), &[Errored, Errored, Errored]), (3, Some(Verdict::Errored)));
    assert_eq!(single(retried, &[Errored, Failed, Errored, Passed]), (4, Some(Verdict::Flaky)));
}

#[test]
fn a_queue_is_not_spent_on_infrastructure_that_does_not_work() {
    use AttemptVerdict::{Errored, Passed};
    let mut core = Core::new(rules(5), vec![entry(); 1_000]);
    let first = core.handle(NOW, &Input::Begin).start;
    // What broke all that ran at the same time is one outbreak: each is tried again at once.
    let again: Vec<Start> =
        first.iter().flat_map(|start| core.handle(NOW, &ended(start, Errored)).start).collect();
    assert_eq!(again.len(), 5);
    // The second one makes doubt: nothing is started before the pause, and then one attempt.
    let mut notices = Vec::new();
    let mut look_at = None;
    for start in &again {
        let effects = core.handle(NOW, &ended(start, Errored));
        assert!(effects.start.is_empty());
        notices.extend(effects.notice);
        look_at = effects.look_at;
    }
    assert_eq!(notices, [Notice::Doubt]);
    assert_eq!(core.reasons(NOW)[0].1.to_string().split(':').next(), Some("waits until a case gets through"));
    let mut now = NOW;
    let mut pauses = Vec::new();
    for _ in 0..3 {
        let at = look_at.expect("a pause has an end");
        pauses.push(at.saturating_sub(now).as_millis());
        now = at;
        let probe = core.handle(now, &Input::Look).start;
        assert_eq!(probe.len(), 1);
        look_at = core.handle(now, &ended(&probe[0], Errored)).look_at;
    }
    assert_eq!(pauses, [250, 500, 1_000]);
    // One that gets through is enough.
    now = look_at.unwrap();
    let probe = core.handle(now, &Input::Look).start;
    let effects = core.handle(now, &ended(&probe[0], Passed));
    assert_eq!(effects.start.len(), 5);
    assert_eq!(effects.notice, Some(Notice::GotThrough));
}

#[test]
fn an_expected_failure_passes_and_an_unexpected_pass_fails() {
    let expected = Entry::on(Terms { expect_failure: Some("broken".to_owned()), ..Terms::plain() });
    assert_eq!(single(expected.clone(), &[AttemptVerdict::Failed]), (1, Some(Verdict::Passed)));
    assert_eq!(single(expected, &[AttemptVerdict::Passed]), (1, Some(Verdict::Failed)));
}

#[test]
fn f28_a_page_that_crashes_twice_at_the_same_step_is_the_products_fault() {
    let crash = |step| Input::Ended {
        job: JobId(0),
        verdict: AttemptVerdict::Errored,
        kind: Some(FailureKind::BrowserCrash),
        crashed_at: Some(step),
    };
    let mut core = Core::new(rules(1), vec![entry()]);
    core.handle(NOW, &Input::Begin);
    assert_eq!(settled(&core.handle(NOW, &crash(3))), None, "the first crash is retried");
    let effects = core.handle(NOW, &crash(3));
    assert_eq!(settled(&effects), Some(Verdict::Failed));
    assert_eq!(effects.settled.unwrap().kind, Some(FailureKind::PageCrash));
}

#[test]
fn fail_fast_starts_nothing_more_and_lets_the_running_ones_end() {
    let mut core = Core::new(
        Rules { fail_fast: Some(FailFast { after: NonZeroU32::MIN, now: false }), ..rules(2) },
        vec![entry(); 4],
    );
    let starts = core.handle(NOW, &Input::Begin).start;
    let effects = core.handle(NOW, &ended(&starts[0], AttemptVerdict::Failed));
    assert!(effects.start.is_empty() && !effects.interrupt && effects.finished.is_none());
    let effects = core.handle(NOW, &ended(&starts[1], AttemptVerdict::Passed));
    let not_run = |job| super::Closed { job: JobId(job), verdict: Verdict::NotRun, attempts: 0 };
    assert_eq!(effects.closed, [not_run(2), not_run(3)]);
    assert_eq!(effects.finished, Some(BatchStatus::Finished));
}

#[test]
fn a_batch_that_has_ended_says_nothing_more() {
    let mut core = Core::new(rules(1), Vec::new());
    assert_eq!(core.handle(NOW, &Input::Begin).finished, Some(BatchStatus::Finished));
    for input in [limit(2), Input::Pause, Input::Resume, Input::Look] {
        let effects = core.handle(NOW, &input);
        assert_eq!(effects, Effects { finished: effects.finished, ..Effects::default() }, "{input:?}");
    }
}

#[test]
fn a_stop_can_only_get_harder() {
    let mut core = Core::new(rules(1), vec![entry(); 2]);
    core.handle(NOW, &Input::Begin);
    assert!(core.handle(NOW, &Input::Stop(Stop::Grace)).grace);
    assert_eq!(core.handle(NOW, &Input::Stop(Stop::Grace)), Effects::default());
    assert!(core.handle(NOW, &Input::Stop(Stop::Now)).interrupt);
    assert_eq!(core.handle(NOW, &Input::Stop(Stop::Grace)), Effects::default());
}

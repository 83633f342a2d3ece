//! The core under random batches, and the rules one by one.

use super::core::{Core, Effects, Entry, Input, Rules, Start};
use crate::control::Stop;
use crate::id::JobId;
use crate::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn entry() -> Entry {
    Entry { priority: 0, retries: 0, expect_failure: false, skip: false, quarantined: false }
}

fn rules(limit: u32) -> Rules {
    Rules { limit, infra_retries: 2, fail_fast: None, give_up_after: 10 }
}

fn ended(start: Start, verdict: AttemptVerdict) -> Input {
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
    let mut effects = core.handle(&Input::Begin);
    for (played, verdict) in (0..).zip(attempts) {
        let Some(start) = effects.start.first() else { return (played, settled(&effects)) };
        effects = core.handle(&ended(*start, *verdict));
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
    let mut effects = core.handle(&Input::Begin);
    while let Some(start) = effects.start.first().copied() {
        order.push(start.job.0);
        effects = core.handle(&ended(start, AttemptVerdict::Passed));
    }
    assert_eq!(order, [1, 3, 0, 4, 2]);
    assert_eq!(effects.finished, Some(BatchStatus::Finished));
}

#[test]
fn failures_and_infrastructure_errors_have_budgets_of_their_own() {
    use AttemptVerdict::{Errored, Failed, Passed};
    let retried = Entry { retries: 1, ..entry() };
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
fn an_expected_failure_passes_and_an_unexpected_pass_fails() {
    let expected = Entry { expect_failure: true, ..entry() };
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
    core.handle(&Input::Begin);
    assert_eq!(settled(&core.handle(&crash(3))), None, "the first crash is retried");
    let effects = core.handle(&crash(3));
    assert_eq!(settled(&effects), Some(Verdict::Failed));
    assert_eq!(effects.settled.unwrap().kind, Some(FailureKind::PageCrash));
}

#[test]
fn fail_fast_starts_nothing_more_and_lets_the_running_ones_end() {
    let mut core = Core::new(Rules { fail_fast: Some(1), ..rules(2) }, vec![entry(); 4]);
    let starts = core.handle(&Input::Begin).start;
    let effects = core.handle(&ended(starts[0], AttemptVerdict::Failed));
    assert!(effects.start.is_empty() && !effects.interrupt && effects.finished.is_none());
    let effects = core.handle(&ended(starts[1], AttemptVerdict::Passed));
    assert_eq!(effects.closed, [(JobId(2), Verdict::NotRun), (JobId(3), Verdict::NotRun)]);
    assert_eq!(effects.finished, Some(BatchStatus::Finished));
}

#[test]
fn a_stop_can_only_get_harder() {
    let mut core = Core::new(rules(1), vec![entry(); 2]);
    core.handle(&Input::Begin);
    assert!(core.handle(&Input::Stop(Stop::Grace)).grace);
    assert_eq!(core.handle(&Input::Stop(Stop::Grace)), Effects::default());
    assert!(core.handle(&Input::Stop(Stop::Now)).interrupt);
    assert_eq!(core.handle(&Input::Stop(Stop::Grace)), Effects::default());
}

#[derive(Clone, Debug)]
enum Move {
    End(usize, AttemptVerdict, Option<u32>),
    Stop(Stop),
    TimeUp,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let verdict = prop_oneof![
        4 => Just(AttemptVerdict::Passed),
        2 => Just(AttemptVerdict::Failed),
        2 => Just(AttemptVerdict::Errored),
        1 => Just(AttemptVerdict::Skipped),
    ];
    let one = prop_oneof![
        40 => (any::<prop::sample::Index>(), verdict, prop::option::weighted(0.1, 0_u32..3))
            .prop_map(|(at, verdict, crash)| Move::End(at.index(64), verdict, crash)),
        1 => prop_oneof![Just(Stop::Drain), Just(Stop::Grace), Just(Stop::Now)].prop_map(Move::Stop),
        1 => Just(Move::TimeUp),
    ];
    prop::collection::vec(one, 0..400)
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let one = (-3_i8..4, 0_u32..3, any::<bool>(), prop::bool::weighted(0.1), any::<bool>()).prop_map(
        |(priority, retries, expect_failure, skip, quarantined)| Entry {
            priority,
            retries,
            expect_failure,
            skip,
            quarantined,
        },
    );
    prop::collection::vec(one, 0..40)
}

/// Watches what a core says and holds it to the promises that hold for every batch.
struct Referee {
    limit: u32,
    running: BTreeMap<JobId, Start>,
    verdicts: BTreeMap<JobId, Verdict>,
    finished: bool,
}

impl Referee {
    fn watch(&mut self, effects: &Effects, interrupted: &mut bool) {
        if let Some(it) = effects.settled {
            self.running.remove(&it.job);
            if let Some(verdict) = it.job_verdict {
                assert_eq!(self.verdicts.insert(it.job, verdict), None, "a job ends once");
            }
        }
        for (job, verdict) in &effects.closed {
            assert!(!self.running.contains_key(job));
            assert_eq!(self.verdicts.insert(*job, *verdict), None, "a job ends once");
        }
        for start in &effects.start {
            assert!(!self.verdicts.contains_key(&start.job), "nothing starts after its verdict");
            assert!(self.running.values().all(|it| it.slot != start.slot), "a slot is held once");
            assert_eq!(self.running.insert(start.job, *start), None, "a job runs once at a time");
        }
        assert!(u32::try_from(self.running.len()).unwrap() <= self.limit);
        *interrupted |= effects.interrupt;
        assert!(!self.finished || *effects == Effects { finished: effects.finished, ..Effects::default() });
        self.finished |= effects.finished.is_some();
    }
}

proptest! {
    #[test]
    fn every_job_ends_exactly_once_and_never_more_run_than_allowed(
        limit in 1_u32..8,
        fail_fast in prop::option::of(1_u32..4),
        give_up_after in 1_u32..6,
        entries in entries(),
        moves in moves(),
    ) {
        let total = entries.len();
        let mut core = Core::new(Rules { limit, infra_retries: 1, fail_fast, give_up_after }, entries);
        let mut referee = Referee { limit, running: BTreeMap::new(), verdicts: BTreeMap::new(), finished: false };
        let mut interrupted = false;
        referee.watch(&core.handle(&Input::Begin), &mut interrupted);
        for step in moves {
            let input = match step {
                Move::End(at, verdict, crash) => {
                    let Some(start) = referee.running.values().nth(at % referee.running.len().max(1)).copied() else { continue };
                    let verdict = if interrupted { AttemptVerdict::Interrupted } else { verdict };
                    match ended(start, verdict) {
                        Input::Ended { job, verdict: AttemptVerdict::Errored, kind, .. } =>
                            Input::Ended { job, verdict: AttemptVerdict::Errored, kind, crashed_at: crash },
                        other => other,
                    }
                }
                Move::Stop(how) => Input::Stop(how),
                Move::TimeUp => Input::TimedOut,
            };
            referee.watch(&core.handle(&input), &mut interrupted);
        }
        // Whatever came before, letting everything pass ends the batch.
        while let Some(start) = referee.running.values().next().copied() {
            referee.watch(&core.handle(&ended(start, AttemptVerdict::Passed)), &mut interrupted);
        }
        prop_assert!(referee.finished);
        prop_assert_eq!(referee.verdicts.len(), total);
    }
}

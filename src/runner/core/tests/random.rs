//! Random batches, and what holds for every one.

use super::*;
use crate::browser::lease::Supply;
use crate::case::model::Quarantine;
use crate::config::Placement;
use crate::load::Sight;
use crate::plan::{Mode, Need, Share, ShareId};
use crate::runner::core::Range;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Move {
    End(usize, AttemptVerdict, Option<u32>),
    Pass(u64),
    Limit(u32),
    Adapt(u32, u32),
    Sight(Sight),
    Pause(bool),
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
        8 => (1_u64..60_000).prop_map(Move::Pass),
        4 => (1_u32..10).prop_map(Move::Limit),
        2 => (1_u32..10, 0_u32..10).prop_map(|(lowest, more)| Move::Adapt(lowest, lowest + more)),
        8 => sights().prop_map(Move::Sight),
        3 => any::<bool>().prop_map(Move::Pause),
        1 => prop_oneof![Just(Stop::Drain), Just(Stop::Grace), Just(Stop::Now)].prop_map(Move::Stop),
        1 => Just(Move::TimeUp),
    ];
    prop::collection::vec(one, 0..400)
}

fn sights() -> impl Strategy<Value = Sight> {
    (0.0..100.0, 0.0..100.0, 0.0..100.0, 0_u64..2_000).prop_map(|(cpu, others, stall, free)| Sight {
        cpu: Some(cpu),
        others: Some(others),
        memory_stall: Some(stall),
        memory_free: Some(free << 20),
        ..Sight::default()
    })
}

fn retries() -> impl Strategy<Value = Retries> {
    let placement = prop_oneof![Just(Placement::Now), Just(Placement::End), Just(Placement::Isolated)];
    (0_u32..3, placement, 0_u64..5).prop_map(|(count, placement, delay)| Retries {
        placement,
        delay: Duration::from_secs(delay),
        ..Retries::new(count)
    })
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let needs = prop::collection::btree_map(0_u32..3, any::<bool>(), 0..3).prop_map(|needs| {
        let need = |(share, read)| Need {
            share: ShareId(share),
            mode: if read && share != 2 { Mode::Read } else { Mode::Write },
        };
        needs.into_iter().map(need).collect::<Box<[_]>>()
    });
    let flags = (any::<bool>(), prop::bool::weighted(0.1), any::<bool>());
    let places = prop_oneof![5 => Just(1_u32), 1 => 2_u32..5];
    let one = (-3_i8..4, retries(), flags, needs, places).prop_map(
        |(priority, retries, (expect_failure, skip, quarantined), needs, places)| {
            let quarantine = Quarantine { owner: None, reason: "flaky".to_owned(), until: None };
            let terms = Terms {
                retries,
                expect_failure: expect_failure.then(|| "broken".to_owned()),
                skip: skip.then(|| "no time".to_owned()),
                quarantine: quarantined.then_some(quarantine),
                needs,
                places,
                ..Terms::plain()
            };
            Entry { priority, ..Entry::on(terms) }
        },
    );
    prop::collection::vec(one, 0..40)
}

/// A lock, a share for two, and one with three values.
fn some_shares() -> Vec<Share> {
    let share = |name: &str, max, values: &[&str]| Share {
        name: name.to_owned(),
        max,
        values: values.iter().map(|it| (*it).to_owned()).collect(),
        interval: None,
    };
    let paced = Share { interval: Some(Duration::from_secs(1)), ..share("two", 2, &[]) };
    vec![share("lock", 1, &[]), paced, share("account", 3, &["a", "b", "c"])]
}

/// Watches what a core says and holds it to the promises that hold for every batch.
struct Referee {
    limit: u32,
    paused: bool,
    entries: Vec<Entry>,
    running: BTreeMap<JobId, Start>,
    verdicts: BTreeMap<JobId, Verdict>,
    interrupted: bool,
    finished: bool,
    look_at: Option<Duration>,
}

impl Referee {
    fn watch(&mut self, effects: &Effects) {
        if let Some(it) = effects.settled {
            self.running.remove(&it.job);
            if let Some(verdict) = it.job_verdict {
                assert_eq!(self.verdicts.insert(it.job, verdict), None, "a job ends once");
            }
        }
        for crate::runner::core::Closed { job, verdict, .. } in &effects.closed {
            assert!(!self.running.contains_key(job));
            assert_eq!(self.verdicts.insert(*job, *verdict), None, "a job ends once");
        }
        if let Some(change) = &effects.limit {
            assert_eq!(change.from, self.limit, "a change begins where the last one ended");
            self.limit = change.to;
        }
        for start in &effects.start {
            assert!(!self.paused, "nothing starts in a pause");
            assert!(!self.verdicts.contains_key(&start.job), "nothing starts after its verdict");
            assert!(self.running.values().all(|it| it.slot != start.slot), "a slot is held once");
            assert_eq!(self.running.insert(start.job, start.clone()), None, "a job runs once at a time");
            let places: u32 = self.running.values().map(|it| it.places).sum();
            assert!(places <= self.limit, "{places} of {}", self.limit);
        }
        self.shares_are_kept();
        self.interrupted |= effects.interrupt;
        assert!(!self.finished || *effects == Effects { finished: effects.finished, ..Effects::default() });
        self.finished |= effects.finished.is_some();
        self.look_at = effects.look_at;
    }

    fn shares_are_kept(&self) {
        for (share, at) in some_shares().iter().zip(0..) {
            let (mut writers, mut readers) = (0, 0);
            let mut values = BTreeSet::new();
            for start in self.running.values() {
                for need in &self.entries[start.job.0 as usize].terms.needs {
                    match need.mode {
                        _ if need.share != ShareId(at) => {}
                        Mode::Write => writers += 1,
                        Mode::Read => readers += 1,
                    }
                }
                for (_, value) in start.values.iter().filter(|(id, _)| *id == ShareId(at)) {
                    assert!(values.insert(*value), "nobody else has the value");
                }
            }
            assert!(writers + u32::from(readers > 0) <= share.max, "`{}` has room", share.name);
            assert!(share.values.is_empty() || values.len() == writers as usize, "each has a value");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_job_ends_exactly_once_and_nothing_is_held_by_more_than_allowed(
        limit in 1_u32..8,
        fail_fast in prop::option::of((1_u32..4, any::<bool>())),
        give_up_after in 1_u32..6,
        chunks in prop::option::of((1_u32..9, 0_u64..3)),
        entries in entries(),
        moves in moves(),
    ) {
        let total = entries.len();
        let fail_fast = fail_fast.map(|(after, now)| FailFast { after: NonZeroU32::new(after).unwrap(), now });
        let chunks = chunks.map(|(size, pause)| crate::runner::core::Chunks {
            size: NonZeroU32::new(size).unwrap(),
            pause: Duration::from_secs(pause),
        });
        let rules = Rules {
            infra_retries: Retries::new(1), fail_fast, give_up_after, chunks, shares: some_shares(), ..rules(limit)
        };
        let mut core = Core::new(rules, entries.clone());
        let mut referee = Referee {
            limit, paused: false, entries, running: BTreeMap::new(), verdicts: BTreeMap::new(),
            interrupted: false, finished: false, look_at: None,
        };
        let mut now = NOW;
        referee.watch(&core.handle(now, &Input::Begin));
        for step in moves {
            let input = match step {
                Move::End(at, verdict, crash) => {
                    let nth = at % referee.running.len().max(1);
                    let Some(start) = referee.running.values().nth(nth).cloned() else { continue };
                    let verdict = if referee.interrupted { AttemptVerdict::Interrupted } else { verdict };
                    match ended(&start, verdict) {
                        Input::Ended { job, verdict: AttemptVerdict::Errored, kind, .. } =>
                            Input::Ended { job, verdict: AttemptVerdict::Errored, kind, crashed_at: crash },
                        other => other,
                    }
                }
                Move::Pass(milliseconds) => {
                    now += Duration::from_millis(milliseconds);
                    Input::Look
                }
                Move::Limit(limit) => super::limit(limit),
                Move::Adapt(lowest, highest) => {
                    let range = Range::of_machine(2, None).within(lowest, highest);
                    Input::Adapt { range, why: "a test".to_owned() }
                }
                Move::Sight(sight) => Input::Sight(sight, Supply::default()),
                Move::Pause(pause) => {
                    referee.paused = pause;
                    if pause { Input::Pause } else { Input::Resume }
                }
                Move::Stop(how) => Input::Stop(how),
                Move::TimeUp => Input::TimedOut,
            };
            referee.watch(&core.handle(now, &input));
        }
        referee.paused = false;
        referee.watch(&core.handle(now, &Input::Resume));
        // Whatever came before, letting time pass and everything pass ends the batch.
        while !referee.finished {
            if let Some(start) = referee.running.values().next().cloned() {
                let verdict = if referee.interrupted { AttemptVerdict::Interrupted } else { AttemptVerdict::Passed };
                referee.watch(&core.handle(now, &ended(&start, verdict)));
            } else {
                let at = referee.look_at.expect("something runs, or there is a time at which something will");
                prop_assert!(at > now, "time goes on");
                now = at;
                referee.watch(&core.handle(now, &Input::Look));
            }
        }
        prop_assert_eq!(referee.verdicts.len(), total);
    }
}

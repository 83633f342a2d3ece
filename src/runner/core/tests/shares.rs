//! What jobs hold together: locks, readers, values, rates, several slots, and that nobody waits for ever.

use super::*;
use crate::plan::{Mode, Need, Share, ShareId};
use crate::runner::core::waiting::PATIENCE;

fn share(name: &str, max: u32) -> Share {
    Share { name: name.to_owned(), max, values: Vec::new(), interval: None }
}

fn needs(needs: &[(u32, Mode)]) -> Entry {
    let needs = needs.iter().map(|(share, mode)| Need { share: ShareId(*share), mode: *mode });
    Entry::on(Terms { needs: needs.collect(), ..Terms::plain() })
}

fn places(places: u32) -> Entry {
    Entry::on(Terms { places, ..Terms::plain() })
}

fn holds(share: u32) -> Entry {
    needs(&[(share, Mode::Write)])
}

fn reads(share: u32) -> Entry {
    needs(&[(share, Mode::Read)])
}

fn started(effects: &Effects) -> Vec<u32> {
    effects.start.iter().map(|start| start.job.0).collect()
}

fn passes(core: &mut Core, now: Duration, job: u32) -> Vec<u32> {
    let input =
        Input::Ended { job: JobId(job), verdict: AttemptVerdict::Passed, kind: None, crashed_at: None };
    started(&core.handle(now, &input))
}

fn batch(limit: u32, shares: Vec<Share>, entries: Vec<Entry>) -> (Core, Effects) {
    let mut core = Core::new(Rules { shares, ..rules(limit) }, entries);
    let effects = core.handle(NOW, &Input::Begin);
    (core, effects)
}

#[test]
fn a_lock_keeps_two_apart_and_others_overtake() {
    let (mut core, effects) = batch(2, vec![share("account", 1)], vec![holds(0), holds(0), entry(), entry()]);
    assert_eq!(started(&effects), [0, 2]);
    assert_eq!(core.reasons(NOW)[0].1.to_string(), "waits for share `account`");
    assert_eq!(passes(&mut core, NOW, 0), [1]);
}

#[test]
fn a_share_for_two_is_full_with_two() {
    let (core, effects) = batch(5, vec![share("checkout", 2)], vec![holds(0), holds(0), holds(0)]);
    assert_eq!(started(&effects), [0, 1]);
    assert_eq!(core.reasons(NOW)[0].1.to_string(), "share `checkout` is full (2)");
}

#[test]
fn readers_hold_a_share_together_and_a_writer_holds_it_alone() {
    let (mut core, effects) = batch(5, vec![share("db", 1)], vec![reads(0), reads(0), holds(0), reads(0)]);
    assert_eq!(started(&effects), [0, 1, 3]);
    assert_eq!(passes(&mut core, NOW, 0), [0_u32; 0]);
    assert_eq!(passes(&mut core, NOW, 3), [0_u32; 0]);
    assert_eq!(passes(&mut core, NOW, 1), [2]);
}

#[test]
fn all_shares_of_a_job_are_taken_at_once_or_none() {
    let both = needs(&[(0, Mode::Write), (1, Mode::Write)]);
    let (mut core, effects) = batch(5, vec![share("a", 1), share("b", 1)], vec![holds(0), both, holds(1)]);
    assert_eq!(started(&effects), [0, 2], "what waits for `a` does not keep `b`");
    assert_eq!(passes(&mut core, NOW, 0), [0_u32; 0]);
    assert_eq!(passes(&mut core, NOW, 2), [1]);
}

#[test]
fn a_value_is_lent_to_one_and_then_to_the_next() {
    let account = Share { values: vec!["alice".into(), "bob".into()], ..share("account", 2) };
    let (mut core, effects) = batch(5, vec![account], vec![holds(0), holds(0), holds(0)]);
    let values: Vec<_> = effects.start.iter().map(|start| start.values.clone()).collect();
    assert_eq!(values, [[(ShareId(0), 0)], [(ShareId(0), 1)]]);
    let next = core.handle(NOW, &ended(&effects.start[1], AttemptVerdict::Passed));
    assert_eq!(next.start[0].values, [(ShareId(0), 1)]);
}

#[test]
fn a_rate_spreads_starts_over_time() {
    let shop = Share { interval: Some(Duration::from_millis(100)), ..share("shop", 10_000) };
    let (mut core, effects) = batch(5, vec![shop], vec![holds(0), holds(0), entry()]);
    assert_eq!(started(&effects), [0, 2]);
    assert_eq!(effects.look_at, Some(Duration::from_millis(100)));
    assert_eq!(core.reasons(NOW)[0].1.to_string(), "share `shop` lets the next one start in 100ms");
    assert_eq!(started(&core.handle(Duration::from_millis(100), &Input::Look)), [1]);
}

#[test]
fn a_job_takes_as_many_slots_as_it_says_and_all_there_are_when_it_says_more() {
    let wide = places(3);
    let (mut core, effects) = batch(4, vec![], vec![wide.clone(), wide, entry(), entry()]);
    assert_eq!(started(&effects), [0, 2]);
    assert_eq!(passes(&mut core, NOW, 2), [3]);
    assert_eq!(passes(&mut core, NOW, 0), [1]);
    let (_, effects) = batch(2, vec![], vec![places(3), entry()]);
    assert_eq!(started(&effects), [0]);
    assert_eq!(effects.start[0].places, 2);
}

#[test]
fn nobody_is_overtaken_for_ever() {
    // A writer among readers that never leave a gap, and a job of two slots among small ones.
    let mut entries = vec![reads(0), reads(0), holds(0)];
    entries.extend(vec![reads(0); 20]);
    let (mut core, effects) = batch(2, vec![share("db", 1)], entries);
    assert_eq!(started(&effects), [0, 1]);
    assert_eq!(passes(&mut core, NOW, 0), [3], "at first it is overtaken");
    assert_eq!(passes(&mut core, PATIENCE, 1), [0_u32; 0], "then the share is kept for it");
    assert_eq!(core.reasons(PATIENCE)[0].1.to_string(), "waits for share `db`");
    assert_eq!(passes(&mut core, PATIENCE, 3), [2]);

    let mut entries = vec![entry(), entry(), places(2)];
    entries.extend(vec![entry(); 20]);
    let (mut core, _) = batch(2, vec![], entries);
    assert_eq!(passes(&mut core, NOW, 0), [3]);
    assert_eq!(passes(&mut core, PATIENCE, 1), [0_u32; 0]);
    assert_eq!(passes(&mut core, PATIENCE, 3), [2]);
}

//! When things start: chunks, the ramp, pauses, the limit, delays and places of further attempts.

use super::*;
use crate::config::{Backoff, Placement};
use crate::runner::core::{Chunks, Reason};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn started(effects: &Effects) -> Vec<u32> {
    effects.start.iter().map(|start| start.job.0).collect()
}

fn passes(core: &mut Core, at: u64, job: u32) -> Effects {
    let input =
        Input::Ended { job: JobId(job), verdict: AttemptVerdict::Passed, kind: None, crashed_at: None };
    core.handle(seconds(at), &input)
}

fn fails(core: &mut Core, at: u64, job: u32) -> Effects {
    let input = Input::Ended {
        job: JobId(job),
        verdict: AttemptVerdict::Failed,
        kind: Some(FailureKind::Assertion),
        crashed_at: None,
    };
    core.handle(seconds(at), &input)
}

#[test]
fn a_chunk_is_finished_with_all_its_retries_before_the_next_one_begins() {
    let chunks = Some(Chunks { size: NonZeroU32::new(2).unwrap(), pause: seconds(5) });
    let entries = vec![retried(1); 5];
    let mut core = Core::new(Rules { chunks, ..rules(3) }, entries);
    assert_eq!(started(&core.handle(NOW, &Input::Begin)), [0, 1]);
    assert_eq!(core.reasons(NOW)[0], (JobId(2), Reason::Chunk));
    assert_eq!(started(&passes(&mut core, 1, 0)), [0_u32; 0]);
    assert_eq!(started(&fails(&mut core, 2, 1)), [1], "a retry belongs to its chunk");
    let effects = passes(&mut core, 3, 1);
    assert!(effects.start.is_empty());
    assert_eq!(effects.notice.unwrap().to_string(), "2 of 5 done: pause of 5s before the next chunk");
    assert_eq!(effects.look_at, Some(seconds(8)));
    assert_eq!(started(&core.handle(seconds(8), &Input::Look)), [2, 3]);
    passes(&mut core, 9, 2);
    passes(&mut core, 9, 3);
    assert_eq!(started(&core.handle(seconds(14), &Input::Look)), [4]);
    assert_eq!(passes(&mut core, 15, 4).finished, Some(BatchStatus::Finished));
}

#[test]
fn a_ramp_lets_one_more_start_in_each_part_of_its_time() {
    let mut core = Core::new(Rules { ramp: Some(seconds(12)), ..rules(4) }, vec![entry(); 9]);
    let effects = core.handle(NOW, &Input::Begin);
    assert_eq!((started(&effects), effects.look_at), (vec![0], Some(seconds(3))));
    assert_eq!(started(&passes(&mut core, 1, 0)), [1]);
    assert_eq!(started(&core.handle(seconds(3), &Input::Look)), [2]);
    let effects = core.handle(seconds(11), &Input::Look);
    assert_eq!((started(&effects), effects.look_at), (vec![3, 4], None));
}

#[test]
fn a_higher_limit_takes_effect_at_once_and_a_lower_one_as_cases_end() {
    let mut core = Core::new(rules(1), vec![entry(); 9]);
    core.handle(NOW, &Input::Begin);
    assert_eq!(started(&core.handle(NOW, &limit(4))), [1, 2, 3]);
    assert!(core.handle(NOW, &limit(2)).start.is_empty());
    assert!(passes(&mut core, 1, 0).start.is_empty());
    assert!(passes(&mut core, 1, 1).start.is_empty());
    assert_eq!(started(&passes(&mut core, 1, 2)), [4]);
}

#[test]
fn in_a_pause_nothing_starts_and_what_runs_goes_on() {
    let mut core = Core::new(rules(1), vec![entry(); 3]);
    core.handle(NOW, &Input::Begin);
    core.handle(NOW, &Input::Pause);
    let effects = passes(&mut core, 1, 0);
    assert_eq!(effects.settled.unwrap().job_verdict, Some(Verdict::Passed));
    assert!(effects.start.is_empty() && effects.finished.is_none());
    assert_eq!(core.reasons(NOW)[0].1.to_string(), "is paused");
    assert_eq!(started(&core.handle(seconds(9), &Input::Resume)), [1]);
}

fn placed(placement: Placement) -> Entry {
    Entry::on(Terms { retries: Retries { placement, ..Retries::new(1) }, ..Terms::plain() })
}

#[test]
fn a_further_attempt_waits_for_its_delay_and_gives_its_slot_to_others_meanwhile() {
    let retries = Retries { delay: seconds(10), backoff: Backoff::Exponential, ..Retries::new(2) };
    let entries = vec![Entry::on(Terms { retries, ..Terms::plain() }), entry(), entry()];
    let mut core = Core::new(rules(1), entries);
    core.handle(NOW, &Input::Begin);
    let effects = fails(&mut core, 1, 0);
    assert_eq!(started(&effects), [1]);
    let due = effects.look_at.unwrap();
    assert!(due >= seconds(6) && due <= seconds(11), "{due:?}");
    assert!(matches!(core.reasons(seconds(1)).last().unwrap().1, Reason::Delay(_)));
    assert_eq!(started(&passes(&mut core, 11, 1)), [0], "its place is before the others");
    let second = fails(&mut core, 11, 0).look_at.unwrap();
    assert!(second >= seconds(21) && second <= seconds(31), "{second:?}");
}

#[test]
fn what_is_tried_again_at_the_end_comes_after_all_others() {
    let mut core = Core::new(rules(1), vec![placed(Placement::End), entry(), entry()]);
    core.handle(NOW, &Input::Begin);
    assert_eq!(started(&fails(&mut core, 1, 0)), [1]);
    assert_eq!(started(&passes(&mut core, 2, 1)), [2]);
    assert_eq!(started(&passes(&mut core, 3, 2)), [0]);
}

#[test]
fn what_is_tried_again_isolated_runs_last_and_alone() {
    let isolated = placed(Placement::Isolated);
    let mut core = Core::new(rules(2), vec![isolated.clone(), isolated, entry()]);
    core.handle(NOW, &Input::Begin);
    assert_eq!(started(&fails(&mut core, 1, 0)), [2]);
    assert!(started(&fails(&mut core, 2, 1)).is_empty());
    assert_eq!(core.reasons(NOW)[0], (JobId(0), Reason::Alone));
    assert_eq!(started(&passes(&mut core, 3, 2)), [0]);
    assert_eq!(started(&passes(&mut core, 4, 0)), [1]);
}

#[test]
fn without_a_free_session_a_job_goes_to_the_end_of_its_priority() {
    let first = Entry { priority: 1, ..entry() };
    let mut core = Core::new(rules(1), vec![first.clone(), first, entry()]);
    core.handle(NOW, &Input::Begin);
    let no_slot = Input::Ended {
        job: JobId(0),
        verdict: AttemptVerdict::Errored,
        kind: Some(FailureKind::NoSlot),
        crashed_at: None,
    };
    assert_eq!(started(&core.handle(NOW, &no_slot)), [1]);
    assert_eq!(started(&passes(&mut core, 1, 1)), [0]);
}

#[test]
fn fail_fast_now_interrupts_what_runs() {
    let fail_fast = Some(FailFast { after: NonZeroU32::MIN, now: true });
    let mut core = Core::new(Rules { fail_fast, ..rules(2) }, vec![entry(); 4]);
    core.handle(NOW, &Input::Begin);
    let effects = fails(&mut core, 1, 0);
    assert!(effects.interrupt && effects.start.is_empty());
}

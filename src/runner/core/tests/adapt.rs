//! The adaptive limit against machines and sites that are made up: a batch of equal cases, looked at four times a second.

use super::*;
use crate::browser::lease::Supply;
use crate::load::Sight;
use crate::runner::core::{Pressure, Range};

const LOOK: Duration = Duration::from_millis(250);
const GIB: u64 = 1 << 30;

/// A machine, what others take of it, and a site.
#[derive(Clone, Copy)]
struct World {
    processors: u32,
    /// Processors that others use.
    others: f64,
    memory_free: u64,
    memory_stall: f64,
    /// Time of a processor that a case takes.
    work: f64,
    /// Time for which it only waits.
    wait: f64,
    /// How many the site serves at once.
    site: f64,
    /// Sessions that are to be had.
    sessions: usize,
    /// Whether the endpoint says how many of them are free.
    says_free: bool,
}

const SMALL: World = World {
    processors: 2,
    others: 0.0,
    memory_free: 8 * GIB,
    memory_stall: 0.0,
    work: 0.01,
    wait: 0.5,
    site: 1_000.0,
    sessions: usize::MAX,
    says_free: false,
};

/// A batch that runs in a world.
struct Run {
    core: Core,
    world: World,
    now: Duration,
    /// What runs, and how much of it is left.
    running: Vec<(JobId, f64)>,
    ended: u32,
    changes: Vec<(u32, u32, String)>,
    /// For how long somebody has waited for a page.
    waited: Duration,
}

impl Run {
    fn new(world: World, range: Range) -> Self {
        let rules = Rules { adaptive: Some(range), ..rules(range.start) };
        let mut core = Core::new(rules, vec![entry(); 50_000]);
        let running = begun(&core.handle(NOW, &Input::Begin));
        Self { core, world, now: NOW, running, ended: 0, changes: Vec::new(), waited: Duration::ZERO }
    }

    fn auto(world: World) -> Self {
        Self::new(world, Range::of_machine(world.processors, Some(world.memory_free)))
    }

    /// Goes on for so many seconds.
    fn runs(&mut self, seconds: u32) -> &mut Self {
        for _ in 0..seconds * 4 {
            self.step();
        }
        self
    }

    fn step(&mut self) {
        let World { others, work, wait, site, .. } = self.world;
        let processors = f64::from(self.world.processors);
        let at_once = f64::from(self.core.running());
        // A case gets its part of what others leave, and of what the site serves.
        let part = ((processors - others).max(0.1) / at_once).min(1.0);
        let time = work / part + wait * (at_once / site).max(1.0);
        let used = (at_once * work / time).min(processors - others);
        self.now += LOOK;
        let done = LOOK.as_secs_f64() / time;
        // Whoever has no session only waits.
        let waiting = self.running.split_off(self.running.len().min(self.world.sessions));
        self.waited = if waiting.is_empty() { Duration::ZERO } else { self.waited + LOOK };
        let free = self.world.sessions.saturating_sub(self.running.len());
        let supply = Supply {
            waiting: u32::try_from(waiting.len()).unwrap(),
            longest: self.waited,
            free: u32::try_from(free).ok().filter(|_| self.world.says_free),
        };
        let (over, left): (Vec<_>, Vec<_>) =
            self.running.drain(..).map(|(job, part)| (job, part - done)).partition(|(_, part)| *part <= 0.0);
        self.running = left;
        self.running.extend(waiting);
        for (job, _) in over {
            self.ended += 1;
            let input = Input::Ended { job, verdict: AttemptVerdict::Passed, kind: None, crashed_at: None };
            self.tell(&input);
        }
        let share = |of: f64| Some(100.0 * of / processors);
        let sight = Sight {
            processors: self.world.processors,
            cpu: share(used + others),
            others: share(others),
            memory_free: Some(self.world.memory_free),
            memory_stall: Some(self.world.memory_stall),
            ..Sight::default()
        };
        self.tell(&Input::Sight(sight, supply));
    }

    fn tell(&mut self, input: &Input) {
        let effects = self.core.handle(self.now, input);
        self.changes.extend(effects.limit.iter().map(|it| (it.from, it.to, it.why.clone())));
        self.running.extend(begun(&effects));
    }

    fn limit(&self) -> u32 {
        self.core.limit()
    }
}

/// What has begun. Not all at the same point, or they would all end at once.
fn begun(effects: &Effects) -> Vec<(JobId, f64)> {
    effects.start.iter().map(|start| (start.job, 0.5 + f64::from(start.job.0 % 7) / 7.0)).collect()
}

#[test]
fn it_begins_with_what_fits_the_machine() {
    let start = |processors, free| Range::of_machine(processors, Some(free)).start;
    assert_eq!(
        [start(1, 8 * GIB), start(2, 8 * GIB), start(8, 16 * GIB), start(64, 64 * GIB)],
        [3, 4, 10, 20]
    );
    assert_eq!([start(8, GIB / 2), start(8, 0)], [4, 1]);
}

#[test]
fn a_machine_that_idles_gets_more_one_at_a_time() {
    let mut run = Run::auto(SMALL);
    run.runs(30);
    assert_eq!(run.limit(), 16, "{:?}", run.changes);
    assert!(run.changes.iter().all(|(from, to, why)| *to == from + 1 && why.starts_with("room: ")));
}

#[test]
fn processors_that_are_busy_with_the_cases_hold_it_where_it_began() {
    let mut run = Run::auto(World { work: 0.5, wait: 0.1, ..SMALL });
    run.runs(60);
    assert!((4..=5).contains(&run.limit()), "{:?}", run.changes);
}

#[test]
fn a_site_that_serves_no_more_at_once_is_not_pressed() {
    let mut run = Run::auto(World { site: 4.0, ..SMALL });
    run.runs(15);
    assert_eq!(run.limit(), 8, "{:?}", run.changes);
    run.runs(45);
    let back = run.changes.iter().find(|(from, to, _)| to < from).map(|(.., why)| why.clone());
    assert!(back.is_some_and(|why| why.contains("at once ended")), "{:?}", run.changes);
}

#[test]
fn others_that_take_the_processors_are_given_way_to_and_come_back_from() {
    let mut run = Run::auto(World { work: 0.3, wait: 0.3, ..SMALL });
    run.runs(20);
    let before = run.limit();
    run.world.others = 1.2;
    run.runs(3);
    assert!(run.limit() <= 2, "{:?}", run.changes);
    assert!(run.changes.last().unwrap().2.starts_with("processors: others use"));
    run.world.others = 0.0;
    run.runs(20);
    assert!(run.limit() + 1 >= before.min(4), "{:?}", run.changes);
}

#[test]
fn a_quota_that_changes_is_followed() {
    let mut run = Run::auto(World { work: 0.5, wait: 0.1, ..SMALL });
    run.runs(10);
    let before = run.limit();
    assert!((4..=5).contains(&before), "{:?}", run.changes);
    run.world.processors = 1;
    run.runs(1);
    assert_eq!(run.limit(), before.div_ceil(2), "{:?}", run.changes);
    assert_eq!(run.changes.last().unwrap().2, "processors: 1 left of 2");
    run.runs(20);
    assert!(run.limit() <= 3, "{:?}", run.changes);
    run.world.processors = 2;
    run.runs(10);
    assert!(run.limit() >= 4, "{:?}", run.changes);
}

#[test]
fn memory_that_runs_out_takes_places_away_at_once() {
    let mut run = Run::auto(SMALL);
    run.runs(20);
    let before = run.limit();
    run.world.memory_free = 300 << 20;
    run.runs(3);
    assert!(run.limit() < before, "{:?}", run.changes);
    assert_eq!(run.changes.last().unwrap().2, "memory: 300 MiB free, 500 MiB are wanted");
    run.world.memory_free = 8 * GIB;
    run.world.memory_stall = 62.0;
    let before = run.limit();
    run.runs(4);
    assert!(run.limit() < before && run.changes.last().unwrap().2.starts_with("memory pressure is"));
    run.world.memory_stall = 0.0;
    run.runs(30);
    assert!(run.limit() > before, "{:?}", run.changes);
}

#[test]
fn it_stays_within_bounds_and_a_number_ends_it() {
    let range = Range::of_machine(2, None).within(2, 6);
    let mut run = Run::new(SMALL, range);
    run.runs(30);
    assert_eq!(run.limit(), 6);
    run.world.memory_free = 0;
    run.runs(30);
    assert_eq!(run.limit(), 2);
    run.tell(&limit(9));
    run.runs(5);
    assert_eq!(run.limit(), 9);
    run.tell(&Input::Adapt { range, why: "a test".to_owned() });
    assert_eq!(run.limit(), 6);
}

#[test]
fn the_reason_for_a_change_is_the_worst_that_was_seen() {
    let rules = Rules {
        adaptive: Some(Range { lowest: 1, highest: 8, start: 4 }),
        pressure: Pressure { cpu: 50.0, memory_free: GIB, some_avg10: 10.0 },
        ..rules(4)
    };
    let mut core = Core::new(rules, vec![entry(); 9]);
    core.handle(NOW, &Input::Begin);
    let sight =
        Sight { cpu: Some(100.0), others: Some(90.0), memory_free: Some(GIB - 1), ..Sight::default() };
    let effects = core.handle(LOOK, &Input::Sight(sight, Supply::default()));
    assert_eq!(effects.limit.unwrap().why, "memory: 1023 MiB free, 1024 MiB are wanted");
}

#[test]
fn sessions_that_are_not_to_be_had_are_not_asked_for() {
    for says_free in [false, true] {
        let mut run = Run::auto(World { processors: 16, sessions: 4, says_free, ..SMALL });
        assert_eq!(run.limit(), 18);
        run.runs(10);
        let (from, to, why) = run.changes[0].clone();
        assert_eq!((from, to), (18, 4), "{why}");
        let expected =
            if says_free { "sessions: 4 are held, 0 are free" } else { "a page has not come for " };
        assert!(why.starts_with(expected), "{why}");
        run.world.sessions = usize::MAX;
        run.runs(30);
        assert!(run.limit() > 10, "{} of {:?}", run.limit(), run.changes);
    }
}

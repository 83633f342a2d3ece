//! A real Chromium: programs that are killed or stopped in the middle of a command, pages that never load, never end
//! or prompt.

use crate::running::{Ended, Process, Record, Running, send, until};
use crate::site::Site;
use crate::support::Project;
use batchrun::outcome::{AttemptVerdict, BatchStatus, FailureKind, StepVerdict, Verdict};
use rustix::process::Signal;

const PASSED: (Option<AttemptVerdict>, Option<FailureKind>) = (Some(AttemptVerdict::Passed), None);

/// A project in which the attempts at a case have time: whatever goes wrong on a busy machine is told by its deadline.
fn project() -> Project {
    Project::new().file("runner.toml", "timeout = \"80s\"\nstep_timeout = \"60s\"\nconcurrency = 3\n")
}

/// Cases that are all in the middle of a command of their page.
fn held(site: &Site, names: &[&str]) -> (Project, Running) {
    let project = names.iter().fold(project(), |project, name| {
        project.file(&format!("testcases/{name}.toml"), &site.held_case(name, ""))
    });
    let running = Running::start(&project, &[]);
    for name in names {
        site.wait_for(name, 1);
    }
    (project, running)
}

/// Everything passed, and nothing is left.
#[track_caller]
fn all_passed(project: &Project, running: &mut Running) -> Record {
    let ended = running.wait_clean();
    ended.exits(0);
    assert!(ended.stderr.contains("that the infrastructure broke: "), "{ended}");
    let record = Record::last(project);
    record.is_whole(project, BatchStatus::Finished, Some(0));
    assert!(record.cases.values().all(|it| it.verdict == Some(Verdict::Passed)), "{:?}", record.cases);
    record
}

fn killed(process: &Process) {
    send(process.pid, Signal::KILL);
    until("its end", || (!process.is_alive()).then_some(()));
}

/// The first attempts errored with one of these kinds, the second ones passed.
#[track_caller]
fn errored_then_passed(record: &Record, names: &[&str], kinds: &[FailureKind]) {
    for name in names {
        let ends = record.case(name).ends();
        assert_eq!(ends.len(), 2, "{name}: {:?}", record.cases);
        assert_eq!((ends[0].0, ends[1]), (Some(AttemptVerdict::Errored), PASSED), "{name}: {ends:?}");
        assert!(ends[0].1.is_some_and(|kind| kinds.contains(&kind)), "{name}: {ends:?}");
    }
}

/// Kills a program that three cases need in the middle of a command: another one takes its place, and the cases are
/// tried again.
fn killed_and_replaced(victim: impl Fn(&Running) -> Process, kinds: &[FailureKind]) {
    let site = Site::start();
    let names = ["one", "two", "three"];
    let (project, mut running) = held(&site, &names);
    let first = victim(&running);
    killed(&first);
    for name in names {
        site.wait_for(name, 2);
    }
    assert_ne!(victim(&running).pid, first.pid);
    for name in names {
        site.open(name);
    }
    let record = all_passed(&project, &mut running);
    errored_then_passed(&record, &names, kinds);
}

#[test]
fn f26_a_driver_that_is_killed_is_replaced_and_the_cases_are_tried_again() {
    killed_and_replaced(
        Running::driver,
        &[FailureKind::Driver, FailureKind::SessionLost, FailureKind::Endpoint],
    );
}

#[test]
fn f27_a_browser_that_is_killed_is_replaced_and_all_slots_recover() {
    killed_and_replaced(
        Running::browser,
        &[FailureKind::BrowserCrash, FailureKind::SessionLost, FailureKind::Driver],
    );
}

/// A case whose page takes so much memory that its renderer is known by it.
const HEAVY: &str = "<script>window.kept = new Uint8Array(200e6).fill(1)</script>";

fn heavy_case(site: &Site) -> String {
    site.page("/heavy", HEAVY);
    site.held_case("heavy", "").replace(&site.url("/"), &site.url("/heavy"))
}

/// The renderer of the heavy page.
fn heavy_renderer(running: &Running) -> Process {
    let renderers = running.processes().into_iter().filter(|it| it.command_line.contains("--type=renderer"));
    let heaviest = renderers.max_by_key(Process::resident).unwrap();
    assert!(heaviest.resident() > 200_000_000 / 4096, "{heaviest:?}");
    heaviest
}

#[test]
fn f28_a_renderer_that_is_killed_is_one_case_tried_again_and_no_other_slot_notices() {
    let site = Site::start();
    let project = ["one", "two"].iter().fold(project(), |project, name| {
        project.file(&format!("testcases/{name}.toml"), &site.held_case(name, ""))
    });
    let project = project.file("testcases/heavy.toml", &heavy_case(&site));
    let mut running = Running::start(&project, &[]);
    let names = ["one", "two", "heavy"];
    for name in names {
        site.wait_for(name, 1);
    }
    let browser = running.browser();
    killed(&heavy_renderer(&running));
    site.wait_for("heavy", 2);
    assert_eq!(running.browser().pid, browser.pid, "the browser was not replaced");
    for name in names {
        site.open(name);
    }
    let record = all_passed(&project, &mut running);
    errored_then_passed(&record, &["heavy"], &[FailureKind::BrowserCrash]);
    assert_eq!((record.case("one").ends(), record.case("two").ends()), (vec![PASSED], vec![PASSED]));
}

#[test]
fn f28_a_page_that_crashes_twice_at_the_same_step_is_failed() {
    let site = Site::start();
    let project = project().file("testcases/heavy.toml", &heavy_case(&site));
    let mut running = Running::start(&project, &[]);
    for attempt in 1..=2 {
        site.wait_for("heavy", attempt);
        killed(&heavy_renderer(&running));
    }
    running.wait_clean().exits(1);
    let record = Record::last(&project);
    assert_eq!(
        record.case("heavy").ends(),
        [
            (Some(AttemptVerdict::Errored), Some(FailureKind::BrowserCrash)),
            (Some(AttemptVerdict::Failed), Some(FailureKind::PageCrash)),
        ]
    );
}

/// Stops a program that two cases need in the middle of a command with a short limit.
fn stopped(site: &Site, victim: impl Fn(&Running) -> Process) {
    let case = |name: &str| site.held_case(name, "").replace("as = 'got'", "as = 'got', timeout = '2s'");
    let names = ["one", "two"];
    let project = names
        .iter()
        .fold(project(), |project, name| project.file(&format!("testcases/{name}.toml"), &case(name)));
    let mut running = Running::start(&project, &[]);
    for name in names {
        site.wait_for(name, 1);
    }
    let victim = victim(&running);
    send(victim.pid, Signal::STOP);
    until("it to be stopped", || victim.is_stopped().then_some(()));
    for name in names {
        site.open(name);
    }
    let record = all_passed(&project, &mut running);
    assert!(!victim.is_alive(), "it was ended");
    // The one that notices first replaces both, which ends the command of the other.
    let kinds = [FailureKind::Hung, FailureKind::Driver, FailureKind::BrowserCrash, FailureKind::SessionLost];
    errored_then_passed(&record, &names, &kinds);
    let hung = record.cases.values().filter(|it| it.attempts[0].kind == Some(FailureKind::Hung)).count();
    assert!(hung >= 1, "{:?}", record.cases);
}

#[test]
fn f29_a_browser_that_is_stopped_is_hung_and_replaced() {
    stopped(&Site::start(), Running::browser);
}

#[test]
fn f30_a_driver_that_is_stopped_is_hung_and_replaced() {
    stopped(&Site::start(), Running::driver);
}

/// Runs a case beside one that is held until the first has ended.
fn beside_another(site: &Site, case: &str) -> (Ended, Record) {
    let project =
        project().file("testcases/bad.toml", case).file("testcases/other.toml", &site.held_case("other", ""));
    let mut running = Running::start(&project, &[]);
    site.wait_for("other", 1);
    until("the end of the other case", || {
        Record::last(&project).cases.get("bad").is_some_and(|it| it.verdict.is_some()).then_some(())
    });
    site.open("other");
    let ended = running.wait_clean();
    let record = Record::last(&project);
    assert_eq!(record.case("other").ends(), [PASSED], "{ended}");
    (ended, record)
}

/// The case failed with this kind in one attempt, and its step ended two seconds after its limit of one.
#[track_caller]
fn failed_in_time((ended, record): &(Ended, Record), kind: FailureKind) {
    ended.exits(1);
    let bad = record.case("bad");
    assert_eq!(bad.ends(), [(Some(AttemptVerdict::Failed), Some(kind))], "{ended}");
    let step = bad.attempts[0].steps.iter().find(|it| it.verdict == Some(StepVerdict::Failed)).unwrap();
    assert!(step.duration_ms.is_some_and(|it| it < 3000), "{step:?}");
}

#[test]
fn f31_a_page_that_never_loads_is_a_timeout_of_its_step() {
    let site = Site::start();
    let case = format!("steps = [ {{ goto = '{}', timeout = '1s' }} ]\n", site.url("/silent"));
    let run = beside_another(&site, &case);
    assert_eq!(site.arrivals("/silent"), 1);
    failed_in_time(&run, FailureKind::Timeout);
}

#[test]
fn f32_an_endless_loop_in_a_page_is_a_timeout_of_its_step() {
    let site = Site::start();
    let case = format!(
        "steps = [ {{ goto = '{}' }}, {{ script = 'while (true) {{}}', as = 'x', timeout = '1s' }} ]\n",
        site.url("/")
    );
    failed_in_time(&beside_another(&site, &case), FailureKind::Timeout);
}

#[test]
fn f32_an_endless_loop_while_a_check_waits_is_a_timeout_of_the_check() {
    let site = Site::start();
    site.page("/loop", "<script>fetch('/gate/loop').then(() => { while (true) {} })</script>");
    let case = format!(
        "steps = [ {{ goto = '{}' }}, {{ expect = '#none', text = 'x', timeout = '3s' }} ]\n",
        site.url("/loop")
    );
    let project = project().file("testcases/bad.toml", &case);
    let mut running = Running::start(&project, &[]);
    site.wait_for("loop", 1);
    until("the check to begin", || {
        let record = Record::last(&project);
        let steps = &record.cases.get("bad")?.attempts.first()?.steps;
        steps.first()?.verdict.map(drop)
    });
    site.open("loop");
    running.wait_clean().exits(1);
    let record = Record::last(&project);
    let bad = record.case("bad");
    assert_eq!(bad.ends(), [(Some(AttemptVerdict::Failed), Some(FailureKind::Timeout))]);
    assert!(bad.attempts[0].steps[1].duration_ms.is_some_and(|it| it < 5000), "{bad:?}");
}

#[test]
fn f33_an_alert_that_nobody_asked_for_is_a_failure_with_its_text() {
    let site = Site::start();
    site.page("/alert", "<button onclick=\"alert('Session is over')\">Go</button>");
    let case = format!(
        "steps = [ {{ goto = '{}' }}, {{ click = 'button' }}, {{ expect = 'h1', text = 'Page' }} ]\n",
        site.url("/alert")
    );
    let run = beside_another(&site, &case);
    run.0.exits(1).says(&["Session is over", "`dialog` step"]);
    assert_eq!(run.1.case("bad").ends(), [(Some(AttemptVerdict::Failed), Some(FailureKind::Prompt))]);
}

#[test]
fn f33_a_loop_of_alerts_is_a_failure_with_their_text_and_ends() {
    let site = Site::start();
    site.page("/alerts", "<button onclick=\"while (true) alert('again')\">Go</button>");
    let case = format!(
        "steps = [ {{ goto = '{}' }}, {{ click = 'button', timeout = '1s' }}, {{ expect = 'h1', text = 'Page', timeout = '1s' }} ]\n",
        site.url("/alerts")
    );
    let run = beside_another(&site, &case);
    run.0.says(&["again"]);
    failed_in_time(&run, FailureKind::Prompt);
}

#[test]
fn f34_a_page_that_wants_to_keep_its_visitor_blocks_neither_the_next_page_nor_the_end() {
    let site = Site::start();
    // Without `keepalive` the request is dropped where its page goes before it was sent.
    site.page(
        "/stay",
        "<button>Go</button><script>addEventListener('beforeunload', it => { it.preventDefault(); fetch('/asked', { keepalive: true }) })</script>",
    );
    let case = format!(
        "steps = [ {{ goto = '{0}' }}, {{ click = 'button' }}, {{ goto = '{1}' }}, {{ goto = '{0}' }}, {{ click = 'button' }} ]\n",
        site.url("/stay"),
        site.url("/next")
    );
    let (ended, record) = beside_another(&site, &case);
    assert!(site.arrivals("/asked") >= 1, "it asked");
    ended.exits(1).says(&["beforeunload"]);
    assert_eq!(record.case("bad").ends(), [(Some(AttemptVerdict::Failed), Some(FailureKind::Prompt))]);
}

#[test]
fn f34_a_page_that_wants_to_keep_its_visitor_is_left_where_a_dialog_step_says_so() {
    let site = Site::start();
    site.page(
        "/stay",
        "<button>Go</button><script>addEventListener('beforeunload', it => it.preventDefault())</script>",
    );
    let case = format!(
        "steps = [ {{ goto = '{0}' }}, {{ click = 'button' }}, {{ dialog = 'accept', kind = 'beforeunload' }}, \
         {{ goto = '{1}' }}, {{ expect = 'h1', text = 'Page' }} ]\n",
        site.url("/stay"),
        site.url("/next")
    );
    let (ended, _) = beside_another(&site, &case);
    ended.exits(0);
    assert_eq!(site.arrivals("/next"), 1);
}

#[test]
fn f38_what_a_server_leaves_behind_is_ended_and_counted() {
    let site = Site::start();
    // Something of the server's leaves its group, as daemons do. Its address answers from its start on.
    let ready = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = ready.local_addr().unwrap();
    drop(ready);
    let project = Project::new()
        .file(
            "runner.toml",
            &format!(
                "[server]\ncommand = [\"sh\", \"-c\", \"setsid sleep 1000 & touch started; exec sleep 1000\"]\n\
                 url = \"http://{address}/\"\ntimeout = \"80s\"\n"
            ),
        )
        .file("testcases/one.toml", &site.held_case("one", ""));
    site.open("one");
    let mut running = Running::start(&project, &[]);
    until("the server to be started", || project.root().join("started").exists().then_some(()));
    let listener = std::net::TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    site.wait_for("one", 1);
    let left = running.process("what will be left", |it| {
        it.command_line == "sleep 1000 " && it.parent != running.guard().pid
    });
    let ended = running.wait_clean();
    ended.exits(0).says(&["1 process or folder was left behind, and removed"]);
    assert!(!left.is_alive());
}

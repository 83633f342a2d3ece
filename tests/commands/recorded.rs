//! A record of batches in a project, made by the library's own recorder. Times are pinned afterwards, so that outputs are
//! exact.

use crate::support::Project;
use batchrun::event::reporter::Reporter;
use batchrun::event::{
    AttemptFinished, AttemptStarted, BatchFinished, BatchStarted, CaseFinished, CaseQueued, Event, Evidence,
    Failure, Load, StepFinished, StepStarted,
};
use batchrun::id::{BatchId, CaseId, JobId};
use batchrun::outcome::{AttemptVerdict, BatchStatus, ExitCode, FailureKind, StepVerdict, Verdict};
use batchrun::source::Location;
use batchrun::store::{Recorder, Store};
use batchrun::text::Untrusted;

/// An earlier batch.
pub(crate) const FIRST: &str = "20270101-000000-aaaaaaaa";
/// A later one.
pub(crate) const LAST: &str = "20270102-030405-7k2m9qxd";

/// Two batches: in the first the cart passed, in the second nearly everything happened.
pub(crate) fn shop() -> Project {
    let project = Project::new();
    let first = Recording::begin(&project, FIRST, &["testcases/cart", "testcases/old"]);
    first.attempt("testcases/cart", 1, &Goes::Well, Some(Verdict::Passed));
    first.attempt("testcases/old", 1, &Goes::Wrong, Some(Verdict::Failed));
    first.finish(BatchStatus::Finished, ExitCode::Failed);
    let cases = ["cart", "search", "login[alice]", "login[bob]", "pay", "beta", "new", "later"];
    let cases = cases.map(|case| format!("testcases/{case}"));
    let last = Recording::begin(&project, LAST, &cases.each_ref().map(String::as_str));
    last.attempt("testcases/cart", 1, &Goes::Broken, None);
    last.attempt("testcases/cart", 2, &Goes::Wrong, Some(Verdict::Failed));
    last.attempt("testcases/search", 1, &Goes::Wrong, None);
    last.attempt("testcases/search", 2, &Goes::Well, Some(Verdict::Flaky));
    last.attempt("testcases/login[alice]", 1, &Goes::Well, Some(Verdict::Passed));
    last.end("testcases/login[bob]", Verdict::Skipped, 0, Some("bob is on holiday"));
    last.attempt("testcases/pay", 1, &Goes::Broken, Some(Verdict::Errored));
    last.attempt("testcases/beta", 1, &Goes::Wrong, Some(Verdict::Failed));
    last.attempt("testcases/new", 1, &Goes::Well, Some(Verdict::Passed));
    last.end("testcases/later", Verdict::NotRun, 0, Some("stopped by Ctrl-C"));
    last.finish(BatchStatus::Interrupted, ExitCode::Failed);
    project
}

/// What the steps of every case are called.
const TITLES: [&str; 2] = ["goto \"/cart\"", "expect \"#count\""];

/// A batch that is being recorded; its lock is held until it ends or is dropped.
pub(crate) struct Recording {
    batch: String,
    database: std::path::PathBuf,
    recorder: Recorder,
    ids: Vec<String>,
}

/// How one attempt of a case goes.
pub(crate) enum Goes {
    /// Two steps pass.
    Well,
    /// The second step does not hold.
    Wrong,
    /// The browser dies.
    Broken,
}

impl Recording {
    /// Begins one with these cases: ids, ` @` and the browser where it is another.
    pub(crate) fn begin(project: &Project, batch: &str, cases: &[&str]) -> Self {
        Self::reporting(project, batch, cases, Vec::new())
    }

    /// The same, with reporters.
    pub(crate) fn reporting(
        project: &Project,
        batch: &str,
        cases: &[&str],
        reporters: Vec<Box<dyn Reporter>>,
    ) -> Self {
        let database = project.root().join(".batchrun/batchrun.db");
        let mut store = Store::open(&database).expect("a database can be made");
        let begun = store.begin(&BatchId::from_stored(batch)).expect("nobody else has this batch");
        let recorder = Recorder::start(store, begun, reporters).expect("threads can be started");
        let ids = cases.iter().map(|case| (*case).to_owned()).collect();
        let recording = Self { batch: batch.to_owned(), database, recorder, ids };
        recording.recorder.send(Event::BatchStarted(Box::new(BatchStarted {
            batch: BatchId::from_stored(batch),
            total: number(cases.len()),
            concurrency: 3,
            host: "ci-1".to_owned(),
            boot_id: None,
            seed: 7,
            shard: None,
            version: "0.1.0".to_owned(),
            git_commit: Some("0123456789ab".to_owned()),
            command_line: vec!["batchrun".into(), "-t".into(), "a b".into()],
            settings: serde_json::json!({"retries": {"value": "1", "from": "default"}}),
        })));
        for (job, case) in cases.iter().enumerate() {
            recording.queue(number(job), case);
        }
        recording
    }

    fn queue(&self, job: u32, case: &str) {
        let (id, browser) = case.split_once(" @").unwrap_or((case, "chrome"));
        let stem = id.split([':', '[']).next().unwrap_or(id);
        self.recorder.send(Event::CaseQueued(Box::new(CaseQueued {
            job: JobId(job),
            case: CaseId::new(id),
            name: if id.ends_with("cart") { "Remove \u{1b}[31man item".into() } else { id.into() },
            location: Location { file: format!("{stem}.toml"), line: 1, column: 1 },
            content_hash: "5e88".into(),
            browser: browser.to_owned(),
            row: None,
            tags: vec!["smoke".to_owned(), "shop".to_owned()],
            priority: 0,
            quarantined: id.ends_with("beta"),
            quarantine: None,
            tries: 2,
        })));
    }

    fn job(&self, case: &str) -> JobId {
        JobId(number(self.ids.iter().position(|id| id == case).expect("the case is in the batch")))
    }

    /// An attempt begins, with its first step.
    pub(crate) fn start(&self, case: &str, attempt: u32) {
        let job = self.job(case);
        let load = Load { cpu: Some(42.4), memory_free_mb: Some(2048), ..Load::default() };
        self.recorder.send(Event::AttemptStarted(AttemptStarted {
            job,
            attempt,
            slot: 2,
            running: 1,
            limit: 3,
            steps: 2,
            load,
        }));
        self.step(job, attempt, 1);
    }

    fn step(&self, job: JobId, attempt: u32, position: u32) {
        self.recorder.send(Event::StepStarted(StepStarted {
            job,
            attempt,
            position,
            depth: 0,
            title: TITLES[position as usize - 1].into(),
            location: Location {
                file: "testcases/cart.toml".to_owned(),
                line: position as usize + 3,
                column: 3,
            },
        }));
    }

    fn leave(&self, job: JobId, (attempt, position): (u32, u32), verdict: StepVerdict, why: Option<&str>) {
        self.recorder.send(Event::StepFinished(StepFinished {
            job,
            attempt,
            position,
            depth: 0,
            title: TITLES[position as usize - 1].into(),
            line: position + 3,
            verdict,
            started_ms: 0,
            duration_ms: u64::from(position) * 1204,
            message: why.map(Into::into),
        }));
    }

    /// A whole attempt; the case ends with it if `verdict` says how.
    pub(crate) fn attempt(&self, case: &str, attempt: u32, goes: &Goes, verdict: Option<Verdict>) {
        let job = self.job(case);
        self.start(case, attempt);
        self.leave(job, (attempt, 1), StepVerdict::Passed, None);
        self.step(job, attempt, 2);
        let (ended, step, failure) = match goes {
            Goes::Well => (AttemptVerdict::Passed, StepVerdict::Passed, None),
            Goes::Wrong => (AttemptVerdict::Failed, StepVerdict::Failed, Some(wrong())),
            Goes::Broken => (AttemptVerdict::Errored, StepVerdict::Errored, Some(broken())),
        };
        let message = failure.as_ref().map(|it| it.message.clone());
        self.leave(job, (attempt, 2), step, message.as_ref().map(Untrusted::raw));
        let path = format!("evidence/{}/1-{attempt}-failure.png", self.batch);
        let picture = Evidence {
            kind: "screenshot".to_owned(),
            position: Some(2),
            path: Some(path),
            bytes: 20_480,
            note: None,
        };
        self.recorder.send(Event::AttemptFinished(Box::new(AttemptFinished {
            job,
            attempt,
            slot: 2,
            verdict: ended,
            duration_ms: 3891,
            cpu_mean: None,
            evidence: failure.iter().map(|_| picture.clone()).collect(),
            failure,
            will_retry: verdict.is_none(),
        })));
        if let Some(verdict) = verdict {
            let message = message.filter(|_| verdict != Verdict::Flaky);
            self.end(case, verdict, attempt, message.as_ref().map(Untrusted::raw));
        }
    }

    /// A case ends.
    pub(crate) fn end(&self, case: &str, verdict: Verdict, attempts: u32, why: Option<&str>) {
        self.recorder.send(Event::CaseFinished(CaseFinished {
            job: self.job(case),
            verdict,
            attempts,
            duration_ms: 3891 * u64::from(attempts),
            message: why.map(Into::into),
            slow_after_ms: None,
        }));
    }

    /// A case passes at once, and takes longer than it should.
    pub(crate) fn slow(&self, case: &str) {
        self.attempt(case, 1, &Goes::Well, None);
        let passed = CaseFinished::without_attempt(self.job(case), Verdict::Passed, 1, None);
        self.recorder.send(Event::CaseFinished(CaseFinished { slow_after_ms: Some(1_000), ..passed }));
    }

    /// The batch ends; it has taken a minute and a half.
    pub(crate) fn finish(self, status: BatchStatus, exit: ExitCode) {
        self.recorder.send(Event::BatchFinished(BatchFinished {
            status,
            exit,
            duration_ms: 90_000,
            peak_memory_bytes: None,
            mean_cpu_percent: None,
            leftovers: 0,
        }));
        self.stop();
    }

    /// The runner ends, without a word about the batch if it has not been finished.
    pub(crate) fn stop(self) {
        assert!(self.recorder.finish().closing.saved);
        pin(&self.database);
    }

    /// Waits until all of it can be read; goes on.
    pub(crate) fn saved(&self) {
        assert!(self.recorder.barrier().blocking_recv().expect("the recorder lives"));
        pin(&self.database);
    }
}

/// Sets every time in the rows.
fn pin(database: &std::path::Path) {
    let pinned = "
        UPDATE batch SET started_at = '2027-01-02T03:04:05.678Z',
            finished_at = iif(finished_at IS NULL, NULL, '2027-01-02T03:05:35.678Z');
        UPDATE case_run SET queued_at = '2027-01-02T03:04:06.000Z',
            started_at = iif(started_at IS NULL, NULL, '2027-01-02T03:04:07.000Z'),
            finished_at = iif(finished_at IS NULL, NULL, '2027-01-02T03:04:11.000Z');
        UPDATE attempt SET started_at = '2027-01-02T03:04:07.000Z',
            finished_at = iif(finished_at IS NULL, NULL, '2027-01-02T03:04:11.000Z');
        UPDATE event SET elapsed_ms = iif(kind = 'batch_finished', 90000, 45000);
        UPDATE step SET started_at = '2027-01-02T03:04:08.000Z';";
    let connection = rusqlite::Connection::open(database).expect("the database is there");
    connection.execute_batch(pinned).expect("the tables have these columns");
}

fn wrong() -> Failure {
    Failure {
        location: Some(Location { file: "testcases/cart.toml".to_owned(), line: 5, column: 3 }),
        step: Some("expect \"#count\"".into()),
        position: Some(2),
        expected: Some("0 items".into()),
        actual: Some("1 item".into()),
        seen: vec!["0.0s is hidden".into(), "0.4s has the text \"1 item\"".into()],
        hints: vec!["is something else still running?".into()],
        excerpt: Some("  { expect = \"#count\", text = \"0 items\" },".into()),
        ..Failure::new(FailureKind::Assertion, "`#count` does not have the text it should\u{1b}[2J")
    }
}

fn broken() -> Failure {
    Failure::new(FailureKind::BrowserCrash, "the browser exited with signal 11")
}

fn number(of: usize) -> u32 {
    u32::try_from(of).expect("batches in tests are small")
}

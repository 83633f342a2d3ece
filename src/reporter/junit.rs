//! `JUnit` XML as Jenkins, GitLab and their like read it, valid by the schema of Jenkins (`junit-10.xsd` of its xUnit plugin):
//! a suite a file, a test case a job. Repeated tries are
//! `flakyFailure` and `rerunFailure`, broken infrastructure is `error`. What does not decide the exit code does not turn a
//! CI system red either: a quarantined failure is `skipped`, with its message.

use super::collected::{Attempt, Case, Collected};
use super::draft::Draft;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Failure, Stamped, millis};
use crate::id::JobId;
use crate::outcome::{AttemptVerdict, Verdict};
use crate::store::inside;
use crate::text::Untrusted;
use jiff::Timestamp;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Collects events, writes one document at the end.
pub(super) struct Junit {
    name: String,
    draft: Draft,
    collected: Collected,
    /// Where the paths of evidence begin, as they are seen from here.
    folder: PathBuf,
}

impl Junit {
    pub(super) fn new(name: String, draft: Draft) -> Self {
        Self { name, draft, collected: Collected::default(), folder: PathBuf::new() }
    }
}

impl Reporter for Junit {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        self.collected.add(event).map_err(|cause| self.draft.error(cause))
    }

    fn finish(&mut self, closing: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        self.folder = from_here(closing.database.parent().unwrap_or(Path::new("")));
        self.write(tally)?;
        Ok(self.draft.publish()?.map(|path| Artifact { kind: "junit", path }))
    }
}

/// Jobs by their files, in the order of the files, then of the plan.
type Suites = BTreeMap<String, Vec<JobId>>;

impl Junit {
    /// The document, suite by suite: never all of it is in memory. The sums come first, so each suite is made twice.
    fn write(&mut self, tally: &Tally) -> Result<(), ReportError> {
        let suites = suites(&self.collected).map_err(|cause| self.draft.error(cause))?;
        let sums = self.sums(&suites, tally);
        let (head, end) = sums.map_err(|cause| self.draft.error(cause))?;
        self.draft.write(head.as_bytes())?;
        for (file, jobs) in &suites {
            let text = alone(&self.collected, (file, jobs), tally, &self.folder)
                .map_err(|cause| self.draft.error(cause))?;
            self.draft.write(text.as_bytes())?;
        }
        self.draft.write(end.as_bytes())
    }

    /// What stands before the suites, and behind them.
    fn sums(&self, suites: &Suites, tally: &Tally) -> io::Result<(String, String)> {
        let mut whole = Report::new("batchrun");
        if let Some(finished) = &tally.finished {
            whole.set_time(Duration::from_millis(finished.duration_ms));
        }
        for (file, jobs) in suites {
            let suite = suite(&self.collected, (file, jobs), tally, &self.folder)?;
            whole.tests += suite.tests;
            whole.failures += suite.failures;
            whole.errors += suite.errors;
            whole.skipped += suite.skipped;
        }
        let mut head = whole.to_string().map_err(io::Error::other)?;
        let end = head.split_off(head.rfind(END).unwrap_or(head.len()));
        // The writer counts them here, too, where the schema knows no such attribute.
        Ok((head.replacen(&format!(" skipped=\"{}\"", whole.skipped), "", 1), end))
    }
}

/// How a suite begins within a document.
const SUITE: &str = "    <testsuite ";
/// How the document ends.
const END: &str = "</testsuites>";

fn suites(collected: &Collected) -> io::Result<Suites> {
    let mut suites = Suites::new();
    for job in collected.jobs() {
        suites.entry(collected.case(job)?.queued.location.file).or_default().push(job);
    }
    Ok(suites)
}

/// The text of one suite.
fn alone(collected: &Collected, jobs: (&str, &[JobId]), tally: &Tally, folder: &Path) -> io::Result<String> {
    let mut report = Report::new("");
    report.add_test_suite(suite(collected, jobs, tally, folder)?);
    let text = report.to_string().map_err(io::Error::other)?;
    let (from, to) = (text.find(SUITE).unwrap_or(0), text.rfind(END).unwrap_or(text.len()));
    Ok(text[from..to].to_owned())
}

fn suite(
    collected: &Collected,
    (file, jobs): (&str, &[JobId]),
    tally: &Tally,
    folder: &Path,
) -> io::Result<TestSuite> {
    let mut suite = TestSuite::new(xml(&file.into()));
    let (mut time, mut began) = (Duration::ZERO, None);
    for job in jobs {
        let case = collected.case(*job)?;
        time += duration(&case);
        began = case.attempts.iter().map(|it| it.started_at).chain(began).min();
        suite.add_test_case(test_case(&case, tally, folder));
    }
    suite.set_time(time);
    suite.extra.insert("file".into(), xml(&file.into()).into());
    suite.timestamp = began.and_then(timestamp);
    if let Some((batch, _)) = &collected.batch {
        property(&mut suite.properties, "batch", batch.batch.as_str());
        property(&mut suite.properties, "host", &batch.host);
        property(&mut suite.properties, "seed", &batch.seed.to_string());
        property(&mut suite.properties, "batchrun", &batch.version);
        if let Some(commit) = &batch.git_commit {
            property(&mut suite.properties, "git_commit", commit);
        }
    }
    Ok(suite)
}

fn test_case(case: &Case, tally: &Tally, folder: &Path) -> TestCase {
    let queued = &case.queued;
    let mut test = TestCase::new(xml(&tally.title(queued.job)), status(case));
    let file = queued.location.file.as_str();
    test.set_classname(xml(&file.strip_suffix(".toml").unwrap_or(file).into()));
    test.set_time(duration(case));
    test.set_system_out(xml(&facts(case, folder).into()));
    test
}

/// What else is known of a case. The schema has no properties for cases; readers take the brackets for what was kept of
/// it (the attachments plugin of Jenkins, GitLab).
fn facts(case: &Case, folder: &Path) -> String {
    let queued = &case.queued;
    let mut facts = vec![
        format!("name: {}", queued.name.raw()),
        format!("file: {}:{}", queued.location.file, queued.location.line),
        format!("browser: {}", queued.browser),
    ];
    facts.extend(queued.row.iter().map(|row| format!("row: {row}")));
    if !queued.tags.is_empty() {
        facts.push(format!("tags: {}", queued.tags.join(" ")));
    }
    if queued.priority != 0 {
        facts.push(format!("priority: {}", queued.priority));
    }
    if queued.quarantined {
        let why = queued.quarantine.as_ref().map(|it| format!(": {}", it.raw()));
        facts.push(format!("quarantined{}", why.unwrap_or_default()));
    }
    let ended = case.attempts.iter().filter_map(|attempt| attempt.finished.as_ref());
    let kept = ended.flat_map(|it| &it.evidence).filter_map(|it| inside(it.path.as_ref()?));
    facts.extend(kept.map(|path| format!("[[ATTACHMENT|{}]]", folder.join(path).display())));
    facts.join("\n")
}

fn status(case: &Case) -> TestCaseStatus {
    let Some(finished) = &case.finished else { return skipped("did not end") };
    let message = finished.message.as_ref().map(xml).unwrap_or_default();
    // The last one that failed is the one that the verdict is about; the others came before it.
    let failed: Vec<(&Attempt, &Failure)> = case
        .attempts
        .iter()
        .filter_map(|attempt| Some((attempt, attempt.finished.as_ref()?.failure.as_ref()?)))
        .collect();
    match finished.verdict {
        // Tries that broken infrastructure ended say nothing about the case: it is not flaky.
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Flaky => {
            let mut status = TestCaseStatus::success();
            status.add_reruns(failed.iter().map(|(attempt, failure)| rerun(attempt, failure)));
            status
        }
        Verdict::Failed | Verdict::Errored if case.queued.quarantined => {
            skipped(&format!("quarantined: {message}"))
        }
        Verdict::Failed | Verdict::Errored => {
            let errored = finished.verdict == Verdict::Errored;
            let kind = if errored { NonSuccessKind::Error } else { NonSuccessKind::Failure };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(message);
            if let Some(((_, last), before)) = failed.split_last() {
                status.set_type(last.kind.as_str());
                status.set_description(description(last));
                status.add_reruns(before.iter().map(|(attempt, failure)| rerun(attempt, failure)));
            }
            status
        }
        Verdict::Skipped => skipped(&message),
        Verdict::Interrupted => skipped("interrupted"),
        Verdict::NotRun => skipped(if message.is_empty() { "not run" } else { &message }),
    }
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

fn rerun(attempt: &Attempt, failure: &Failure) -> TestRerun {
    let errored = attempt.finished.as_ref().is_some_and(|it| it.verdict == AttemptVerdict::Errored);
    let mut rerun = TestRerun::new(if errored { NonSuccessKind::Error } else { NonSuccessKind::Failure });
    rerun.set_type(failure.kind.as_str());
    rerun.set_message(xml(&failure.message));
    rerun.set_description(description(failure));
    rerun
}

/// The failure as text: what a person needs who sees nothing else.
fn description(failure: &Failure) -> String {
    let mut lines = vec![failure.message.raw().to_owned()];
    if let Some(place) = &failure.location {
        lines.push(format!("at {place}"));
    }
    if let Some(step) = &failure.step {
        lines.push(format!("step {}", step.raw()));
    }
    let named = [("expected", &failure.expected), ("actual", &failure.actual)];
    lines.extend(named.iter().filter_map(|(name, text)| Some(format!("{name}: {}", text.as_ref()?.raw()))));
    let lists = [("seen", &failure.seen), ("also", &failure.further), ("hint", &failure.hints)];
    lines.extend(
        lists.iter().flat_map(|(name, texts)| texts.iter().map(move |it| format!("{name}: {}", it.raw()))),
    );
    xml(&lines.join("\n").into())
}

fn property(properties: &mut Vec<Property>, name: &str, value: &str) {
    properties.push(Property::new(xml(&name.into()), xml(&value.into())));
}

fn duration(case: &Case) -> Duration {
    Duration::from_millis(case.finished.as_ref().map_or(0, |finished| finished.duration_ms))
}

/// A folder as it is seen from the working directory, which is what those who read the report start from.
fn from_here(folder: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    folder.strip_prefix(here).unwrap_or(folder).to_owned()
}

/// The writer escapes and drops escape codes; this drops what XML cannot hold at all.
fn xml(text: &Untrusted) -> String {
    text.xml()
}

/// In the type of the crate that writes, without naming it.
fn timestamp<T: std::str::FromStr>(at: Timestamp) -> Option<T> {
    millis::text(at).parse().ok()
}

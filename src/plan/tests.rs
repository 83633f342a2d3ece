//! Plans from cases and settings that are written here, shown as one line a job.

use super::*;
use crate::case::model::{Retries, Row};
use crate::case::{LoadOptions, load};
use crate::config::{self, Environment, Layer, Request, Sourced};
use crate::source::{SourceFile, Span};
use std::collections::BTreeMap;

fn case(id: &str) -> Case {
    Case {
        id: CaseId::new(id),
        name: id.to_owned(),
        source: SourceFile::new(format!("{id}.toml"), ""),
        span: Span::default(),
        content_hash: "".into(),
        tags: Vec::new(),
        priority: None,
        timeout: None,
        step_timeout: None,
        retries: None,
        uses: Vec::new(),
        vars: BTreeMap::new(),
        rows: Vec::new(),
        before: Arc::from([]),
        steps: Vec::new(),
        after: Arc::from([]),
        skip: None,
        only_browsers: Vec::new(),
        browser: None,
        viewport: None,
        base_url: None,
        state: None,
        http_auth: None,
        quarantine: None,
        expect_failure: None,
        meta: BTreeMap::new(),
    }
}

fn settings(file: &str, flags: Layer) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("runner.toml"), file).unwrap();
    let environment = Environment { working_directory: folder.path().to_owned(), variables: BTreeMap::new() };
    match config::load(Request { flags, ..Request::default() }, &environment) {
        Ok(loaded) => loaded.settings,
        Err(wrong) => panic!("{:?}", wrong.findings),
    }
}

fn plan(cases: &[Case], filter: &Filter, settings: &Settings, today: Date) -> Result<Plan, Vec<Diagnostic>> {
    let planner = Planner { filter, settings, today };
    let nothing = load(&[], &LoadOptions::default());
    Plan::new(cases.iter().map(|case| planner.jobs(case, CaseKey::default())), nothing.library)
}

fn planned(cases: &[Case], filter: &str, settings: &Settings) -> String {
    let filter = if filter.is_empty() { Filter::all(Vec::new()) } else { Filter::parse(filter).unwrap() };
    let plan = plan(cases, &filter, settings, jiff::civil::date(2027, 1, 31)).unwrap();
    let line = |job: &Job| {
        let quarantined = if job.quarantine.is_some() { " quarantined" } else { "" };
        let skip = job.skip.as_ref().map(|why| format!(" skip: {why}")).unwrap_or_default();
        format!(
            "{} {} {:?}/{:?} retries {}{quarantined}{skip}",
            job.id.0, job.case_id, job.timeout, job.step_timeout, job.retries
        )
    };
    plan.jobs.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_highest_priority_starts_first_and_equal_ones_as_the_files_have_it() {
    let low = Case { priority: Some(-1), ..case("a") };
    let high = Case { priority: Some(7), ..case("d") };
    let jobs = planned(&[low, case("b"), case("c"), high], "", &settings("", Layer::default()));
    insta::assert_snapshot!(jobs, @"
    0 d 60s/10s retries 0
    1 b 60s/10s retries 0
    2 c 60s/10s retries 0
    3 a 60s/10s retries 0
    ");
}

#[test]
fn every_row_is_a_job_and_can_be_selected() {
    let rows = ["alice", "bob"].map(|name| Row { name: name.to_owned(), values: Box::from([]) });
    let with_rows = || Case { rows: rows.to_vec(), ..case("login") };
    let settings = settings("", Layer::default());
    insta::assert_snapshot!(planned(&[with_rows(), case("cart")], "id(login)", &settings), @"
    0 login[alice] 60s/10s retries 0
    1 login[bob] 60s/10s retries 0
    ");
    assert_eq!(planned(&[with_rows()], "id(login[bob])", &settings), "0 login[bob] 60s/10s retries 0");
}

#[test]
fn the_run_wins_over_the_case_over_overrides_over_the_file() {
    let file = "timeout = \"50s\"\nretries = 1\n\
        [[override]]\nfilter = \"tag(slow)\"\ntimeout = \"5m\"\nretries = 2\npriority = 3\n\
        [[override]]\nfilter = \"id(b)\"\nretries = 4\n";
    let slow = |id| Case { tags: vec!["slow".to_owned()], ..case(id) };
    let own =
        |id| Case { timeout: Some(Duration::from_secs(7)), retries: Some(Retries { count: 9 }), ..slow(id) };
    let cases = || [case("z"), slow("a"), slow("b"), own("c")];
    insta::assert_snapshot!(planned(&cases(), "", &settings(file, Layer::default())), @"
    0 a 300s/10s retries 2
    1 b 300s/10s retries 4
    2 c 7s/10s retries 9
    3 z 50s/10s retries 1
    ");
    let flags = Layer { retries: Some(Sourced::flag("--retries", "0".parse().unwrap())), ..Layer::default() };
    insta::assert_snapshot!(planned(&cases(), "", &settings(file, flags)), @"
    0 a 300s/10s retries 0
    1 b 300s/10s retries 0
    2 c 7s/10s retries 0
    3 z 50s/10s retries 0
    ");
}

#[test]
fn a_quarantine_ends_after_its_last_day() {
    let until = |id, day| {
        let quarantine = Quarantine {
            owner: None,
            reason: "flaky".to_owned(),
            until: Some(jiff::civil::date(2027, 1, day)),
        };
        Case { quarantine: Some(quarantine), ..case(id) }
    };
    let file =
        "[[override]]\nfilter = \"id(c)\"\nquarantine = { reason = \"slow backend\", until = 2027-02-01 }\n";
    let cases = [until("a", 30), until("b", 31), case("c")];
    insta::assert_snapshot!(planned(&cases, "", &settings(file, Layer::default())), @"
    0 a 60s/10s retries 0
    1 b 60s/10s retries 0 quarantined
    2 c 60s/10s retries 0 quarantined
    ");
}

#[test]
fn what_is_skipped_is_still_planned() {
    let skipped = Case { skip: Some("needs a printer".to_owned()), ..case("a") };
    let elsewhere = Case { only_browsers: vec!["firefox".to_owned()], ..case("b") };
    insta::assert_snapshot!(planned(&[skipped, elsewhere], "", &settings("", Layer::default())), @"
    0 a 60s/10s retries 0 skip: needs a printer
    1 b 60s/10s retries 0 skip: runs only in firefox
    ");
}

#[test]
fn shares_are_refused_where_cases_run_at_the_same_time() {
    let uses = vec![crate::case::model::Use { share: "db".to_owned(), read: false }];
    let sharing = [Case { uses, ..case("a") }];
    let all = Filter::all(Vec::new());
    let findings = plan(&sharing, &all, &settings("", Layer::default()), Date::MIN).unwrap_err();
    assert_eq!(findings[0].message, "`uses` of `a` is not supported yet");
    let one_by_one = settings("concurrency = 1\n", Layer::default());
    assert_eq!(plan(&sharing, &all, &one_by_one, Date::MIN).unwrap().jobs.len(), 1);
}

#[test]
fn a_browser_that_does_not_work_yet_is_refused() {
    let firefox = Case { browser: Some("firefox".to_owned()), ..case("a") };
    let settings = settings("", Layer::default());
    let findings = plan(&[firefox], &Filter::all(Vec::new()), &settings, Date::MIN).unwrap_err();
    assert_eq!(
        findings[0].message,
        "`browser` of `a` must be `chrome` for now: `firefox` is not supported yet"
    );
}

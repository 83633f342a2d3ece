//! Plans from cases and settings that are written here, shown as one line a job.

use super::*;
use crate::case::model::Quarantine;
use crate::case::model::{Retries, Row, Use};
use crate::case::{LoadOptions, load};
use crate::config::Order;
use crate::config::{self, Environment, Layer, Request, Sourced};
use crate::history::Blank;
use crate::source::{SourceFile, Span};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

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
        slots: None,
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
    let planner = Planner::new(filter, settings, today, &Blank);
    let nothing = load(&[], &LoadOptions::default());
    let jobs: Vec<_> = cases.iter().map(|case| planner.jobs(case, CaseKey::default())).collect();
    let by = Ordering {
        order: Order::Smart,
        seed: 0,
        history: &Blank,
        shard: None,
        repeat: NonZeroU32::MIN,
        budget: None,
        left: None,
    };
    Plan::new(jobs, planner.into_shares(), nothing.library, by)
}

fn planned(cases: &[Case], filter: &str, settings: &Settings) -> String {
    let filter = if filter.is_empty() { Filter::all(Vec::new()) } else { Filter::parse(filter).unwrap() };
    let plan = plan(cases, &filter, settings, jiff::civil::date(2027, 1, 31)).unwrap();
    let line = |job: &Job| {
        let quarantined = if job.terms.quarantine.is_some() { " quarantined" } else { "" };
        let skip = job.terms.skip.as_ref().map(|why| format!(" skip: {why}")).unwrap_or_default();
        format!(
            "{} {} {:?}/{:?} retries {}{quarantined}{skip}",
            job.id.0, job.case_id, job.terms.timeout, job.terms.step_timeout, job.terms.retries
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

/// Each job with the shares it needs, those that it only reads in brackets.
fn needs(case: Case, file: &str) -> String {
    let settings = settings(file, Layer::default());
    let plan = plan(&[case], &Filter::all(Vec::new()), &settings, Date::MIN).unwrap();
    let need = |need: &Need| {
        let share = &plan.shares[need.share.index()];
        let name = format!("{} {}", share.name, share.max);
        if need.mode == Mode::Read { format!("({name})") } else { name }
    };
    plan.jobs[0].terms.needs.iter().map(need).collect::<Vec<_>>().join(", ")
}

fn uses(share: &str, read: bool) -> Case {
    Case { uses: vec![Use { share: share.to_owned(), read }], tags: vec!["buy".to_owned()], ..case("a") }
}

#[test]
fn a_job_needs_what_its_case_names_and_what_shares_say_of_it() {
    assert_eq!(needs(uses("db", false), ""), "db 1", "what nobody declared is a lock");
    assert_eq!(needs(uses("db", true), "[share.db]\nmax = 2\n"), "(db 2)");
    let shares = "base_url = \"http://shop.test:8080\"\n[share.checkout]\nmax = 3\nfilter = \"tag(buy)\"\n\
        [share.other]\nfilter = \"tag(sell)\"\n[share.shop]\nhost = \"shop.test\"\nper_second = 5\n";
    assert_eq!(needs(uses("db", false), shares), "checkout 3, db 1, shop 10000");
    assert_eq!(needs(uses("checkout", true), shares), "(checkout 3), shop 10000", "the case says how");
}

#[test]
fn a_share_with_values_cannot_only_be_read() {
    let settings = settings("[share.account]\nvalues = [\"alice\"]\n", Layer::default());
    let cases = [uses("account", true)];
    let findings = plan(&cases, &Filter::all(Vec::new()), &settings, Date::MIN).unwrap_err();
    assert_eq!(findings[0].message, "`a` only reads share `account`, whose `values` are for one holder each");
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

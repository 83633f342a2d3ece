//! What `${…}` means.

use super::Bench;
use super::build::{case, goto, log, row, set, step, text, value};
use super::twin::Twin;
use crate::case::template::ValueTemplate;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn vars(entries: &[(&str, &str)]) -> BTreeMap<String, ValueTemplate> {
    entries.iter().map(|(name, written)| ((*name).to_owned(), value(written))).collect()
}

async fn says(bench: &mut Bench, written: &str, vars: BTreeMap<String, ValueTemplate>) -> String {
    let mut case = case(vec![step(log(written))]);
    case.vars = vars;
    let ended = bench.run(&case).await;
    assert_eq!(ended.failure, None);
    bench.watched.logged.pop().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_command_line_wins_over_the_row_the_row_over_the_case_and_the_case_over_the_settings() {
    let mut bench = Bench::new(Twin::default());
    let all = |word: &str, names: &[&str]| -> BTreeMap<String, Value> {
        names.iter().map(|name| ((*name).to_owned(), json!(word))).collect()
    };
    bench.context.vars_override = all("line", &["a"]);
    bench.row = Some(row("r", &[("a", json!("row")), ("b", json!("row"))]));
    bench.context.vars = all("settings", &["a", "b", "c", "d"]);
    let case = vars(&[("a", "case"), ("b", "case"), ("c", "case")]);
    assert_eq!(says(&mut bench, "${a} ${b} ${c} ${d} ${row.a}", case).await, "line row case settings row");
}

#[tokio::test(start_paused = true)]
async fn set_wins_over_everything_for_the_rest_of_the_attempt() {
    let mut bench = Bench::new(Twin::default());
    bench.context.vars_override.insert("a".to_owned(), json!("line"));
    bench.passes([log("${a}"), set("a", value("${a} set")), log("${a}")]).await;
    assert_eq!(bench.watched.logged, ["line", "line set"]);
}

#[tokio::test(start_paused = true)]
async fn a_cases_variables_may_use_each_other_in_any_order() {
    let mut bench = Bench::new(Twin::default());
    let vars = vars(&[("a", "${b}!"), ("b", "${c} ${base_url}"), ("c", "${share.account}")]);
    assert_eq!(says(&mut bench, "${a}", vars).await, "alice http://shop.test/!");
}

#[tokio::test(start_paused = true)]
async fn a_cases_variable_may_use_what_a_step_sets() {
    let mut bench = Bench::new(Twin::default());
    let mut case = case(vec![step(log("${a}")), step(set("b", value("now"))), step(log("${a}"))]);
    case.vars = vars(&[("a", "${b}!")]);
    bench.run(&case).await;
    assert_eq!(bench.watched.logged, ["${a}", "now!"]);
}

#[tokio::test(start_paused = true)]
async fn variables_in_a_circle_are_named() {
    let mut case = case(vec![step(log("never"))]);
    case.vars = vars(&[("a", "${b}"), ("b", "${a}")]);
    let failure = Bench::new(Twin::default()).run(&case).await.failure.unwrap();
    assert_eq!(
        failure.message.raw(),
        "the case's variables: variables go in a circle: `a` uses `b` uses `a`"
    );
}

#[tokio::test(start_paused = true)]
async fn the_cases_base_url_wins_over_the_settings_and_loses_to_the_command_line() {
    let mut bench = Bench::new(Twin::default());
    let mut case = case(vec![step(goto("x"))]);
    case.base_url = Some(text("${server.url}/shop/"));
    bench.run(&case).await;
    bench.context.base_url_override = Some("http://other.test/".to_owned());
    bench.run(&case).await;
    let went: Vec<_> = bench.twin.asked.iter().filter(|it| it.starts_with("navigate")).collect();
    assert_eq!(went, ["navigate http://127.0.0.1:4711/shop/x", "navigate http://other.test/x"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_always_there() {
    let mut bench = Bench::new(Twin::default());
    bench.row = Some(row("alice", &[]));
    bench.attempt = 2;
    bench.context.env.insert("CI".to_owned(), "true".to_owned());
    bench.context.secrets.insert("KEY".to_owned(), "hunter22".to_owned());
    let written =
        "${case.id} ${case.attempt} ${batch.id} ${env.CI} ${secret.KEY} ${now.date} ${now.unix} ${now.iso}";
    assert_eq!(
        says(&mut bench, written, BTreeMap::new()).await,
        "testcases/a[alice] 2 20270102-030405-7k2m9qxd true hunter22 2027-01-02 1798859045 2027-01-02T03:04:05.678Z"
    );
    assert_eq!(
        says(&mut bench, "${env.HOME} ${random.dice}", BTreeMap::new()).await,
        "${env.HOME} ${random.dice}"
    );
}

#[tokio::test(start_paused = true)]
async fn random_values_are_stable_in_an_attempt_and_come_back_with_the_seed() {
    let written = "${random.uuid} ${random.int} ${random.hex}";
    let mut bench = Bench::new(Twin::default());
    let first = says(&mut bench, written, BTreeMap::new()).await;
    assert_eq!(says(&mut bench, written, BTreeMap::new()).await, first);
    bench.attempt = 2;
    let second = says(&mut bench, written, BTreeMap::new()).await;
    assert_ne!(first, second);
    bench.context.seed = 8;
    assert_ne!(says(&mut bench, written, BTreeMap::new()).await, second);
    let parts: Vec<&str> = first.split(' ').collect();
    assert_eq!((parts[0].len(), parts[2].len()), (36, 16));
    assert!(parts[1].parse::<u32>().is_ok_and(|it| it < 1 << 31));
}

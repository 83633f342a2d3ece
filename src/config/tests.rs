//! Settings from whole files, read as `batchrun` reads them.

use super::*;
use proptest::prelude::*;

/// Everything that runner.toml knows, with what works today and what does not.
const EVERYTHING: &str = r#"
base_url = "http://127.0.0.1:8080"
concurrency = 5
browser = "chrome"
headless = true
timeout = "60s"
step_timeout = "10s"
batch_timeout = "1h"
grace = "10s"
slow_after = "20s"
retries = { count = 2, backoff = "exponential", delay = "1s", max_delay = "30s", placement = "now" }
infra_retries = 2
fail_on_flaky = false
database = ".batchrun/batchrun.db"
env = ["CI", "BUILD_ID"]
test_id_attribute = "data-testid"
[[server]]
dir = "testcases/site"
[[server]]
command = ["npm", "start"]
url = "http://127.0.0.1:3000/health"
timeout = "60s"
reuse = true
[chrome]
args = ["--lang=de-DE"]
binary = "chrome/chrome"
driver = "chromedriver"
[[endpoint]]
url = "http://grid:4444/"
capacity = 20
username_env = "GRID_USER"
password_env = "GRID_KEY"
[[endpoint]]
url = "https://grid.example.com/wd/hub"
capacity = 5
header = { Authorization = "Bearer ${secret.GRID_TOKEN}" }
[share.db]
max = 2
[share.account]
values = ["alice", "bob"]
[share.checkout]
max = 2
filter = "tag(checkout)"
[share.shop]
host = "shop.example.com"
max = 3
per_second = 10.0
[pressure]
cpu = 85
memory_free = "500MiB"
some_avg10 = 40
[evidence]
screenshot = "on-failure"
source = "on-failure"
console = "on-failure"
trace = "off"
[history]
keep = "90 days"
evidence_max = "2GiB"
[secrets]
env = ["PASSWORD", "GRID_KEY"]
[state.alice]
steps = [ { use = "testcases/login.flow.toml", with = { user = "alice" } } ]
max_age = "30m"
[profile.ci]
retries = 2
[[override]]
filter = "tag(slow)"
timeout = "5m"
"#;

fn load_text(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, Vec<Diagnostic>> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
    let environment = Environment {
        working_directory: folder.path().to_owned(),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    load(Request::default(), &environment).map_err(|wrong| wrong.findings)
}

fn settings(text: &str, variables: &[(&str, &str)]) -> Settings {
    match load_text(text, variables) {
        Ok(loaded) => loaded.settings,
        Err(findings) => panic!("{findings:#?}"),
    }
}

fn messages(text: &str) -> String {
    let findings = load_text(text, &[]).err().unwrap_or_default();
    findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_known_key_is_taken_or_refused_by_name() {
    insta::assert_snapshot!(messages(EVERYTHING), @"
    `[history]` is not supported yet
    `[state]` is not supported yet
    ");
}

#[test]
fn servers_are_folders_or_commands() {
    insta::assert_snapshot!(
        messages(
            "[[server]]\n[[server]]\ndir = \"a\"\nurl = \"http://b\"\n[[server]]\ncommand = [\"x\"]\n\
             [[server]]\ncommand = []\nurl = \"http://b\"\n[[server]]\ndir = \"a\"\ncommand = [\"x\"]\n"
        ),
        @"
    a server needs either `dir` or `command`
    `url`, `timeout` and `reuse` go with `command`: a `dir` is served on a free port at once
    a server with a `command` needs the `url` that answers once it is ready
    `server.command` must name a program, found none
    a server needs either `dir` or `command`
    "
    );
    let settings = settings("[server]\ncommand = [\"x\", \"y z\"]\nurl = \"http://a/\"\n", &[]);
    let [Server::Command { command, timeout, reuse, .. }] = settings.servers.as_slice() else { panic!() };
    assert_eq!(
        (command.join("|"), timeout.to_string(), *reuse),
        ("x|y z".to_owned(), "1m".to_owned(), false)
    );
}

#[test]
fn credentials_come_from_the_environment_and_from_secrets() {
    let text = "[[endpoint]]\nurl = \"http://a/\"\ncapacity = 1\nusername_env = \"U\"\npassword_env = \"P\"\n\
        [[endpoint]]\nurl = \"http://b/\"\ncapacity = 1\nheader = { X = \"Key ${secret.K} of ${env.U}\", Y = \"plain\" }\n\
        [secrets]\nenv = [\"K\"]\n";
    let variables = [("U", "me"), ("P", "password"), ("K", "keykey")];
    let settings = settings(text, &variables);
    let environment = Environment {
        working_directory: PathBuf::from("/"),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let login = |at: usize, environment: &Environment| {
        settings.endpoints.as_slice()[at].credentials.login(&settings.secrets, environment)
    };
    match login(0, &environment) {
        Ok(Login::Basic { username, password }) => {
            assert_eq!((username.as_str(), password.as_str()), ("me", "password"));
        }
        _ => panic!("no basic login"),
    }
    match login(1, &environment) {
        Ok(Login::Header(fields)) => assert_eq!(fields[0], ("X".to_owned(), "Key keykey of me".to_owned())),
        _ => panic!("no header"),
    }
    let missing = login(1, &Environment::default()).err().map(|error| error.to_string());
    assert_eq!(missing.as_deref(), Some("`${env.U}` has no value here"));
    let shown = settings
        .entries()
        .into_iter()
        .find(|entry| entry.key == "endpoint")
        .map(|entry| entry.value.to_string());
    let shown = shown.unwrap_or_default();
    assert!(shown.contains("Key ${secret.K} of ${env.U}") && !shown.contains("plain"), "{shown}");
}

#[test]
fn credentials_that_are_half_said_are_refused() {
    insta::assert_snapshot!(
        messages(
            "[[endpoint]]\nurl = \"http://a/\"\n[[endpoint]]\nurl = \"http://a/\"\ncapacity = 1\nusername_env = \"U\"\n\
             [[endpoint]]\nurl = \"http://u:p@a/\"\ncapacity = 0\nheader = { \"a b\" = \"x\", c = \"${row.x}\", d = \"${\" }\n"
        ),
        @"
    an endpoint needs `url` and `capacity`
    an endpoint takes both `username_env` and `password_env`, or `header`
    `endpoint.url` must not hold a user or password
    `endpoint.capacity` must be a whole number from 1 to 10000, found the integer `0`
    `a b` is no name of a header field
    `endpoint.header.c` may use `${secret.X}` and `${env.X}`, found `${row.x}`
    `endpoint.header.d` has a `${` without `}`
    "
    );
}

#[test]
fn overrides_are_checked() {
    insta::assert_snapshot!(
        messages(
            "[[override]]\ntimeout = \"1s\"\n[[override]]\nfilter = \"last(failed)\"\npriority = 101\nheadless = true\n\
             prio = 1\nquarantine = { until = 2027-12-01 }\n"
        ),
        @"
    an `[[override]]` needs a `filter`
    a filter in runner.toml cannot ask for past runs
    `override.priority` must be a whole number from -100 to 100, found the integer `101`
    `headless` in an `[[override]]` is not supported yet
    unknown key `prio` in `override`
    `override.quarantine` needs a `reason`
    "
    );
    insta::assert_snapshot!(
        messages("[[override]]\nfilter = \"tag(a)\"\nquarantine = { owner = \"\", until = 07:32:00 }\n"),
        @"
    `override.quarantine.owner` is empty
    `override.quarantine.until` must be a date such as `2027-01-31`, found the date `07:32:00`
    `override.quarantine` needs a `reason`
    "
    );
}

#[test]
fn relative_paths_are_relative_to_the_file_they_stand_in() {
    let settings = settings(
        "database = \"./x/y.db\"\n[chrome]\nbinary = \"bin/chrome\"\ndriver = \"chromedriver\"\n",
        &[],
    );
    let root = &settings.project.root;
    assert_eq!(settings.database.as_path(), root.join("x/y.db"));
    assert_eq!(
        settings.chrome_binary.as_ref().map(Program::as_path),
        Some(root.join("bin/chrome").as_path())
    );
    assert_eq!(
        settings.chrome_driver.as_ref().map(Program::as_path),
        Some(std::path::Path::new("chromedriver"))
    );
}

#[test]
fn only_allowed_variables_can_be_read() {
    let settings = settings("env = [\"CI\", \"UNSET\"]\n", &[("CI", "1"), ("HOME", "/root")]);
    assert_eq!(settings.environment, [("CI".to_owned(), "1".to_owned())].into());
}

#[test]
fn f64_deep_nesting_is_refused_and_not_followed() {
    let deep = format!("[vars]\nx = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert!(messages(&deep).starts_with("not TOML: "), "{}", messages(&deep));
    let large = format!("# {}", "x".repeat(1 << 20));
    assert_eq!(messages(&large), "cannot read `runner.toml`: larger than 1 MiB");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(
        key in prop::sample::select(Layer::KEYS.to_vec()),
        value in r#"[0-9]{1,20}|-1|true|"[a-z0-9 :/.$\{\}-]{0,12}"|\[\]|\["[a-z-]{0,6}", 1\]|\{ [a-z]{1,4} = 1 \}|1979-05-27|nan"#,
    ) {
        for finding in load_text(&format!("{key} = {value}\n"), &[]).err().unwrap_or_default() {
            prop_assert!(!finding.message.is_empty());
        }
    }
}

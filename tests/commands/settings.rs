//! runner.toml, profiles, variables and flags: what counts, and what is refused.

use crate::support::Project;
use insta::assert_snapshot;

#[test]
fn defaults_are_shown_with_their_origin() {
    assert_snapshot!(Project::new().run(["config"]), @r#"
    exit 0
    --- stdout
    # project root: [PROJECT]
    base_url = -                        # default
    concurrency = 5                     # default
    order = "smart"                     # default
    browser = ["chrome"]                # default
    headless = true                     # default
    timeout = "1m"                      # default
    step_timeout = "10s"                # default
    batch_timeout = -                   # default
    grace = "10s"                       # default
    slow_after = -                      # default
    retries = 0                         # default
    infra_retries = 2                   # default
    fail_on_flaky = false               # default
    database = "[PROJECT]/.batchrun/batchrun.db"  # default
    env = []                            # default
    test_id_attribute = "data-testid"   # default
    server = []                         # default
    chrome.binary = -                   # default
    chrome.driver = -                   # default
    chrome.args = []                    # default
    endpoint = []                       # default
    share = {}                          # default
    pressure.cpu = 85                   # default
    pressure.memory_free = "500MiB"     # default
    pressure.some_avg10 = 40            # default
    evidence.screenshot = "on-failure"  # default
    evidence.source = "on-failure"      # default
    evidence.console = "on-failure"     # default
    evidence.trace = "off"              # default
    secrets.env = []                    # default
    secrets.file = -                    # default
    notify.command = -                  # default
    notify.webhook = -                  # default
    notify.on = "end"                   # default
    "#);
}

#[test]
fn every_value_says_where_it_comes_from() {
    let project = Project::new()
        .file(
            "runner.toml",
            "concurrency = 4\nretries = 1\nstep_timeout = \"5s\"\ndatabase = \"db/x.db\"\n\
             [vars]\nuser = \"alice\"\n[profile.ci]\nretries = 2\nheadless = false\n",
        )
        .file("deep/er/here.txt", "")
        .variable("BATCHRUN_CONCURRENCY", "6")
        .variable("BATCHRUN_DATABASE", "mine.db")
        .inside("deep/er");
    let output = project.run([
        "config",
        "--profile",
        "ci",
        "--timeout",
        "2m",
        "--set",
        "evidence.source=off",
        "--var",
        "n=1",
    ]);
    assert_snapshot!(output, @r#"
    exit 0
    --- stdout
    # project root: [PROJECT]
    # settings: runner.toml
    # profile: ci
    base_url = -                        # default
    concurrency = 6                     # BATCHRUN_CONCURRENCY
    order = "smart"                     # default
    browser = ["chrome"]                # default
    headless = false                    # runner.toml:9 [profile.ci]
    timeout = "2m"                      # --timeout
    step_timeout = "5s"                 # runner.toml:3
    batch_timeout = -                   # default
    grace = "10s"                       # default
    slow_after = -                      # default
    retries = 2                         # runner.toml:8 [profile.ci]
    infra_retries = 2                   # default
    fail_on_flaky = false               # default
    database = "[PROJECT]/deep/er/mine.db"  # BATCHRUN_DATABASE
    env = []                            # default
    test_id_attribute = "data-testid"   # default
    server = []                         # default
    chrome.binary = -                   # default
    chrome.driver = -                   # default
    chrome.args = []                    # default
    endpoint = []                       # default
    share = {}                          # default
    pressure.cpu = 85                   # default
    pressure.memory_free = "500MiB"     # default
    pressure.some_avg10 = 40            # default
    evidence.screenshot = "on-failure"  # default
    evidence.source = "off"             # --set
    evidence.console = "on-failure"     # default
    evidence.trace = "off"              # default
    secrets.env = []                    # default
    secrets.file = -                    # default
    notify.command = -                  # default
    notify.webhook = -                  # default
    notify.on = "end"                   # default
    vars.n = "1"                        # --var
    vars.user = "alice"                 # runner.toml:6
    "#);
}

#[test]
fn config_as_json() {
    let output = Project::new().file("runner.toml", "\n\nretries = 3\n").run(["config", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        json["settings"]["retries"].to_string(),
        r#"{"value":3,"origin":{"kind":"file","file":"runner.toml","line":3}}"#
    );
    assert_eq!(json["settings"]["timeout"].to_string(), r#"{"value":"1m","origin":{"kind":"default"}}"#);
    assert_eq!(json["root"], "[PROJECT]");
}

#[test]
fn f63_all_mistakes_are_shown_at_once() {
    let project = Project::new().file(
        "runner.toml",
        "concurency = 5\ntimeout = 30\nstep_timeout = \"10\"\nretries = { count = 2, backof = \"x\" }\nbase_url = \"localhost:80\"\n\
         [chrome]\nargs = [\"--headless=new\", \"lang\"]\n[server]\nport = 80\n[evidence]\nscreenshot = \"always\"\n\
         [[override]]\nfilter = \"tag(slow\"\n",
    );
    assert_snapshot!(project.run(["config"]), @r#"
    exit 2
    --- stderr
    error: unknown key `concurency`
     --> runner.toml:1:1
      |
    1 | concurency = 5
      | ^^^^^^^^^^
      |
      = help: did you mean `concurrency`?

    error: `timeout` must be a duration such as `500ms`, `30s` or `2m`, found the integer `30`
     --> runner.toml:2:11
      |
    2 | timeout = 30
      |           ^^ expected a duration such as `500ms`, `30s` or `2m`

    error: `step_timeout` must have a unit, such as `10s` or `10ms`
     --> runner.toml:3:16
      |
    3 | step_timeout = "10"
      |                ^^^^

    error: unknown key `backof` in `retries`
     --> runner.toml:4:24
      |
    4 | retries = { count = 2, backof = "x" }
      |                        ^^^^^^
      |
      = help: did you mean `backoff`?

    error: `base_url` must begin with `http://` or `https://`, found `localhost:`
     --> runner.toml:5:12
      |
    5 | base_url = "localhost:80"
      |            ^^^^^^^^^^^^^^

    error: `chrome.args` must not hold `--headless`: use `headless` instead
     --> runner.toml:7:9
      |
    7 | args = ["--headless=new", "lang"]
      |         ^^^^^^^^^^^^^^^^

    error: `chrome.args` must hold switches such as `--lang=de-DE`, found `lang`
     --> runner.toml:7:27
      |
    7 | args = ["--headless=new", "lang"]
      |                           ^^^^^^

    error: unknown key `port` in `server`
     --> runner.toml:9:1
      |
    9 | port = 80
      | ^^^^
      |
      = help: known keys are `dir`, `command`, `url`, `timeout` and `reuse`

    error: `evidence.screenshot = "always"` is not supported yet
      --> runner.toml:11:14
       |
    11 | screenshot = "always"
       |              ^^^^^^^^

    error: `(` is never closed in the filter
      --> runner.toml:13:14
       |
    13 | filter = "tag(slow"
       |              ^ opened here

    10 errors
    "#);
}

#[test]
fn notify_takes_a_program_or_an_address_which_is_not_shown() {
    let table = "[notify]\ncommand = [\"./tell\", \"a b\"]\nwebhook = \"https://hooks.test/T0/hidden?x=1\"\n";
    let output = Project::new().file("runner.toml", table).run(["config", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let json = &json["settings"];
    assert_eq!(json["notify.command"]["value"], serde_json::json!(["./tell", "a b"]), "{output}");
    assert_eq!(json["notify.webhook"]["value"], "https://hooks.test/***");
    assert!(!output.stdout.contains("hidden"), "{output}");
    let wrong = "[notify]\ncommand = \"./tell\"\nwebhook = \"ftp://a/\"\non = \"start\"\n";
    assert_snapshot!(Project::new().file("runner.toml", wrong).run(["check"]), @r#"
    exit 2
    --- stderr
    error: `notify.command` must be an array of a program and its arguments such as `["npm", "start"]`, found the string "./tell"
     --> runner.toml:2:11
      |
    2 | command = "./tell"
      |           ^^^^^^^^ expected an array of a program and its arguments such as `["npm", "start"]`

    error: `notify.webhook` must begin with `http://` or `https://`, found `ftp:`
     --> runner.toml:3:11
      |
    3 | webhook = "ftp://a/"
      |           ^^^^^^^^^^

    error: `notify.on` must be `end`, `first-failure` or `failure`, found `start`
     --> runner.toml:4:6
      |
    4 | on = "start"
      |      ^^^^^^^

    3 errors
    "#);
}

#[test]
fn what_does_not_work_yet_is_refused_by_name() {
    let project = Project::new().file(
        "runner.toml",
        "concurrency = \"auto\"\nbrowser = [\"chrome\", \"firefox\"]\n[share.db]\nmax = 2\n[pressure]\ncpu = 85\n\
         [history]\nkeep = \"90 days\"\n[share.shop]\nper_second = \"many\"\n",
    );
    assert_snapshot!(project.run(["check"]), @r#"
    exit 2
    --- stderr
    error: `browser` must be `chrome` for now: `firefox` is not supported yet
     --> runner.toml:2:22
      |
    2 | browser = ["chrome", "firefox"]
      |                      ^^^^^^^^^

    error: `share.shop.per_second` must be a number greater than 0, found the string "many"
      --> runner.toml:10:14
       |
    10 | per_second = "many"
       |              ^^^^^^ expected a number greater than 0

    error: `[history]` is not supported yet
     --> runner.toml:7:2
      |
    7 | [history]
      |  ^^^^^^^

    3 errors
    "#);
}

#[test]
fn broken_toml_is_shown_where_it_breaks() {
    assert_snapshot!(Project::new().file("runner.toml", "retries = \ntimeout = '30s\n").run(["check"]), @"
    exit 2
    --- stderr
    error: not TOML: string values must be quoted, expected literal string
     --> runner.toml:1:11
      |
    1 | retries = 
      |           ^

    error: not TOML: invalid literal string, expected `'`
     --> runner.toml:2:15
      |
    2 | timeout = '30s
      |               ^

    2 errors
    ");
}

#[test]
fn settings_from_elsewhere_are_checked_like_the_file() {
    let project = Project::new().variable("BATCHRUN_RETRIES", "many").variable("BATCHRUN_TIMOUT", "1s");
    assert_snapshot!(project.run(["config", "--set", "timout=3s", "--set", "grace"]), @r#"
    exit 2
    --- stderr
    error: `--set` must be `KEY=VALUE`, found `grace`

    error: unknown key `timout`
     --> --set:1:1
      |
    1 | timout = "3s"
      | ^^^^^^
      |
      = help: did you mean `timeout`?

    error: `retries` must be a whole number from 0 to 100, found the string "many"
     --> BATCHRUN_RETRIES:1:11
      |
    1 | retries = "many"
      |           ^^^^^^ expected a whole number from 0 to 100

    warning: the variable `BATCHRUN_TIMOUT` names no setting
    help: did you mean `BATCHRUN_TIMEOUT`?

    3 errors
    "#);
}

#[test]
fn a_profile_must_exist() {
    assert_snapshot!(Project::new().run(["config", "--profile", "ci"]), @"
    exit 2
    --- stderr
    error: no profile `ci`: there is no `runner.toml`
    ");
    let project = Project::new().file("runner.toml", "[profile.ci]\nretries = 2\n[profile.night]\n");
    assert_snapshot!(project.run(["config", "--profile", "nigth"]), @"
    exit 2
    --- stderr
    error: no profile `nigth` in `runner.toml`
    help: did you mean `night`?
    ");
}

#[test]
fn a_secret_is_long_enough_to_be_masked_and_never_shown() {
    let project = Project::new()
        .file("runner.toml", "[secrets]\nenv = [\"PASSWORD\", \"NOT_SET\"]\nfile = \"s.toml\"\n")
        .file("s.toml", "TOKEN = \"abc\"\nOTHER = \"hunter22\"\n")
        .variable("PASSWORD", "pw1");
    assert_snapshot!(project.run(["config"]), @"
    exit 2
    --- stderr
    error: s.toml:1:1: the secret `TOKEN` must have at least 4 characters, or it could not be masked

    error: the secret in the variable `PASSWORD` must have at least 4 characters, or it could not be masked

    2 errors
    ");
}

#[test]
fn a_named_file_must_be_there_and_its_folder_is_the_root() {
    assert_snapshot!(Project::new().run(["check", "--config", "other.toml"]), @"
    exit 2
    --- stderr
    error: cannot read `other.toml`: No such file or directory (os error 2)
    ");
    let output =
        Project::new().file("ci/other.toml", "retries = 1").run(["config", "--config", "ci/other.toml"]);
    assert!(output.stdout.starts_with("# project root: [PROJECT]/ci\n# settings: other.toml\n"), "{output}");
}

#[test]
fn f63_mistakes_in_settings_and_in_cases_are_told_together() {
    let project = Project::new().file("runner.toml", "concurrency = 0\n").file(
        "testcases/a.toml",
        "steps = [{ goto = \"/\" }, { clik = \"#a\" }, { expect = \"h1\", text = \"${who.name} ${env.USER}\" }]\n",
    );
    // What the settings might define, had they been read, is not called unknown.
    for command in ["check", "list"] {
        let shown = project.run([command]);
        assert_eq!(shown.status, Some(2), "{shown}");
        for mistake in ["`concurrency` must be", "unknown verb `clik`", "2 errors"] {
            assert!(shown.stderr.contains(mistake), "no `{mistake}` in {shown}");
        }
    }
}

//! Help and usage, word for word: changes to the command line show here first.

use crate::support::Project;
use insta::assert_snapshot;

#[test]
fn short_help() {
    assert_snapshot!(Project::new().run(["-h"]), @"
    exit 0
    --- stdout
    Runs browser test cases in bulk and keeps a record worth trusting

    Usage: batchrun [OPTIONS] [PATHS]...
           batchrun <COMMAND>

    Commands:
      run          Run cases (as `batchrun PATHS…` does)
      list         List the jobs that a run would have, in their order
      check        Check case files and runner.toml without a browser
      config       Show every setting with where it comes from
      show         Show a batch that has run, or a case with its steps
      history      Show the last batches, or the last runs of a case
      flaky        Show which cases pass only after they have failed, and how often
      slow         Show which cases take longest, and which take longer than they used to
      compare      Show what is different between two batches
      serve        Show past batches in a browser
      report       Write reports of a batch that has run
      quarantine   Find cases that are candidates for quarantine
      merge        Bring the batches of other databases into this project's
      prune        Remove old batches with their evidence and logs
      export       Print the runs of cases as CSV or JSON, for other programs
      ctl          Ask or steer a batch that runs
      init         Write a first runner.toml and a first case here
      docs         Print the reference of case files, or of one word or setting: `docs click`
      schema       Print a JSON Schema for editors
      completions  Print a completion script for a shell
      doctor       Look at this machine: browser, driver, memory, folders
      setup        Install a browser and its driver

    Arguments:
      [PATHS]...  Folders, files, `file.toml:LINE` or ids [default: testcases/]

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Selection:
      -f, --filter <EXPR>           Only cases that an expression finds
      -t, --tag <T>                 Only cases with this tag; given several times, with any of them
          --skip-tag <T>            No cases with this tag
          --rerun-failed[=<BATCH>]  Only what failed or errored in a batch: `last`, or the beginning of
                                    its id
          --resume[=<BATCH>]        Go on with a batch that was interrupted: `last`, or the beginning of
                                    its id
          --dry-run                 Show what would run, and run nothing

    Browser:
      -b, --browser <BROWSER>  The browser to run in: chrome
          --headed             Show the browser's window
          --base-url <URL>     What relative URLs are joined to

    Limits:
      -c, --concurrency <N>  How many cases run at once: a number, `auto` or `A..B` [default: 5]
          --order <ORDER>    Which start first: smart, file, random, random:SEED, longest or failed
                             [default: smart]
          --retries <N>      How often a failed case is tried again [default: 0]
          --timeout <D>      Limit for one attempt of a case [default: 60s]
          --fail-fast[=<N>]  Start nothing more after N failed cases; without N, after the first

    Settings:
          --profile <NAME>   Use `[profile.NAME]` of runner.toml
          --set <KEY=VALUE>  Any key of runner.toml, such as `--set evidence.source=off`
          --var <K=V>        A variable for cases: `${K}`

    Output:
          --report <KIND=FILE>  Write a report: junit, html, json, jsonl, tap, github, md or trace, as
                                in `junit=FILE`; `-` for stdout; repeatable
          --live[=<ADDR>]       Show the run in a browser while it lasts; ADDR is a port or an address
                                [default: a free port of 127.0.0.1]
      -q, --quiet               Say only what went wrong
      -v, --verbose...          Say more; twice, even more

    Exit codes: 0 all passed, 1 a case failed, 2 wrong input, 3 infrastructure broke, 4 not saved,
    5 nothing selected, 6 incomplete, 75 locked, 101 a bug, 128+n ended by a signal.
    ");
}

#[test]
fn long_help() {
    assert_snapshot!(Project::new().run(["--help"]), @"
    exit 0
    --- stdout
    Runs browser test cases in bulk and keeps a record worth trusting.

    `batchrun PATHS…` is the same as `batchrun run PATHS…`. A folder that is named like a command is
    written `./list`.

    Usage: batchrun [OPTIONS] [PATHS]...
           batchrun <COMMAND>

    Commands:
      run          Run cases (as `batchrun PATHS…` does)
      list         List the jobs that a run would have, in their order
      check        Check case files and runner.toml without a browser
      config       Show every setting with where it comes from
      show         Show a batch that has run, or a case with its steps
      history      Show the last batches, or the last runs of a case
      flaky        Show which cases pass only after they have failed, and how often
      slow         Show which cases take longest, and which take longer than they used to
      compare      Show what is different between two batches
      serve        Show past batches in a browser
      report       Write reports of a batch that has run
      quarantine   Find cases that are candidates for quarantine
      merge        Bring the batches of other databases into this project's
      prune        Remove old batches with their evidence and logs
      export       Print the runs of cases as CSV or JSON, for other programs
      ctl          Ask or steer a batch that runs
      init         Write a first runner.toml and a first case here
      docs         Print the reference of case files, or of one word or setting: `docs click`
      schema       Print a JSON Schema for editors
      completions  Print a completion script for a shell
      doctor       Look at this machine: browser, driver, memory, folders
      setup        Install a browser and its driver

    Arguments:
      [PATHS]...
              Folders, files, `file.toml:LINE` or ids [default: testcases/]

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Selection:
      -f, --filter <EXPR>
              Only cases that an expression finds
              
              Tests are `tag(…)`, `file(…)`, `name(…)` and `id(…)`, each with a glob, a `/pattern/` or a
              quoted text, and of past runs `last(failed)`, `flaky()`, `slow(10s)` and `new()`, joined
              by `&`, `|`, `!` and brackets: `tag(smoke) & !file(admin/*)`. Given several times, all
              must hold.

      -t, --tag <T>
              Only cases with this tag; given several times, with any of them

          --skip-tag <T>
              No cases with this tag

          --rerun-failed[=<BATCH>]
              Only what failed or errored in a batch: `last`, or the beginning of its id

          --resume[=<BATCH>]
              Go on with a batch that was interrupted: `last`, or the beginning of its id
              
              Runs what it left (interrupted, errored or never run) and records it in the same batch,
              whose verdicts together decide the exit code. Settings are those of now.

          --shard <I/N>
              Only one of N parts, the same on every machine with the same files and past runs

          --shard-by <WHAT>
              What the parts have about the same of [default: time]

              Possible values:
              - time:  Time, by past runs
              - count: Cases

          --shard-plan <FILE>
              A file with the split: written where it is missing, else read, so that all machines have
              the same

          --repeat <N>
              Run every case N times

          --budget <D>
              Only what fits into this time by past runs: what failed or is new, then what has not run
              for longest
              
              The others are recorded as not run, and the exit code is 6 where nothing is worse.

          --allow-empty
              Exit with 0, not 5, when nothing is selected

          --dry-run
              Show what would run, and run nothing

    Browser:
      -b, --browser <BROWSER>
              The browser to run in: chrome

          --headed
              Show the browser's window

          --base-url <URL>
              What relative URLs are joined to

    Limits:
      -c, --concurrency <N>
              How many cases run at once: a number, `auto` or `A..B` [default: 5]
              
              `auto` fits the number to the machine while cases run, `A..B` does so within bounds.

          --order <ORDER>
              Which start first: smart, file, random, random:SEED, longest or failed [default: smart]
              
              `smart`: what failed last time or is new, then what takes longest. Higher priorities
              always come first.

          --retries <N>
              How often a failed case is tried again [default: 0]

          --timeout <D>
              Limit for one attempt of a case [default: 60s]
              
              Durations have units: `500ms`, `30s`, `2m`, `1h`.

          --step-timeout <D>
              Limit for a step that has none of its own [default: 10s]

          --batch-timeout <D>
              Limit for the whole batch; what has not run by then is left

          --fail-fast[=<N>]
              Start nothing more after N failed cases; without N, after the first
              
              `N:now` also interrupts those that run.

          --chunk <N>
              N cases at a time: all of them finish before the next ones start

          --chunk-pause <D>
              A pause between two chunks

          --ramp <D>
              From one case at a time to all in this time

          --lock <NAME>
              Exit with 75 where another run into the same database holds this name

          --wait-lock <D>
              Wait for the lock, at most so long

    Settings:
          --profile <NAME>
              Use `[profile.NAME]` of runner.toml

          --set <KEY=VALUE>
              Any key of runner.toml, such as `--set evidence.source=off`

          --var <K=V>
              A variable for cases: `${K}`

          --config <FILE>
              The settings file [default: runner.toml, here or in a folder above]

          --db <FILE>
              The database [default: .batchrun/batchrun.db]

    Output:
          --report <KIND=FILE>
              Write a report: junit, html, json, jsonl, tap, github, md or trace, as in `junit=FILE`;
              `-` for stdout; repeatable

          --single-file
              Put everything of the HTML report into its page, pictures too, for mail and artifacts

          --progress <WHAT>
              What is shown while it runs [default: auto]

              Possible values:
              - auto:  Bars at a terminal, lines elsewhere and where `CI` is set
              - bars:  A bar for the batch and one for each running case
              - lines: A line for each finished case
              - none:  Nothing

          --live[=<ADDR>]
              Show the run in a browser while it lasts; ADDR is a port or an address [default: a free
              port of 127.0.0.1]

          --open
              Show the run in the browser of this desktop: `--live`, opened

          --live-allow-remote
              Let other machines see and steer the run, unencrypted (with --live=ADDR)

          --log <FILE>
              Write the log to this file, too

      -q, --quiet
              Say only what went wrong

      -v, --verbose...
              Say more; twice, even more

          --color <WHEN>
              When to use colours [default: auto]

              Possible values:
              - auto:   At a terminal, unless `NO_COLOR` is set; elsewhere only with `FORCE_COLOR`
              - always: Always
              - never:  Never

    Exit codes: 0 all passed, 1 a case failed, 2 wrong input, 3 infrastructure broke, 4 not saved,
    5 nothing selected, 6 incomplete, 75 locked, 101 a bug, 128+n ended by a signal.
    ");
}

#[test]
fn usage_errors_exit_with_2() {
    assert_snapshot!(Project::new().run(["--concurency", "3"]), @"
    exit 2
    --- stderr
    error: unexpected argument '--concurency' found

      tip: a similar argument exists: '--concurrency'

    Usage: batchrun --concurrency <N> [PATHS]...

    For more information, try '--help'.
    ");
    assert_snapshot!(Project::new().run(["-c", "8..2"]), @"
    exit 2
    --- stderr
    error: invalid value '8..2' for '--concurrency <N>': has its bounds reversed: `2..8`?

    For more information, try '--help'.
    ");
    assert_snapshot!(Project::new().run(["--timeout", "30"]), @"
    exit 2
    --- stderr
    error: invalid value '30' for '--timeout <D>': must have a unit, such as `30s` or `30ms`

    For more information, try '--help'.
    ");
    assert_snapshot!(Project::new().run(["-b", "firefox"]), @"
    exit 2
    --- stderr
    error: invalid value 'firefox' for '--browser <BROWSER>': must be `chrome` for now: `firefox` is not supported yet

    For more information, try '--help'.
    ");
    assert_snapshot!(Project::new().run(["--report", "pdf=out"]), @r#"
    exit 2
    --- stderr
    error: invalid value 'pdf=out' for '--report <KIND=FILE>': found report `pdf`, expected one of `junit`, `json`, `jsonl`, `tap`, `github`, `markdown`, `html`, `trace`, then `=FILE`

    For more information, try '--help'.
    "#);
}

#[test]
fn completions_know_the_flags() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Project::new().run(["completions", shell]);
        assert!(output.status == Some(0) && output.stdout.contains("step-timeout"), "{output}");
    }
}

#[test]
fn f18_data_that_cannot_be_written_exits_with_4() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = Project::new().command(["completions", "bash"]).stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(4));
    assert_eq!(
        String::from_utf8_lossy(&ended.stderr),
        "error: stdout cannot be written: No space left on device (os error 28)\n"
    );
}

#[test]
fn f17_a_reader_that_has_seen_enough_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = Project::new().command(["completions", "bash"]).stdout(writer).output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

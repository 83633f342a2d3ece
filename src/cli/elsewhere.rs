//! Options that other runners of tests have, in batchrun's words: whoever types what the hands know is told what to type
//! here. Only for what batchrun refuses anyway.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What others call it, and what does the same here.
const WORDS: &[(&[&str], &str)] = &[
    (
        &[
            "--workers",
            "--jobs",
            "-j",
            "--numprocesses",
            "-n",
            "--parallel",
            "--test-threads",
            "--max-instances",
        ],
        "how many run at once is `-c N`, or `-c auto`",
    ),
    (&["--grep", "-g", "-k", "--test-name-pattern"], "cases are chosen by name with `-f 'name(/…/)'`"),
    (&["--grep-invert"], "cases are left out by name with `-f '!name(/…/)'`"),
    (
        &["--max-failures", "--maxfail", "--bail", "--exitfirst", "-x"],
        "ending early is `--fail-fast` or `--fail-fast=N`",
    ),
    (&["--no-fail-fast"], "all cases run unless `--fail-fast` is given"),
    (&["--last-failed", "--lf", "--only-failures"], "what failed last time is `--rerun-failed`"),
    (&["--repeat-each", "--count", "--stress-count"], "running all again is `--repeat N`"),
    (
        &["--reporter", "--output-format", "--junitxml", "--junit-xml", "--html"],
        "reports are `--report KIND=FILE`, such as `--report junit=junit.xml`",
    ),
    (
        &["--self-contained-html"],
        "a report in one file is `--report html=FILE.html`, or `--report html=FOLDER --single-file`",
    ),
    (&["--trace", "--tracing"], "traces of attempts are `--set evidence.trace=on-failure`"),
    (&["--ui", "--dashboard", "--watch"], "the batch is seen in a browser with `--live --open`"),
    (&["--list", "--collect-only"], "`batchrun list` names what would run"),
    (&["--headless"], "there is no window unless `--headed` is given"),
    (&["--global-timeout"], "the limit for the whole batch is `--batch-timeout D`"),
    (&["--pass-with-no-tests", "--no-tests"], "nothing selected is no error with `--allow-empty`"),
    (
        &["--no-capture", "--nocapture", "-s"],
        "`-v` says more; what pages say to their console is kept for failures",
    ),
];

/// Puts our word for an option that clap does not know in the place of its guess.
pub(super) fn translate(error: &mut clap::Error) {
    let (ErrorKind::UnknownArgument, Some(ContextValue::String(found))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        return;
    };
    let word = found.split('=').next().unwrap_or_default();
    let Some((_, tip)) = WORDS.iter().find(|(others, _)| others.contains(&word)) else { return };
    error.remove(ContextKind::SuggestedArg);
    // It shows how the guess is used.
    error.remove(ContextKind::Usage);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(*tip)]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::Arguments;
    use clap::Parser as _;

    fn told(arguments: &[&str]) -> String {
        let mut error = Arguments::try_parse_from([&["batchrun"], arguments].concat()).unwrap_err();
        translate(&mut error);
        error.to_string()
    }

    #[test]
    fn what_others_call_it_is_told_in_our_words() {
        let tip = "tip: how many run at once is `-c N`, or `-c auto`";
        for (given, found) in [(&["--workers=4"][..], "--workers"), (&["run", "-j", "4"], "-j")] {
            assert_eq!(
                told(given),
                format!(
                    "error: unexpected argument '{found}' found\n\n  {tip}\n\nFor more information, try '--help'.\n"
                )
            );
        }
        assert!(told(&["--concurency", "4"]).contains("'--concurrency'"), "a guess of clap's stays");
    }

    #[test]
    fn no_word_of_others_is_one_of_ours() {
        for word in WORDS.iter().flat_map(|(others, _)| *others) {
            let error = told(&[word, "1"]);
            assert!(error.starts_with(&format!("error: unexpected argument '{word}' found")), "{error}");
        }
    }
}

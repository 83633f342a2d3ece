//! What `ctl` takes. Its words are read here: options may stand before, between and after them.

use super::PrintArguments;
use crate::control::Limit;
use crate::suggestion::closest;
use clap::Args;

/// What `ctl` takes.
#[derive(Debug, Args)]
#[command(
    override_usage = "batchrun ctl [OPTIONS] [BATCH] <status|concurrency N|pause|resume|cancel|live>",
    after_help = "What it can do:\n  \
        status         show what is done and what runs\n  \
        concurrency N  change how many cases run at once: `8`, `+2`, `-1`, `auto` or `2..8`\n  \
        pause          start nothing more for now; running cases go on\n  \
        resume         go on after a pause\n  \
        cancel         stop as one Ctrl-C does\n  \
        live           serve the dashboard from now on, and print its URL"
)]
pub(crate) struct CtlArguments {
    /// A batch that runs (`last`, or the beginning of its id; without it the only one), and what to do
    #[arg(value_name = "WORDS", required = true, num_args = 1..=3, allow_negative_numbers = true)]
    words: Vec<String>,

    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// What is asked or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Status,
    Concurrency(Limit),
    Pause,
    Resume,
    Cancel,
    Live,
}

const ACTIONS: [&str; 6] = ["status", "concurrency", "pause", "resume", "cancel", "live"];

impl CtlArguments {
    /// The batch, if one is named, and what is wanted of it.
    pub(crate) fn wish(&self) -> Result<(Option<&str>, Wish), String> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let (batch, rest) = match words.as_slice() {
            [action, rest @ ..] if ACTIONS.contains(action) => (None, [&[*action], rest].concat()),
            [batch, rest @ ..] if !rest.is_empty() && names_a_batch(batch) => (Some(*batch), rest.to_vec()),
            _ => (None, words),
        };
        let wish = match rest.as_slice() {
            ["status"] => Wish::Status,
            ["pause"] => Wish::Pause,
            ["resume"] => Wish::Resume,
            ["cancel"] => Wish::Cancel,
            ["live"] => Wish::Live,
            ["concurrency", number] => Wish::Concurrency(number.parse()?),
            ["concurrency"] => {
                return Err("`concurrency` needs a number: `8`, `+2`, `-1`, `auto` or `2..8`".to_owned());
            }
            [action, ..] if ACTIONS.contains(action) => {
                return Err(format!("`{action}` takes nothing more, found `{}`", rest[1..].join(" ")));
            }
            [action, ..] => {
                return Err(match closest(action, ACTIONS).or_else(|| same(action)) {
                    Some(meant) => format!("cannot do `{action}`: did you mean `{meant}`?"),
                    None => format!("cannot do `{action}`: expected one of {}", ACTIONS.join(", ")),
                });
            }
            [] => return Err(format!("expected one of {}", ACTIONS.join(", "))),
        };
        Ok((batch, wish))
    }
}

/// Whether a word can be the beginning of a batch's id: those begin with the day.
fn names_a_batch(word: &str) -> bool {
    word == "last" || word.starts_with(|first: char| first.is_ascii_digit())
}

/// The action that has another name elsewhere.
fn same(word: &str) -> Option<&'static str> {
    Some(match word {
        "limit" | "slots" | "jobs" | "workers" => "concurrency",
        "stop" | "abort" | "kill" | "end" => "cancel",
        "continue" | "unpause" => "resume",
        "show" | "info" | "list" => "status",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<(Option<String>, Wish), String> {
        let words = line.split(' ').map(str::to_owned).collect();
        let print = PrintArguments::default();
        CtlArguments { words, print }.wish().map(|(batch, wish)| (batch.map(str::to_owned), wish))
    }

    #[test]
    fn a_batch_may_stand_before_what_is_wanted() {
        assert_eq!(wish("status"), Ok((None, Wish::Status)));
        assert_eq!(wish("2027 pause"), Ok((Some("2027".to_owned()), Wish::Pause)));
        assert_eq!(
            wish("last concurrency -2"),
            Ok((Some("last".to_owned()), Wish::Concurrency(Limit::Fewer(2))))
        );
        assert_eq!(wish("concurrency 8"), Ok((None, Wish::Concurrency(Limit::To(8)))));
        assert_eq!(wish("concurrency auto"), Ok((None, Wish::Concurrency(Limit::Auto))));
        let within = Limit::Within { lowest: 2, highest: 8 };
        assert_eq!(wish("concurrency 2..8"), Ok((None, Wish::Concurrency(within))));
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        assert_eq!(wish("pauze").unwrap_err(), "cannot do `pauze`: did you mean `pause`?");
        assert_eq!(wish("limit 4").unwrap_err(), "cannot do `limit`: did you mean `concurrency`?");
        assert_eq!(wish("2027 stop").unwrap_err(), "cannot do `stop`: did you mean `cancel`?");
        assert_eq!(
            wish("frob 4").unwrap_err(),
            "cannot do `frob`: expected one of status, concurrency, pause, resume, cancel, live"
        );
        assert_eq!(
            wish("concurrency").unwrap_err(),
            "`concurrency` needs a number: `8`, `+2`, `-1`, `auto` or `2..8`"
        );
        assert_eq!(
            wish("concurrency +0").unwrap_err(),
            "expected a number from 1 to 1000, `+2`, `-1`, `auto` or `2..8`, found `+0`"
        );
        assert_eq!(wish("pause now").unwrap_err(), "`pause` takes nothing more, found `now`");
    }
}

//! `doctor`: looks at this machine and says what would stand in the way of a run. Changes nothing.

mod browser;
mod folder;
mod machine;

pub(super) use browser::{Missing, Pair, Version};

use super::arguments::{DoctorArguments, Format};
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use crate::outcome::ExitCode;
use crate::text::Untrusted;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// As it should be.
    Well,
    /// Worth knowing, may explain trouble.
    Doubtful,
    /// Nothing, or not this, will run.
    Unwell,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
struct Sign {
    what: &'static str,
    state: State,
    found: String,
    help: Option<String>,
}

impl Sign {
    fn new(what: &'static str, state: State, found: impl Into<String>) -> Self {
        Self { what, state, found: found.into(), help: None }
    }

    fn well(what: &'static str, found: impl Into<String>) -> Self {
        Self::new(what, State::Well, found)
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Doubtful => "warning",
            Self::Unwell => "unwell",
        }
    }
}

/// Looks at everything and prints it; 1 where something is unwell.
pub(crate) fn run(arguments: &DoctorArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let environment = prepare::environment()?;
    let settings = prepare::settings(&arguments.print.project, None, None, &environment, console)?;
    let mut signs = browser::signs(&settings)?;
    signs.push(folder::sign(settings.database.value.as_path(), &settings.project));
    signs.extend(machine::signs(settings.concurrency.value));
    match arguments.print.format.format {
        Format::Text => console.data(&text(&signs))?,
        Format::Json => console.json(&json(&signs))?,
    }
    let unwell = signs.iter().any(|sign| sign.state == State::Unwell);
    Ok(if unwell { ExitCode::Failed } else { ExitCode::Success })
}

fn text(signs: &[Sign]) -> String {
    let mut text = String::new();
    for sign in signs {
        let found = Untrusted::from(sign.found.as_str()).line();
        let _ = writeln!(text, "{:7}  {:13}  {found}", sign.state.as_str(), sign.what);
        if let Some(help) = &sign.help {
            let _ = writeln!(text, "{:24} {help}", "");
        }
    }
    text
}

fn json(signs: &[Sign]) -> Value {
    let sign = |sign: &Sign| json!({"what": sign.what, "state": sign.state.as_str(), "found": sign.found, "help": sign.help});
    json!({
        "well": signs.iter().all(|sign| sign.state != State::Unwell),
        "signs": signs.iter().map(sign).collect::<Vec<_>>(),
    })
}

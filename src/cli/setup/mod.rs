//! `setup`: installs a browser and its driver by the system's own means, after saying what it will do.

mod recipe;

use super::arguments::SetupArguments;
use super::console::Console;
use super::doctor::{Missing, Pair};
use super::failure::Failure;
use crate::browser::chrome::find::{self, Mode};
use crate::config::Browser;
use crate::outcome::ExitCode;
use anyhow::{Context as _, anyhow, bail};
use recipe::{Recipe, System};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::process::{Command, Stdio};

/// Installs what is missing.
pub(crate) fn run(arguments: &SetupArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let Browser::Chrome = arguments.browser;
    if let Some(pair) = fitting_pair() {
        console.say("already there:");
        console.say(&shown(&pair));
        return Ok(ExitCode::Success);
    }
    let system = System::of_this_machine();
    let commands = match recipe::recipe(&system) {
        Recipe::Run(commands) => commands,
        Recipe::Say(advice) => {
            let error = anyhow!("batchrun cannot install a browser on {}: {advice}", system.name);
            return Err(Failure::Other(ExitCode::Failed, error));
        }
    };
    console.say("this will run:");
    for command in &commands {
        console.say(&format!("  {}", command.join(" ")));
    }
    if !arguments.yes && !agreed(console)? {
        console.say("nothing was done");
        return Ok(ExitCode::Failed);
    }
    for command in &commands {
        carry_out(command).map_err(|error| Failure::Other(ExitCode::Failed, error))?;
    }
    match fitting_pair() {
        Some(pair) => {
            console.say("installed:");
            console.say(&shown(&pair));
            Ok(ExitCode::Success)
        }
        None => Err(Failure::Other(
            ExitCode::Failed,
            anyhow!("what was installed does not fit together; `batchrun doctor` says more"),
        )),
    }
}

/// Browser and driver, if both are there and fit together.
fn fitting_pair() -> Option<Pair> {
    let pair = match Pair::find(None, None, Mode::Headless) {
        Ok(pair) => pair,
        Err(Missing::NotFound(_) | Missing::Runtime(_)) => return None,
    };
    let fits = match (&pair.browser.version, &pair.driver.version) {
        (Ok(browser), Ok(driver)) => find::same_major(browser, driver).is_ok(),
        _ => false,
    };
    fits.then_some(pair)
}

fn shown(pair: &Pair) -> String {
    let line = |it: &super::doctor::Version| {
        format!("  {} ({})", it.version.as_deref().unwrap_or("version not known"), it.path.display())
    };
    format!("{}\n{}", line(&pair.browser), line(&pair.driver))
}

/// Asks at a terminal; elsewhere nobody could answer.
fn agreed(console: &mut Console) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::input("nobody can be asked here: `--yes` does it without asking"));
    }
    console.say("do it? [y/N]");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer).context("the answer cannot be read");
    read.map_err(|error| Failure::Other(ExitCode::Failed, error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn carry_out(command: &[String]) -> anyhow::Result<()> {
    let shown = command.join(" ");
    let (program, arguments) = command.split_first().context("an empty command")?;
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .status()
        .with_context(|| format!("`{shown}` cannot be started"))?;
    if !status.success() {
        bail!("`{shown}` failed: {status}");
    }
    Ok(())
}

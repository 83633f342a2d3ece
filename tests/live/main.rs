//! A run seen while it lasts: who may look and steer, what a client is told, and the page that shows it.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test, in functions beside it, too")]

mod archive;
#[path = "../support/cdp.rs"]
mod cdp;
mod client;
mod dashboard;
mod guarded;
mod report;
#[path = "../support/scripted_driver.rs"]
#[expect(dead_code, reason = "no fault is needed here")]
mod scripted_driver;
#[path = "../support/mod.rs"]
mod support;
mod told;
mod trace;

use client::Address;
use scripted_driver::ScriptedDriver;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};
use support::Project;

/// A project whose pages come from `driver`, with so many cases.
fn project(driver: &ScriptedDriver, cases: usize) -> Project {
    let settings = format!("[[endpoint]]\nurl = \"{}\"\ncapacity = 100\n", driver.url());
    (0..cases).fold(Project::new().file("runner.toml", &settings), |project, number| {
        let steps = format!(
            "steps = [ {{ goto = \"http://site.test/{number}/fine\" }}, {{ expect = \"#it\", text = \"yes\" }} ]\n"
        );
        project.file(&format!("testcases/c{number:03}.toml"), &steps)
    })
}

/// A run under way, which does not outlive a test that fails.
struct Run {
    child: Child,
    said: BufReader<ChildStderr>,
    address: Address,
}

impl Run {
    /// Starts one that is live from its beginning.
    fn live(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command(["--live"].into_iter().chain(arguments.iter().copied()));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        let url = first.split_whitespace().find(|word| word.starts_with("http://"));
        let address = Address::of(url.unwrap_or_else(|| panic!("no URL in {first}")));
        Self { child, said, address }
    }

    /// Waits for its end; answers what else it said.
    fn ends(mut self, code: i32) -> String {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(code), "{rest}");
        rest
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs what asks over the network.
fn asynchronous<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

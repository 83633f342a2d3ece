//! The witnesses of a batch: each takes in events and shows or writes them. They hold the policy of what is shown; they
//! decide nothing about the run. See [`crate::event::reporter`] for their trait, `store` for who calls them.
//!
//! ```text
//! Log::create(&place.log(&batch))?                  always
//! "junit=out.xml".parse::<ReportSpec>()?.open(root)?    for each `--report`
//! Terminal::new(TerminalSettings { … })             last: its summary tells what became of the others
//! ```
//!
//! Fed with the events that the store kept of a batch, the same reporters make its reports anew.

mod collected;
mod draft;
mod github;
mod html;
mod json;
mod jsonl;
mod junit;
mod log;
mod markdown;
pub mod page;
mod past;
mod picture;
mod spec;
mod standing;
mod tap;
pub mod terminal;
#[cfg(test)]
mod tests;
mod trace;

pub use log::Log;
pub use past::Past;
pub use picture::Picture;
pub use spec::{JOB_SUMMARY, ReportKind, ReportSpec, SpecError, Target};
pub use standing::{Board, RunningCase, Standing};

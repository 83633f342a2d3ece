//! Who watches a run and who keeps what it leaves: the traits that the interpreter speaks to, and what it says.
//!
//! Texts are handed over as they are; whoever implements these masks them, once.

use crate::browser::page::Page;
use crate::event::Failure;
use crate::outcome::StepVerdict;
use crate::source::Location;
use crate::text::Untrusted;
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::Instant;

/// Is told what happens, as it happens. Never blocks.
pub trait Witness: Send {
    /// A step began.
    fn step_started(&mut self, step: Started);
    /// A step ended. Each that started ends, the innermost first.
    fn step_finished(&mut self, step: &Finished);
    /// A `log` step speaks.
    fn log(&mut self, line: Untrusted);
    /// This text is to be masked from now on: a value of a `sensitive` step.
    fn conceal(&mut self, text: &str);
}

/// A step that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// From 1, in the order in which steps start.
    pub position: u32,
    /// How deep it stands in blocks; 0 is the case itself.
    pub depth: u32,
    /// What people see.
    pub title: Untrusted,
    /// Where it stands.
    pub location: Location,
}

/// A step that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What was said when it began.
    pub step: Started,
    /// When it began.
    pub began: Instant,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub verdict: StepVerdict,
    /// Why it did not pass.
    pub message: Option<Untrusted>,
    /// What its time went into.
    pub spent: Spent,
    /// When it first did something to the page; `None` if it only looked.
    pub acted: Option<Instant>,
    /// Nothing that the page showed meanwhile is kept.
    pub sensitive: bool,
}

/// What a step's time went into, by the page's own clock; the rest of it went into acting, and into the way to the page
/// and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Until something was found.
    pub finding: Duration,
    /// From then until it was as it should be.
    pub waiting: Duration,
}

/// Keeps evidence of an attempt.
#[async_trait]
pub trait EvidenceSink: Send {
    /// The attempt begins: the page is still blank.
    async fn begin(&mut self, page: &mut dyn Page);
    /// A step ended, the innermost first.
    fn step_finished(&mut self, step: &Finished);
    /// May wait until what the page shows is kept: a step has failed, or a `sensitive` one is about to begin, of which
    /// nothing is to be kept.
    async fn catch_up(&mut self, page: &mut dyn Page);
    /// May look at the page as the step left it that ended last, one that is not made of steps. Of a `sensitive` one
    /// nothing is to be kept.
    async fn look(&mut self, page: &mut dyn Page, sensitive: bool);
    /// Takes the picture of a `screenshot` step.
    async fn screenshot(&mut self, shot: Screenshot);
    /// The moment to look at the page: at each failure before anything else is done to it, and once when all steps
    /// have passed; always before the `after` steps. Looking at the page must not change it.
    async fn moment(&mut self, page: &mut dyn Page, moment: Moment<'_>);
}

/// A picture that a case asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screenshot {
    /// Position of the step that took it.
    pub position: u32,
    /// The name it is to be shown under. Never a file name.
    pub name: Untrusted,
    /// PNG.
    pub png: Vec<u8>,
}

/// A moment at which evidence may be taken.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// What happened.
    pub happened: Happened<'a>,
    /// The step after which it is.
    pub position: u32,
    /// Whether the page can still be asked.
    pub page: PageLeft,
    /// Whether the page shows what a `sensitive` step holds: no pictures and no source then.
    pub sensitive: bool,
}

/// What happened at a [`Moment`].
#[derive(Clone, Copy, Debug)]
pub enum Happened<'a> {
    /// A step failed; no further one runs.
    Failed(&'a Failure),
    /// A step marked `soft` failed; the case goes on.
    FailedSoftly(&'a Failure),
    /// All steps passed.
    Passed,
}

/// What the page is good for after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageLeft {
    /// It answers.
    #[default]
    Sound,
    /// It did not answer in time, or an operation on it was broken off: its context is spent.
    Stuck,
    /// Its renderer crashed: its context is spent.
    Crashed,
    /// The infrastructure below it broke.
    Broken,
}

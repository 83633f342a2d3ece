//! What may start now, what is tried again, when the batch is over: plain synchronous decisions over plain values.
//!
//! No clock, no runtime, no I/O. The dispatcher tells it what happened ([`Input`]) and when, and performs what it
//! answers ([`Effects`]). It never waits for the semaphore: it decides, the dispatcher takes the permits.

mod adapt;
mod doubt;
mod held;
mod judge;
mod notice;
mod reason;
mod rules;
mod state;
mod waiting;

pub use adapt::{Pressure, Range};
pub use notice::Notice;
pub use reason::Reason;
pub use rules::{Before, Chunks, Entry, FailFast, Rules};
pub use state::Core;

use crate::browser::lease::Supply;
use crate::control::Stop;
use crate::id::JobId;
use crate::load::Sight;
use crate::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use crate::plan::ShareId;
use std::time::Duration;

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The batch begins.
    Begin,
    /// A started attempt ended and its slot is free again.
    Ended {
        /// The job.
        job: JobId,
        /// How.
        verdict: AttemptVerdict,
        /// Why, unless it passed.
        kind: Option<FailureKind>,
        /// The step at which the page crashed, when it did.
        crashed_at: Option<u32>,
    },
    /// The time that [`Effects::look_at`] named has come.
    Look,
    /// As many attempts may run from now on, however the machine is.
    Limit {
        /// How many.
        to: u32,
        /// Who wants it.
        why: String,
    },
    /// As many attempts may run from now on as fit the machine.
    Adapt {
        /// Within these bounds.
        range: Range,
        /// Who wants it.
        why: String,
    },
    /// What the machine is doing, and how pages come.
    Sight(Sight, Supply),
    /// Nothing is started until [`Input::Resume`].
    Pause,
    /// The end of a pause.
    Resume,
    /// Somebody wants the batch to stop.
    Stop(Stop),
    /// The batch's own time is up.
    TimedOut,
}

/// An attempt to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The job.
    pub job: JobId,
    /// From 1.
    pub attempt: u32,
    /// From 1; no two running attempts have the same.
    pub slot: u32,
    /// Places below the limit that it takes.
    pub places: u32,
    /// Attempts that run, with this one.
    pub running: u32,
    /// How many may.
    pub limit: u32,
    /// Of each share with values, which one it has.
    pub values: Vec<(ShareId, usize)>,
}

/// What became of an attempt that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: u32,
    /// The slot it held.
    pub slot: u32,
    /// How it ended, with what the case expects and the page's earlier crashes taken into account.
    pub verdict: AttemptVerdict,
    /// Why, likewise.
    pub kind: Option<FailureKind>,
    /// The job's verdict; `None`: another attempt follows.
    pub job_verdict: Option<Verdict>,
}

/// A job that got its verdict without an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The job.
    pub job: JobId,
    /// Its verdict.
    pub verdict: Verdict,
    /// Attempts that it had before.
    pub attempts: u32,
}

/// A limit that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How many might run.
    pub from: u32,
    /// How many may now.
    pub to: u32,
    /// Why.
    pub why: String,
}

/// What the dispatcher is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The attempt that just ended.
    pub settled: Option<Settled>,
    /// The limit that holds from now on, for [`Effects::start`], too.
    pub limit: Option<Change>,
    /// Jobs that got their verdict without an attempt: skipped, or never to be started.
    pub closed: Vec<Closed>,
    /// Attempts to start now.
    pub start: Vec<Start>,
    /// Running attempts get their grace from now on.
    pub grace: bool,
    /// Running attempts are to be interrupted now.
    pub interrupt: bool,
    /// What people should know, said once.
    pub notice: Option<Notice>,
    /// When to say [`Input::Look`] if nothing else happens before.
    pub look_at: Option<Duration>,
    /// Everything has ended.
    pub finished: Option<BatchStatus>,
}

#[cfg(test)]
mod tests;

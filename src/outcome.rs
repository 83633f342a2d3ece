//! How things end: verdicts of jobs, attempts and batches, the kinds of failure, and the exit code.
//!
//! This file only names outcomes and ranks them; who reaches which outcome is decided elsewhere.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Implements `as_str`, `Display`, `FromStr` and the serde forms of a plain enum from one list of words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in the database, in events and in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.as_str()) }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word).ok_or_else(|| UnknownWord(word.to_owned()))
            }
        }
    };
}

/// A word that names none of the variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord(pub String);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown word `{}`", self.0)
    }
}

impl std::error::Error for UnknownWord {}

words! {
    /// The verdict of a job: how a case, with its row and browser, ended after all its attempts.
    Verdict {
        /// Every attempt that counted passed.
        Passed = "passed",
        /// Failed first, passed on a later attempt.
        Flaky = "flaky",
        /// The product or the case is wrong.
        Failed = "failed",
        /// The infrastructure broke; says nothing about the product.
        Errored = "errored",
        /// Left out on purpose, by the case itself.
        Skipped = "skipped",
        /// Was running when the batch was told to stop.
        Interrupted = "interrupted",
        /// Never started.
        NotRun = "not_run",
    }
}

impl Verdict {
    /// Whether it failed or errored.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Errored)
    }

    /// Whether a job that ended like this runs again when its batch is resumed.
    pub fn is_resumed(self) -> bool {
        match self {
            Self::Errored | Self::Interrupted | Self::NotRun => true,
            Self::Passed | Self::Flaky | Self::Failed | Self::Skipped => false,
        }
    }
}

words! {
    /// How one attempt ended. There is no flaky attempt: flakiness is a property of the job.
    AttemptVerdict {
        /// All steps held.
        Passed = "passed",
        /// An assertion did not hold, or a step could not be carried out.
        Failed = "failed",
        /// The infrastructure broke under it.
        Errored = "errored",
        /// The case asked to be skipped.
        Skipped = "skipped",
        /// The batch was told to stop.
        Interrupted = "interrupted",
    }
}

words! {
    /// How one step ended.
    StepVerdict {
        /// It did what it says.
        Passed = "passed",
        /// It did not hold or could not be done.
        Failed = "failed",
        /// The infrastructure broke under it.
        Errored = "errored",
        /// Its condition was not met, or a `skip` stood before it.
        Skipped = "skipped",
        /// The batch was told to stop.
        Interrupted = "interrupted",
    }
}

words! {
    /// Why an attempt failed or errored. [`FailureKind::is_infrastructure`] tells the two apart.
    FailureKind {
        /// A check did not hold within its time.
        Assertion = "assertion",
        /// An act could not be carried out.
        Step = "step",
        /// A prompt that nobody asked for, or one that was asked for and never came.
        Prompt = "prompt",
        /// A step, the attempt or the page took longer than allowed.
        Timeout = "timeout",
        /// A page could not be loaded.
        Navigation = "navigation",
        /// A script of the case threw.
        Script = "script",
        /// The page's renderer crashed twice at the same step.
        PageCrash = "page_crash",
        /// A case marked `expect_failure` passed.
        UnexpectedPass = "unexpected_pass",
        /// The driver died, or answered nonsense about itself.
        Driver = "driver",
        /// The browser, or one renderer for the first time, died.
        BrowserCrash = "browser_crash",
        /// The session is gone.
        SessionLost = "session_lost",
        /// The endpoint cannot be reached or refuses.
        Endpoint = "endpoint",
        /// No session was to be had in time.
        NoSlot = "no_slot",
        /// The answer is not WebDriver.
        Protocol = "protocol",
        /// Neither the page nor the browser answered in time.
        Hung = "hung",
        /// The machine or the browser ran out of memory.
        OutOfMemory = "out_of_memory",
        /// The `[server]` that the batch started died.
        Server = "server",
        /// A bug in batchrun.
        Internal = "internal",
    }
}

impl FailureKind {
    /// Whether this kind is about the infrastructure (`errored`) and not about the product (`failed`).
    pub fn is_infrastructure(self) -> bool {
        match self {
            Self::Assertion
            | Self::Step
            | Self::Prompt
            | Self::Timeout
            | Self::Navigation
            | Self::Script
            | Self::PageCrash
            | Self::UnexpectedPass => false,
            Self::Driver
            | Self::BrowserCrash
            | Self::SessionLost
            | Self::Endpoint
            | Self::NoSlot
            | Self::Protocol
            | Self::Hung
            | Self::OutOfMemory
            | Self::Server
            | Self::Internal => true,
        }
    }

    /// The verdict of an attempt that ended with this kind.
    pub fn attempt_verdict(self) -> AttemptVerdict {
        if self.is_infrastructure() { AttemptVerdict::Errored } else { AttemptVerdict::Failed }
    }
}

words! {
    /// The state of a batch.
    BatchStatus {
        /// Its runner is alive.
        Running = "running",
        /// Every job that was to run has ended.
        Finished = "finished",
        /// Stopped by a signal, a key or a command.
        Interrupted = "interrupted",
        /// Stopped by `--batch-timeout`.
        TimedOut = "timed_out",
        /// Its runner died without saying so.
        Aborted = "aborted",
    }
}

/// The exit code of the process. When several apply, the one that ranks highest wins; see [`ExitCode::or`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitCode {
    /// 0: everything selected passed (or was flaky, skipped, quarantined) and is recorded.
    Success,
    /// 1: some case failed.
    Failed,
    /// 2: the command line, configuration, case files or credentials are wrong.
    Usage,
    /// 3: none failed, but some errored, or no endpoint could be reached.
    Errored,
    /// 4: results could not be saved, or a report not be written.
    NotSaved,
    /// 5: nothing was selected.
    NothingSelected,
    /// 6: cases were left not run, and none failed.
    Incomplete,
    /// 75 (`EX_TEMPFAIL` of sysexits.h): `--lock` is held by another run.
    Locked,
    /// 101: a bug in batchrun.
    Bug,
    /// 128 + n: ended by signal n.
    Signal(u8),
}

impl ExitCode {
    /// The number that the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Errored => 3,
            Self::NotSaved => 4,
            Self::NothingSelected => 5,
            Self::Incomplete => 6,
            Self::Locked => 75,
            Self::Bug => 101,
            Self::Signal(n) => 128 + n,
        }
    }

    /// The exit code with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Success,
            1 => Self::Failed,
            2 => Self::Usage,
            3 => Self::Errored,
            4 => Self::NotSaved,
            5 => Self::NothingSelected,
            6 => Self::Incomplete,
            75 => Self::Locked,
            101 => Self::Bug,
            129.. => Self::Signal(code - 128),
            _ => return None,
        })
    }

    fn rank(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Incomplete => 1,
            Self::NothingSelected => 2,
            Self::Locked => 3,
            Self::NotSaved => 4,
            Self::Errored => 5,
            Self::Failed => 6,
            Self::Usage => 7,
            Self::Bug => 8,
            Self::Signal(_) => 9,
        }
    }

    /// The one of the two that ranks higher: signal > 101 > 2 > 1 > 3 > 4 > 6 > 0.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_variants_are_one_to_one() {
        for kind in FailureKind::ALL {
            assert_eq!(kind.as_str().parse::<FailureKind>().unwrap(), *kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("nonsense".parse::<Verdict>().unwrap_err().to_string(), "unknown word `nonsense`");
    }

    #[test]
    fn the_exit_code_is_the_highest_that_applies() {
        use ExitCode::*;
        let ranked = [Success, Incomplete, NotSaved, Errored, Failed, Usage, Bug, Signal(2)];
        for (i, low) in ranked.iter().enumerate() {
            for high in &ranked[i..] {
                assert_eq!(low.or(*high), *high);
                assert_eq!(high.or(*low), *high);
            }
            assert_eq!(ExitCode::from_code(low.code()), Some(*low));
        }
        assert_eq!(Signal(15).code(), 143);
    }
}

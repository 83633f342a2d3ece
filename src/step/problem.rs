//! What went wrong in a step, before it is known which step it was: kind, words and advice.
//!
//! The words for what the driver's side can end with ([`Fault`]) are here; those for what the engine answers are in
//! [`super::explain`]. Places in files are added by [`super::failure`].

use super::witness::PageLeft;
use crate::browser::page::Fault;
use crate::case::template::FillError;
use crate::deadline::Missed;
use crate::outcome::FailureKind;

/// Why a step did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: FailureKind,
    /// One line.
    pub(super) message: String,
    pub(super) expected: Option<String>,
    pub(super) actual: Option<String>,
    /// Oldest first.
    pub(super) seen: Vec<String>,
    /// What to do.
    pub(super) hints: Vec<String>,
    /// The message in words that hold nothing of page and case, for a `sensitive` step.
    pub(super) in_general: Option<&'static str>,
    pub(super) page: PageLeft,
}

impl Problem {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            expected: None,
            actual: None,
            seen: Vec::new(),
            hints: Vec::new(),
            in_general: None,
            page: PageLeft::Sound,
        }
    }

    /// A step that cannot be carried out.
    pub(super) fn step(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Step, message)
    }

    /// A check that does not hold.
    pub(super) fn assertion(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Assertion, message)
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub(super) fn saw(mut self, seen: impl IntoIterator<Item = String>) -> Self {
        self.seen.extend(seen);
        self
    }

    #[must_use]
    pub(super) fn compared(mut self, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self.actual = Some(actual.into());
        self
    }

    #[must_use]
    pub(super) fn leaving(mut self, page: PageLeft) -> Self {
        self.page = page;
        self
    }

    /// What a missed deadline means where `doing` was under way: "`wait` of 20s".
    pub(super) fn missed(missed: Missed, doing: &str) -> Self {
        Self::new(FailureKind::Timeout, format!("{missed}: {doing}"))
    }

    /// What a fault means where `doing` was under way: "looking for `#save`".
    pub(super) fn fault(fault: Fault, doing: &str) -> Self {
        match fault {
            Fault::DocumentGone => Self::step(format!("the page went away while {doing}"))
                .hint("a navigation was under way: wait for what it shows with an `expect` first"),
            Fault::PageStuck(missed) => Self::missed(missed, &format!("the page did not answer while {doing}"))
                .hint("the browser itself still answers: a script of the page keeps it busy, most likely a loop that does not end")
                .leaving(PageLeft::Stuck),
            Fault::Crashed => {
                Self::new(FailureKind::BrowserCrash, format!("the page's renderer crashed while {doing}"))
                    .leaving(PageLeft::Crashed)
            }
            Fault::Navigation(text) => Self::new(FailureKind::Navigation, format!("{text} while {doing}")),
            Fault::Script { message } => Self::thrown(&message),
            Fault::Refused(text) => Self::step(format!("the browser refused {doing}: {text}")),
            Fault::Infrastructure { kind, message } => {
                debug_assert!(kind.is_infrastructure(), "{kind} is not about the infrastructure");
                Self::new(kind, format!("{message}, while {doing}")).leaving(PageLeft::Broken)
            }
        }
    }

    /// A script of the case threw. The first line says what, the rest is its stack.
    pub(super) fn thrown(message: &str) -> Self {
        let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
        let what = lines.next().unwrap_or("nothing");
        let problem = Self::new(FailureKind::Script, format!("the script threw {what}"))
            .saw(lines.take(10).map(str::to_owned).collect::<Vec<_>>());
        let advice = if what.contains("SyntaxError") {
            "the body runs as the body of a function: `return` gives its result, `args[0]` is its first argument"
        } else if what.contains("is not defined") {
            "it sees the page's own globals and `args`, nothing of the case: pass variables with `args = [\"${x}\"]`"
        } else if what.contains("undefined") || what.contains("null") {
            "what it reads may not be there yet: wait for it with an `expect` before"
        } else {
            return problem;
        };
        problem.hint(advice)
    }

    /// Whether the case could go on after it: not when the page or what carries it is lost.
    pub(super) fn can_go_on(&self) -> bool {
        self.page == PageLeft::Sound && !self.kind.is_infrastructure()
    }
}

impl From<FillError> for Box<Problem> {
    fn from(error: FillError) -> Self {
        let hint = unset(&error.message).and_then(|name| match name.split_once('.') {
            Some(("env", name)) => Some(format!("it must be in the environment, and runner.toml must let cases read it: `env = [\"{name}\"]`")),
            Some(("secret", name)) => Some(format!("runner.toml says where secrets come from: `[secrets] env = [\"{name}\"]`, and it must be set there")),
            Some(("server", _)) => Some("runner.toml has no `[server]`".to_owned()),
            Some(("row" | "share", _)) => None,
            _ => Some(format!("`vars`, `set`, `as = \"{name}\"` of an earlier step and `--var {name}=…` set it; was that step passed over?")),
        });
        let problem = Problem::step(error.message);
        Self::new(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        })
    }
}

/// The name in "`${name}` is not set".
pub(super) fn unset(message: &str) -> Option<&str> {
    message.strip_prefix("`${")?.strip_suffix("}` is not set")
}

/// What a verb ends with.
pub(super) type Outcome<T = ()> = Result<T, Box<Problem>>;

/// What an operation on the page ended with: a fault that the caller may make good, or a problem that it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    Fault(Fault),
    Problem(Box<Problem>),
}

impl Obstacle {
    /// As a problem, where `doing` was under way.
    pub(super) fn explain(self, doing: &str) -> Problem {
        match self {
            Self::Fault(fault) => Problem::fault(fault, doing),
            Self::Problem(problem) => *problem,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Fault(Fault::DocumentGone))
    }
}

impl From<Problem> for Obstacle {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Box<Problem>> for Obstacle {
    fn from(problem: Box<Problem>) -> Self {
        Self::Problem(problem)
    }
}

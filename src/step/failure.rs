//! From a [`Problem`] and the step it happened in to the [`Failure`] that people read.

use super::problem::Problem;
use super::trail::OpenStep;
use super::witness::PageLeft;
use crate::event::Failure;
use crate::source::{SourceFile, Span};
use crate::text::Untrusted;

/// The most lines of a file that a failure shows.
const EXCERPT_LINES: usize = 5;
/// The most entries of what was seen.
const SEEN: usize = 20;
/// The longest single text, in characters: a page can put a book into an attribute.
const LONGEST: usize = 2_000;

/// Why steps end before their last one.
#[derive(Debug)]
pub(super) enum Halt {
    /// A step failed, and no block around it caught that.
    Failed(Box<Failed>),
    /// A `skip` was carried out, for this reason.
    Skipped(String),
}

/// A failure with what the interpreter must know about it.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) page: PageLeft,
    pub(super) position: u32,
    pub(super) sensitive: bool,
    /// Whether a `soft` step or a `retry` may go on after it.
    pub(super) can_go_on: bool,
}

impl Failed {
    /// The failure of the innermost of the `open` steps.
    pub(super) fn new(problem: Problem, open: &[OpenStep]) -> Self {
        let Some((step, around)) = open.split_last() else {
            debug_assert!(false, "a step failed that never began");
            return Self::without_step(
                problem,
                &SourceFile { path: String::new(), text: String::new() },
                Span::default(),
            );
        };
        let calls = around.iter().rev().filter(|it| it.calls_flow);
        let called = calls.map(|it| format!("the flow is used at {}", it.started.location));
        let hints = problem.hints.iter().cloned().chain(called).collect();
        Self::of(Problem { hints, ..problem }, step, open.iter().any(|it| it.sensitive))
    }

    /// The failure of a step.
    pub(super) fn of(problem: Problem, step: &OpenStep, sensitive: bool) -> Self {
        let (page, can_go_on, position) = (problem.page, problem.can_go_on(), step.started.position);
        let problem = if sensitive { withhold(&problem) } else { problem };
        let failure = Failure {
            location: Some(step.started.location.clone()),
            step: Some(step.started.title.clone()),
            position: Some(position),
            excerpt: (!sensitive).then(|| excerpt(&step.source, step.span).into()),
            ..describe(problem)
        };
        Self { failure, page, position, sensitive, can_go_on }
    }

    /// The failure of something that is done before the first step.
    pub(super) fn without_step(problem: Problem, source: &SourceFile, span: Span) -> Self {
        let (page, can_go_on) = (problem.page, problem.can_go_on());
        let failure = Failure { location: Some(source.location(span.start)), ..describe(problem) };
        Self { failure, page, position: 0, sensitive: false, can_go_on }
    }

    /// One line for [`Failure::further`]: place and message.
    pub(super) fn line(&self) -> Untrusted {
        let message = self.failure.message.raw();
        match &self.failure.location {
            Some(location) => format!("{location}: {message}").into(),
            None => message.into(),
        }
    }
}

/// A failure without a place.
fn describe(problem: Problem) -> Failure {
    let text = |text: String| Untrusted::from(shorten(text));
    Failure {
        expected: problem.expected.map(text),
        actual: problem.actual.map(text),
        seen: problem.seen.into_iter().take(SEEN).map(text).collect(),
        hints: problem.hints.into_iter().map(text).collect(),
        ..Failure::new(problem.kind, text(problem.message))
    }
}

/// Takes out of a problem what may show the values of a `sensitive` step.
fn withhold(problem: &Problem) -> Problem {
    let kind = problem.kind;
    // What page and case have to say may hold the value itself; only the part in front of it is ours.
    let what = problem.in_general.map_or_else(|| format!("failed ({kind})"), str::to_owned);
    let message = match problem.message.split_once(", waited ") {
        Some((_, waited)) => format!("{what}, waited {waited}"),
        None => what,
    };
    Problem::new(kind, message)
        .hint("the step is `sensitive`: what it expected, found and saw is not shown")
        .leaving(problem.page)
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}… ({} characters)", &text[..at], text.chars().count()),
        None => text,
    }
}

/// The lines of a span, with their numbers.
pub(super) fn excerpt(source: &SourceFile, span: Span) -> String {
    let first = source.line(span.start);
    let last = source.line(span.end.saturating_sub(1).max(span.start));
    let lines = source.text.lines().skip(first - 1).take(last + 1 - first);
    let mut shown: Vec<&str> = lines.map(str::trim_end).take(EXCERPT_LINES + 1).collect();
    if shown.len() > EXCERPT_LINES {
        shown.truncate(EXCERPT_LINES - 1);
        shown.push("…");
    }
    shown.join("\n")
}

/// The failure with every text in it masked.
pub fn masked(failure: Failure, mask: &dyn Fn(&str) -> String) -> Failure {
    let one = |text: Untrusted| Untrusted::from(mask(text.raw()));
    let all = |texts: Vec<Untrusted>| texts.into_iter().map(one).collect();
    Failure {
        kind: failure.kind,
        message: one(failure.message),
        location: failure.location,
        step: failure.step.map(one),
        position: failure.position,
        expected: failure.expected.map(one),
        actual: failure.actual.map(one),
        seen: all(failure.seen),
        hints: all(failure.hints),
        excerpt: failure.excerpt.map(one),
        further: all(failure.further),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_at_most_five_lines_long() {
        let file = SourceFile::new("a.toml", "one\ntwo {\nthree\n}\nfive\nsix\nseven\n");
        let at = |text: &str| file.text.find(text).unwrap();
        assert_eq!(excerpt(&file, (at("two")..at("}") + 1).into()), "two {\nthree\n}");
        let long = excerpt(&file, (0..file.text.len()).into());
        assert_eq!(long, "one\ntwo {\nthree\n}\n…");
    }
}

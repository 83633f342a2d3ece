//! Words for what the engine answers: from [`NotReady`] to a problem that says what is wrong and what to do.
//!
//! The predicate is the engine's ("is covered by …"); subject, time and advice are added here.

use super::Interpreter;
use super::limit;
use super::problem::Problem;
use super::wait::{Answer, Wait};
use crate::browser::engine::{Call, NotReady};
use crate::browser::page::ConsoleLine;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use crate::suggestion;
use crate::text::{Untrusted, duration};
use std::time::Duration;

/// The subject of what is said about the document itself.
pub(super) const PAGE: &str = "the page";

/// How the engine says that something broke which is not the page's fault.
const ENGINE_FAILED: &str = "the engine failed";

/// The most exceptions of the page that a failure tells of.
const THROWN: usize = 3;

/// How long a failure may take to learn where the page is.
const LOOK_AROUND: Duration = Duration::from_secs(1);

impl Interpreter<'_> {
    /// The problem that an answer about a locator is, as an act sees it.
    pub(super) async fn not_ready(&mut self, locator: &str, answer: &Answer, wait: Wait) -> Problem {
        let subject = match answer.stopped_at_frame {
            Some(number) => format!("frame {number} of `{locator}`"),
            None => format!("`{locator}`"),
        };
        let mut problem = not_ready(&subject, answer, wait, FailureKind::Step);
        if !is_final(code(answer)) && !problem.kind.is_infrastructure() {
            self.look_around(&mut problem, answer).await;
        }
        problem
    }

    /// The same for a check.
    pub(super) async fn not_held(&mut self, locator: &str, answer: &Answer, wait: Wait) -> Problem {
        let mut problem = self.not_ready(locator, answer, wait).await;
        if problem.kind == FailureKind::Step && !is_final(code(answer)) {
            problem.kind = FailureKind::Assertion;
        }
        problem
    }

    /// Adds where the page is: the most frequent reason for a missing element is another page.
    async fn look_around(&mut self, problem: &mut Problem, answer: &Answer) {
        let wait = Wait::look(Deadline::after("look around", LOOK_AROUND));
        let question = |wait_ms| Call::Document { ready: None, url: None, title: None, wait_ms };
        let Ok(found) = self.ask_document(wait, &question).await else { return };
        let text = |key: &str| found.envelope.value[key].as_str().map(|it| Untrusted::from(it).line());
        let Some(url) = text("url").filter(|it| !it.is_empty()) else { return };
        let title = text("title").filter(|it| !it.is_empty()).map(|it| format!(", titled `{it}`"));
        let status = found.envelope.value["status"].as_u64().filter(|it| *it >= 400);
        let status = status.map(|it| format!(", which the server answered with HTTP status {it}"));
        let (title, status) = (title.unwrap_or_default(), status.unwrap_or_default());
        problem.seen.push(format!("in the end the page is at {url}{title}{status}"));
        if let Some(went_to) =
            self.went_to.as_ref().filter(|it| code(answer) == "missing" && !same_page(it, &url))
        {
            problem
                .hints
                .push(format!("the case last went to {went_to}: is this still the page it is about?"));
        }
    }
}

/// Adds what the page threw and nobody caught, the latest last: why what is waited for often never comes.
pub(super) fn add_thrown(problem: &mut Problem, console: &[ConsoleLine]) {
    let mut thrown: Vec<String> = Vec::new();
    for line in console.iter().rev().filter(|it| it.level == "exception") {
        // The first line says what, the others are the stack.
        let what = line.text.raw().lines().next().unwrap_or_default();
        let what = what.trim_start_matches("Uncaught ").trim_start_matches("(in promise) ");
        let place = Some(line.from.line()).filter(|it| !it.is_empty());
        let place = place.map(|it| format!(" at {it}")).unwrap_or_default();
        let said = format!("the page threw `{}`{place}", Untrusted::from(what).line());
        if !thrown.contains(&said) {
            thrown.push(said);
        }
        if thrown.len() == THROWN {
            break;
        }
    }
    problem.seen.extend(thrown.into_iter().rev());
}

/// The problem that an answer is. `subject` is what the engine's predicate is about.
pub(super) fn not_ready(subject: &str, answer: &Answer, wait: Wait, kind: FailureKind) -> Problem {
    let Some(failure) = &answer.envelope.failure else {
        return Problem::new(FailureKind::Protocol, format!("{subject}: the page's answer gives no reason"));
    };
    let sentence = sentence(subject, failure);
    let own = limit::is_own(&wait.until);
    let (kind, message) = if failure.message.starts_with(ENGINE_FAILED) {
        (FailureKind::Internal, sentence)
    } else if is_final(&failure.code) {
        (FailureKind::Step, sentence)
    } else if own && wait.until.budget().is_zero() {
        (kind, sentence)
    } else if own {
        (kind, format!("{sentence}, waited {}", duration(wait.until.budget())))
    } else {
        (FailureKind::Timeout, format!("{}: {sentence}", wait.until.missed()))
    };
    // What was seen from first to last is what the message says already.
    let only = answer.envelope.seen.first().is_some_and(|it| it.what == failure.message);
    let seen = if only && answer.seen.len() == 1 { &[][..] } else { &answer.seen };
    let mut problem = Problem::new(kind, message).saw(seen.iter().cloned());
    problem.expected.clone_from(&failure.expected);
    problem.actual.clone_from(&failure.actual);
    problem.hints = hints(failure);
    problem.in_general = in_general(failure);
    problem
}

/// Subject and predicate as one sentence. Some predicates of the engine have a subject of their own: "the text is …".
fn sentence(subject: &str, failure: &NotReady) -> String {
    let predicate = Untrusted::from(failure.message.as_str()).line();
    let needed = if failure.code == "ambiguous" { ", one is needed" } else { "" };
    match predicate.strip_prefix("the ") {
        Some(own) if subject == PAGE => format!("{subject}'s {own}"),
        Some(_) => format!("{subject}: {predicate}{needed}"),
        None => format!("{subject} {predicate}{needed}"),
    }
}

/// What a failure says, without anything of the page.
fn in_general(failure: &NotReady) -> Option<&'static str> {
    Some(match failure.code.as_str() {
        "missing" if failure.matches > 0 => "the select has no such option",
        "missing" => "the element is not there",
        "ambiguous" => "several elements match",
        "hidden" => "the element is hidden",
        "moving" => "the element is moving",
        "disabled" => "the element is disabled",
        "readonly" => "the element is readonly",
        "covered" => "the element is covered by another one",
        "outside" => "the element lies outside of the viewport",
        "unsuitable" => "the element cannot take this",
        _ => return None,
    })
}

/// Whether no waiting could have helped.
fn is_final(code: &str) -> bool {
    matches!(code, "invalid" | "unsuitable")
}

fn code(answer: &Answer) -> &str {
    answer.envelope.failure.as_ref().map_or("", |it| it.code.as_str())
}

fn hints(failure: &NotReady) -> Vec<String> {
    let mut hints = candidates(failure);
    let advice = match failure.code.as_str() {
        "ambiguous" if hints.is_empty() => Some("make the locator narrower, or choose one with `>> nth=0`"),
        "hidden" => Some("it is in the page and cannot be seen: does something have to be opened first?"),
        "moving" => Some("something animates it without end; `force = true` acts all the same"),
        "disabled" => {
            Some("what enables it? an earlier step may be missing; `force = true` acts all the same")
        }
        "readonly" => Some("it cannot be typed into: is it filled by a click on something else?"),
        "covered" => {
            let cover = cover(&failure.message).unwrap_or_else(|| "LOCATOR".to_owned());
            hints.push(format!(
                "close what covers it, or wait until that is gone: `{{ expect = \"{cover}\", hidden = true }}`; \
                 `force = true` acts all the same"
            ));
            None
        }
        "outside" => Some(
            "it cannot be brought into view: is the `viewport` too small, or is it placed outside the page?",
        ),
        "missing" if failure.matches == 0 && failure.candidates.is_empty() => {
            Some("nothing on the page comes near it: is this the page that was expected?")
        }
        _ => None,
    };
    hints.extend(advice.map(str::to_owned));
    hints.extend(option(failure).or_else(|| nearly(failure).map(str::to_owned)));
    hints
}

/// The option that was probably meant where there is none of that name.
fn option(failure: &NotReady) -> Option<String> {
    if !failure.message.starts_with("has no option with the ") {
        return None;
    }
    let (wanted, there) = (failure.expected.as_deref()?, failure.actual.as_deref()?);
    let part = || there.split(", ").find(|it| it.to_lowercase().contains(&wanted.to_lowercase()));
    let meant = suggestion::closest(wanted, there.split(", ")).or_else(part)?;
    let meant = Untrusted::from(meant).line();
    Some(format!("did you mean `{meant}`? an option is chosen by the whole of its label or value"))
}

fn candidates(failure: &NotReady) -> Vec<String> {
    let line = |text: &str| Untrusted::from(text).line();
    let candidates = failure.candidates.iter();
    if failure.code == "ambiguous" {
        return candidates
            .map(|it| format!("`{}` finds only {}", line(&it.locator), line(&it.description)))
            .collect();
    }
    let near = candidates.map(|it| {
        let locator =
            if it.locator.is_empty() { String::new() } else { format!("`{}`, ", line(&it.locator)) };
        let why = if it.why.is_empty() { String::new() } else { format!(": {}", line(&it.why)) };
        format!("near: {locator}{}{why}", line(&it.description))
    });
    near.collect()
}

/// A selector for what covers an element, from its description in "is covered by `<div class="veil">`".
fn cover(predicate: &str) -> Option<String> {
    let tag = predicate.split_once("`<")?.1.split_once(">`")?.0;
    let is_name =
        |it: &str| !it.is_empty() && it.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let attribute = |name: &str| tag.split_once(&format!(" {name}=\""))?.1.split_once('"').map(|it| it.0);
    if let Some(id) = attribute("id").filter(|id| is_name(id)) {
        return Some(format!("#{id}"));
    }
    let name = tag.split(' ').next().filter(|it| is_name(it))?;
    let classes: Vec<&str> = attribute("class")?.split_whitespace().collect();
    classes.iter().all(|it| is_name(it)).then(|| format!("{name}.{}", classes.join(".")))
}

/// Advice where expected and actual text are nearly the same. A class is one of many, so that its element has it among
/// others says nothing.
fn nearly(failure: &NotReady) -> Option<&'static str> {
    let bare = |text: &str| text.trim().trim_matches('"').to_owned();
    let (expected, actual) = (bare(failure.expected.as_deref()?), bare(failure.actual.as_deref()?));
    let of_text = failure.message.starts_with("the text ");
    if expected.is_empty() || expected == actual || failure.message.starts_with("has no class") {
        None
    } else if expected.to_lowercase() == actual.to_lowercase() {
        Some(if of_text {
            "they differ in upper and lower case only: checks are case-sensitive, `matches = '/…/i'` is not"
        } else {
            "they differ in upper and lower case only: checks are case-sensitive, `{ matches = '/…/i' }` is not"
        })
    } else if !actual.contains(&expected) {
        None
    } else if of_text {
        Some("the text is part of what is there: `text` compares the whole, `contains` a part")
    } else {
        Some("it is part of what is there: a text compares the whole, `{ contains = \"…\" }` a part")
    }
}

/// Whether two URLs differ in nothing but query and fragment.
fn same_page(one: &str, other: &str) -> bool {
    let page = |url: &str| url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    page(one) == page(other)
}

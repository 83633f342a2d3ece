//! Verbs that go somewhere or wait: `goto`, `back`, `forward`, `reload`, `wait`, `viewport`.

use super::Interpreter;
use super::address::destination;
use super::problem::{Obstacle, Outcome, Problem};
use super::wait::{Again, Log, Wait};
use super::witness::PageLeft;
use crate::browser::engine::{Call, Ready};
use crate::browser::page::{Destination, Fault};
use crate::case::model::{History, Until, Viewport};
use crate::case::template::{Arg, Template};
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use crate::text::duration;
use serde_json::Value;
use std::time::Duration;

impl Interpreter<'_> {
    pub(super) async fn goto(
        &mut self,
        url: &Template,
        until: Until,
        status: Option<u16>,
        deadline: Deadline,
    ) -> Outcome {
        let written = self.text(url)?;
        let url = destination(&written, self.scope.base_url(), &self.context.schemes)
            .map_err(|error| Problem::step(error.to_string()).hint(error.hint()))?;
        self.navigate(&Destination::Url(url.clone()), &url, deadline).await?;
        self.went_to = Some(url.clone());
        let landed = self.loaded(&url, until, deadline).await?;
        match status {
            Some(wanted) => has_status(&url, wanted, landed["status"].as_u64()),
            None => Ok(()),
        }
    }

    pub(super) async fn history(&mut self, history: History, deadline: Deadline) -> Outcome {
        let what = match history {
            History::Back => "the page before",
            History::Forward => "the page after",
            History::Reload => "the page itself",
        };
        self.navigate(&Destination::History(history), what, deadline).await?;
        self.went_to = None;
        self.loaded(what, Until::Load, deadline).await.map(drop)
    }

    async fn navigate(&mut self, to: &Destination, what: &str, deadline: Deadline) -> Outcome {
        let wait = Wait::to(deadline);
        let (mut again, mut log) = (Again::new(wait), Log::begin());
        loop {
            match self.hand.navigate(to, wait.wire()).await {
                Ok(()) => return Ok(()),
                Err(Obstacle::Fault(Fault::Navigation(why))) => return Err(Box::new(not_loaded(what, &why))),
                Err(Obstacle::Fault(Fault::PageStuck(missed))) => {
                    let problem = Problem::missed(missed, &format!("{what} did not answer"))
                        .hint("the server took the connection and sent no page, or the page before does not let go")
                        .leaving(PageLeft::Stuck);
                    return Err(Box::new(problem));
                }
                Err(obstacle) => again.or_give_up(obstacle, &format!("going to {what}"), &mut log).await?,
            }
        }
    }

    /// Waits until the navigation that a step has begun, if any, has led to a document: the next step is about that one.
    pub(super) async fn arrive(&mut self, deadline: Deadline) -> Outcome {
        self.hand.arrive(deadline).await.map_err(|obstacle| {
            let Obstacle::Fault(Fault::PageStuck(missed)) = obstacle else {
                return obstacle.explain("waiting for the page that it leads to").into();
            };
            let problem = Problem::missed(missed, "it was done, and the page that it leads to did not come")
                .hint("the server took the request and sent no page; `timeout` gives the step more time")
                .leaving(PageLeft::Stuck);
            Box::new(problem)
        })
    }

    /// Waits until the document is loaded as far as asked, and answers what it says of itself.
    async fn loaded(&mut self, what: &str, until: Until, deadline: Deadline) -> Outcome<Value> {
        let ready = match until {
            Until::Dom => Ready::Dom,
            Until::Load => Ready::Load,
            Until::Idle => Ready::Idle,
        };
        let question = |wait_ms| Call::Document { ready: Some(ready), url: None, title: None, wait_ms };
        let answer = self.ask_document(Wait::to(deadline), &question).await?;
        if answer.envelope.ok {
            if let Some(url) = answer.envelope.value["url"].as_str() {
                self.went_to = Some(url.to_owned());
            }
            return Ok(answer.envelope.value);
        }
        let missed = deadline.missed();
        let mut problem = Problem::missed(missed, &format!("{what} did not finish loading")).saw(answer.seen);
        if let Some(failure) = answer.envelope.failure {
            (problem.expected, problem.actual) = (failure.expected, failure.actual);
        }
        if until != Until::Dom {
            problem = problem.hint(
                "something that the page includes does not arrive; `until = \"dom\"` goes on as soon as the markup is \
                 there, `timeout` gives it more time",
            );
        }
        Err(Box::new(problem))
    }

    pub(super) async fn pause(&mut self, time: &Arg<Duration>, deadline: Deadline) -> Outcome {
        let time = time.fill(&self.scope)?;
        let left = deadline.left();
        if time > left {
            tokio::time::sleep(left).await;
            let what = format!("`wait` of {} does not fit into it", duration(time));
            return Err(Box::new(Problem::missed(deadline.missed(), &what)));
        }
        tokio::time::sleep(time).await;
        self.hand.look_at_prompts()
    }

    pub(super) async fn resize(&mut self, viewport: Viewport, deadline: Deadline) -> Outcome {
        let resized = self.hand.resize(viewport, Wait::to(deadline).wire()).await;
        resized.map_err(|obstacle| obstacle.explain("changing the size of the viewport").into())
    }
}

fn has_status(url: &str, wanted: u16, status: Option<u64>) -> Outcome {
    match status {
        Some(status) if status == u64::from(wanted) => Ok(()),
        Some(status) => Err(Box::new(
            Problem::new(FailureKind::Navigation, format!("{url} answered with the HTTP status {status}"))
                .compared(wanted.to_string(), status.to_string()),
        )),
        None => Err(Box::new(
            Problem::step(format!(
                "the HTTP status of {url} is not known: this browser or driver does not tell it"
            ))
            .hint("leave out `status`, and check with `expect` what the page shows"),
        )),
    }
}

fn not_loaded(what: &str, why: &str) -> Problem {
    let problem = Problem::new(FailureKind::Navigation, format!("{what} could not be loaded: {why}"));
    let advice = [
        (
            "CONNECTION_REFUSED",
            "nothing listens there: is the server running? `[server]` in runner.toml starts one",
        ),
        (
            "connectionFailure",
            "nothing listens there: is the server running? `[server]` in runner.toml starts one",
        ),
        ("NAME_NOT_RESOLVED", "no such host: is it spelled as it should be, and is the network up?"),
        ("dnsNotFound", "no such host: is it spelled as it should be, and is the network up?"),
        ("CERT_", "the server's certificate is not trusted on this machine"),
        ("SSL_", "does the server speak TLS on this port? `http://` may be meant"),
        ("EMPTY_RESPONSE", "the server closed the connection without an answer: its log may say why"),
        ("CONNECTION_RESET", "the server broke the connection off: its log may say why"),
        ("TOO_MANY_REDIRECTS", "the server redirects in a circle: a missing cookie is a frequent reason"),
        (
            "ABORTED",
            "the page began to download something, another navigation came in between, or a `dialog` step refused to \
             leave the page before",
        ),
        ("UNSAFE_PORT", "browsers do not open this port, which is known for something else"),
        ("ADDRESS_UNREACHABLE", "there is no way to this host: is the network up?"),
        ("INTERNET_DISCONNECTED", "there is no network"),
    ];
    match advice.iter().find(|(code, _)| why.contains(code)) {
        Some((_, hint)) => problem.hint(*hint),
        None => problem,
    }
}

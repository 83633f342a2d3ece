//! The press family: `click`, `double_click`, `right_click`, `hover`, and whatever else presses an element.
//!
//! The engine confirms the element and arms a guard in one task, the press is native, and the guard tells what it hit:
//! a page that moved in between swallows the press and the element is confirmed again.

use super::Interpreter;
use super::problem::{Obstacle, Outcome, Problem};
use super::wait::{Again, Answer, Log, Wait, looking_for};
use super::witness::PageLeft;
use crate::browser::engine::{Call, Landed, Need, Then};
use crate::browser::page::{Fault, Press};
use crate::case::locator::Filled;
use crate::case::model::Click;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use crate::text::{Untrusted, duration};
use serde_json::Value;

/// What an element must be before it is pressed.
const PRESSABLE: &[Need] = &[Need::Visible, Need::Stable, Need::Enabled, Need::Hit];

/// What it must be before the pointer is moved there: the tooltip of a disabled button says why it is disabled.
const REACHABLE: &[Need] = &[Need::Visible, Need::Stable, Need::Hit];

/// How an element is to be pressed.
pub(super) struct Pressing {
    pub(super) press: Press,
    pub(super) at: Option<(f64, f64)>,
    pub(super) care: Care,
}

/// How much is made sure of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// Confirmed before, and after by the guard.
    Guarded,
    /// Confirmed before; there is nothing to guard, since nothing is pressed. It may be disabled.
    Confirmed,
    /// Nothing: an attached element is acted on at once.
    Forced,
}

impl Interpreter<'_> {
    pub(super) async fn click(&mut self, click: &Click, deadline: Deadline) -> Outcome {
        let target = self.locate(&click.target)?;
        let care = match (click.force, click.button) {
            (true, _) => Care::Forced,
            (false, Some(_)) => Care::Guarded,
            (false, None) => Care::Confirmed,
        };
        let press = Press { button: click.button, count: click.count, modifiers: click.modifiers.clone() };
        self.press_element(&target, &Pressing { press, at: click.at, care }, deadline).await.map(drop)
    }

    /// Presses an element once it is ready; answers the identity of its document.
    pub(super) async fn press_element(
        &mut self,
        target: &Filled,
        pressing: &Pressing,
        deadline: Deadline,
    ) -> Outcome<String> {
        let wait = Wait::to(deadline);
        let (mut log, mut again) = (Log::begin(), Again::new(wait));
        let (needs, then) = match pressing.care {
            Care::Guarded => (PRESSABLE, Then::Guard),
            Care::Confirmed => (REACHABLE, Then::Point),
            Care::Forced => (&[][..], Then::Scroll { to: Value::from("view") }),
        };
        let question = |query, wait_ms| Call::Act {
            query,
            needs: needs.to_vec(),
            at: pressing.at,
            then: then.clone(),
            wait_ms,
        };
        loop {
            let answer = self.ready(target, wait, &question, &mut log).await?;
            let element = answer.element()?;
            let pressed = self.hand.press((&answer.frame, element), &pressing.press, wait.wire()).await;
            let told = match pressed {
                Ok(told) => told,
                // It came to nothing that anybody could see: the document went away before it.
                Err(obstacle) if obstacle.is_gone() => {
                    again.or_give_up(obstacle, &looking_for(target), &mut log).await?;
                    continue;
                }
                Err(Obstacle::Fault(Fault::Crashed)) if pressing.care == Care::Guarded => {
                    return self.still_there(wait).await.map(|()| answer.envelope.document);
                }
                Err(obstacle) => return Err(obstacle.explain(&format!("pressing `{}`", target.text)).into()),
            };
            if pressing.care == Care::Forced {
                return Ok(answer.envelope.document);
            }
            let landed = match told {
                Some(landed) => landed,
                None => match self.landed(&answer, wait).await? {
                    Ok(landed) => landed,
                    Err(gone) => {
                        again.or_give_up(gone, &looking_for(target), &mut log).await?;
                        continue;
                    }
                },
            };
            match not_landed(landed) {
                None => return Ok(answer.envelope.document),
                Some(what) => log.note(what),
            }
            if wait.until.is_missed() {
                return Err(Box::new(never_hit(target, &wait, &log)));
            }
        }
    }

    /// Waits until an element is ready, and has the engine do with it what the question says.
    pub(super) async fn ready(
        &mut self,
        target: &Filled,
        wait: Wait,
        question: super::wait::Question<'_>,
        log: &mut Log,
    ) -> Outcome<Answer> {
        let answer = self.ask_noting(target, wait, question, log).await?;
        if answer.envelope.ok {
            Ok(answer)
        } else {
            Err(self.not_ready(&target.text, &answer, wait).await.into())
        }
    }

    /// What became of a press, by the document that was to get it; the inner error is that document having gone first.
    async fn landed(&mut self, announced: &Answer, wait: Wait) -> Outcome<Result<Landed, Obstacle>> {
        let call = Call::Landed { token: announced.element()?.token.clone() };
        let envelope = match self.hand.ask(&announced.frame, &call, wait.wire()).await {
            Ok(envelope) => envelope,
            Err(obstacle) if obstacle.is_gone() => return Ok(Err(obstacle)),
            Err(Obstacle::Fault(Fault::Crashed)) => {
                return self.still_there(wait).await.map(|()| Ok(Landed::Hit));
            }
            Err(obstacle) => return Err(obstacle.explain("asking what the press hit").into()),
        };
        if envelope.document != announced.envelope.document {
            // The press has led elsewhere.
            return Ok(Ok(Landed::Hit));
        }
        serde_json::from_value(envelope.value.clone()).map(Ok).map_err(|_| {
            let what = format!("the page's answer to what the press hit is `{}`", envelope.value);
            Box::new(Problem::new(FailureKind::Protocol, what))
        })
    }

    /// A renderer may also go since the press led to another site: then the page answers again.
    async fn still_there(&mut self, wait: Wait) -> Outcome {
        let question = |wait_ms| Call::Document { ready: None, url: None, title: None, wait_ms };
        match self.ask_document(Wait::look(wait.answer_by), &question).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.page == PageLeft::Crashed => {
                Err(Box::new(Problem::fault(Fault::Crashed, "being pressed")))
            }
            Err(problem) => Err(problem),
        }
    }
}

/// Why a press is to be made again.
fn not_landed(landed: Landed) -> Option<String> {
    match landed {
        Landed::Hit | Landed::Keys { .. } => None,
        Landed::None => Some("the press did not arrive in the page".to_owned()),
        Landed::Torn => {
            Some("it went away between press and release, so that nothing was clicked".to_owned())
        }
        Landed::Missed(what) => {
            let what = Untrusted::from(what).line();
            Some(format!("the press would have hit {what}, since the page moved; it was held back"))
        }
    }
}

fn never_hit(target: &Filled, wait: &Wait, log: &Log) -> Problem {
    let what = format!(
        "`{}` was never hit, pressed again and again for {}",
        target.text,
        duration(wait.until.budget())
    );
    Problem::step(what)
        .saw(log.lines())
        .hint("the page moves between the look and the press: wait with an `expect` for what makes it settle")
}

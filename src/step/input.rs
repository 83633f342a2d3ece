//! Verbs that write, choose and focus: `fill`, `clear`, `type`, `press`, `select`, `scroll`, `focus`, `blur`.

use super::Interpreter;
use super::problem::{Obstacle, Outcome, Problem};
use super::wait::{Again, Answer, Log, Wait, looking_for};
use crate::browser::engine::{Call, Need, Then};
use crate::browser::page::Key;
use crate::case::locator::{Filled, Locator};
use crate::case::model::{Choice, KeyChord, ScrollTo};
use crate::case::template::Template;
use crate::deadline::Deadline;
use crate::outcome::FailureKind;
use crate::text::duration;
use serde_json::{Value, json};
use std::time::Duration;

/// What a control must be before it is written to.
const WRITABLE: &[Need] = &[Need::Visible, Need::Enabled, Need::Editable];
/// What an element must be before it gets keys, or is chosen from.
const USABLE: &[Need] = &[Need::Visible, Need::Enabled];

impl Interpreter<'_> {
    pub(super) async fn fill(
        &mut self,
        target: &Locator,
        value: &Template,
        force: bool,
        deadline: Deadline,
    ) -> Outcome {
        let target = self.locate(target)?;
        let value = self.text(value)?;
        let needs = if force { &[][..] } else { WRITABLE };
        let wait = Wait::to(deadline);
        let (mut log, mut again) = (Log::begin(), Again::new(wait));
        let then = Then::Fill { value: value.clone() };
        let question = |query, wait_ms| act(query, needs, &then, wait_ms);
        loop {
            let answer = self.ready(&target, wait, &question, &mut log).await?;
            let written = match answer.envelope.value.as_str() {
                Some("set") => Ok(()),
                Some("insert") => self.write(&answer, &value, wait).await?,
                Some("lost") => {
                    log.note("it went away before the text came");
                    if wait.until.is_missed() {
                        return Err(Box::new(never_came(&target, "text", &wait, &log)));
                    }
                    continue;
                }
                _ => {
                    let what = format!("the page's answer to filling is `{}`", answer.envelope.value);
                    return Err(Box::new(Problem::new(FailureKind::Protocol, what)));
                }
            };
            match written {
                Ok(()) => return Ok(()),
                // The text went with its document. Filling is the same however often it is done.
                Err(gone) => again.or_give_up(gone, &looking_for(&target), &mut log).await?,
            }
        }
    }

    /// Puts text in the place of what is selected; the inner error is a document that went away.
    async fn write(&mut self, at: &Answer, value: &str, wait: Wait) -> Outcome<Result<(), Obstacle>> {
        let element = at.element()?;
        match self.hand.insert((&at.frame, element), value, wait.wire()).await {
            Err(obstacle) if !obstacle.is_gone() => Err(obstacle.explain("inserting text").into()),
            other => Ok(other),
        }
    }

    pub(super) async fn type_keys(
        &mut self,
        target: &Locator,
        value: &Template,
        delay: Duration,
        deadline: Deadline,
    ) -> Outcome {
        let value = self.text(value)?;
        let keys: Vec<Key> = value.chars().map(|c| Key { pause: delay, ..key_of(c) }).collect();
        let needed = delay.saturating_mul(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        if needed > deadline.left() {
            let what = format!(
                "typing {} keys with a pause of {} takes {}, more than the {} of {}",
                keys.len(),
                duration(delay),
                duration(needed),
                deadline.name(),
                duration(deadline.budget())
            );
            return Err(Box::new(
                Problem::step(what).hint("give the step a longer `timeout`, or use `fill`"),
            ));
        }
        self.send_keys(Some(target), &keys, deadline).await
    }

    pub(super) async fn press_keys(
        &mut self,
        chord: &KeyChord,
        on: Option<&Locator>,
        deadline: Deadline,
    ) -> Outcome {
        let keys = [Key { modifiers: chord.modifiers.clone(), ..key(&chord.key) }];
        self.send_keys(on, &keys, deadline).await
    }

    /// Sends keys to an element, or to whatever has the focus. What did not come to the element is sent again.
    async fn send_keys(&mut self, target: Option<&Locator>, keys: &[Key], deadline: Deadline) -> Outcome {
        let wait = Wait::to(deadline);
        let Some(target) = target else {
            let frame = self.frame_here(wait).await?;
            let sent = self.hand.keys((&frame, None), keys, wait.wire()).await;
            return sent.map(drop).map_err(|obstacle| obstacle.explain("pressing keys").into());
        };
        let target = self.locate(target)?;
        let (mut log, mut again) = (Log::begin(), Again::new(wait));
        let question = |query, wait_ms| act(query, USABLE, &Then::Type, wait_ms);
        let mut rest = keys;
        loop {
            let answer = self.ready(&target, wait, &question, &mut log).await?;
            let element = answer.element()?;
            match self.hand.keys((&answer.frame, Some(element)), rest, wait.wire()).await {
                Ok(came) if came >= rest.len() => return Ok(()),
                Ok(came) => {
                    rest = rest.get(came..).unwrap_or_default();
                    log.note("it went away while keys were pressed");
                }
                // Nothing of them is left in the next document.
                Err(obstacle) if obstacle.is_gone() => {
                    rest = keys;
                    again.or_give_up(obstacle, &looking_for(&target), &mut log).await?;
                }
                Err(obstacle) => return Err(obstacle.explain("pressing keys").into()),
            }
            if wait.until.is_missed() {
                return Err(Box::new(never_came(&target, "keys", &wait, &log)));
            }
        }
    }

    pub(super) async fn select(
        &mut self,
        target: &Locator,
        choose: &[Choice],
        deadline: Deadline,
    ) -> Outcome {
        let mut wanted = Vec::with_capacity(choose.len());
        for choice in choose {
            wanted.push(match choice {
                Choice::Label(label) => json!({ "label": self.text(label)? }),
                Choice::Value(value) => json!({ "value": self.text(value)? }),
                Choice::Index(index) => json!({ "index": index }),
            });
        }
        self.simple(target, USABLE, &Then::Select { choose: wanted }, deadline).await.map(drop)
    }

    pub(super) async fn scroll(&mut self, target: &Locator, to: ScrollTo, deadline: Deadline) -> Outcome {
        let to = match to {
            ScrollTo::View => json!("view"),
            ScrollTo::Top => json!("top"),
            ScrollTo::Bottom => json!("bottom"),
            ScrollTo::Offset(x, y) => json!([x, y]),
        };
        self.simple(target, &[Need::Visible], &Then::Scroll { to }, deadline).await.map(drop)
    }

    pub(super) async fn focus(&mut self, target: &Locator, on: bool, deadline: Deadline) -> Outcome {
        let then = if on { Then::Focus } else { Then::Blur };
        self.simple(target, &[], &then, deadline).await.map(drop)
    }

    /// What the engine does by itself once the element is ready.
    pub(super) async fn simple(
        &mut self,
        target: &Locator,
        needs: &'static [Need],
        then: &Then,
        deadline: Deadline,
    ) -> Outcome<Answer> {
        let target: Filled = self.locate(target)?;
        let question = |query, wait_ms| act(query, needs, then, wait_ms);
        self.ready(&target, Wait::to(deadline), &question, &mut Log::begin()).await
    }
}

fn act(query: Vec<Value>, needs: &[Need], then: &Then, wait_ms: u64) -> Call {
    Call::Act { query, needs: needs.to_vec(), at: None, then: then.clone(), wait_ms }
}

fn never_came(target: &Filled, what: &str, wait: &Wait, log: &Log) -> Problem {
    let budget = duration(wait.until.budget());
    Problem::step(format!("`{}` did not get the {what}, again and again for {budget}", target.text))
        .saw(log.lines())
        .hint("the page builds it anew all the time: wait with an `expect` for what makes it settle")
}

fn key(name: &str) -> Key {
    Key { modifiers: Vec::new(), key: name.to_owned(), pause: Duration::ZERO }
}

/// The key that writes a character.
fn key_of(c: char) -> Key {
    match c {
        '\n' => key("Enter"),
        '\t' => key("Tab"),
        c => key(c.encode_utf8(&mut [0; 4])),
    }
}

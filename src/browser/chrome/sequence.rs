//! Several commands in one: the gate's own vendor command, which a driver passes on like any other.
//!
//! A driver sends one command and waits for its answer before it takes the next. What belongs together (a press: move,
//! press, release, and what it hit) goes through the driver once instead, and is carried out in stages next to the
//! browser. The commands of a stage are sent at once, in their order: mouse events that are under way together do not
//! each wait for a frame of the page. The next stage begins when all are answered. The first error ends it all, and is part of
//! the answer: a driver that got it as an error might send everything again.

use super::message::raw;
use super::pipe::Pipe;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// The name of the command. Its parameters are a [`Sequence`], its answer is a [`Carried`].
pub(in crate::browser) const SEQUENCE: &str = "Batchrun.sequence";

/// Stages, carried out one after the other.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(in crate::browser) struct Sequence {
    stages: Vec<Stage>,
}

/// Commands that are sent at once.
#[derive(Debug, Deserialize, Serialize)]
struct Stage {
    /// What the last answer before it must hold for this stage, and those after it, to be carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    commands: Vec<Single>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Condition {
    /// A JSON pointer (RFC 6901).
    at: String,
    is: Value,
}

#[derive(Debug, Deserialize, Serialize)]
struct Single {
    method: String,
    params: Box<RawValue>,
}

/// The last answer of each stage that was carried out, and what ended it early.
#[derive(Debug, Deserialize, Serialize)]
pub(in crate::browser) struct Carried<T> {
    pub(in crate::browser) answers: Vec<T>,
    /// An error of the protocol.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub(in crate::browser) error: Option<T>,
}

impl Sequence {
    /// Goes on with these commands.
    pub(in crate::browser) fn then<'a>(self, commands: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        self.stage(None, commands)
    }

    /// Goes on with these commands if the last answer holds `is` at a JSON pointer.
    pub(in crate::browser) fn then_if<'a>(
        self,
        at: &str,
        is: &str,
        commands: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Self {
        self.stage(Some(Condition { at: at.to_owned(), is: Value::from(is) }), commands)
    }

    fn stage<'a>(
        mut self,
        condition: Option<Condition>,
        commands: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Self {
        let commands = commands
            .into_iter()
            .map(|(method, params)| Single { method: method.to_owned(), params: raw(&params) })
            .collect();
        self.stages.push(Stage { condition, commands });
        self
    }

    /// The names of all its commands.
    pub(super) fn methods(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().flat_map(|stage| &stage.commands).map(|command| command.method.as_str())
    }

    /// Carries it out in a session. `None`: the browser is gone.
    pub(super) async fn carry_out(self, pipe: &Pipe, session: &str) -> Option<Box<RawValue>> {
        let mut answers: Vec<Box<RawValue>> = Vec::new();
        for stage in self.stages {
            if !stage.condition.is_none_or(|it| it.holds(answers.last().map(AsRef::as_ref))) {
                break;
            }
            let asked: Vec<_> =
                stage.commands.iter().map(|it| pipe.ask(session, &it.method, &it.params)).collect();
            let mut last = None;
            for answer in asked {
                match answer.await.ok()? {
                    Ok(result) => last = Some(result),
                    Err(error) => return Some(raw(&Carried { answers, error: Some(error) })),
                }
            }
            answers.extend(last);
        }
        Some(raw(&Carried { answers, error: None }))
    }
}

impl Condition {
    fn holds(&self, answer: Option<&RawValue>) -> bool {
        let answer: Option<Value> = answer.and_then(|it| serde_json::from_str(it.get()).ok());
        answer.is_some_and(|it| it.pointer(&self.at) == Some(&self.is))
    }
}

//! The prompts of a page behind the standard commands, and the queue of answers for those to come. Holds state only;
//! who fills it is the page's business.

use crate::browser::page::{Prompt, PromptAnswer};
use crate::text::Untrusted;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared between a page and the task that listens for it.
#[derive(Clone, Default)]
pub(super) struct Watch {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<PromptAnswer>,
    prompts: Vec<Prompt>,
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A prompt appeared: takes the next queued answer for it. `None` means dismiss.
    pub(super) fn prompt(&self, kind: &str, message: &str) -> Option<PromptAnswer> {
        let mut state = self.state();
        let answer = state.answers.pop_front();
        state.prompts.push(Prompt {
            kind: kind.to_owned(),
            message: Untrusted::from(message),
            answer: answer.clone(),
        });
        answer
    }

    pub(super) fn queue(&self, answer: PromptAnswer) {
        self.state().answers.push_back(answer);
    }

    pub(super) fn withdraw(&self) -> Vec<PromptAnswer> {
        self.state().answers.drain(..).rev().collect()
    }

    pub(super) fn take_prompts(&self) -> Vec<Prompt> {
        std::mem::take(&mut self.state().prompts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_takes_the_answers_in_the_order_they_were_queued() {
        let watch = Watch::default();
        let accept = PromptAnswer { accept: true, text: None };
        let dismiss = PromptAnswer { accept: false, text: None };
        watch.queue(accept.clone());
        watch.queue(dismiss.clone());
        assert_eq!(watch.prompt("confirm", "sure?"), Some(accept));
        assert_eq!(watch.withdraw(), [dismiss]);
        assert_eq!(watch.prompt("alert", "surprise"), None);
        let seen = watch.take_prompts();
        assert_eq!(seen.iter().map(|it| it.message.raw()).collect::<Vec<_>>(), ["sure?", "surprise"]);
        assert!(watch.take_prompts().is_empty());
    }
}

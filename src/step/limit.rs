//! How long things may take, and what each limit is called in messages.

use crate::case::model::{Action, Step};
use crate::deadline::Deadline;
use std::time::Duration;

/// A step's own limit.
const STEP: &str = "step timeout";
/// The limit of a step that loads a page and has none of its own.
const NAVIGATION: &str = "navigation timeout";
/// A block's own limit.
const BLOCK: &str = "block timeout";
/// The limit of all `after` steps together.
const AFTER: &str = "`after` timeout";
/// How long a condition may take to come true.
const PATIENCE: &str = "patience";

/// How long a page may take to load.
const NAVIGATION_TIME: Duration = Duration::from_secs(30);
/// How long the `after` steps may take together.
const AFTER_TIME: Duration = Duration::from_secs(10);

/// The deadline of what is done for the case before its first step.
pub(super) fn preparing(step_timeout: Duration, outer: Deadline) -> Deadline {
    Deadline::after(STEP, step_timeout).or_earlier(outer)
}

/// Whether a deadline is the step's own and not that of something around it.
pub(super) fn is_own(deadline: &Deadline) -> bool {
    [STEP, NAVIGATION, PATIENCE].contains(&deadline.name())
}

/// The deadline of the `after` steps, from now.
pub(super) fn after_steps() -> Deadline {
    Deadline::after(AFTER, AFTER_TIME)
}

/// The time that a condition has to come true, from now.
pub(super) fn patience(time: Duration) -> Deadline {
    Deadline::after(PATIENCE, time)
}

/// The deadline of a step that begins now, within what is around it.
pub(super) fn of(step: &Step, step_timeout: Duration, outer: Deadline) -> Deadline {
    let own = match &step.action {
        Action::Goto { .. } | Action::History(_) => match step.timeout {
            Some(own) => Deadline::after(STEP, own),
            None => Deadline::after(NAVIGATION, NAVIGATION_TIME),
        },
        // Waiting is what it is for: only what is around it ends it, or a limit of its own.
        Action::Wait(_) => match step.timeout {
            Some(own) => Deadline::after(STEP, own),
            None => return outer,
        },
        action if is_block(action) => match step.timeout {
            Some(own) => Deadline::after(BLOCK, own),
            None => return outer,
        },
        _ => Deadline::after(STEP, step.timeout.unwrap_or(step_timeout)),
    };
    own.or_earlier(outer)
}

/// Whether an action consists of steps, so that its limit is theirs together.
pub(super) fn is_block(action: &Action) -> bool {
    match action {
        Action::Within { .. }
        | Action::Use { .. }
        | Action::Group(_)
        | Action::If { .. }
        | Action::Repeat { .. }
        | Action::Each { .. }
        | Action::EachMatch { .. }
        | Action::While { .. }
        | Action::Retry { .. } => true,
        Action::Dialog { steps, .. } => !steps.is_empty(),
        _ => false,
    }
}

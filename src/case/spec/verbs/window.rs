//! Verbs about windows, prompts and frames.

use super::{Kind, STEPS, form, later, optional};
use crate::case::model::Action;
use crate::case::spec::Form;

pub(super) const VERBS: &[Form<Action>] = &[
    form(
        "dialog",
        Kind::Word(&["accept", "dismiss"]),
        "Answers the next prompt. Answers queue; one that is never used fails the case, and so does a prompt without an answer.",
        &[
            optional("value", Kind::Text, "What is typed into a `prompt()`."),
            optional(
                "kind",
                Kind::Word(&["alert", "confirm", "prompt", "beforeunload"]),
                "The kind it must have.",
            ),
            optional("message", Kind::Test, "The message it must have."),
            optional("steps", Kind::Steps, "Steps during which it must appear."),
        ],
        |arguments| {
            let accept = arguments.need::<&'static str>("dialog")? == "accept";
            Ok(Action::Dialog {
                accept,
                value: arguments.take("value"),
                kind: arguments.take::<&'static str>("kind").map(str::to_owned),
                message: arguments.take("message"),
                steps: arguments.take("steps").unwrap_or_default(),
            })
        },
    ),
    form(
        "within",
        Kind::Locator,
        "Steps inside a frame or an element: their locators start there; in a frame their scripts run in it.",
        &[STEPS],
        |arguments| Ok(Action::Within { target: arguments.need("within")?, steps: arguments.need("steps")? }),
    ),
    later(
        "window",
        Kind::Either(&[
            Kind::Word(&["new", "main"]),
            Kind::Table(&[
                optional("title", Kind::Test, "By its title."),
                optional("url", Kind::Test, "By its URL."),
            ]),
        ]),
        "Goes to a window; `\"new\"` is the newest not yet visited, waited for.",
        &[optional("steps", Kind::Steps, "Only these steps are in it.")],
    ),
    later("close_window", Kind::True, "Closes the window and returns to its opener.", &[]),
];

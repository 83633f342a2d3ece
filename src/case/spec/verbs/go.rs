//! Verbs that load pages and wait.

use super::{Kind, VIEWPORT, form, optional};
use crate::case::model::{Action, History, Until, Viewport};
use crate::case::parse::given::{Arguments, Problem};
use crate::case::spec::Form;

pub(super) const VERBS: &[Form<Action>] = &[
    form(
        "goto",
        Kind::Url,
        "Loads a page; the URL is joined to `base_url`. Ends at `load`, 30 s at most.",
        &[
            optional("until", Kind::Word(&["dom", "load", "idle"]), "What it waits for (default `load`)."),
            optional("status", Kind::Whole(100, 599), "The HTTP status it must have; without it none fails."),
        ],
        goto,
    ),
    form("back", Kind::True, "Goes back in the session history.", &[], |_| {
        Ok(Action::History(History::Back))
    }),
    form("forward", Kind::True, "Goes forward in the session history.", &[], |_| {
        Ok(Action::History(History::Forward))
    }),
    form("reload", Kind::True, "Loads the page again.", &[], |_| Ok(Action::History(History::Reload))),
    form(
        "wait",
        Kind::Pause,
        "Does nothing for that long. Rarely needed: acts and checks wait by themselves.",
        &[],
        |arguments| Ok(Action::Wait(arguments.need("wait")?)),
    ),
    form("viewport", VIEWPORT, "Sets the size of the page.", &[], |arguments| {
        Ok(Action::Viewport(viewport(arguments, "viewport")?))
    }),
];

fn goto(arguments: &mut Arguments) -> Result<Action, Problem> {
    let until = match arguments.take("until") {
        Some("dom") => Until::Dom,
        Some("idle") => Until::Idle,
        _ => Until::Load,
    };
    let status = arguments.take::<i64>("status").and_then(|status| u16::try_from(status).ok());
    Ok(Action::Goto { url: arguments.need("goto")?, until, status })
}

/// The size in the key `word`.
pub(in crate::case) fn viewport(arguments: &mut Arguments, word: &'static str) -> Result<Viewport, Problem> {
    let mut size: Arguments = arguments.need(word)?;
    let mut pixels = |side| -> Result<u32, Problem> {
        let pixels: i64 = size.need(side)?;
        u32::try_from(pixels).map_err(|_| Problem::new(format!("`{side}` is negative")))
    };
    Ok(Viewport { width: pixels("width")?, height: pixels("height")? })
}

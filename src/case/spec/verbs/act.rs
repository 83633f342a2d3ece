//! Verbs that act on elements.

use super::{BUTTONS, FORCE, Kind, MODIFIERS, form, later, optional};
use crate::case::model::{Action, Button, Choice, Click, Modifier, ScrollTo};
use crate::case::parse::given::{Arguments, Given, Problem};
use crate::case::spec::{Argument, Form, required};
use crate::case::template::Template;

const BUTTON: Argument = optional("button", BUTTONS, "Which button (default `left`).");
const HELD: Argument = optional("modifiers", MODIFIERS, "Keys held down meanwhile.");
const COUNT: Argument = optional("count", Kind::Whole(1, 10), "How often it is pressed.");
const AT: Argument = optional("at", Kind::Point, "Where, from its top left corner (default its middle).");
const VALUE: Argument = required("value", Kind::Text, "The text.");

pub(super) const VERBS: &[Form<Action>] = &[
    form("click", Kind::Locator, "Clicks.", &[BUTTON, HELD, COUNT, AT, FORCE], |arguments| {
        let button = match arguments.take("button") {
            Some("middle") => Button::Middle,
            Some("right") => Button::Right,
            _ => Button::Left,
        };
        click(arguments, "click", Some(button), 1)
    }),
    form("double_click", Kind::Locator, "Clicks twice.", &[HELD, AT, FORCE], |arguments| {
        click(arguments, "double_click", Some(Button::Left), 2)
    }),
    form("right_click", Kind::Locator, "Clicks with the right button.", &[HELD, AT, FORCE], |arguments| {
        click(arguments, "right_click", Some(Button::Right), 1)
    }),
    form(
        "hover",
        Kind::Locator,
        "Moves the mouse there, also to what is disabled.",
        &[HELD, AT, FORCE],
        |arguments| click(arguments, "hover", None, 1),
    ),
    form(
        "check",
        Kind::Locator,
        "Switches a checkbox, radio button or switch on. May press its label.",
        &[FORCE],
        |arguments| {
            Ok(Action::Check { target: arguments.need("check")?, on: true, force: arguments.flag("force") })
        },
    ),
    form(
        "uncheck",
        Kind::Locator,
        "Switches a checkbox or switch off. May press its label.",
        &[FORCE],
        |arguments| {
            Ok(Action::Check {
                target: arguments.need("uncheck")?,
                on: false,
                force: arguments.flag("force"),
            })
        },
    ),
    form("fill", Kind::Locator, "Replaces the text of a control.", &[VALUE, FORCE], |arguments| {
        Ok(Action::Fill {
            target: arguments.need("fill")?,
            value: arguments.need("value")?,
            force: arguments.flag("force"),
        })
    }),
    form("clear", Kind::Locator, "Empties a control.", &[FORCE], |arguments| {
        Ok(Action::Fill {
            target: arguments.need("clear")?,
            value: Template::literal(""),
            force: arguments.flag("force"),
        })
    }),
    form(
        "type",
        Kind::Locator,
        "Types a text key by key, as a person does.",
        &[VALUE, optional("delay", Kind::Duration, "Pause between keys.")],
        |arguments| {
            let delay = arguments.take("delay").unwrap_or_default();
            Ok(Action::Type { target: arguments.need("type")?, value: arguments.need("value")?, delay })
        },
    ),
    form(
        "press",
        Kind::Keys,
        "Presses a key: `\"Enter\"`, `\"Control+A\"`.",
        &[optional(
            "on",
            Kind::Locator,
            "Gets the focus first; without it the focused element receives the key.",
        )],
        |arguments| Ok(Action::Press { keys: arguments.need("press")?, on: arguments.take("on") }),
    ),
    form(
        "select",
        Kind::Locator,
        "Chooses options of a select element: one of `option`, `value`, `index`; a list for several.",
        &[
            optional("option", Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]), "By label."),
            optional("value", Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]), "By value."),
            optional("index", Kind::Either(&[INDEX, Kind::List(&INDEX)]), "By place, from 0."),
        ],
        select,
    ),
    form(
        "scroll",
        Kind::Locator,
        "Brings an element into view, or scrolls what is in it.",
        &[optional(
            "to",
            Kind::Either(&[Kind::Word(&["top", "bottom"]), Kind::Point]),
            "Where its own content is scrolled to.",
        )],
        |arguments| {
            let to = match arguments.take::<Given>("to") {
                Some(Given::Word("top")) => ScrollTo::Top,
                Some(Given::Word(_)) => ScrollTo::Bottom,
                Some(Given::Point((x, y))) => ScrollTo::Offset(x, y),
                _ => ScrollTo::View,
            };
            Ok(Action::Scroll { target: arguments.need("scroll")?, to })
        },
    ),
    form("focus", Kind::Locator, "Gives the focus.", &[], |arguments| {
        Ok(Action::Focus { target: arguments.need("focus")?, on: true })
    }),
    form("blur", Kind::Locator, "Takes the focus away.", &[], |arguments| {
        Ok(Action::Focus { target: arguments.need("blur")?, on: false })
    }),
    later(
        "drag",
        Kind::Locator,
        "Drags an element: `to` another one, or `by` so many pixels.",
        &[optional("to", Kind::Locator, "Where it is dropped."), optional("by", Kind::Point, "How far.")],
    ),
    later(
        "mouse",
        Kind::Word(&["down", "up", "move"]),
        "A single movement of the mouse.",
        &[optional("at", Kind::Point, "Where in the viewport."), BUTTON],
    ),
    later(
        "upload",
        Kind::Locator,
        "Puts files into a file input.",
        &[required("files", Kind::List(&Kind::Text), "Paths, relative to the case's file.")],
    ),
];

const INDEX: Kind = Kind::Whole(0, 1_000_000);

fn click(
    arguments: &mut Arguments,
    word: &'static str,
    button: Option<Button>,
    count: u32,
) -> Result<Action, Problem> {
    let modifiers = arguments
        .take::<Vec<String>>("modifiers")
        .unwrap_or_default()
        .iter()
        .map(|modifier| match modifier.as_str() {
            "Alt" => Modifier::Alt,
            "Control" => Modifier::Control,
            "Meta" => Modifier::Meta,
            _ => Modifier::Shift,
        })
        .collect();
    let count = arguments.take::<i64>("count").and_then(|count| u32::try_from(count).ok()).unwrap_or(count);
    Ok(Action::Click(Click {
        target: arguments.need(word)?,
        button,
        count,
        modifiers,
        at: arguments.take("at"),
        force: arguments.flag("force"),
    }))
}

fn select(arguments: &mut Arguments) -> Result<Action, Problem> {
    let given: Vec<&'static str> =
        ["option", "value", "index"].into_iter().filter(|word| arguments.has(word)).collect();
    let word = match given.as_slice() {
        [word] => *word,
        [] => {
            return Err(Problem::new("`select` needs `option`, `value` or `index`")
                .help("add `option = \"…\"`: the label of what is chosen"));
        }
        [first, second, ..] => {
            return Err(Problem::new(format!("`{first}` and `{second}` cannot stand together")).at(second));
        }
    };
    let items = match arguments.take::<Given>(word) {
        Some(Given::List(items)) => items,
        Some(item) => vec![item],
        None => Vec::new(),
    };
    if items.is_empty() {
        return Err(Problem::new(format!("`{word}` is an empty list")).at(word));
    }
    let choose = items.into_iter().filter_map(|item| match item {
        Given::Template(text) if word == "value" => Some(Choice::Value(text)),
        Given::Template(text) => Some(Choice::Label(text)),
        Given::Whole(index) => u32::try_from(index).ok().map(Choice::Index),
        _ => None,
    });
    Ok(Action::Select { choose: choose.collect(), target: arguments.need("select")? })
}

//! The conditions: what `if`, `while` and their combinations may ask.

use super::{Argument, Form, Kind, optional};
use crate::case::matcher::Matchers;
use crate::case::model::{Condition, Script, Test};
use crate::case::parse::given::{Arguments, Problem};

/// Keys that any condition may have.
pub(in crate::case) const COMMON: &[Argument] = &[optional(
    "timeout",
    Kind::Duration,
    "How long it may take to become true. Without it, it is looked at once, now.",
)];

/// The conditions.
pub(in crate::case) const CONDITIONS: &[Form<Test>] = &[
    element("visible", "An element is visible.", |arguments| flag(arguments, "visible")),
    element("hidden", "No such element is visible.", |arguments| flag(arguments, "hidden")),
    element("attached", "An element is in the document.", |arguments| flag(arguments, "attached")),
    Form {
        word: "element",
        subject: Kind::Locator,
        arguments: &[],
        matchers: true,
        doc: "Matchers hold of an element.",
        build: Some(|arguments| {
            Ok(Test::Element { target: arguments.need("element")?, matchers: arguments.matchers() })
        }),
    },
    Form {
        word: "script",
        subject: Kind::Script,
        arguments: &[optional("args", Kind::Values, "What the script sees as `args`.")],
        matchers: false,
        doc: "A script returns something truthy.",
        build: Some(|arguments| {
            let body = arguments.need("script")?;
            Ok(Test::Script(Script { body, args: arguments.take("args").unwrap_or_default() }))
        }),
    },
    Form {
        word: "url",
        subject: Kind::Test,
        arguments: &[],
        matchers: false,
        doc: "The page's URL is so. Joined to the base URL; `*` and `**` are allowed.",
        build: Some(|arguments| Ok(Test::Url(arguments.need("url")?))),
    },
    Form {
        word: "var",
        subject: Kind::Reads,
        arguments: &[optional(
            "is",
            Kind::ValueTest,
            "What it must be; without it, it must be set and truthy.",
        )],
        matchers: false,
        doc: "A variable is so.",
        build: Some(|arguments| Ok(Test::Var { name: arguments.need("var")?, is: arguments.take("is") })),
    },
    Form {
        word: "not",
        subject: Kind::Condition,
        arguments: &[],
        matchers: false,
        doc: "A condition does not hold.",
        build: Some(|arguments| Ok(Test::Not(Box::new(arguments.need::<Condition>("not")?)))),
    },
    Form {
        word: "all",
        subject: Kind::Conditions,
        arguments: &[],
        matchers: false,
        doc: "All of these hold.",
        build: Some(|arguments| Ok(Test::All(arguments.need("all")?))),
    },
    Form {
        word: "any",
        subject: Kind::Conditions,
        arguments: &[],
        matchers: false,
        doc: "At least one of these holds.",
        build: Some(|arguments| Ok(Test::Any(arguments.need("any")?))),
    },
];

const fn element(word: &'static str, doc: &'static str, build: super::Build<Test>) -> Form<Test> {
    Form { word, subject: Kind::Locator, arguments: &[], matchers: false, doc, build: Some(build) }
}

fn flag(arguments: &mut Arguments, word: &'static str) -> Result<Test, Problem> {
    Ok(Test::Element { target: arguments.need(word)?, matchers: Matchers::flag(word) })
}

//! Verbs that take values, run scripts and keep evidence.

use super::check::METHOD;
use super::{AS, Kind, form, later, optional};
use crate::case::model::{Action, Script, Take};
use crate::case::parse::given::{Arguments, Problem};
use crate::case::spec::{Argument, Form, required};
use crate::case::template::Template;

const OF: Argument = optional("of", Kind::Locator, "Only this element.");

pub(super) const VERBS: &[Form<Action>] = &[
    form(
        "save",
        Kind::Locator,
        "Puts something of an element into a variable: its text, or one of the others.",
        &[
            AS,
            optional("attribute", Kind::Text, "The value of this attribute."),
            optional("value", Kind::True, "The value of a control."),
            optional("count", Kind::True, "How many match."),
            optional("texts", Kind::True, "The texts of all matches."),
        ],
        save,
    ),
    form("save_url", Kind::True, "Puts the page's URL into a variable.", &[AS], |arguments| {
        Ok(Action::SaveUrl(arguments.need("as")?))
    }),
    form("save_title", Kind::True, "Puts the page's title into a variable.", &[AS], |arguments| {
        Ok(Action::SaveTitle(arguments.need("as")?))
    }),
    form(
        "script",
        Kind::Script,
        "Runs the body of a function in the page. Variables are not filled into it: pass `args`, read `args[0]`; a promise is awaited.",
        &[
            optional("args", Kind::Values, "What the script sees as `args`."),
            optional("as", Kind::Defines, "The variable that takes what it returns."),
            optional(
                "before_load",
                Kind::True,
                "Runs in every document from now on, before the page's own scripts.",
            )
            .later(),
        ],
        |arguments| {
            let body = arguments.need("script")?;
            let script = Script { body, args: arguments.take("args").unwrap_or_default() };
            Ok(Action::Script { script, name: arguments.take("as") })
        },
    ),
    form("set", Kind::Variables, "Sets variables, for the rest of the attempt.", &[], |arguments| {
        Ok(Action::Set(arguments.need("set")?))
    }),
    form("screenshot", Kind::Text, "Keeps a picture of the page.", &[OF], |arguments| {
        Ok(Action::Screenshot { name: arguments.need("screenshot")?, of: arguments.take("of") })
    }),
    form(
        "log",
        Kind::Text,
        "Writes a line into the report. Lists and tables are shown as JSON.",
        &[],
        |arguments| Ok(Action::Log(arguments.need("log")?)),
    ),
    later("pdf", Kind::Text, "Keeps the page as a PDF.", &[]),
    later(
        "download",
        Kind::Locator,
        "Clicks and keeps the file that comes.",
        &[required("as", Kind::Defines, "The variable that takes the file's path.")],
    ),
    later(
        "request",
        Kind::Table(&[
            optional("method", METHOD, "Default `GET`."),
            required("url", Kind::Url, "Joined to `base_url`."),
            optional("json", Kind::Value, "The body, as JSON."),
            optional("body", Kind::Text, "The body, as text."),
            optional("headers", Kind::Map(&Kind::Text), "Headers."),
            optional("status", Kind::Whole(100, 599), "The status it must have."),
        ]),
        "Plain HTTP, outside the browser: for preparing data by an API.",
        &[optional("as", Kind::Defines, "The variable that takes the answer.")],
    ),
];

fn save(arguments: &mut Arguments) -> Result<Action, Problem> {
    let given: Vec<&'static str> =
        ["attribute", "value", "count", "texts"].into_iter().filter(|word| arguments.has(word)).collect();
    if let [first, second, ..] = given.as_slice() {
        return Err(
            Problem::new(format!("`save` takes one thing, found `{first}` and `{second}`")).at(second)
        );
    }
    let what = match given.first().copied() {
        None => Take::Text,
        Some("value") => Take::Value,
        Some("count") => Take::Count,
        Some("texts") => Take::Texts,
        Some(_) => {
            let name: Template = arguments.need("attribute")?;
            let name = name.plain().ok_or_else(|| {
                Problem::new("the name of an attribute cannot hold a variable").at("attribute")
            })?;
            Take::Attribute(name)
        }
    };
    Ok(Action::Save { target: arguments.need("save")?, what, name: arguments.need("as")? })
}

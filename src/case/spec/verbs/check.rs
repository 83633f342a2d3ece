//! Verbs that check.

use super::{Kind, form, later, optional};
use crate::case::model::{Action, Script};
use crate::case::spec::{Form, required};

pub(super) const VERBS: &[Form<Action>] = &[
    Form {
        word: "expect",
        subject: Kind::Locator,
        arguments: &[],
        matchers: true,
        doc: "Matchers hold of an element, all at the same moment. Without any it is visible.",
        build: Some(|arguments| {
            Ok(Action::Expect { target: arguments.need("expect")?, matchers: arguments.matchers() })
        }),
    },
    form(
        "expect_url",
        Kind::Test,
        "The page's URL. Joined to `base_url`; `*` and `**` are allowed.",
        &[],
        |arguments| Ok(Action::ExpectUrl(arguments.need("expect_url")?)),
    ),
    form("expect_title", Kind::Test, "The page's title.", &[], |arguments| {
        Ok(Action::ExpectTitle(arguments.need("expect_title")?))
    }),
    form(
        "expect_var",
        Kind::Reads,
        "The value of a variable.",
        &[required("is", Kind::ValueTest, "What it must be: equal as JSON, or a text test.")],
        |arguments| Ok(Action::ExpectVar { name: arguments.need("expect_var")?, is: arguments.need("is")? }),
    ),
    form(
        "expect_script",
        Kind::Script,
        "What a script returns.",
        &[
            optional("args", Kind::Values, "What the script sees as `args`."),
            optional("is", Kind::ValueTest, "What it must return (default anything truthy)."),
        ],
        |arguments| {
            let body = arguments.need("expect_script")?;
            let script = Script { body, args: arguments.take("args").unwrap_or_default() };
            Ok(Action::ExpectScript { script, is: arguments.take("is") })
        },
    ),
    later(
        "expect_console",
        Kind::Table(&[
            optional(
                "errors",
                Kind::Count,
                "How many errors the page has logged (failed loads not counted).",
            ),
            optional("contains", Kind::Text, "A part of a message."),
        ]),
        "What the page wrote to its console.",
        &[],
    ),
    later(
        "expect_request",
        Kind::Table(&[
            required("url", Kind::Test, "Its URL."),
            optional("method", METHOD, "Its method."),
            optional("status", Kind::Whole(100, 599), "The status of the answer."),
            optional("count", Kind::Count, "How many there were."),
            optional("sent", Kind::ValueTest, "Its body."),
            optional("received", Kind::ValueTest, "The body of the answer."),
        ]),
        "A request that the page has made since the last act.",
        &[],
    ),
    later(
        "expect_download",
        Kind::Table(&[
            optional("name", Kind::Test, "The file's name."),
            optional("contains", Kind::Text, "A part of its text."),
            optional("size", Kind::Count, "Its size in bytes."),
        ]),
        "A file that was downloaded.",
        &[],
    ),
    later(
        "expect_cookie",
        Kind::Table(&[
            required("name", Kind::Text, "Its name."),
            optional("value", Kind::Test, "Its value."),
        ]),
        "A cookie.",
        &[],
    ),
    later(
        "expect_screenshot",
        Kind::Text,
        "The page looks as it did.",
        &[
            optional("of", Kind::Locator, "Only this element."),
            optional("max_diff", Kind::Number, "The share of pixels that may differ."),
        ],
    ),
    later("expect_accessible", Kind::True, "The page keeps the axe rules.", &[]),
];

/// HTTP methods.
pub(super) const METHOD: Kind = Kind::Word(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

//! Verbs about what the browser remembers and pretends.

use super::check::METHOD;
use super::{Kind, later, optional};
use crate::case::model::Action;
use crate::case::spec::{Form, required};

pub(super) const VERBS: &[Form<Action>] = &[
    later(
        "cookie",
        Kind::Table(&[
            required("name", Kind::Text, "Its name."),
            required("value", Kind::Text, "Its value."),
            optional("domain", Kind::Text, "Default: the page's."),
            optional("path", Kind::Text, "Default `/`."),
            optional("secure", Kind::Flag, "Only over TLS."),
            optional("http_only", Kind::Flag, "Scripts do not see it."),
            optional("same_site", Kind::Word(&["Strict", "Lax", "None"]), "Its SameSite."),
            optional("max_age", Kind::Duration, "How long it lives."),
        ]),
        "Sets a cookie.",
        &[],
    ),
    later(
        "clear_cookies",
        Kind::Either(&[Kind::True, Kind::Text]),
        "Removes all cookies, or the one of that name.",
        &[],
    ),
    later("local_storage", Kind::Map(&Kind::Text), "Sets entries of localStorage.", &[]),
    later("session_storage", Kind::Map(&Kind::Text), "Sets entries of sessionStorage.", &[]),
    later("clear_storage", Kind::True, "Empties both storages.", &[]),
    later(
        "emulate",
        Kind::Table(&[
            optional(
                "geolocation",
                Kind::Table(&[
                    required("latitude", Kind::Number, "Degrees."),
                    required("longitude", Kind::Number, "Degrees."),
                    optional("accuracy", Kind::Number, "Metres."),
                ]),
                "Where the device is.",
            ),
            optional("locale", Kind::Text, "A BCP 47 tag."),
            optional("timezone", Kind::Text, "An IANA name."),
            optional("offline", Kind::Flag, "Without network."),
            optional(
                "color_scheme",
                Kind::Word(&["light", "dark", "no-preference"]),
                "What pages are told people prefer.",
            ),
            optional("user_agent", Kind::Text, "The User-Agent header."),
        ]),
        "Pretends to be another device, until the case ends.",
        &[],
    ),
    later(
        "mock",
        Kind::Table(&[
            required("url", Kind::Text, "Joined to `base_url`; `*` and `**` are allowed."),
            optional("method", METHOD, "Only this method."),
            optional("status", Kind::Whole(100, 599), "Default 200."),
            optional("json", Kind::Value, "The body, as JSON."),
            optional("body", Kind::Text, "The body, as text."),
            optional("file", Kind::Text, "The body, from a file."),
            optional("headers", Kind::Map(&Kind::Text), "Headers."),
            optional("delay", Kind::Pause, "How late it answers."),
            optional("times", Kind::Whole(1, 1_000_000), "How often; then requests go through."),
            optional("abort", Kind::True, "The request fails instead."),
        ]),
        "Answers requests of the page instead of the server, until the case ends.",
        &[],
    ),
];

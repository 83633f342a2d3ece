//! The keys of a case.

use super::verbs::VIEWPORT;
use super::{Argument, Kind, optional, required};

/// Browsers by name.
pub(in crate::case) const BROWSERS: &[&str] = &["chrome", "firefox", "edge", "safari"];

/// The keys of a case. All but [`ONLY_IN_CASE`] may also stand at the top of a file of several cases.
pub(in crate::case) static CASE: &[Argument] = &[
    optional("name", Kind::Plain, "Its name; by default the file's stem. Needed in `[[case]]`."),
    optional("tags", Kind::List(&Kind::Plain), "Words to select it by."),
    optional("priority", Kind::Whole(-100, 100), "Higher starts first (default 0)."),
    optional("timeout", Kind::Duration, "The limit of an attempt (default 60 s, from runner.toml)."),
    optional("step_timeout", Kind::Duration, "The default limit of a step (10 s, from runner.toml)."),
    optional("retries", Kind::Whole(0, 100), "How often a failure is tried again."),
    optional("slots", Kind::Whole(1, 1000), "Slots that it takes while it runs (default 1)."),
    optional(
        "uses",
        Kind::List(&Kind::Either(&[
            Kind::Plain,
            Kind::Table(&[
                required("share", Kind::Plain, "Its name."),
                optional("mode", Kind::Word(&["read", "write"]), "`read`: other readers may hold it, too."),
            ]),
        ])),
        "Shares that it needs while it runs.",
    ),
    optional("vars", Kind::Variables, "Variables and their values."),
    optional(
        "rows",
        Kind::Rows,
        "Data rows, each a job of its own: `${row.x}`. A list of tables, or a .csv, .json or .jsonl file.",
    ),
    optional("row_name", Kind::Text, "What a row is called in ids (default its number from 1)."),
    optional("before", Kind::Steps, "Steps before its own: the file's, then the case's."),
    optional(
        "after",
        Kind::Steps,
        "Steps that run whatever happened, with 10 s of their own: the case's, then the file's.",
    ),
    required("steps", Kind::Steps, "What it does."),
    optional("skip", Kind::Reason, "Why it is skipped."),
    optional("only_browsers", Kind::List(&Kind::Word(BROWSERS)), "The only browsers it may run in."),
    optional("browser", Kind::Word(BROWSERS), "The browser it runs in."),
    optional("viewport", VIEWPORT, "Size of the page (default 1280 × 720)."),
    optional("base_url", Kind::Url, "What relative URLs are joined to."),
    optional("state", Kind::Plain, "The signed-in state it starts with.").later(),
    optional(
        "http_auth",
        Kind::Table(&[
            required("user", Kind::Text, "User name."),
            required("password", Kind::Text, "Password."),
        ]),
        "HTTP authentication.",
    )
    .later(),
    optional(
        "quarantine",
        Kind::Table(&[
            optional("owner", Kind::Plain, "Who looks after it."),
            required("reason", Kind::Reason, "Why."),
            optional("until", Kind::Date, "The last day (UTC); from then on it counts again."),
        ]),
        "It runs and is reported, but does not fail the batch.",
    ),
    optional("expect_failure", Kind::Reason, "Why it is expected to fail; it fails when it passes."),
    optional("meta", Kind::Map(&Kind::Value), "Free values for reports."),
];

/// The keys that cannot stand above `[[case]]`.
pub(in crate::case) const ONLY_IN_CASE: [&str; 4] = ["name", "steps", "rows", "row_name"];

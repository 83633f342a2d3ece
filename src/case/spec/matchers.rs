//! The matchers: what an `expect` may demand.

use super::{Argument, Kind, optional};

/// The words of matchers, with their kinds.
pub(in crate::case) static MATCHERS: &[Argument] = &[
    optional(
        "visible",
        Kind::FlagOrVariable,
        "It can be seen (`opacity: 0` can, an option as its select). Implied by a bare `expect` and by `text`, `contains`, `matches`, `texts`.",
    ),
    optional("hidden", Kind::FlagOrVariable, "None is visible, or none is there."),
    optional("attached", Kind::FlagOrVariable, "It is in the document, visible or not."),
    optional("detached", Kind::FlagOrVariable, "None is in the document."),
    optional("text", Kind::Test, "Its whole text, white space normalised."),
    optional("contains", Kind::Text, "A part of its text."),
    optional("matches", Kind::Pattern, "A pattern that its text fits."),
    optional("texts", Kind::Texts, "The texts of all matches, in order."),
    optional("value", Kind::Test, "The value of a control."),
    optional("count", Kind::Count, "How many match, hidden ones included."),
    optional(
        "attribute",
        Kind::Map(&Kind::Either(&[Kind::Flag, Kind::Test])),
        "Attributes and what they must be; `true` and `false`: present, absent.",
    ),
    optional("class", Kind::TextOrTexts, "It has these classes."),
    optional("css", Kind::Map(&Kind::Test), "Computed styles and what they must be."),
    optional("checked", Kind::FlagOrVariable, "A checkbox, radio button or switch is on."),
    optional("enabled", Kind::FlagOrVariable, "It can be operated."),
    optional("disabled", Kind::FlagOrVariable, "It cannot be operated."),
    optional("editable", Kind::FlagOrVariable, "It can be written to."),
    optional("focused", Kind::FlagOrVariable, "It has the focus."),
    optional(
        "empty",
        Kind::FlagOrVariable,
        "A control without a value, or an element without text and children.",
    ),
    optional("in_viewport", Kind::FlagOrVariable, "A part of it lies in the viewport."),
    optional("selected", Kind::TextOrTexts, "The labels of the chosen options of a select."),
    optional("not", Kind::Matchers, "None of these holds, and the element exists."),
];

/// The words of a text test (STR).
pub(in crate::case) static TESTS: &[Argument] = &[
    optional("contains", Kind::Text, "A part of the text."),
    optional("matches", Kind::Pattern, "A pattern that is found in the text."),
    optional("one_of", Kind::Texts, "One of these whole texts."),
    optional("min", Kind::Number, "The text is a number, at least this."),
    optional("max", Kind::Number, "The text is a number, at most this."),
    optional("not", Kind::Test, "The text is not so."),
];

//! What a value may be. Reading it, its JSON Schema and its name in the reference all follow from the kind.

use super::Argument;

/// What a value may be.
#[derive(Clone, Copy)]
pub(in crate::case) enum Kind {
    /// Text, with variables.
    Text,
    /// A URL, with variables, joined to the base URL.
    Url,
    /// Text that is taken as it is, not empty.
    Plain,
    /// The same, where it says why: elsewhere such keys are switches.
    Reason,
    /// The body of a script: taken as it is.
    Script,
    /// The name of a variable that gets a value.
    Defines,
    /// The name of a variable that is read.
    Reads,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Just `true`.
    True,
    /// `true` or `false`.
    Flag,
    /// `true`, `false` or a variable.
    FlagOrVariable,
    /// A whole number within bounds.
    Whole(i64, i64),
    /// A whole number from 0, or a variable.
    WholeOrVariable,
    /// A number, or a variable.
    Number,
    /// A duration of more than nothing.
    Duration,
    /// A duration, also of nothing, or a variable.
    Pause,
    /// A date without time.
    Date,
    /// A locator.
    Locator,
    /// A pattern.
    Pattern,
    /// A text test (STR).
    Test,
    /// A JSON value or a text test.
    ValueTest,
    /// Any value, its texts with variables.
    Value,
    /// A list of any values.
    Values,
    /// A list, or a variable that holds one.
    ValuesOrVariable,
    /// A list of texts, or a variable that holds one.
    Texts,
    /// A text, a list of texts, or a variable that holds either.
    TextOrTexts,
    /// A number of matches: `3`, `">=2"`, or a variable.
    Count,
    /// `[x, y]` in CSS pixels.
    Point,
    /// A key with modifiers: `Control+A`.
    Keys,
    /// Steps, at least one.
    Steps,
    /// A condition.
    Condition,
    /// A list of conditions, at least one.
    Conditions,
    /// A table of matchers, at least one.
    Matchers,
    /// A flow's file, relative to the file it is named in.
    Flow,
    /// Data rows: a list of tables, or a file.
    Rows,
    /// A list, each of that kind.
    List(&'static Kind),
    /// A table with free keys, each value of that kind.
    Map(&'static Kind),
    /// A table with free keys that become variables.
    Variables,
    /// A table with these keys.
    Table(&'static [Argument]),
    /// One of several, told apart by their shape.
    Either(&'static [Kind]),
}

impl Kind {
    /// What is expected, after "expected": with its article and an example where that helps.
    pub(in crate::case) fn expected(&self) -> String {
        match self {
            Self::Text | Self::Script | Self::Plain => "a text".to_owned(),
            Self::Reason => "a text that says why".to_owned(),
            Self::Url => "a URL".to_owned(),
            Self::Defines | Self::Reads => "the name of a variable".to_owned(),
            Self::Word(words) => format!("one of {}", crate::case::suggest::list(words.iter().copied())),
            Self::True => "`true`".to_owned(),
            Self::Flag | Self::FlagOrVariable => "`true` or `false`".to_owned(),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::WholeOrVariable => "a whole number from 0".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Duration | Self::Pause => "a duration such as `\"30s\"`".to_owned(),
            Self::Date => "a date such as `2027-01-31`".to_owned(),
            Self::Locator => "a locator (a text)".to_owned(),
            Self::Pattern => "a pattern (a text)".to_owned(),
            Self::Test => "a text, or a table such as `{ contains = \"…\" }`".to_owned(),
            Self::ValueTest | Self::Value => "a value".to_owned(),
            Self::ValuesOrVariable => "a list, or a variable that holds one".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::TextOrTexts => "a text, or a list of texts".to_owned(),
            Self::Count => "a number, or a text such as `\">=2\"`".to_owned(),
            Self::Point => "two numbers such as `[10, 20]`".to_owned(),
            Self::Keys => "a key such as `\"Enter\"` or `\"Control+A\"`".to_owned(),
            Self::Steps => "a list of steps".to_owned(),
            Self::Condition => "a condition such as `{ visible = \"#banner\" }`".to_owned(),
            Self::Conditions => "a list of conditions".to_owned(),
            Self::Matchers => "a table of matchers".to_owned(),
            Self::Flow => "the path of a flow".to_owned(),
            Self::Rows => "a list of tables, or the path of a .csv, .json or .jsonl file".to_owned(),
            Self::Values | Self::List(_) => "a list".to_owned(),
            Self::Map(_) | Self::Variables => "a table".to_owned(),
            Self::Table(arguments) => format!("a table such as `{{ {} }}`", outline(arguments)),
            Self::Either(kinds) => {
                let all: Vec<String> = kinds.iter().map(Self::expected).collect();
                all.join(", or ")
            }
        }
    }

    /// Its short name in the reference.
    pub(in crate::case) fn name(&self) -> String {
        match self {
            Self::Text | Self::Plain | Self::Reason => "text".to_owned(),
            Self::Url => "URL".to_owned(),
            Self::Script => "script".to_owned(),
            Self::Defines | Self::Reads => "name".to_owned(),
            Self::Word(words) => {
                words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(" ")
            }
            Self::True => "`true`".to_owned(),
            Self::Flag | Self::FlagOrVariable => "`true` `false`".to_owned(),
            Self::Whole(least, most) => format!("{least} to {most}"),
            Self::WholeOrVariable | Self::Number => "number".to_owned(),
            Self::Duration | Self::Pause => "duration".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Locator => "LOC".to_owned(),
            Self::Pattern => "pattern".to_owned(),
            Self::Test => "STR".to_owned(),
            Self::ValueTest => "value, or STR table".to_owned(),
            Self::Value => "value".to_owned(),
            Self::Values | Self::ValuesOrVariable => "list".to_owned(),
            Self::Texts => "list of texts".to_owned(),
            Self::TextOrTexts => "text, or list of texts".to_owned(),
            Self::Count => "`3` or `\">=2\"`".to_owned(),
            Self::Point => "`[x, y]`".to_owned(),
            Self::Keys => "keys".to_owned(),
            Self::Steps => "steps".to_owned(),
            Self::Condition => "COND".to_owned(),
            Self::Conditions => "list of COND".to_owned(),
            Self::Matchers => "matchers".to_owned(),
            Self::Flow => "path".to_owned(),
            Self::Rows => "list of tables, or path".to_owned(),
            Self::List(kind) => format!("list of {}", kind.name()),
            Self::Map(kind) => format!("table of {}", kind.name()),
            Self::Variables => "table of values".to_owned(),
            Self::Table(arguments) => {
                let words: Vec<&str> = arguments.iter().map(|argument| argument.word).collect();
                format!("`{{ {} }}`", words.join(", "))
            }
            Self::Either(kinds) => kinds.iter().map(Self::name).collect::<Vec<_>>().join(", or "),
        }
    }
}

/// The keys that a table must have, or the first of those it may have.
fn outline(arguments: &[Argument]) -> String {
    let must: Vec<&Argument> = arguments.iter().filter(|it| it.required).collect();
    let keys = if must.is_empty() { arguments.iter().collect() } else { must };
    keys.iter().take(3).map(|it| format!("{} = …", it.word)).collect::<Vec<_>>().join(", ")
}

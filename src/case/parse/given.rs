//! What was read of a table: each key with its typed value, for the functions that make steps and cases of them.

use crate::case::convert::FromVariable;
use crate::case::locator::Locator;
use crate::case::matcher::{Attribute, Count, Matcher, Matchers, Text};
use crate::case::model::{Condition, Flow, KeyChord, Step, ValueTest};
use crate::case::pattern::Pattern;
use crate::case::template::{Arg, Template, ValueTemplate};
use crate::source::Span;
use std::sync::Arc;
use std::time::Duration;

/// A value that has been read as its kind says.
#[derive(Clone, Debug)]
pub(in crate::case) enum Given {
    /// `Kind::Text`, `Kind::Url`
    Template(Template),
    /// `Kind::Plain`, `Kind::Reason`, `Kind::Script`, names of variables
    Plain(String),
    /// `Kind::Word`
    Word(&'static str),
    /// `Kind::True`, `Kind::Flag`
    Flag(bool),
    /// `Kind::FlagOrVariable`
    FlagArg(Arg<bool>),
    /// `Kind::Whole`
    Whole(i64),
    /// `Kind::WholeOrVariable`
    WholeArg(Arg<u32>),
    /// `Kind::Number`
    NumberArg(Arg<f64>),
    /// `Kind::Duration`
    Duration(Duration),
    /// `Kind::Pause`
    DurationArg(Arg<Duration>),
    /// `Kind::Date`
    Date(jiff::civil::Date),
    /// `Kind::Locator`
    Locator(Locator),
    /// `Kind::Pattern`
    Pattern(Pattern),
    /// `Kind::Test`
    Test(Text),
    /// `Kind::ValueTest`
    ValueTest(ValueTest),
    /// `Kind::Value` and the kinds of lists
    Value(ValueTemplate),
    /// `Kind::Count`
    Count(Arg<Count>),
    /// `Kind::Point`
    Point((f64, f64)),
    /// `Kind::Keys`
    Keys(KeyChord),
    /// `Kind::Steps`
    Steps(Vec<Step>),
    /// `Kind::Condition`
    Condition(Box<Condition>),
    /// `Kind::Conditions`
    Conditions(Vec<Condition>),
    /// `Kind::Matchers`
    Matchers(Matchers),
    /// `Kind::Flow`
    Flow(Arc<Flow>),
    /// `Kind::Rows`
    Rows(super::rows::RowTable),
    /// `Kind::List`
    List(Vec<Given>),
    /// `Kind::Map`, `Kind::Variables`
    Map(Vec<(String, Given)>),
    /// `Kind::Table`
    Table(Arguments),
}

/// A key of a table that was read.
#[derive(Clone, Debug)]
struct Entry {
    word: &'static str,
    key: Span,
    value: Span,
    given: Given,
}

/// The keys of a table that were read, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(in crate::case) struct Arguments {
    entries: Vec<Entry>,
    matchers: Matchers,
    /// Whether something was wrong with some key, which is not here then.
    faulty: bool,
}

/// Why arguments that are right each do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::case) struct Problem {
    /// What is wrong.
    pub(in crate::case) message: String,
    /// The key it is about; without it, the word that makes the table what it is.
    pub(in crate::case) word: Option<&'static str>,
    /// What to do.
    pub(in crate::case) help: Option<String>,
}

impl Problem {
    /// A problem of the whole table.
    pub(in crate::case) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), word: None, help: None }
    }

    /// The key it is about.
    pub(in crate::case) fn at(self, word: &'static str) -> Self {
        Self { word: Some(word), ..self }
    }

    /// What to do.
    pub(in crate::case) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl Arguments {
    pub(super) fn put(&mut self, word: &'static str, key: Span, value: Span, given: Given) {
        self.entries.push(Entry { word, key, value, given });
    }

    pub(super) fn put_matchers(&mut self, matchers: Matchers) {
        self.matchers = matchers;
    }

    pub(super) fn fault(&mut self) {
        self.faulty = true;
    }

    /// The arguments, if nothing was wrong with any.
    pub(in crate::case) fn good(self) -> Option<Self> {
        (!self.faulty).then_some(self)
    }

    /// Whether a key was given.
    pub(in crate::case) fn has(&self, word: &str) -> bool {
        self.entries.iter().any(|entry| entry.word == word)
    }

    /// Where a key stands.
    pub(in crate::case) fn key_span(&self, word: &str) -> Option<Span> {
        self.entries.iter().find(|entry| entry.word == word).map(|entry| entry.key)
    }

    /// Where the value of a key stands.
    pub(in crate::case) fn value_span(&self, word: &str) -> Option<Span> {
        self.entries.iter().find(|entry| entry.word == word).map(|entry| entry.value)
    }

    /// The value of a key, if it was given.
    pub(in crate::case) fn take<T: FromGiven>(&mut self, word: &str) -> Option<T> {
        let at = self.entries.iter().position(|entry| entry.word == word)?;
        let given = self.entries.remove(at).given;
        let taken = T::from_given(given);
        debug_assert!(taken.is_some(), "the table reads `{word}` as another kind than the builder takes");
        taken
    }

    /// The value of a key that the table says is required.
    pub(in crate::case) fn need<T: FromGiven>(&mut self, word: &'static str) -> Result<T, Problem> {
        self.take(word).ok_or_else(|| Problem::new(format!("`{word}` is missing")))
    }

    /// `true` where a yes/no key was given so.
    pub(in crate::case) fn flag(&mut self, word: &str) -> bool {
        self.take(word).unwrap_or(false)
    }

    /// The matchers beside the word.
    pub(in crate::case) fn matchers(&mut self) -> Matchers {
        std::mem::take(&mut self.matchers)
    }
}

/// Types that a [`Given`] can be taken as.
pub(in crate::case) trait FromGiven: Sized {
    /// The typed value; `None` only for a mistake in the tables.
    fn from_given(given: Given) -> Option<Self>;
}

macro_rules! from_given {
    ($($variant:ident => $type:ty),+ $(,)?) => {
        $(impl FromGiven for $type {
            fn from_given(given: Given) -> Option<Self> {
                if let Given::$variant(value) = given { Some(value) } else { None }
            }
        })+
    };
}

from_given! {
    Template => Template,
    Plain => String,
    Word => &'static str,
    Flag => bool,
    Whole => i64,
    Duration => Duration,
    Date => jiff::civil::Date,
    Locator => Locator,
    Test => Text,
    ValueTest => ValueTest,
    Value => ValueTemplate,
    Point => (f64, f64),
    Keys => KeyChord,
    Steps => Vec<Step>,
    Conditions => Vec<Condition>,
    Matchers => Matchers,
    Flow => Arc<Flow>,
    Rows => super::rows::RowTable,
    List => Vec<Given>,
    Map => Vec<(String, Given)>,
    Table => Arguments,
}

impl FromGiven for Given {
    fn from_given(given: Given) -> Option<Self> {
        Some(given)
    }
}

impl FromGiven for Condition {
    fn from_given(given: Given) -> Option<Self> {
        if let Given::Condition(condition) = given { Some(*condition) } else { None }
    }
}

impl FromGiven for Vec<ValueTemplate> {
    fn from_given(given: Given) -> Option<Self> {
        if let Given::Value(ValueTemplate::List(items)) = given { Some(items) } else { None }
    }
}

impl FromGiven for Vec<String> {
    fn from_given(given: Given) -> Option<Self> {
        let Given::List(items) = given else { return None };
        items
            .into_iter()
            .map(|item| match item {
                Given::Plain(text) => Some(text),
                Given::Word(word) => Some(word.to_owned()),
                _ => None,
            })
            .collect()
    }
}

impl FromGiven for Vec<(String, ValueTemplate)> {
    fn from_given(given: Given) -> Option<Self> {
        let Given::Map(entries) = given else { return None };
        entries.into_iter().map(|(key, value)| Some((key, ValueTemplate::from_given(value)?))).collect()
    }
}

/// Typed arguments that may be variables.
macro_rules! from_argument {
    ($($variant:ident => $type:ty),+) => {
        $(impl FromGiven for Arg<$type> where $type: FromVariable {
            fn from_given(given: Given) -> Option<Self> {
                if let Given::$variant(value) = given { Some(value) } else { None }
            }
        })+
    };
}

from_argument! { FlagArg => bool, WholeArg => u32, NumberArg => f64, DurationArg => Duration, Count => Count }

/// The matcher that a key of the table of matchers is.
pub(super) fn matcher(word: &'static str, given: Given) -> Option<Matcher> {
    Some(match given {
        Given::FlagArg(flag) => Matcher::Flag(flag),
        Given::Test(test) => Matcher::Test(test),
        Given::Template(text) => Matcher::Part(text),
        Given::Pattern(pattern) => Matcher::Pattern(pattern),
        Given::Value(list) if word == "texts" => Matcher::Texts(list),
        Given::Value(list) if word == "class" => Matcher::Classes(list),
        Given::Value(list) => Matcher::Labels(list),
        Given::Count(count) => Matcher::Count(count),
        Given::Matchers(matchers) => Matcher::Not(matchers),
        Given::Map(entries) if word == "attribute" => {
            let attribute = |given| match given {
                Given::Flag(present) => Some(Attribute::Present(present)),
                Given::Test(test) => Some(Attribute::Value(test)),
                _ => None,
            };
            Matcher::Attributes(
                entries
                    .into_iter()
                    .map(|(name, given)| Some((name, attribute(given)?)))
                    .collect::<Option<_>>()?,
            )
        }
        Given::Map(entries) => Matcher::Styles(
            entries
                .into_iter()
                .map(|(name, given)| Some((name, Text::from_given(given)?)))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

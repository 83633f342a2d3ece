//! Filter expressions: `tag(smoke) & !file(admin/*) | name(/sign in/)`, as `-f` and `[[override]]` take them.
//!
//! Works on a [`Subject`] of plain texts and knows no case types. `!` binds tighter than `&`, `&` tighter than `|`.
//!
//! | test | holds when |
//! |---|---|
//! | `tag(T)` | one of the tags fits |
//! | `file(F)` | the path below the project root, one of its folders, or the end of either after a `/` fits |
//! | `name(N)` | the case's name fits |
//! | `id(I)` | the case's id fits, with or without its row |
//! | `last(V)` | its last run ended with the verdict `V`: `passed`, `flaky`, `failed` or `errored` |
//! | `flaky()` | one of its last ten runs was flaky |
//! | `slow(D)` | the median of its last passing attempts is at least the duration `D` |
//! | `new()` | it has never run to its end |
//!
//! What stands in the brackets of the first four is a glob (`*` `?` `[a-z]` `{a,b}`) for the whole text, a `/pattern/` in JavaScript's
//! syntax for any part of it, or a quoted text for exactly that. An id with its `[row]` may be pasted as it is.

mod error;
mod grammar;
mod pattern;

use crate::history::Past;
use crate::outcome::Verdict;
pub use error::{FilterError, Problem};
use pattern::Pattern;
use std::fmt;
use std::time::Duration;

/// A parsed expression.
#[derive(Clone)]
pub struct Filter {
    text: String,
    expression: Expression,
}

/// What an expression looks at: one case, or one row of it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The id with its row.
    pub id: &'a str,
    /// The id without its row.
    pub case_id: &'a str,
    /// The case's name.
    pub name: &'a str,
    /// The path of its file below the project root, `/` between the parts.
    pub file: &'a str,
    /// Its tags.
    pub tags: &'a [String],
    /// Its past, as far as the filter [asks for it](Filter::asks_for_the_past).
    pub past: Past,
}

#[derive(Clone)]
enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Test(Field, Pattern),
    Past(Remembered),
}

/// A test of what past runs have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remembered {
    Last(Verdict),
    Flaky,
    Slow(Duration),
    New,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Tag,
    File,
    Name,
    Id,
}

impl Filter {
    /// Parses an expression.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_owned(), expression: grammar::parse(text)? })
    }

    /// The shorthand `-t`: cases that have a tag. `tag` may be a glob.
    pub fn tag(tag: &str) -> Result<Self, FilterError> {
        let pattern =
            Pattern::glob(tag).map_err(|problem| FilterError { problem, span: (0..tag.len()).into() })?;
        Ok(Self { text: format!("tag({tag})"), expression: Expression::Test(Field::Tag, pattern) })
    }

    /// Holds where this one does not.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { text: format!("!({})", self.text), expression: Expression::Not(Box::new(self.expression)) }
    }

    /// Holds where one of the filters does; nowhere without filters.
    pub fn any(filters: Vec<Self>) -> Self {
        Self { text: joined(&filters, " | "), expression: Expression::Any(expressions(filters)) }
    }

    /// Holds where all of the filters do; everywhere without filters.
    pub fn all(filters: Vec<Self>) -> Self {
        Self { text: joined(&filters, " & "), expression: Expression::All(expressions(filters)) }
    }

    /// Whether it looks at past runs.
    pub fn asks_for_the_past(&self) -> bool {
        self.expression.asks_for_the_past()
    }

    /// Whether it holds for `subject`.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.expression.matches(subject)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({})", self.text)
    }
}

fn joined(filters: &[Filter], by: &str) -> String {
    match filters {
        [only] => only.text.clone(),
        several => several.iter().map(|filter| format!("({})", filter.text)).collect::<Vec<_>>().join(by),
    }
}

fn expressions(filters: Vec<Filter>) -> Vec<Expression> {
    filters.into_iter().map(|filter| filter.expression).collect()
}

impl Expression {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.matches(subject)),
            Self::All(parts) => parts.iter().all(|part| part.matches(subject)),
            Self::Not(inner) => !inner.matches(subject),
            Self::Test(Field::Tag, pattern) => subject.tags.iter().any(|tag| pattern.fits(tag)),
            Self::Test(Field::Name, pattern) => pattern.fits(subject.name),
            Self::Test(Field::Id, pattern) => pattern.fits(subject.id) || pattern.fits(subject.case_id),
            Self::Test(Field::File, pattern) => pattern.fits_path(subject.file),
            Self::Past(Remembered::Last(verdict)) => subject.past.last == Some(*verdict),
            Self::Past(Remembered::Flaky) => subject.past.flaky,
            Self::Past(Remembered::Slow(from)) => subject.past.median.is_some_and(|it| it >= *from),
            Self::Past(Remembered::New) => subject.past.is_new(),
        }
    }

    fn asks_for_the_past(&self) -> bool {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().any(Self::asks_for_the_past),
            Self::Not(inner) => inner.asks_for_the_past(),
            Self::Test(..) => false,
            Self::Past(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(expression: &str) -> bool {
        let tags = ["smoke".to_owned(), "auth-v2".to_owned()];
        let subject = Subject {
            id: "testcases/admin/users::Sign in (again)[alice]",
            case_id: "testcases/admin/users::Sign in (again)",
            name: "Sign in (again)",
            file: "testcases/admin/users.toml",
            tags: &tags,
            past: Past {
                last: Some(Verdict::Failed),
                flaky: true,
                median: Some(Duration::from_millis(1_500)),
                recency: 1,
            },
        };
        match Filter::parse(expression) {
            Ok(filter) => filter.matches(&subject),
            Err(error) => panic!("{expression}: {error}"),
        }
    }

    #[test]
    fn tests_look_at_the_whole_text_and_patterns_at_any_part() {
        assert!(holds("tag(smoke)") && holds("tag( auth-* )") && !holds("tag(smo)"));
        assert!(holds("name(Sign in (again))") && holds("name(/sign IN/i)") && !holds("name(/sign IN/)"));
        assert!(holds("name('Sign in (again)')") && !holds("name('Sign*')"));
        assert!(holds("name(/\\(again\\)$/)") && holds("name(/[/)]/)"));
    }

    #[test]
    fn files_are_found_by_path_folder_or_the_end_of_either() {
        for found in
            ["admin/*", "testcases", "testcases/*", "users.toml", "testcases/**/*.toml", "admin", "/min\\//"]
        {
            assert!(holds(&format!("file({found})")), "{found}");
        }
        assert!(!holds("file(dmin/*)") && !holds("file(users)") && !holds("file(*/users)"));
    }

    #[test]
    fn a_pasted_id_finds_its_row_and_an_id_without_row_finds_all_rows() {
        assert!(holds("id(testcases/admin/users::Sign in (again)[alice])"));
        assert!(holds("id(testcases/admin/users::Sign in (again))"));
        assert!(holds("id(testcases/*)") && !holds("id(testcases)") && !holds("id(*[bob])"));
    }

    #[test]
    fn past_runs_can_be_asked_for() {
        assert!(holds("last(failed)") && !holds("last( passed )"));
        assert!(holds("flaky()") && !holds("new()"));
        assert!(holds("slow(1500ms)") && holds("slow(1s)") && !holds("slow(2s)"));
        let asks = |text| Filter::parse(text).unwrap().asks_for_the_past();
        assert!(asks("tag(a) & !new()") && !asks("tag(a) | id(b)"));
    }

    #[test]
    fn not_binds_tighter_than_and_and_tighter_than_or() {
        assert!(holds("tag(smoke) | tag(x) & tag(y)"));
        assert!(!holds("(tag(smoke) | tag(x)) & tag(y)"));
        assert!(holds("!tag(x) & tag(smoke)") && !holds("!(tag(x) | tag(smoke))") && holds("!!tag(smoke)"));
    }

    #[test]
    fn shorthands_combine() {
        let smoke = Filter::tag("smoke").unwrap();
        let slow = Filter::tag("slow").unwrap();
        let both = Filter::all(vec![Filter::any(vec![smoke]), slow.negated()]);
        assert_eq!(both.to_string(), "(tag(smoke)) & (!(tag(slow)))");
    }
}

//! The grammar of filter expressions. From text to [`Expression`]; evaluates nothing.
//!
//! ```text
//! any  = all { "|" all }          all  = not { "&" not }         not  = { "!" } atom
//! atom = "(" any ")" | word "(" argument ")"
//! argument = "/" pattern "/" flags | "'" text "'" | '"' text '"' | glob with its brackets in pairs
//! ```

use super::error::{FilterError, Problem};
use super::pattern::Pattern;
use super::{Expression, Field, Remembered};
use crate::duration;
use crate::outcome::Verdict;
use crate::source::Span;
use crate::suggestion;
use winnow::LocatingSlice;
use winnow::ModalResult;
use winnow::Parser;
use winnow::ascii::multispace0;
use winnow::combinator::{delimited, opt, repeat, separated};
use winnow::error::{ErrMode, ParserError};
use winnow::stream::{Location, Stream};
use winnow::token::take_while;

type Input<'a> = LocatingSlice<&'a str>;
type Parsed<T> = ModalResult<T, FilterError>;

/// The tests there are.
const TESTS: [(&str, Test); 8] = [
    ("tag", Test::Text(Field::Tag)),
    ("file", Test::Text(Field::File)),
    ("name", Test::Text(Field::Name)),
    ("id", Test::Text(Field::Id)),
    ("last", Test::Last),
    ("flaky", Test::Bare(Remembered::Flaky)),
    ("slow", Test::Slow),
    ("new", Test::Bare(Remembered::New)),
];

/// What a test takes in its brackets.
#[derive(Clone, Copy)]
enum Test {
    /// A glob, pattern or quoted text.
    Text(Field),
    /// A verdict.
    Last,
    /// A duration.
    Slow,
    /// Nothing.
    Bare(Remembered),
}

/// Deep enough for anything written by hand, shallow enough for the stack.
const MOST_BRACKETS: usize = 100;

impl ParserError<Input<'_>> for FilterError {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        Self { problem: Problem::NoTest, span: here(input) }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// Parses a whole expression.
pub(super) fn parse(text: &str) -> Result<Expression, FilterError> {
    if let Some(at) = too_deep(text) {
        return Err(FilterError { problem: Problem::TooDeep, span: (at..at + 1).into() });
    }
    let mut input = LocatingSlice::new(text);
    let parsed = any.parse_next(&mut input).and_then(|expression| {
        if input.is_empty() { Ok(expression) } else { Err(cut(Problem::NoOperator, here(&input))) }
    });
    parsed.map_err(|error| match error {
        ErrMode::Backtrack(error) | ErrMode::Cut(error) => error,
        ErrMode::Incomplete(_) => {
            FilterError { problem: Problem::NoTest, span: (text.len()..text.len()).into() }
        }
    })
}

fn any(input: &mut Input<'_>) -> Parsed<Expression> {
    separated(1.., all, symbol('|')).map(|parts| one_or(parts, Expression::Any)).parse_next(input)
}

fn all(input: &mut Input<'_>) -> Parsed<Expression> {
    separated(1.., not, symbol('&')).map(|parts| one_or(parts, Expression::All)).parse_next(input)
}

fn not(input: &mut Input<'_>) -> Parsed<Expression> {
    let negations: usize = repeat(0.., symbol('!')).parse_next(input)?;
    let inner = atom(input)?;
    Ok(if negations % 2 == 1 { Expression::Not(Box::new(inner)) } else { inner })
}

fn atom(input: &mut Input<'_>) -> Parsed<Expression> {
    let opened = here_after_space(input)?;
    if opt(symbol('(')).parse_next(input)?.is_none() {
        return test(input);
    }
    let inner = any(input)?;
    match opt(symbol(')')).parse_next(input)? {
        Some(_) => Ok(inner),
        None if input.is_empty() => Err(cut(Problem::NotClosed('('), opened)),
        None => Err(cut(Problem::NoOperator, here(input))),
    }
}

fn test(input: &mut Input<'_>) -> Parsed<Expression> {
    let start = input.current_token_start();
    let word: &str = take_while(0.., |c: char| c.is_alphanumeric() || c == '_').parse_next(input)?;
    let span = Span { start, end: start + word.len() };
    if word.is_empty() {
        return Err(cut(Problem::NoTest, here(input)));
    }
    let Some((name, field)) = TESTS.iter().find(|(name, _)| *name == word) else {
        let meant = suggestion::closest(word, TESTS.iter().map(|(name, _)| *name));
        return Err(cut(Problem::UnknownTest { found: word.to_owned(), meant }, span));
    };
    let bracket = here_after_space(input)?;
    if opt(symbol('(')).parse_next(input)?.is_none() {
        return Err(cut(Problem::NoBracket(name), bracket));
    }
    match field {
        Test::Text(field) => match argument(input, bracket)? {
            Some(pattern) => Ok(Expression::Test(*field, pattern)),
            None => Err(cut(Problem::NoArgument(name), bracket)),
        },
        Test::Last => remembered(input, bracket, name, |word| match word.parse() {
            Ok(verdict @ (Verdict::Passed | Verdict::Flaky | Verdict::Failed | Verdict::Errored)) => {
                Ok(Remembered::Last(verdict))
            }
            _ => Err(Problem::NoVerdict(word.to_owned())),
        }),
        Test::Slow => remembered(input, bracket, name, |word| {
            duration::parse(word)
                .map(Remembered::Slow)
                .map_err(|error| Problem::NoDuration(error.to_string()))
        }),
        Test::Bare(test) => {
            let after = here_after_space(input)?;
            match opt(symbol(')')).parse_next(input)? {
                Some(_) => Ok(Expression::Past(*test)),
                None if input.is_empty() => Err(cut(Problem::NotClosed('('), bracket)),
                None => Err(cut(Problem::TakesNothing(name), after)),
            }
        }
    }
}

/// A word in brackets that `read` makes a test of past runs of, and the closing bracket.
fn remembered(
    input: &mut Input<'_>,
    bracket: Span,
    name: &'static str,
    read: impl FnOnce(&str) -> Result<Remembered, Problem>,
) -> Parsed<Expression> {
    let start = here_after_space(input)?.start;
    let rest: &str = input;
    let end = end_of_glob(rest).ok_or_else(|| cut(Problem::NotClosed('('), bracket))?;
    let word = rest[..end].trim_end();
    if word.is_empty() {
        return Err(cut(Problem::NoArgument(name), bracket));
    }
    let test = read(word).map_err(|problem| cut(problem, Span { start, end: start + word.len() }))?;
    input.next_slice(end);
    symbol(')').parse_next(input)?;
    Ok(Expression::Past(test))
}

/// What stands in the brackets, and the closing one. `None` when nothing does.
fn argument(input: &mut Input<'_>, bracket: Span) -> Parsed<Option<Pattern>> {
    let start = here_after_space(input)?.start;
    let rest: &str = input;
    let (pattern, length) = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let end = rest[1..].find(quote).ok_or_else(|| cut(Problem::NotClosed(quote), at(start)))?;
            (Ok(Pattern::Exact(rest[1..=end].to_owned())), end + 2)
        }
        Some('/') => {
            let end = end_of_pattern(rest).ok_or_else(|| cut(Problem::NotClosed('/'), at(start)))?;
            let flags: String = rest[end + 1..].chars().take_while(char::is_ascii_alphabetic).collect();
            (Pattern::regex(&rest[1..end], &flags), end + 1 + flags.len())
        }
        _ => {
            let end = end_of_glob(rest).ok_or_else(|| cut(Problem::NotClosed('('), bracket))?;
            let glob = rest[..end].trim_end();
            if glob.is_empty() {
                input.next_slice(end);
                symbol(')').parse_next(input)?;
                return Ok(None);
            }
            (Pattern::glob(glob), end)
        }
    };
    let pattern = pattern.map_err(|problem| cut(problem, Span { start, end: start + length }))?;
    input.next_slice(length);
    let after = here_after_space(input)?;
    match opt(symbol(')')).parse_next(input)? {
        Some(_) => Ok(Some(pattern)),
        None if input.is_empty() => Err(cut(Problem::NotClosed('('), bracket)),
        None => Err(cut(Problem::AfterArgument, after)),
    }
}

/// The byte of the `/` that ends a pattern which begins with one: not escaped and not in a class.
fn end_of_pattern(text: &str) -> Option<usize> {
    let (mut escaped, mut in_class) = (false, false);
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(at),
            _ => {}
        }
    }
    None
}

/// The byte of the `)` that closes the test, brackets within the glob being in pairs.
fn end_of_glob(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' if open == 0 => return Some(at),
            ')' => open -= 1,
            _ => {}
        }
    }
    None
}

fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MOST_BRACKETS {
            return Some(at);
        }
    }
    None
}

/// A symbol with the white space around it.
fn symbol<'a>(symbol: char) -> impl Parser<Input<'a>, char, ErrMode<FilterError>> {
    delimited(multispace0, symbol, multispace0)
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

fn cut(problem: Problem, span: Span) -> ErrMode<FilterError> {
    ErrMode::Cut(FilterError { problem, span })
}

fn at(start: usize) -> Span {
    Span { start, end: start + 1 }
}

/// The next character, or the end.
fn here(input: &Input<'_>) -> Span {
    let start = input.current_token_start();
    Span { start, end: start + input.chars().next().map_or(0, char::len_utf8) }
}

fn here_after_space(input: &mut Input<'_>) -> Parsed<Span> {
    multispace0.void().parse_next(input)?;
    Ok(here(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message with a caret line under the expression.
    fn wrong(text: &str) -> String {
        let Err(error) = parse(text) else { panic!("{text} parsed") };
        let width = error.span.end.saturating_sub(error.span.start).max(1);
        format!("{text}\n{}{} {error}", " ".repeat(error.span.start), "^".repeat(width))
    }

    #[test]
    fn mistakes_are_shown_in_their_place() {
        insta::assert_snapshot!(
            ["tag(a) &", "tgs(a)", "tag(a) tag(b)", "(tag(a)", "tag a", "tag()", "name(/a", "tag(a", "name(/(/)"].map(wrong).join("\n"),
            @"
        tag(a) &
                ^ the filter lacks a test here
        tgs(a)
        ^^^ the filter has no test `tgs`
        tag(a) tag(b)
               ^ the filter goes on after its end
        (tag(a)
        ^ `(` is never closed in the filter
        tag a
            ^ the test `tag` lacks its bracket
        tag()
           ^ the test `tag` needs something in its brackets
        name(/a
             ^ `/` is never closed in the filter
        tag(a
           ^ `(` is never closed in the filter
        name(/(/)
             ^^^ the filter's pattern cannot be read: Unbalanced parenthesis
        "
        );
    }

    #[test]
    fn mistakes_about_the_past_are_shown_in_their_place() {
        insta::assert_snapshot!(
            ["last()", "last(broken)", "slow(ten)", "slow(10)", "flaky(x)", "new("].map(wrong).join("\n"),
            @"
        last()
            ^ the test `last` needs something in its brackets
        last(broken)
             ^^^^^^ `last` takes `passed`, `flaky`, `failed` or `errored`, not `broken`
        slow(ten)
             ^^^ what `slow` takes must be a duration such as `500ms`, `30s` or `2m`, found `ten`
        slow(10)
             ^^ what `slow` takes must have a unit, such as `10s` or `10ms`
        flaky(x)
              ^ the test `flaky` takes nothing in its brackets
        new(
           ^ `(` is never closed in the filter
        "
        );
    }

    #[test]
    fn brackets_in_brackets_end_somewhere() {
        let deep = format!("{}tag(a){}", "(".repeat(200_000), ")".repeat(200_000));
        assert_eq!(parse(&deep).map(|_| ()).unwrap_err().problem, Problem::TooDeep);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::default() })]

        #[test]
        fn no_text_makes_it_panic(text in "[a-z(){}!&|/'\" \\[\\]*é]{0,40}") {
            let _ = parse(&text);
        }
    }
}

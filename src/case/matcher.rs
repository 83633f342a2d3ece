//! Matchers: what an `expect` demands of elements and texts, and their JSON for the engine.
//!
//! The JSON of a text test is one of `{"is":s}`, `{"contains":s}`, `{"matches":{"pattern":p,"flags":f}}`,
//! `{"one_of":[s…]}`, `{"min":n}`, `{"max":n}` (both may stand together), `{"not":test}`. The JSON of matchers is an
//! object with the words of the case format: `visible hidden attached detached checked enabled disabled editable
//! focused empty in_viewport` (bool), `text` (test: whole), `contains` (string), `matches` ({pattern,flags}), `texts`
//! ([string…]), `value` (test), `count` ({"op":"==|>=|<=|>|<|!=","n":n}), `attribute` ({name: test|bool}), `class`
//! ([string…]), `css` ({name: test}), `selected` (string or [string…]: labels), `not` (matchers).

pub use super::text_test::{Text, explain, passes};

use super::convert::FromVariable;
use super::pattern::Pattern;
use super::template::{Arg, FillError, Lookup, Template, ValueTemplate};
use super::text_test::texts;
use serde_json::{Map, Value, json};

/// The matchers of one `expect` or condition.
#[derive(Clone, Debug, Default)]
pub struct Matchers {
    /// Each word with what it demands, in the order of the file.
    matchers: Vec<(&'static str, Matcher)>,
}

/// What one matcher demands.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// `visible` and the other yes/no matchers.
    Flag(Arg<bool>),
    /// `text`, `value`
    Test(Text),
    /// `contains`
    Part(Template),
    /// `matches`
    Pattern(Pattern),
    /// `texts`: a list, or a variable that holds one.
    Texts(ValueTemplate),
    /// `class`: a list, or names with spaces between them.
    Classes(ValueTemplate),
    /// `selected`: a label, or a list of them.
    Labels(ValueTemplate),
    /// `count`
    Count(Arg<Count>),
    /// `attribute`: a test of its value, or whether it is there.
    Attributes(Vec<(String, Attribute)>),
    /// `css`
    Styles(Vec<(String, Text)>),
    /// `not`
    Not(Matchers),
}

/// What is demanded of an attribute.
#[derive(Clone, Debug)]
pub enum Attribute {
    /// Present or absent.
    Present(bool),
    /// Present, and its value is so.
    Value(Text),
}

/// How many matches there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// `==`, `>=`, `<=`, `>`, `<` or `!=`.
    pub op: &'static str,
    /// The number it is compared with.
    pub n: u32,
}

impl Count {
    /// Reads `3` or `>=2`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (op, digits) = ["==", ">=", "<=", "!=", ">", "<"]
            .into_iter()
            .find_map(|op| text.strip_prefix(op).map(|digits| (op, digits)))
            .unwrap_or(("==", text));
        digits.trim().parse().ok().map(|n| Self { op, n })
    }
}

impl FromVariable for Count {
    fn from_variable(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::String(text) => Self::parse(text).ok_or("a number, or one such as `>=2`"),
            value => u32::from_variable(value).map(|n| Self { op: "==", n }),
        }
    }
}

impl Matchers {
    /// Matchers in the order of the file.
    pub fn new(mut matchers: Vec<(&'static str, Matcher)>) -> Self {
        matchers.shrink_to_fit();
        Self { matchers }
    }

    /// A single yes/no matcher.
    pub fn flag(word: &'static str) -> Self {
        Self::new(vec![(word, Matcher::Flag(Arg::Known(true)))])
    }

    /// Whether none is written.
    pub fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }

    /// Their JSON for the engine, variables filled in. `visible` is put in where it is implied.
    pub fn fill(&self, scope: &dyn Lookup) -> Result<Value, FillError> {
        let mut filled = Map::new();
        if self.implies_visible() {
            filled.insert("visible".to_owned(), true.into());
        }
        self.fill_into(scope, &mut filled)?;
        Ok(filled.into())
    }

    fn fill_into(&self, scope: &dyn Lookup, filled: &mut Map<String, Value>) -> Result<(), FillError> {
        for (word, matcher) in &self.matchers {
            filled.insert((*word).to_owned(), matcher.fill(scope)?);
        }
        Ok(())
    }

    /// A bare `expect` and the matchers of shown texts speak of what is visible, unless another state is asked for.
    fn implies_visible(&self) -> bool {
        let has = |words: &[&str]| self.matchers.iter().any(|(word, _)| words.contains(word));
        !has(&["visible", "hidden", "attached", "detached"])
            && (self.is_empty() || has(&["text", "contains", "matches", "texts"]))
    }

    /// Calls `see` with each template in them.
    pub fn templates<'a>(&'a self, see: &mut dyn FnMut(&'a Template)) {
        for (_, matcher) in &self.matchers {
            match matcher {
                Matcher::Flag(Arg::Variable(template))
                | Matcher::Count(Arg::Variable(template))
                | Matcher::Part(template) => see(template),
                Matcher::Flag(Arg::Known(_)) | Matcher::Count(Arg::Known(_)) => {}
                Matcher::Test(test) => test.templates(see),
                Matcher::Pattern(pattern) => see(pattern.template()),
                Matcher::Texts(list) | Matcher::Classes(list) | Matcher::Labels(list) => list.templates(see),
                Matcher::Attributes(tests) => tests.iter().for_each(|(_, test)| {
                    if let Attribute::Value(test) = test {
                        test.templates(see);
                    }
                }),
                Matcher::Styles(tests) => tests.iter().for_each(|(_, test)| test.templates(see)),
                Matcher::Not(matchers) => matchers.templates(see),
            }
        }
    }
}

impl Matcher {
    fn fill(&self, scope: &dyn Lookup) -> Result<Value, FillError> {
        Ok(match self {
            Self::Flag(flag) => flag.fill(scope)?.into(),
            Self::Test(test) => test.fill(scope)?,
            Self::Part(text) => text.fill(scope)?.into(),
            Self::Pattern(pattern) => pattern.fill(scope)?,
            Self::Texts(list) => texts(list, scope)?.into(),
            Self::Labels(labels) => match labels.fill(scope)? {
                Value::Array(_) => texts(labels, scope)?.into(),
                _ => text_of(labels, scope)?.into(),
            },
            Self::Classes(classes) => match classes.fill(scope)? {
                Value::Array(_) => texts(classes, scope)?.into(),
                _ => text_of(classes, scope)?.split_whitespace().collect::<Vec<_>>().into(),
            },
            Self::Count(count) => {
                let count = count.fill(scope)?;
                json!({"op": count.op, "n": count.n})
            }
            Self::Attributes(tests) => {
                let mut filled = Map::new();
                for (name, test) in tests {
                    let test = match test {
                        Attribute::Present(present) => (*present).into(),
                        Attribute::Value(test) => test.fill(scope)?,
                    };
                    filled.insert(name.clone(), test);
                }
                filled.into()
            }
            Self::Styles(tests) => {
                let mut filled = Map::new();
                for (name, test) in tests {
                    filled.insert(name.clone(), test.fill(scope)?);
                }
                filled.into()
            }
            Self::Not(matchers) => {
                let mut filled = Map::new();
                matchers.fill_into(scope, &mut filled)?;
                filled.into()
            }
        })
    }
}

/// A text where a list might stand, too.
fn text_of(value: &ValueTemplate, scope: &dyn Lookup) -> Result<String, FillError> {
    match value {
        ValueTemplate::Text(template) => template.fill(scope),
        ValueTemplate::Plain(value) => Ok(value.to_string()),
        ValueTemplate::List(_) | ValueTemplate::Table(_) => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::template::Empty;

    fn text(text: &str) -> Matcher {
        Matcher::Test(Text::Is(Template::literal(text)))
    }

    #[test]
    fn visible_is_implied_where_the_format_says_so() {
        let filled = |matchers: Vec<(&'static str, Matcher)>| Matchers::new(matchers).fill(&Empty).unwrap();
        let yes = || Matcher::Flag(Arg::Known(true));
        assert_eq!(filled(vec![]), json!({"visible": true}));
        assert_eq!(filled(vec![("text", text("a"))]), json!({"visible": true, "text": {"is": "a"}}));
        assert_eq!(filled(vec![("value", text("a"))]), json!({"value": {"is": "a"}}));
        assert_eq!(
            filled(vec![("text", text("a")), ("attached", yes())]),
            json!({"text": {"is": "a"}, "attached": true})
        );
        let not = Matcher::Not(Matchers::new(vec![("text", text("a"))]));
        assert_eq!(filled(vec![("not", not)]), json!({"not": {"text": {"is": "a"}}}));
        assert_eq!(filled(vec![("hidden", yes())]), json!({"hidden": true}));
    }

    #[test]
    fn counts_compare() {
        assert_eq!(Count::parse("3"), Some(Count { op: "==", n: 3 }));
        assert_eq!(Count::parse(" >= 2 "), Some(Count { op: ">=", n: 2 }));
        assert_eq!(Count::parse("!=0"), Some(Count { op: "!=", n: 0 }));
        assert_eq!(Count::parse("<-1"), None);
        assert_eq!(Count::parse("some"), None);
        let count = Matchers::new(vec![("count", Matcher::Count(Arg::Known(Count { op: ">", n: 1 })))]);
        assert_eq!(count.fill(&Empty).unwrap(), json!({"count": {"op": ">", "n": 1}}));
    }
}

//! Reads values of any shape, and text tests.

use super::reader::{Node, Reader, entries};
use super::scalars::integer;
use crate::case::matcher::Text;
use crate::case::model::ValueTest;
use crate::case::spec::Kind;
use crate::case::spec::matchers::TESTS;
use crate::case::template::ValueTemplate;
use crate::case::text_test::Bounds;
use serde_json::Value;
use toml::de::DeValue;

impl Reader<'_> {
    /// Any value; the texts in it may hold variables.
    pub(super) fn value(&mut self, node: &Node<'_>) -> Option<ValueTemplate> {
        Some(match node.get_ref() {
            DeValue::String(text) => ValueTemplate::Text(self.template_of(text, node.span().into())?),
            DeValue::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.value(item)).collect();
                ValueTemplate::List(items.into_iter().collect::<Option<_>>()?)
            }
            DeValue::Table(table) => {
                let read: Vec<_> = entries(table)
                    .into_iter()
                    .map(|(key, _, value)| Some((key.to_owned(), self.value(value)?)))
                    .collect();
                ValueTemplate::Table(read.into_iter().collect::<Option<_>>()?)
            }
            _ => ValueTemplate::Plain(self.json(node)?),
        })
    }

    /// Any value as it is; texts in it hold no variables.
    pub(super) fn json(&mut self, node: &Node<'_>) -> Option<Value> {
        Some(match node.get_ref() {
            DeValue::String(text) => Value::String(text.clone().into_owned()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Integer(number) => {
                let Some(number) = integer(number) else {
                    self.error(
                        node.span().into(),
                        format!("the number `{number}` does not fit into 64 bits"),
                    );
                    return None;
                };
                number.into()
            }
            DeValue::Float(number) => {
                let Some(number) = number.as_str().parse().ok().and_then(serde_json::Number::from_f64) else {
                    self.error(node.span().into(), format!("JSON has no `{number}`"));
                    return None;
                };
                Value::Number(number)
            }
            DeValue::Datetime(date) => Value::String(date.to_string()),
            DeValue::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.json(item)).collect();
                Value::Array(items.into_iter().collect::<Option<_>>()?)
            }
            DeValue::Table(table) => {
                let read: Vec<_> = entries(table)
                    .into_iter()
                    .map(|(key, _, value)| Some((key.to_owned(), self.json(value)?)))
                    .collect();
                Value::Object(read.into_iter().collect::<Option<_>>()?)
            }
        })
    }

    /// STR: a whole text, or a table with one test.
    pub(super) fn test(&mut self, word: &str, node: &Node<'_>) -> Option<Text> {
        match node.get_ref() {
            DeValue::String(text) => self.template_of(text, node.span().into()).map(Text::Is),
            DeValue::Table(table) => self.test_table(word, node, &entries(table)),
            _ => {
                self.wrong(&Kind::Test, word, node);
                None
            }
        }
    }

    fn test_table(
        &mut self,
        word: &str,
        node: &Node<'_>,
        entries: &[(&str, crate::source::Span, &Node<'_>)],
    ) -> Option<Text> {
        let mut given = self.arguments(&[TESTS], entries, &format!("`{word}`")).good()?;
        let words: Vec<&str> = TESTS.iter().map(|test| test.word).filter(|word| given.has(word)).collect();
        match words.as_slice() {
            ["contains"] => given.take("contains").map(Text::Contains),
            ["matches"] => match given.take("matches") {
                Some(super::given::Given::Pattern(pattern)) => Some(Text::Matches(pattern)),
                _ => None,
            },
            ["one_of"] => given.take("one_of").map(Text::OneOf),
            ["min" | "max"] | ["min", "max"] => {
                Some(Text::Range(Box::new(Bounds { min: given.take("min"), max: given.take("max") })))
            }
            ["not"] => given.take("not").map(|test| Text::Not(Box::new(test))),
            [] => {
                self.error(
                    node.span().into(),
                    format!("`{word}` needs {}, found an empty table", Kind::Test.expected()),
                );
                None
            }
            several => {
                let help = Some("only `min` and `max` go together");
                let all = crate::case::suggest::list(several.iter().copied());
                self.error_with_help(node.span().into(), format!("{all} cannot stand in one test"), help);
                None
            }
        }
    }

    /// A value to be equal to, or a table that is a text test.
    pub(super) fn value_test(&mut self, word: &str, node: &Node<'_>) -> Option<ValueTest> {
        if let DeValue::Table(table) = node.get_ref() {
            let entries = entries(table);
            if !entries.is_empty()
                && entries.iter().all(|(key, _, _)| TESTS.iter().any(|test| test.word == *key))
            {
                return self.test_table(word, node, &entries).map(ValueTest::Text);
            }
        }
        self.value(node).map(ValueTest::Is)
    }
}

//! Text tests (STR in the case format): what a text must be, and whether one passes.

use super::pattern::{self, Pattern};
use super::template::{Arg, FillError, Lookup, Template, ValueTemplate, describe};
use serde_json::{Map, Value, json};

/// A text test (STR in the case format).
#[derive(Clone, Debug)]
pub enum Text {
    /// The whole text.
    Is(Template),
    /// A part of it.
    Contains(Template),
    /// A pattern that is found in it.
    Matches(Pattern),
    /// One of several whole texts: a list, or a variable that holds one.
    OneOf(ValueTemplate),
    /// A number within bounds. Boxed: it is the largest and the rarest.
    Range(Box<Bounds>),
    /// Not so.
    Not(Box<Text>),
}

/// The bounds of a number.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// The least.
    pub min: Option<Arg<f64>>,
    /// The most.
    pub max: Option<Arg<f64>>,
}

impl Text {
    /// Its JSON, variables filled in: `{"is":s}`, `{"contains":s}`, `{"matches":{"pattern":p,"flags":f}}`,
    /// `{"one_of":[s…]}`, `{"min":n,"max":n}` (one or both), `{"not":test}`.
    pub fn fill(&self, scope: &dyn Lookup) -> Result<Value, FillError> {
        Ok(match self {
            Self::Is(text) => json!({"is": text.fill(scope)?}),
            Self::Contains(text) => json!({"contains": text.fill(scope)?}),
            Self::Matches(pattern) => json!({"matches": pattern.fill(scope)?}),
            Self::OneOf(list) => json!({"one_of": texts(list, scope)?}),
            Self::Range(range) => {
                let Bounds { min, max } = &**range;
                let mut bounds = Map::new();
                for (word, bound) in [("min", min), ("max", max)] {
                    if let Some(bound) = bound {
                        bounds.insert(word.to_owned(), bound.fill(scope)?.into());
                    }
                }
                Value::Object(bounds)
            }
            Self::Not(test) => json!({"not": test.fill(scope)?}),
        })
    }

    /// Calls `see` with each template in it.
    pub fn templates<'a>(&'a self, see: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Is(text) | Self::Contains(text) => see(text),
            Self::Matches(pattern) => see(pattern.template()),
            Self::OneOf(list) => list.templates(see),
            Self::Range(range) => [&range.min, &range.max].into_iter().flatten().for_each(|bound| {
                if let Arg::Variable(template) = bound {
                    see(template);
                }
            }),
            Self::Not(test) => test.templates(see),
        }
    }
}

/// A list of texts, or a variable that holds one.
pub(super) fn texts(list: &ValueTemplate, scope: &dyn Lookup) -> Result<Vec<String>, FillError> {
    let error = |message: String| match list {
        ValueTemplate::Text(template) => template.error(message),
        _ => FillError { message, span: crate::source::Span::default() },
    };
    match list.fill(scope)? {
        Value::Array(items) => items
            .iter()
            .map(|item| match item {
                Value::String(text) => Ok(text.clone()),
                Value::Number(_) | Value::Bool(_) => Ok(item.to_string()),
                _ => Err(error(format!("{} stands in a list of texts", describe(item)))),
            })
            .collect(),
        value => Err(error(format!("expected a list of texts, found {}", describe(&value)))),
    }
}

/// Whether `actual` passes a filled text test; for texts that are not in a page.
pub fn passes(test: &Value, actual: &str) -> bool {
    let Some(tests) = test.as_object() else { return false };
    !tests.is_empty()
        && tests.iter().all(|(word, wanted)| match word.as_str() {
            "is" => wanted.as_str() == Some(actual),
            "contains" => wanted.as_str().is_some_and(|part| actual.contains(part)),
            "matches" => pattern::matches(wanted, actual),
            "one_of" => {
                wanted.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some(actual)))
            }
            "min" => number(actual).zip(wanted.as_f64()).is_some_and(|(actual, least)| actual >= least),
            "max" => number(actual).zip(wanted.as_f64()).is_some_and(|(actual, most)| actual <= most),
            "not" => !passes(wanted, actual),
            _ => false,
        })
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A text test for people: `is "Two"`, `contains "two"`, `matches /t.o/i`, `is one of "a", "b"`, `is at least 3`.
pub fn explain(test: &Value) -> String {
    let quoted = |value: &Value| format!("{:?}", value.as_str().unwrap_or_default());
    let parts = test.as_object().into_iter().flatten().map(|(word, wanted)| match word.as_str() {
        "is" => format!("is {}", quoted(wanted)),
        "contains" => format!("contains {}", quoted(wanted)),
        "matches" => format!(
            "matches /{}/{}",
            wanted["pattern"].as_str().unwrap_or_default(),
            wanted["flags"].as_str().unwrap_or_default()
        ),
        "one_of" => {
            let all = wanted.as_array().map(|all| all.iter().map(quoted).collect::<Vec<_>>().join(", "));
            format!("is one of {}", all.unwrap_or_default())
        }
        "min" => format!("is at least {wanted}"),
        "max" => format!("is at most {wanted}"),
        "not" => format!("not: {}", explain(wanted)),
        other => format!("{other} {wanted}"),
    });
    parts.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::template::Empty;
    use crate::source::Span;

    fn template(text: &str) -> Template {
        Template::parse(text, Span::default()).unwrap()
    }

    #[test]
    fn each_test_passes_and_fails() {
        let matches = Text::Matches(Pattern::parse(&template("/^t.o$/i")).unwrap());
        let range = Text::Range(Box::new(Bounds { min: Some(Arg::Known(1.5)), max: Some(Arg::Known(3.0)) }));
        let list =
            ValueTemplate::List(vec![ValueTemplate::Text(template("a")), ValueTemplate::Plain(json!(2))]);
        let cases = [
            (Text::Is(template("two")), "two", "two "),
            (Text::Contains(template("w")), "two", "one"),
            (matches.clone(), "TWO", "three"),
            (range, " 2 ", "4"),
            (Text::OneOf(list), "2", "b"),
            (Text::Not(Box::new(matches)), "three", "two"),
        ];
        for (test, good, bad) in cases {
            let filled = test.fill(&Empty).unwrap();
            assert!(passes(&filled, good), "{filled} {good}");
            assert!(!passes(&filled, bad), "{filled} {bad}");
        }
        assert!(!passes(&json!({}), ""));
        assert!(!passes(&json!({"min": 1}), "many"));
    }

    #[test]
    fn a_test_explains_itself() {
        assert_eq!(explain(&json!({"is": "a \"b\""})), r#"is "a \"b\"""#);
        assert_eq!(explain(&json!({"min": 1.0, "max": 3.0})), "is at least 1.0 and is at most 3.0");
        assert_eq!(
            explain(&json!({"not": {"matches": {"pattern": "a", "flags": "i"}}})),
            "not: matches /a/i"
        );
    }
}

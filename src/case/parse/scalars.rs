//! Reads the kinds without structure: words, numbers, durations, dates, keys.

use super::reader::{Node, Reader};
use crate::case::convert::{DurationError, FromVariable, parse_duration};
use crate::case::keys;
use crate::case::matcher::Count;
use crate::case::model::KeyChord;
use crate::case::spec::Kind;
use crate::case::template::Arg;
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::de::{DeInteger, DeValue};

impl Reader<'_> {
    /// Text as it is, not empty, without control characters.
    pub(super) fn plain(&mut self, kind: &Kind, word: &str, node: &Node<'_>) -> Option<String> {
        let DeValue::String(text) = node.get_ref() else {
            self.wrong(kind, word, node);
            return None;
        };
        if text.trim().is_empty() {
            self.error(node.span().into(), format!("`{word}` is empty"));
            return None;
        }
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            self.error(
                node.span().into(),
                format!("`{word}` holds the control character {}", c.escape_unicode()),
            );
            return None;
        }
        Some(text.clone().into_owned())
    }

    /// A script's body. `${x}` in it is JavaScript's: a hint says so where it can only be a mistake.
    pub(super) fn script(&mut self, word: &str, node: &Node<'_>) -> Option<String> {
        let DeValue::String(text) = node.get_ref() else {
            self.wrong(&Kind::Script, word, node);
            return None;
        };
        if text.trim().is_empty() {
            self.error(node.span().into(), format!("`{word}` is empty"));
            return None;
        }
        if text.contains("${") && !text.contains('`') {
            let help = Some("pass it: `args = [\"${x}\"]`, and read `args[0]` in the script");
            self.error_with_help(node.span().into(), "variables are not filled into scripts", help);
            return None;
        }
        Some(text.clone().into_owned())
    }

    pub(super) fn just_true(&mut self, word: &str, node: &Node<'_>) -> Option<bool> {
        if let DeValue::Boolean(true) = node.get_ref() {
            return Some(true);
        }
        self.wrong(&Kind::True, word, node);
        None
    }

    pub(super) fn flag(&mut self, word: &str, node: &Node<'_>) -> Option<bool> {
        if let DeValue::Boolean(flag) = node.get_ref() {
            return Some(*flag);
        }
        self.wrong(&Kind::Flag, word, node);
        None
    }

    pub(super) fn flag_argument(&mut self, word: &str, node: &Node<'_>) -> Option<Arg<bool>> {
        self.argument(&Kind::FlagOrVariable, word, node, |value| match value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        })
    }

    pub(super) fn whole(&mut self, bounds: RangeInclusive<i64>, word: &str, node: &Node<'_>) -> Option<i64> {
        if let DeValue::Integer(number) = node.get_ref()
            && let Some(number) = integer(number).filter(|number| bounds.contains(number))
        {
            return Some(number);
        }
        self.wrong(&Kind::Whole(*bounds.start(), *bounds.end()), word, node);
        None
    }

    pub(super) fn whole_argument(&mut self, word: &str, node: &Node<'_>) -> Option<Arg<u32>> {
        self.argument(&Kind::WholeOrVariable, word, node, |value| match value {
            DeValue::Integer(number) => integer(number)?.try_into().ok(),
            _ => None,
        })
    }

    pub(super) fn number_argument(&mut self, word: &str, node: &Node<'_>) -> Option<Arg<f64>> {
        self.argument(&Kind::Number, word, node, number)
    }

    pub(super) fn count(&mut self, word: &str, node: &Node<'_>) -> Option<Arg<Count>> {
        self.argument(&Kind::Count, word, node, |value| match value {
            DeValue::Integer(number) => Some(Count { op: "==", n: integer(number)?.try_into().ok()? }),
            DeValue::String(text) => Count::parse(text),
            _ => None,
        })
    }

    pub(super) fn pause(&mut self, word: &str, node: &Node<'_>) -> Option<Arg<Duration>> {
        if let Some(text) = with_variables(node) {
            return self.template_of(text, node.span().into()).map(Arg::Variable);
        }
        self.duration_text(&Kind::Pause, word, node).map(Arg::Known)
    }

    pub(super) fn duration(&mut self, word: &str, node: &Node<'_>) -> Option<Duration> {
        let duration = self.duration_text(&Kind::Duration, word, node)?;
        if duration.is_zero() {
            self.error(node.span().into(), format!("`{word}` must be longer than nothing"));
            return None;
        }
        Some(duration)
    }

    fn duration_text(&mut self, kind: &Kind, word: &str, node: &Node<'_>) -> Option<Duration> {
        let text = match node.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if integer(number).is_some_and(|number| number >= 0) => number.as_str(),
            _ => {
                self.wrong(kind, word, node);
                return None;
            }
        };
        let error = match parse_duration(text) {
            Ok(duration) => return Some(duration),
            Err(error) => error,
        };
        match error {
            DurationError::NoUnit => {
                let help = Some(format!("write \"{text}ms\" or \"{text}s\""));
                self.error_with_help(node.span().into(), format!("the duration `{text}` has no unit"), help);
            }
            DurationError::TooLong => self.error(node.span().into(), format!("`{text}` is more than a year")),
            DurationError::Malformed => self.wrong(kind, word, node),
        }
        None
    }

    pub(super) fn date(&mut self, word: &str, node: &Node<'_>) -> Option<jiff::civil::Date> {
        let date = match node.get_ref() {
            DeValue::Datetime(date) if date.time.is_none() => date.date.and_then(|date| {
                jiff::civil::Date::new(
                    i16::try_from(date.year).ok()?,
                    i8::try_from(date.month).ok()?,
                    i8::try_from(date.day).ok()?,
                )
                .ok()
            }),
            _ => None,
        };
        if date.is_none() {
            self.wrong(&Kind::Date, word, node);
        }
        date
    }

    pub(super) fn point(&mut self, word: &str, node: &Node<'_>) -> Option<(f64, f64)> {
        if let DeValue::Array(items) = node.get_ref() {
            let numbers: Option<Vec<f64>> = items.iter().map(|item| number(item.get_ref())).collect();
            if let Some([x, y]) = numbers.as_deref() {
                return Some((*x, *y));
            }
        }
        self.wrong(&Kind::Point, word, node);
        None
    }

    pub(super) fn keys(&mut self, word: &str, node: &Node<'_>) -> Option<KeyChord> {
        let text = self.plain_keys(word, node)?;
        match keys::parse(&text) {
            Ok(chord) => Some(chord),
            Err(error) => {
                let place = self.within(node.span().into(), &text, error.at);
                self.error_with_help(place, error.message, error.help);
                None
            }
        }
    }

    /// A space is a key, so that an empty-looking text is not empty here.
    fn plain_keys(&mut self, word: &str, node: &Node<'_>) -> Option<String> {
        if let DeValue::String(text) = node.get_ref() {
            return Some(text.clone().into_owned());
        }
        self.wrong(&Kind::Keys, word, node);
        None
    }

    /// A known value, or a text that is one variable.
    fn argument<T: FromVariable>(
        &mut self,
        kind: &Kind,
        word: &str,
        node: &Node<'_>,
        known: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<Arg<T>> {
        if let Some(text) = with_variables(node) {
            return self.template_of(text, node.span().into()).map(Arg::Variable);
        }
        let known = known(node.get_ref());
        if known.is_none() {
            self.wrong(kind, word, node);
        }
        known.map(Arg::Known)
    }
}

/// A text that holds variables.
fn with_variables<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.get_ref().as_str().filter(|text| text.contains("${"))
}

pub(super) fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        // Through text: the number as it was written, not rounded twice.
        DeValue::Integer(number) => integer(number)?.to_string().parse().ok(),
        DeValue::Float(number) => number.as_str().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

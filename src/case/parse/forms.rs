//! Reads tables: those with fixed keys, and those that one of their keys makes what they are.

use super::given::{Arguments, Problem, matcher};
use super::reader::{Node, Reader};
use crate::case::matcher::Matchers;
use crate::case::model::Condition;
use crate::case::spec::conditions::{COMMON, CONDITIONS};
use crate::case::spec::matchers::MATCHERS;
use crate::case::spec::{Argument, Form, Kind};
use crate::case::suggest;
use crate::source::Span;
use toml::de::DeValue;

/// A table's entries in the order of the file: key, its place, value.
pub(super) type Entries<'t, 'i> = [(&'t str, Span, &'t Node<'i>)];

impl Reader<'_> {
    /// A table with these keys.
    pub(super) fn table(
        &mut self,
        arguments: &'static [Argument],
        word: &str,
        node: &Node<'_>,
    ) -> Option<Arguments> {
        let entries = self.entries_of(&Kind::Table(arguments), word, node)?;
        let read = self.arguments(&[arguments], &entries, &format!("`{word}`"));
        let missing = self.missing(arguments, &entries, &format!("`{word}`"), node.span().into());
        read.good().filter(|_| !missing)
    }

    /// Reads all entries by the tables of arguments. Everything wrong is reported and left out.
    pub(super) fn arguments(
        &mut self,
        tables: &[&'static [Argument]],
        entries: &Entries<'_, '_>,
        owner: &str,
    ) -> Arguments {
        let mut read = Arguments::default();
        let mut matchers = Vec::new();
        for (key, span, node) in entries {
            let Some(argument) = tables.iter().copied().flatten().find(|argument| argument.word == *key)
            else {
                let words = tables.iter().copied().flatten().map(|argument| argument.word);
                self.unknown_key(key, *span, owner, words);
                read.fault();
                continue;
            };
            match self.read(&argument.kind, argument.word, node) {
                Some(given) if MATCHERS.iter().any(|it| std::ptr::eq(it, argument)) => {
                    matchers.extend(matcher(argument.word, given).map(|matcher| (argument.word, matcher)));
                }
                Some(given) => {
                    if !argument.runs {
                        self.not_yet(argument.word, *span);
                        read.fault();
                    }
                    read.put(argument.word, *span, node.span().into(), given);
                }
                None => read.fault(),
            }
        }
        read.put_matchers(Matchers::new(matchers));
        read
    }

    /// Reports the required keys that are not there. Whether any was.
    pub(super) fn missing(
        &mut self,
        arguments: &'static [Argument],
        entries: &Entries<'_, '_>,
        owner: &str,
        span: Span,
    ) -> bool {
        let before = self.findings.len();
        let known = |key: &str| arguments.iter().any(|argument| argument.word == key);
        for argument in arguments.iter().filter(|argument| argument.required) {
            // A misspelt one has been told already.
            let there = |key: &str| {
                key == argument.word || !known(key) && suggest::one_of(key, [argument.word]).is_some()
            };
            if !entries.iter().any(|(key, _, _)| there(key)) {
                let help = Some(format!("add `{} = …` ({})", argument.word, argument.kind.expected()));
                self.error_with_help(span, format!("{owner} needs `{}`", argument.word), help);
            }
        }
        self.findings.len() > before
    }

    fn unknown_key<'w>(&mut self, key: &str, span: Span, owner: &str, words: impl Iterator<Item = &'w str>) {
        if self.is_flooded() {
            return self.error(span, format!("{owner} has no `{key}`"));
        }
        let words: Vec<&str> = words.collect();
        let help = match suggest::one_of(key, words.iter().copied()) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if words.is_empty() => None,
            None if words.len() <= 14 => Some(format!("it takes {}", suggest::list(words))),
            None => None,
        };
        self.error_with_help(span, format!("{owner} has no `{key}`"), help);
    }

    /// Reports what is right and cannot run yet.
    pub(super) fn not_yet(&mut self, word: &str, span: Span) {
        self.error(span, format!("`{word}` is not supported yet"));
    }

    /// Reads the entries of a table that `form` makes what it is. `common` may stand in any such table; `name` is what
    /// people call the form: "`click`".
    pub(super) fn form<T>(
        &mut self,
        form: &'static Form<T>,
        common: &'static [Argument],
        entries: &Entries<'_, '_>,
    ) -> Option<(T, Arguments)> {
        let (_, key_span, subject) = entries.iter().find(|(key, _, _)| *key == form.word)?;
        let owner = format!("`{}`", form.word);
        let before = self.findings.len();
        let given = self.read(&form.subject, form.word, subject);
        let others: Vec<_> = entries.iter().filter(|(key, _, _)| *key != form.word).copied().collect();
        let matchers: &'static [Argument] = if form.matchers { MATCHERS } else { &[] };
        let read = self.arguments(&[form.arguments, matchers, common], &others, &owner);
        self.missing(form.arguments, entries, &owner, *key_span);
        let Some(build) = form.build else {
            self.not_yet(form.word, *key_span);
            return None;
        };
        let mut arguments = read.good().filter(|_| self.findings.len() == before)?;
        arguments.put(form.word, *key_span, subject.span().into(), given?);
        let spans = arguments.clone();
        match build(&mut arguments) {
            Ok(meaning) => Some((meaning, arguments)),
            Err(Problem { message, word, help }) => {
                let span = word.and_then(|word| spans.key_span(word)).unwrap_or(*key_span);
                self.error_with_help(span, message, help);
                None
            }
        }
    }

    pub(super) fn condition(&mut self, word: &str, node: &Node<'_>) -> Option<Condition> {
        let DeValue::Table(table) = node.get_ref() else {
            self.wrong(&Kind::Condition, word, node);
            return None;
        };
        let entries = super::reader::entries(table);
        let element = entries.iter().any(|(key, _, _)| *key == "element");
        // Beside `element` the words `visible`, `hidden` and `not` are matchers.
        let mut forms = entries.iter().filter(|(key, _, _)| !element || *key == "element").filter_map(
            |(key, span, _)| CONDITIONS.iter().find(|form| form.word == *key).map(|form| (form, *span)),
        );
        let Some((form, _)) = forms.next() else {
            self.no_condition(node, &entries);
            return None;
        };
        if let Some((second, span)) = forms.next() {
            let message = format!("`{}` and `{}` cannot stand in one condition", form.word, second.word);
            self.error_with_help(span, message, Some("combine them: `{ all = [{ … }, { … }] }`"));
            return None;
        }
        let (test, mut common) = self.form(form, COMMON, &entries)?;
        Some(Condition { test, timeout: common.take("timeout") })
    }

    fn no_condition(&mut self, node: &Node<'_>, entries: &Entries<'_, '_>) {
        let words = || CONDITIONS.iter().map(|form| form.word);
        let near = entries
            .iter()
            .find_map(|(key, span, _)| suggest::one_of(key, words()).map(|near| (*key, *span, near)));
        match (near, entries.first()) {
            (Some((key, span, near)), _) => {
                self.error_with_help(
                    span,
                    format!("unknown condition `{key}`"),
                    Some(format!("did you mean `{near}`?")),
                );
            }
            (None, Some((key, span, _))) => {
                let help = Some(format!("a condition is one of {}", suggest::list(words())));
                self.error_with_help(*span, format!("unknown condition `{key}`"), help);
            }
            (None, None) => {
                let help = Some(format!("a condition is one of {}", suggest::list(words())));
                self.error_with_help(node.span().into(), "the condition is empty", help);
            }
        }
    }

    pub(super) fn conditions(&mut self, word: &str, node: &Node<'_>) -> Option<Vec<Condition>> {
        let DeValue::Array(items) = node.get_ref() else {
            self.wrong(&Kind::Conditions, word, node);
            return None;
        };
        if items.is_empty() {
            self.error(node.span().into(), format!("`{word}` needs at least one condition"));
            return None;
        }
        let read: Vec<_> = items.iter().map(|item| self.condition(word, item)).collect();
        read.into_iter().collect()
    }
}

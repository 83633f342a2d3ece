//! Reads steps: finds the verb, and what every step may have.

use super::forms::Entries;
use super::places;
use super::reader::{Node, Reader};
use crate::case::model::{Action, Step};
use crate::case::spec::verbs::{COMMON, verb, verbs};
use crate::case::spec::{Form, Kind};
use crate::case::suggest;
use crate::case::template::Template;
use crate::source::Span;
use std::sync::Arc;
use toml::de::DeValue;

impl Reader<'_> {
    pub(super) fn steps(&mut self, word: &str, node: &Node<'_>) -> Option<Vec<Step>> {
        let DeValue::Array(items) = node.get_ref() else {
            self.wrong(&Kind::Steps, word, node);
            return None;
        };
        if items.is_empty() {
            self.error(node.span().into(), format!("`{word}` needs at least one step"));
            return None;
        }
        let read: Vec<_> = items.iter().map(|item| self.step(item)).collect();
        read.into_iter().collect()
    }

    fn step(&mut self, node: &Node<'_>) -> Option<Step> {
        let DeValue::Table(table) = node.get_ref() else {
            let help = Some("a step is a table such as `{ click = \"#save\" }`");
            self.error_with_help(
                node.span().into(),
                format!("expected a step, found {}", super::reader::found(node)),
                help,
            );
            return None;
        };
        let entries = super::reader::entries(table);
        let form = self.verb(node, &entries)?;
        let (action, mut common) = if form.word == "if" {
            // Here `if` is the verb, not the condition of another one.
            self.form(form, &COMMON[..COMMON.len() - 1], &entries)?
        } else {
            self.form(form, COMMON, &entries)?
        };
        let title = match common.take("name") {
            Some(title) => title,
            None => self.title(form, &entries),
        };
        Some(Step {
            span: places::extent(&self.source.text, node),
            source: Arc::clone(&self.source),
            title,
            timeout: common.take("timeout"),
            soft: common.flag("soft"),
            sensitive: common.flag("sensitive"),
            condition: if form.word == "if" { None } else { common.take("if") },
            action,
        })
    }

    /// The one verb among the keys. `if` is one only where no other is.
    fn verb(&mut self, node: &Node<'_>, entries: &Entries<'_, '_>) -> Option<&'static Form<Action>> {
        let found: Vec<_> = entries
            .iter()
            .filter_map(|(key, span, _)| verb(key).map(|form| (form, *span)))
            .filter(|(form, _)| form.word != "if")
            .collect();
        match found.as_slice() {
            [(form, _)] => Some(form),
            [] if entries.iter().any(|(key, _, _)| *key == "if") && only_if(entries) => verb("if"),
            [] => {
                self.no_verb(node, entries);
                None
            }
            [(first, first_span), (second, span), ..] => {
                let message = format!("a step has one verb, found `{}` and `{}`", first.word, second.word);
                self.error_at_both((*span, "the second verb"), (*first_span, "the first verb"), message);
                if let Some(diagnostic) = self.findings.pop() {
                    self.findings.push(diagnostic.help("write two steps"));
                }
                None
            }
        }
    }

    fn no_verb(&mut self, node: &Node<'_>, entries: &Entries<'_, '_>) {
        let Some((first, first_span, _)) = entries.first() else {
            self.error_with_help(
                node.span().into(),
                "the step is empty",
                Some("write such as `{ click = \"#save\" }`"),
            );
            return;
        };
        if self.is_flooded() {
            return self.error(*first_span, format!("unknown verb `{first}`"));
        }
        // A key that is no argument of anything is the verb, misspelt.
        if let Some((key, span, _)) = entries.iter().find(|(key, _, _)| !is_argument(key)) {
            let help = near(key).map(|near| format!("did you mean `{near}`?"));
            self.error_with_help(*span, format!("unknown verb `{key}`"), help);
            return;
        }
        let takers: Vec<&str> = verbs()
            .filter(|form| form.all_arguments().any(|argument| argument.word == *first))
            .map(|form| form.word)
            .take(4)
            .collect();
        let help = if takers.is_empty() {
            "add what it shall do, such as `click = \"#save\"`".to_owned()
        } else {
            format!("`{first}` goes with {}", suggest::list(takers))
        };
        self.error_with_help(*first_span, "the step has no verb", Some(help));
    }

    /// What people see of a step without a name: the verb with its argument as written.
    fn title(&mut self, form: &Form<Action>, entries: &Entries<'_, '_>) -> Template {
        let Some((_, _, node)) = entries.iter().find(|(key, _, _)| *key == form.word) else {
            return Template::literal(form.word);
        };
        let span = Span::from(node.span());
        let subject = match node.get_ref() {
            DeValue::Boolean(_) => String::new(),
            DeValue::String(text) => shorten(text),
            DeValue::Table(table) if matches!(form.subject, Kind::Map(_) | Kind::Variables) => {
                super::reader::entries(table).iter().map(|(key, _, _)| *key).collect::<Vec<_>>().join(", ")
            }
            _ => shorten(self.source.text.get(span.start..span.end).unwrap_or_default()),
        };
        let text = match (form.word, subject.as_str()) {
            (word, "") => word.to_owned(),
            ("group", subject) => subject.to_owned(),
            (word, subject) => format!("{word} {subject}"),
        };
        // A script's `${` is its own, and a shortened text may end within a variable.
        let template =
            if matches!(form.subject, Kind::Script) { None } else { Template::parse(&text, span).ok() };
        template.unwrap_or_else(|| Template { span, ..Template::literal(&text) })
    }
}

/// Whether nothing beside `if` looks like a misspelt verb.
fn only_if(entries: &Entries<'_, '_>) -> bool {
    entries.iter().all(|(key, _, _)| is_argument(key) || suggest::one_of(key, verb_words()).is_none())
}

/// One line of at most 80 characters.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn verb_words() -> impl Iterator<Item = &'static str> {
    verbs().map(|form| form.word)
}

/// Whether any verb takes a key of that name.
fn is_argument(key: &str) -> bool {
    COMMON.iter().any(|argument| argument.word == key)
        || verbs().any(|form| form.all_arguments().any(|argument| argument.word == key))
}

/// The verb that was meant: by spelling, else by what other tools call it.
fn near(key: &str) -> Option<&'static str> {
    const ELSEWHERE: [(&str, &str); 22] = [
        ("open", "goto"),
        ("visit", "goto"),
        ("navigate", "goto"),
        ("url", "goto"),
        ("get", "goto"),
        ("dblclick", "double_click"),
        ("tap", "click"),
        ("input", "fill"),
        ("enter", "fill"),
        ("send_keys", "type"),
        ("key", "press"),
        ("sleep", "wait"),
        ("pause", "wait"),
        ("wait_for", "expect"),
        ("assert", "expect"),
        ("verify", "expect"),
        ("should", "expect"),
        ("execute", "script"),
        ("evaluate", "script"),
        ("store", "save"),
        ("include", "use"),
        ("frame", "within"),
    ];
    let plain = key.to_lowercase();
    let other =
        ELSEWHERE.into_iter().find(|(word, _)| *word == plain.replace('-', "_")).map(|(_, verb)| verb);
    other.or_else(|| suggest::one_of(key, verb_words()))
}

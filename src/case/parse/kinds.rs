//! Reads one value as its kind says: the one place where kinds and values meet.

use super::given::Given;
use super::reader::{Node, Reader, found};
use crate::case::locator::Locator;
use crate::case::model::Flow;
use crate::case::pattern::Pattern;
use crate::case::spec::Kind;
use crate::case::spec::matchers::MATCHERS;
use crate::case::template::{Template, ValueTemplate, is_variable_name};
use crate::case::{suggest, url};
use crate::source::Span;
use std::sync::Arc;
use toml::de::DeValue;

impl Reader<'_> {
    /// Reads the value of the key `word`. `None` when it is wrong, which has been reported then.
    pub(super) fn read(&mut self, kind: &Kind, word: &str, node: &Node<'_>) -> Option<Given> {
        match kind {
            Kind::Text => self.template(kind, word, node).map(Given::Template),
            Kind::Url => self.url(word, node).map(Given::Template),
            Kind::Plain | Kind::Reason => self.plain(kind, word, node).map(Given::Plain),
            Kind::Script => self.script(word, node).map(Given::Plain),
            Kind::Defines => self.name(word, node).map(|name| {
                self.names.defines.insert(name.clone());
                Given::Plain(name)
            }),
            Kind::Reads => self.reads(word, node).map(Given::Plain),
            Kind::Word(words) => self.word(words, word, node).map(Given::Word),
            Kind::True => self.just_true(word, node).map(Given::Flag),
            Kind::Flag => self.flag(word, node).map(Given::Flag),
            Kind::FlagOrVariable => self.flag_argument(word, node).map(Given::FlagArg),
            Kind::Whole(least, most) => self.whole(*least..=*most, word, node).map(Given::Whole),
            Kind::WholeOrVariable => self.whole_argument(word, node).map(Given::WholeArg),
            Kind::Number => self.number_argument(word, node).map(Given::NumberArg),
            Kind::Duration => self.duration(word, node).map(Given::Duration),
            Kind::Pause => self.pause(word, node).map(Given::DurationArg),
            Kind::Date => self.date(word, node).map(Given::Date),
            Kind::Locator => self.locator(word, node).map(Given::Locator),
            Kind::Pattern => self.pattern(word, node).map(Given::Pattern),
            Kind::Test => self.test(word, node).map(Given::Test),
            Kind::ValueTest => self.value_test(word, node).map(Given::ValueTest),
            Kind::Value => self.value(node).map(Given::Value),
            Kind::Values | Kind::ValuesOrVariable | Kind::Texts | Kind::TextOrTexts => {
                self.list_of_values(kind, word, node).map(Given::Value)
            }
            Kind::Count => self.count(word, node).map(Given::Count),
            Kind::Point => self.point(word, node).map(Given::Point),
            Kind::Keys => self.keys(word, node).map(Given::Keys),
            Kind::Steps => self.steps(word, node).map(Given::Steps),
            Kind::Condition => {
                self.condition(word, node).map(|condition| Given::Condition(Box::new(condition)))
            }
            Kind::Conditions => self.conditions(word, node).map(Given::Conditions),
            Kind::Matchers => self.matchers(word, node).map(Given::Matchers),
            Kind::Flow => self.flow(word, node).map(Given::Flow),
            Kind::Rows => self.rows(word, node).map(Given::Rows),
            Kind::List(kind) => self.list(kind, word, node).map(Given::List),
            Kind::Map(kind) => self.map(kind, word, node).map(Given::Map),
            Kind::Variables => self.variables(word, node).map(Given::Map),
            Kind::Table(arguments) => self.table(arguments, word, node).map(Given::Table),
            Kind::Either(kinds) => self.either(kinds, word, node),
        }
    }

    /// Reports a value of the wrong type.
    pub(super) fn wrong(&mut self, kind: &Kind, word: &str, node: &Node<'_>) {
        let help = match (kind, node.get_ref()) {
            (Kind::Reason, DeValue::Boolean(false)) => Some("leave it out".to_owned()),
            (Kind::Reason, _) => Some(format!("for whoever reads it later: `{word} = \"…\"`")),
            (
                Kind::Text | Kind::Plain | Kind::Test | Kind::Url,
                DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_),
            ) => {
                let span = node.span();
                Some(format!("write \"{}\"", self.source.text.get(span).unwrap_or_default()))
            }
            (Kind::Flag | Kind::FlagOrVariable | Kind::True, DeValue::String(text))
                if text == "true" || text == "false" =>
            {
                Some(format!("write {text} without quotes"))
            }
            (Kind::Whole(..) | Kind::WholeOrVariable | Kind::Number, DeValue::String(text))
                if text.trim().parse::<f64>().is_ok() =>
            {
                Some(format!("write {} without quotes", text.trim()))
            }
            (_, DeValue::String(text)) if text.contains("${") => {
                Some("a variable cannot stand here".to_owned())
            }
            _ => None,
        };
        let message = format!("`{word}` needs {}, found {}", kind.expected(), found(node));
        self.error_with_help(node.span().into(), message, help);
    }

    /// A text with variables.
    pub(super) fn template(&mut self, kind: &Kind, word: &str, node: &Node<'_>) -> Option<Template> {
        let DeValue::String(text) = node.get_ref() else {
            self.wrong(kind, word, node);
            return None;
        };
        self.template_of(text, node.span().into())
    }

    /// A string as a template; its variables are noted.
    pub(super) fn template_of(&mut self, text: &str, span: Span) -> Option<Template> {
        match Template::parse(text, span) {
            Ok(template) => {
                self.note(&template);
                Some(template)
            }
            Err(error) => {
                let place = self.within(span, text, error.at);
                self.error_with_help(place, error.message, Some(error.help));
                None
            }
        }
    }

    fn url(&mut self, word: &str, node: &Node<'_>) -> Option<Template> {
        let template = self.template(&Kind::Url, word, node)?;
        match url::check(&template.text, |scheme| self.files.allows_scheme(scheme)) {
            Ok(()) => Some(template),
            Err(error) => {
                self.error_with_help(node.span().into(), error.to_string(), Some(error.help()));
                None
            }
        }
    }

    fn name(&mut self, word: &str, node: &Node<'_>) -> Option<String> {
        let name = self.plain(&Kind::Defines, word, node)?;
        self.variable_name(&name, node.span().into()).then_some(name)
    }

    /// Whether a variable may be called so; reported if not.
    pub(super) fn variable_name(&mut self, name: &str, span: Span) -> bool {
        if is_variable_name(name) {
            return true;
        }
        let help = Some("a name is made of letters, digits, `_` and `-`");
        self.error_with_help(span, format!("`{name}` cannot be the name of a variable"), help);
        false
    }

    fn reads(&mut self, word: &str, node: &Node<'_>) -> Option<String> {
        let name = self.plain(&Kind::Reads, word, node)?;
        let inner = name.strip_prefix("${").and_then(|name| name.strip_suffix('}'));
        if let Some(inner) = inner {
            let help = Some(format!("write `{word} = \"{inner}\"`"));
            self.error_with_help(
                node.span().into(),
                format!("`{word}` takes the name of a variable, not its value"),
                help,
            );
            return None;
        }
        let template = self.template_of(&format!("${{{name}}}"), node.span().into())?;
        template.single().map(str::to_owned)
    }

    fn locator(&mut self, word: &str, node: &Node<'_>) -> Option<Locator> {
        let template = self.template(&Kind::Locator, word, node)?;
        let text = template.text.clone();
        match Locator::parse(template) {
            Ok(locator) => Some(locator),
            Err(error) => {
                let place = self.within(node.span().into(), &text, error.at);
                self.error_with_help(place, error.message, error.help);
                None
            }
        }
    }

    pub(super) fn pattern(&mut self, word: &str, node: &Node<'_>) -> Option<Pattern> {
        let template = self.template(&Kind::Pattern, word, node)?;
        match Pattern::parse(&template) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.error_with_help(node.span().into(), format!("bad pattern: {error}"), error.help());
                None
            }
        }
    }

    fn flow(&mut self, word: &str, node: &Node<'_>) -> Option<Arc<Flow>> {
        let path = self.plain(&Kind::Flow, word, node)?;
        match self.files.flow(&path, node.span().into()) {
            Ok(Some(flow)) => {
                self.names.defines.extend(flow.returns.iter().cloned());
                self.names.flows.push((Arc::clone(&flow), node.span().into()));
                Some(flow)
            }
            Ok(None) => {
                self.names.blind = true;
                None
            }
            Err(why) => {
                self.names.blind = true;
                self.error(node.span().into(), why);
                None
            }
        }
    }

    fn list(&mut self, kind: &Kind, word: &str, node: &Node<'_>) -> Option<Vec<Given>> {
        let DeValue::Array(items) = node.get_ref() else {
            self.wrong(&Kind::List(&Kind::Value), word, node);
            return None;
        };
        let read: Vec<Option<Given>> = items.iter().map(|item| self.read(kind, word, item)).collect();
        read.into_iter().collect()
    }

    fn map(&mut self, kind: &Kind, word: &str, node: &Node<'_>) -> Option<Vec<(String, Given)>> {
        let entries = self.entries_of(&Kind::Variables, word, node)?;
        if entries.is_empty() {
            self.error(node.span().into(), format!("`{word}` is an empty table"));
            return None;
        }
        let read: Vec<Option<(String, Given)>> = entries
            .iter()
            .map(|(key, _, value)| Some(((*key).to_owned(), self.read(kind, key, value)?)))
            .collect();
        read.into_iter().collect()
    }

    fn variables(&mut self, word: &str, node: &Node<'_>) -> Option<Vec<(String, Given)>> {
        for (key, span, _) in self.entries_of(&Kind::Variables, word, node)? {
            if self.variable_name(key, span) {
                self.names.defines.insert(key.to_owned());
            }
        }
        self.map(&Kind::Value, word, node)
    }

    /// The entries of a table in the order of the file.
    pub(super) fn entries_of<'t, 'i>(
        &mut self,
        kind: &Kind,
        word: &str,
        node: &'t Node<'i>,
    ) -> Option<Vec<(&'t str, Span, &'t Node<'i>)>> {
        if let DeValue::Table(table) = node.get_ref() {
            return Some(super::reader::entries(table));
        }
        self.wrong(kind, word, node);
        None
    }

    /// The kind is told by the value's shape; a value of no fitting shape is told what all of them expect.
    fn either(&mut self, kinds: &'static [Kind], word: &str, node: &Node<'_>) -> Option<Given> {
        let fits = |kind: &&Kind| match node.get_ref() {
            DeValue::Boolean(_) => {
                matches!(kind, Kind::Flag | Kind::True | Kind::FlagOrVariable | Kind::Value)
            }
            DeValue::Integer(_) | DeValue::Float(_) => {
                matches!(
                    kind,
                    Kind::Whole(..) | Kind::WholeOrVariable | Kind::Number | Kind::Count | Kind::Value
                )
            }
            DeValue::Array(_) => matches!(kind, Kind::List(_) | Kind::Point | Kind::Values | Kind::Value),
            DeValue::Table(_) => matches!(kind, Kind::Table(_) | Kind::Map(_) | Kind::Test | Kind::Value),
            DeValue::String(_) => matches!(
                kind,
                Kind::Text
                    | Kind::Plain
                    | Kind::Reason
                    | Kind::Word(_)
                    | Kind::Test
                    | Kind::Locator
                    | Kind::Value
                    | Kind::Url
                    | Kind::TextOrTexts
            ),
            DeValue::Datetime(_) => matches!(kind, Kind::Date | Kind::Value),
        };
        if let Some(kind) = kinds.iter().find(fits) {
            return self.read(kind, word, node);
        }
        self.wrong(&Kind::Either(kinds), word, node);
        None
    }

    /// A list of values, or what may stand for one.
    fn list_of_values(&mut self, kind: &Kind, word: &str, node: &Node<'_>) -> Option<ValueTemplate> {
        let value = match node.get_ref() {
            DeValue::Array(_) => self.value(node)?,
            DeValue::String(text) if !matches!(kind, Kind::Values) => {
                let template = self.template_of(text, node.span().into())?;
                if template.single().is_none() && !matches!(kind, Kind::TextOrTexts) {
                    self.error_with_help(
                        node.span().into(),
                        format!("`{word}` needs {}, found the text `{text}`", kind.expected()),
                        Some(format!("write [\"{text}\"]")),
                    );
                    return None;
                }
                ValueTemplate::Text(template)
            }
            _ => {
                self.wrong(kind, word, node);
                return None;
            }
        };
        if let (ValueTemplate::List(items), Kind::Texts | Kind::TextOrTexts) = (&value, kind)
            && items.iter().any(|item| matches!(item, ValueTemplate::List(_) | ValueTemplate::Table(_)))
        {
            self.error(
                node.span().into(),
                format!("`{word}` needs {}, found a list of other things", kind.expected()),
            );
            return None;
        }
        Some(value)
    }

    /// One of several words.
    fn word(&mut self, words: &'static [&'static str], word: &str, node: &Node<'_>) -> Option<&'static str> {
        let DeValue::String(text) = node.get_ref() else {
            self.wrong(&Kind::Word(words), word, node);
            return None;
        };
        if let Some(known) = words.iter().find(|known| *known == text) {
            return Some(known);
        }
        let help = suggest::one_of(text, words.iter().copied()).map_or_else(
            || format!("it is {}", Kind::Word(words).expected()),
            |near| format!("did you mean `{near}`?"),
        );
        self.error_with_help(node.span().into(), format!("`{word}` cannot be `{text}`"), Some(help));
        None
    }

    /// A table of matchers, as `not` takes it.
    fn matchers(&mut self, word: &str, node: &Node<'_>) -> Option<crate::case::matcher::Matchers> {
        let entries = self.entries_of(&Kind::Matchers, word, node)?;
        if entries.is_empty() {
            self.error(node.span().into(), format!("`{word}` needs a matcher, such as `{{ text = \"…\" }}`"));
            return None;
        }
        self.arguments(&[MATCHERS], &entries, &format!("`{word}`")).good().map(|mut read| read.matchers())
    }
}

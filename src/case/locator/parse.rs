//! From a locator's text to its parts. Splits before any variable is filled in, so that a variable's value can never
//! become syntax.

use super::scan::Scanner;
use super::{LocatorError, Part, TextForm};
use crate::case::pattern::Pattern;
use crate::case::suggest;
use crate::case::template::Template;

/// Whether `${…}` in the text is a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variables {
    /// It is.
    Filled,
    /// It is just text.
    None,
}

/// The words that may stand before a `=`, in the order in which the reference explains them.
pub(super) const FORMS: [&str; 18] = [
    "css",
    "text",
    "role",
    "label",
    "placeholder",
    "alt",
    "title",
    "testid",
    "xpath",
    "id",
    "name",
    "link",
    "partial_link",
    "frame",
    "nth",
    "visible",
    "has",
    "has_text",
];

/// What Playwright and jQuery call selectors and CSS does not know, with what says the same here.
const NOT_CSS: [(&str, &str); 7] = [
    (":has-text(", "`>> has_text=…`"),
    (":contains(", "`>> has_text=…`"),
    (":text(", "`text=…`"),
    (":text-is(", "`text=\"…\"`"),
    (":visible", "`>> visible`"),
    (":nth-match(", "`>> nth=…`"),
    (":eq(", "`>> nth=…`"),
];

pub(super) fn parts(template: &Template, variables: Variables) -> Result<Box<[Part]>, LocatorError> {
    let scanner =
        Scanner { text: &template.text, at: 0, variables: variables == Variables::Filled, nested: 0 };
    let mut parser = Parser { scanner, template };
    let parts = parser.chain()?;
    if parser.scanner.rest().is_empty() {
        return Ok(parts);
    }
    let at = parser.scanner.at;
    Err(parser.scanner.error(at..at + 1, "`)` closes nothing"))
}

pub(super) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    template: &'a Template,
}

impl Parser<'_> {
    /// `A >> B >> …`
    fn chain(&mut self) -> Result<Box<[Part]>, LocatorError> {
        let mut parts = Vec::new();
        loop {
            self.scanner.skip_spaces();
            let start = self.scanner.at;
            if self.scanner.at_end_of_part() {
                return Err(self.empty_part(start, parts.is_empty()));
            }
            let part = self.part()?;
            if parts.is_empty()
                && matches!(
                    part,
                    Part::Parent | Part::Nth(_) | Part::Visible | Part::Text("has_text", _) | Part::Has(_)
                )
            {
                let written = &self.scanner.text[start..self.scanner.at];
                let error =
                    self.scanner.error(start..self.scanner.at, format!("nothing stands before `{written}`"));
                return Err(LocatorError {
                    help: Some(format!("it goes after what it narrows down: `LOCATOR >> {written}`")),
                    ..error
                });
            }
            parts.push(part);
            self.scanner.skip_spaces();
            if !self.scanner.eat(">>") {
                return Ok(parts.into());
            }
        }
    }

    fn empty_part(&self, start: usize, first: bool) -> LocatorError {
        let rest = self.scanner.rest();
        let (length, message) = match (rest.get(..2), first) {
            (Some(">>"), true) => (2, "nothing stands before `>>`"),
            (Some(">>"), false) => (2, "nothing stands between two `>>`"),
            (_, true) => (rest.chars().next().map_or(0, char::len_utf8), "the locator is empty"),
            (_, false) => (0, "nothing follows `>>`"),
        };
        self.scanner.error(start..start + length, message)
    }

    fn part(&mut self) -> Result<Part, LocatorError> {
        let rest = self.scanner.rest();
        if let Some(variable) = self.whole_variable() {
            return Ok(variable);
        }
        if let Some(word) = form_word(rest) {
            let start = self.scanner.at;
            self.scanner.at += word.len() + 1;
            return self.form(word, start);
        }
        for (word, part) in [("..", Part::Parent), ("visible", Part::Visible)] {
            let start = self.scanner.at;
            if self.scanner.eat(word) {
                if self.scanner.at_end_of_part() {
                    return Ok(part);
                }
                self.scanner.at = start;
            }
        }
        if rest.starts_with('/') || rest.starts_with('(') {
            return Ok(Part::Xpath(self.selector("xpath")?));
        }
        Ok(Part::Css(self.selector("css")?))
    }

    /// `${x}` with nothing beside it.
    fn whole_variable(&mut self) -> Option<Part> {
        let rest = self.scanner.rest();
        if !self.scanner.variables || !rest.starts_with("${") {
            return None;
        }
        let end = self.scanner.at + rest.find('}')? + 1;
        let start = std::mem::replace(&mut self.scanner.at, end);
        if self.scanner.at_end_of_part() {
            return self.template_of(&self.scanner.text[start..end]).ok().map(Part::Variable);
        }
        self.scanner.at = start;
        None
    }

    fn form(&mut self, word: &str, start: usize) -> Result<Part, LocatorError> {
        match word {
            "css" | "xpath" => {
                self.scanner.skip_spaces();
                let selector = self.selector(word)?;
                Ok(if word == "css" { Part::Css(selector) } else { Part::Xpath(selector) })
            }
            "role" => self.role(),
            "has" => Ok(Part::Has(self.inner(word)?)),
            "frame" => Ok(Part::Frame(self.inner(word)?)),
            "nth" => self.nth(start),
            "id" | "name" | "link" | "partial_link" => {
                let value = self.plain_value(word)?;
                Ok(Part::Value(known(word), self.template_of(&value)?))
            }
            "text" | "label" | "placeholder" | "alt" | "title" | "testid" | "has_text" => {
                let mut form = self.text_form(word, None)?;
                // A test id is a name, not a text: half of one is another one.
                if let (TextForm::Contains(text), "testid") = (&mut form, word) {
                    form = TextForm::Exact(std::mem::take(text));
                }
                Ok(Part::Text(known(word), form))
            }
            _ => {
                let error = self
                    .scanner
                    .error(start..start + word.len(), format!("unknown kind of locator `{word}=`"));
                let help = suggest::one_of(word, FORMS).map_or_else(
                    || format!("a locator is a CSS selector or begins with one of {}", suggest::list(FORMS)),
                    |near| format!("did you mean `{near}=`?"),
                );
                Err(LocatorError { help: Some(help), ..error })
            }
        }
    }

    /// A selector to the end of the part. What CSS does not have is told at load, not by the page.
    fn selector(&mut self, kind: &str) -> Result<Template, LocatorError> {
        let start = self.scanner.at;
        let text = self.scanner.selector(kind == "css")?;
        if text.is_empty() {
            return Err(self
                .scanner
                .error(start..self.scanner.text.len(), format!("`{kind}=` needs a selector")));
        }
        if kind == "css" {
            for (foreign, instead) in NOT_CSS {
                let Some(found) = text.find(foreign) else { continue };
                let name = foreign.trim_end_matches('(');
                if foreign == name
                    && text[found + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '-')
                {
                    continue;
                }
                let at = start + found..start + found + name.len();
                let error = self.scanner.error(at, format!("CSS has no `{name}`"));
                return Err(LocatorError { help: Some(format!("write {instead}")), ..error });
            }
        }
        self.template_of(text)
    }

    /// `(LOCATOR)` or a single part.
    fn inner(&mut self, word: &str) -> Result<Box<[Part]>, LocatorError> {
        self.scanner.skip_spaces();
        let start = self.scanner.at;
        if self.scanner.at_end_of_part() {
            return Err(self
                .scanner
                .error(start..self.scanner.text.len(), format!("`{word}=` needs a locator")));
        }
        let bracketed = self.scanner.eat("(");
        let parts = if bracketed {
            self.scanner.nested += 1;
            let parts = self.chain()?;
            self.scanner.nested -= 1;
            if !self.scanner.eat(")") {
                return Err(self.scanner.error(start..start + 1, "`(` is not closed"));
            }
            self.ends(&format!("`{word}=(…)`"))?;
            parts
        } else {
            [self.part()?].into()
        };
        if parts.iter().any(|part| matches!(part, Part::Frame(_))) {
            return Err(self
                .scanner
                .error(start..self.scanner.at, format!("a frame cannot stand within `{word}=`")));
        }
        Ok(parts)
    }

    fn nth(&mut self, start: usize) -> Result<Part, LocatorError> {
        let text = self.scanner.bare();
        let template = self.template_of(text)?;
        if template.is_plain() && text.parse::<i32>().is_err() {
            return Err(self
                .scanner
                .error(start..self.scanner.at, format!("`nth=` needs a whole number, found `{text}`")));
        }
        Ok(Part::Nth(template))
    }

    /// The value of `id=` and its like: quoted only where it holds a `>>`.
    fn plain_value(&mut self, word: &str) -> Result<String, LocatorError> {
        self.scanner.skip_spaces();
        let start = self.scanner.at;
        if self.scanner.rest().starts_with(['"', '\'']) {
            let value = self.scanner.quoted()?;
            self.ends("the quoted text")?;
            return Ok(value);
        }
        let value = self.scanner.bare();
        if value.is_empty() {
            return Err(self
                .scanner
                .error(start..self.scanner.text.len(), format!("`{word}=` needs a value")));
        }
        Ok(value.to_owned())
    }

    /// Quoted, `/…/`, or bare up to the end of the part (up to `]` within a role).
    pub(super) fn text_form(&mut self, word: &str, bracket: Option<char>) -> Result<TextForm, LocatorError> {
        self.scanner.skip_spaces();
        let start = self.scanner.at;
        let form = match self.scanner.rest().chars().next() {
            Some('"' | '\'') => {
                let text = self.scanner.quoted()?;
                TextForm::Exact(self.template_of(&text)?)
            }
            Some('/') => {
                let (source, flags) = self.scanner.pattern()?;
                let pattern = Pattern::between_slashes(self.template_of(source)?, flags)
                    .map_err(|error| self.scanner.error(start..self.scanner.at, error.to_string()))?;
                TextForm::Pattern(pattern)
            }
            _ => {
                let text = if bracket.is_some() { self.scanner.until_bracket() } else { self.scanner.bare() };
                if text.is_empty() {
                    return Err(self
                        .scanner
                        .error(start..self.scanner.text.len(), format!("`{word}=` needs a text")));
                }
                TextForm::Contains(self.template_of(text)?)
            }
        };
        if bracket.is_none() {
            self.ends("the text")?;
        }
        Ok(form)
    }

    pub(super) fn ends(&self, what: &str) -> Result<(), LocatorError> {
        if self.scanner.at_end_of_part() {
            return Ok(());
        }
        let at = self.scanner.at;
        let rest = self.scanner.rest().trim();
        Err(self.scanner.error(
            at..at + self.scanner.rest().len(),
            format!("`{rest}` stands after {what}, expected `>>`"),
        ))
    }

    pub(super) fn template_of(&self, text: &str) -> Result<Template, LocatorError> {
        if !self.scanner.variables {
            return Ok(Template::literal(text));
        }
        Template::parse(text, self.template.span).map_err(|error| LocatorError {
            message: error.message,
            at: 0..self.scanner.text.len(),
            help: Some(error.help.to_owned()),
        })
    }
}

/// The word before a `=` that opens a part, if one does. CSS never looks like this: an attribute stands in brackets.
fn form_word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')?;
    (end > 0 && text[end..].starts_with('=')).then(|| &text[..end])
}

/// The static word that equals `word`, which is one of [`FORMS`].
fn known(word: &str) -> &'static str {
    FORMS.into_iter().find(|form| *form == word).unwrap_or_default()
}

//! Locators: how a case names elements. What a locator is; `parse` reads it, `fill` makes of it what the engine in
//! the page is asked, [`write`] turns that into a locator's text again. Nothing here finds anything.

mod fill;
mod parse;
mod parse_role;
mod quote;
mod roles;
mod scan;
mod write;

use super::pattern::Pattern;
use super::template::{Empty, FillError, Lookup, Template};
use crate::source::Span;
use serde_json::{Value, json};
use std::ops::Range;

/// A locator as written, split into its parts before any variable is filled in.
#[derive(Clone, Debug)]
pub struct Locator {
    /// As written, for messages.
    pub template: Template,
    parts: Box<[Part]>,
}

/// A text that is not a locator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatorError {
    /// What is wrong.
    pub message: String,
    /// Where in the text, in bytes.
    pub at: Range<usize>,
    /// What to do.
    pub help: Option<String>,
}

/// What stands between two `>>`.
#[derive(Clone, Debug)]
enum Part {
    /// `${x}` alone: a locator of its own, known when the step runs.
    Variable(Template),
    /// A CSS selector.
    Css(Template),
    /// An `XPath` expression.
    Xpath(Template),
    /// Found by a text of theirs: `text`, `label`, `placeholder`, `alt`, `title`, `testid`, or filtered: `has_text`.
    Text(&'static str, TextForm),
    /// An ARIA role.
    Role(Box<Role>),
    /// `id`, `name`, `link`, `partial_link`.
    Value(&'static str, Template),
    /// `..`
    Parent,
    /// `nth=`
    Nth(Template),
    /// `visible`
    Visible,
    /// `has=(…)`
    Has(Box<[Part]>),
    /// `frame=…`: what follows is inside of it.
    Frame(Box<[Part]>),
}

/// The three ways in which a text is given.
#[derive(Clone, Debug)]
enum TextForm {
    /// Bare: a case-insensitive substring.
    Contains(Template),
    /// Quoted: the whole text.
    Exact(Template),
    /// `/…/flags`
    Pattern(Pattern),
}

/// `role=button[name='Save'][pressed]`
#[derive(Clone, Debug)]
struct Role {
    word: Template,
    name: Option<TextForm>,
    states: Vec<(&'static str, Template)>,
}

/// A locator with its variables filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filled {
    /// For messages: the locator's text with variables filled in.
    pub text: String,
    /// Frames to enter, outermost first: each a query that finds one frame element in the document before it.
    pub frames: Vec<Vec<Value>>,
    /// The query in the innermost document; empty when the locator ends with a frame.
    pub query: Vec<Value>,
}

impl Filled {
    /// `inner` looked for inside of `self`, as `A >> B` is.
    #[must_use]
    pub fn join(&self, inner: &Self) -> Self {
        let mut joined = self.clone();
        for hop in &inner.frames {
            joined.extend(hop);
            joined.enter();
        }
        joined.extend(&inner.query);
        joined.text = [self.text.as_str(), inner.text.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" >> ");
        joined
    }

    /// The nth (from 0) of its matches, as `A >> nth=n` is.
    #[must_use]
    pub fn nth(&self, index: u32) -> Self {
        let mut filled = self.clone();
        filled.query.push(json!({"by": "nth", "index": index}));
        filled.text = format!("{} >> nth={index}", self.text);
        filled
    }

    /// A locator text that parses to the same thing, for a variable that holds a locator.
    pub fn as_locator(&self) -> String {
        write::locator(self)
    }

    /// Adds parts; an `XPath` that comes after other parts becomes relative to what they found.
    fn extend(&mut self, parts: &[Value]) {
        for part in parts {
            let relative = part["value"].as_str().filter(|_| part["by"] == "xpath" && !self.query.is_empty());
            self.query.push(match relative {
                Some(xpath) => json!({"by": "xpath", "value": quote::relative_xpath(xpath)}),
                None => part.clone(),
            });
        }
    }

    /// What was found so far is a frame: go into it.
    fn enter(&mut self) {
        let hop = std::mem::take(&mut self.query);
        self.frames.push(hop);
    }
}

impl Locator {
    /// The locator that `template` is.
    pub fn parse(template: Template) -> Result<Self, LocatorError> {
        let parts = parse::parts(&template, parse::Variables::Filled)?;
        Ok(Self { template, parts })
    }

    /// A locator's text in which `${` means nothing, such as the value of a variable.
    pub fn parse_literal(text: &str) -> Result<Self, LocatorError> {
        let template = Template::literal(text);
        let parts = parse::parts(&template, parse::Variables::None)?;
        Ok(Self { template, parts })
    }

    /// Fills in the variables. `test_id` is the attribute that `testid=` looks at.
    pub fn fill(&self, scope: &dyn Lookup, test_id: &str) -> Result<Filled, FillError> {
        let mut filled = Filled { text: self.template.show(scope), ..Filled::default() };
        fill::Filling { scope, test_id, span: self.template.span }.parts(&self.parts, &mut filled)?;
        Ok(filled)
    }
}

/// A variable's value as a locator, for [`Part::Variable`].
fn from_value(text: &str, test_id: &str, span: Span) -> Result<Filled, FillError> {
    let locator = Locator::parse_literal(text).map_err(|error| FillError {
        message: format!("`{text}` is not a locator: {}", error.message),
        span,
    })?;
    locator.fill(&Empty, test_id)
}

#[cfg(test)]
mod tests;

//! From a locator's parts to the JSON that the engine in the page is asked, one object a part.
//!
//! `{"by":"css"|"xpath"|"id"|"name","value":s}` · `{"by":"text"|"label"|"placeholder"|"alt"|"title"|"has_text","text":T}`
//! · `{"by":"testid","attribute":a,"text":T}` · `{"by":"role","role":r,"name":T?,"level":n?,"checked":…?,…}` ·
//! `{"by":"link","text":{"exact":s}}` `{"by":"partial_link","text":{"contains":s}}` · `{"by":"parent"}`
//! `{"by":"nth","index":n}` `{"by":"visible"}` `{"by":"has","query":[…]}`; T is `{"contains":s}`, `{"exact":s}` or
//! `{"pattern":p,"flags":f}`.

use super::{Filled, Part, Role, TextForm, from_value, quote, roles};
use crate::case::template::{FillError, Lookup, Template};
use crate::source::Span;
use serde_json::{Map, Value, json};

pub(super) struct Filling<'a> {
    pub(super) scope: &'a dyn Lookup,
    pub(super) test_id: &'a str,
    pub(super) span: Span,
}

impl Filling<'_> {
    /// Fills `parts` and adds them to what `filled` has already found.
    pub(super) fn parts(&self, parts: &[Part], filled: &mut Filled) -> Result<(), FillError> {
        for part in parts {
            match part {
                Part::Variable(template) => {
                    let found = from_value(&template.fill(self.scope)?, self.test_id, self.span)?;
                    for hop in &found.frames {
                        filled.extend(hop);
                        filled.enter();
                    }
                    filled.extend(&found.query);
                }
                Part::Frame(inner) => {
                    let hop = self.without_frames(inner)?;
                    filled.extend(&hop);
                    filled.enter();
                }
                part => filled.extend(&[self.part(part)?]),
            }
        }
        Ok(())
    }

    /// The query of a locator that stands within another one, where no frame can be entered.
    fn without_frames(&self, parts: &[Part]) -> Result<Vec<Value>, FillError> {
        let mut inner = Filled::default();
        self.parts(parts, &mut inner)?;
        if inner.frames.is_empty() {
            return Ok(inner.query);
        }
        Err(FillError { message: "a frame cannot stand within another locator".to_owned(), span: self.span })
    }

    fn part(&self, part: &Part) -> Result<Value, FillError> {
        Ok(match part {
            Part::Css(template) => json!({"by": "css", "value": quote::css(template, self.scope)?}),
            Part::Xpath(template) => json!({"by": "xpath", "value": quote::xpath(template, self.scope)?}),
            Part::Text("testid", form) => {
                json!({"by": "testid", "attribute": self.test_id, "text": self.text(form)?})
            }
            Part::Text(by, form) => json!({"by": by, "text": self.text(form)?}),
            Part::Role(role) => self.role(role)?,
            Part::Value("link", text) => json!({"by": "link", "text": {"exact": text.fill(self.scope)?}}),
            Part::Value("partial_link", text) => {
                json!({"by": "partial_link", "text": {"contains": text.fill(self.scope)?}})
            }
            Part::Value(by, value) => json!({"by": by, "value": value.fill(self.scope)?}),
            Part::Parent => json!({"by": "parent"}),
            Part::Visible => json!({"by": "visible"}),
            Part::Nth(template) => json!({"by": "nth", "index": self.index(template)?}),
            Part::Has(inner) => {
                // Relative from the start: it is looked for inside of what stands before.
                let query = self.without_frames(inner)?;
                let mut relative = Filled { query: vec![Value::Null], ..Filled::default() };
                relative.extend(&query);
                json!({"by": "has", "query": relative.query[1..]})
            }
            Part::Variable(_) | Part::Frame(_) => Value::Null,
        })
    }

    fn text(&self, form: &TextForm) -> Result<Value, FillError> {
        Ok(match form {
            TextForm::Contains(text) => json!({"contains": text.fill(self.scope)?}),
            TextForm::Exact(text) => json!({"exact": text.fill(self.scope)?}),
            TextForm::Pattern(pattern) => pattern.fill(self.scope)?,
        })
    }

    fn role(&self, role: &Role) -> Result<Value, FillError> {
        let name = role.word.fill(self.scope)?;
        if !roles::is_role(&name) {
            return Err(role.word.error(format!("unknown role `{name}`")));
        }
        let mut filled = Map::new();
        filled.insert("by".to_owned(), "role".into());
        filled.insert("role".to_owned(), name.into());
        if let Some(form) = &role.name {
            filled.insert("name".to_owned(), self.text(form)?);
        }
        for (state, template) in &role.states {
            let text = template.fill(self.scope)?;
            let value = roles::state_value(state, &text).map_err(|message| template.error(message))?;
            filled.insert((*state).to_owned(), value);
        }
        Ok(filled.into())
    }

    fn index(&self, template: &Template) -> Result<i32, FillError> {
        let text = template.fill(self.scope)?;
        text.trim()
            .parse()
            .map_err(|_| template.error(format!("`nth=` needs a whole number, found `{text}`")))
    }
}

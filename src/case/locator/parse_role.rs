//! Reads `role=button[name='Save'][pressed]`.

use super::parse::Parser;
use super::{LocatorError, Part, Role, roles};
use crate::case::suggest;
use crate::case::template::Template;

impl Parser<'_> {
    pub(super) fn role(&mut self) -> Result<Part, LocatorError> {
        self.scanner.skip_spaces();
        let start = self.scanner.at;
        let rest = self.scanner.rest();
        let length =
            rest.find(|c: char| c == '[' || c == '>' || c == ')' || c.is_whitespace()).unwrap_or(rest.len());
        self.scanner.at += length;
        let role = self.template_of(&rest[..length])?;
        if role.is_plain() && !roles::is_role(&role.text) {
            let message = if length == 0 {
                "`role=` needs a role".to_owned()
            } else {
                format!("unknown role `{}`", role.text)
            };
            let help =
                suggest::one_of(&role.text, roles::ROLES).map(|near| format!("did you mean `{near}`?"));
            return Err(LocatorError { help, ..self.scanner.error(start..start + length, message) });
        }
        let mut parsed = Role { word: role, name: None, states: Vec::new() };
        loop {
            self.scanner.skip_spaces();
            if !self.scanner.eat("[") {
                break;
            }
            self.role_attribute(&mut parsed)?;
        }
        self.ends("the role").map_err(|error| LocatorError {
            help: Some(format!("write `role={}[name='…']` for its name", parsed.word.text)),
            ..error
        })?;
        Ok(Part::Role(Box::new(parsed)))
    }

    /// What stands between `[` and `]` after a role.
    fn role_attribute(&mut self, role: &mut Role) -> Result<(), LocatorError> {
        self.scanner.skip_spaces();
        let start = self.scanner.at;
        let rest = self.scanner.rest();
        let word =
            &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len())];
        self.scanner.at += word.len();
        let Some(state) = roles::ATTRIBUTES.into_iter().find(|it| *it == word) else {
            let error = self.scanner.error(start..start + word.len(), format!("a role has no `{word}`"));
            let help = suggest::one_of(word, roles::ATTRIBUTES).map_or_else(
                || format!("it has {}", suggest::list(roles::ATTRIBUTES)),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(LocatorError { help: Some(help), ..error });
        };
        self.scanner.skip_spaces();
        let given = self.scanner.eat("=");
        if state == "name" {
            if !given {
                return Err(self.scanner.error(start..self.scanner.at, "`name` needs a text: `[name='…']`"));
            }
            role.name = Some(self.text_form("name", Some(']'))?);
        } else {
            role.states.push((state, self.state(state, given, start)?));
        }
        self.scanner.skip_spaces();
        if self.scanner.eat("]") {
            return Ok(());
        }
        Err(self.scanner.error(start.saturating_sub(1)..start, "`[` is not closed"))
    }

    fn state(&mut self, state: &str, given: bool, start: usize) -> Result<Template, LocatorError> {
        if !given {
            if state == "level" {
                return Err(self
                    .scanner
                    .error(start..self.scanner.at, "`level` needs a number: `[level=2]`"));
            }
            return Ok(Template::literal("true"));
        }
        self.scanner.skip_spaces();
        let from = self.scanner.at;
        let value = if self.scanner.rest().starts_with(['"', '\'']) {
            self.scanner.quoted()?
        } else {
            self.scanner.until_bracket().to_owned()
        };
        let template = self.template_of(&value)?;
        if template.is_plain() {
            roles::state_value(state, &value)
                .map_err(|message| self.scanner.error(from..self.scanner.at, message))?;
        }
        Ok(template)
    }
}

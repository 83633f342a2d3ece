//! Where `${…}` is looked up while an attempt runs: what the command line, the row, the case and the settings say, and
//! what steps have set. A flow has a layer of its own.

use super::builtin::Builtin;
use super::problem::unset;
use crate::case::model::{Case, Row};
use crate::case::template::{FillError, Lookup, ValueTemplate};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Variables by name.
pub(super) type Variables = BTreeMap<String, Value>;

/// All variables of an attempt.
#[derive(Debug)]
pub(super) struct Scope<'r> {
    builtin: Builtin<'r>,
    row: Option<&'r Row>,
    /// The case's own, then one for each flow that is open.
    layers: Vec<Layer>,
    /// The case's `vars` that use what only steps set: filled in where they are read.
    pending: BTreeMap<String, ValueTemplate>,
}

#[derive(Debug, Default)]
struct Layer {
    /// By `set`, `save` and the like.
    set: Variables,
    /// The case's `vars`, or a flow's parameters.
    given: Variables,
}

impl<'r> Scope<'r> {
    /// The scope of an attempt at its beginning, with the case's variables filled in.
    pub(super) fn new(
        mut builtin: Builtin<'r>,
        case: &Case,
        row: Option<&'r Row>,
    ) -> Result<Self, FillError> {
        let Filled { given, pending, base_url } = Filling::new(&builtin, case, row).all()?;
        builtin.base_url = base_url;
        Ok(Self { builtin, row, layers: vec![Layer { set: Variables::new(), given }], pending })
    }

    /// What relative URLs are joined to.
    pub(super) fn base_url(&self) -> Option<&str> {
        self.builtin.base_url.as_deref()
    }

    /// Sets a variable for the rest of the attempt, or of the flow.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.top().set.insert(name.to_owned(), value);
    }

    /// What a variable was set to by steps, for [`Scope::restore`].
    pub(super) fn peek(&self, name: &str) -> Option<Value> {
        self.layers.last().and_then(|layer| layer.set.get(name).cloned())
    }

    /// Brings back what [`Scope::peek`] saw.
    pub(super) fn restore(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => self.set(name, value),
            None => drop(self.top().set.remove(name)),
        }
    }

    /// Opens the layer of a flow.
    pub(super) fn enter_flow(&mut self, parameters: Variables) {
        self.layers.push(Layer { set: Variables::new(), given: parameters });
    }

    /// Adds a parameter that the flow fills by itself.
    pub(super) fn give(&mut self, name: &str, value: Value) {
        self.top().given.insert(name.to_owned(), value);
    }

    /// Closes the layer of a flow and passes `returns` on to the caller; names one that the flow never set.
    pub(super) fn leave_flow<'n>(&mut self, returns: &'n [String]) -> Result<(), &'n str> {
        let values: Vec<(&String, Option<Value>)> =
            returns.iter().map(|name| (name, self.get(name))).collect();
        self.drop_flow();
        for (name, value) in values {
            self.set(name, value.ok_or(name.as_str())?);
        }
        Ok(())
    }

    /// Closes the layer of a flow that did not get to its end.
    pub(super) fn drop_flow(&mut self) {
        if self.layers.len() > 1 {
            self.layers.pop();
        }
    }

    fn top(&mut self) -> &mut Layer {
        if self.layers.is_empty() {
            self.layers.push(Layer::default());
        }
        let last = self.layers.len() - 1;
        &mut self.layers[last]
    }
}

impl Lookup for Scope<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.builtin.get(name, self.row) {
            return Some(value);
        }
        let layer = self.layers.last()?;
        if let Some(value) = layer.set.get(name) {
            return Some(value.clone());
        }
        let context = self.builtin.context;
        if self.layers.len() > 1 {
            // A flow's parameters are its caller's words: nothing outside may change them.
            let value = layer.given.get(name).or_else(|| context.vars_override.get(name));
            return value.or_else(|| context.vars.get(name)).cloned();
        }
        let value = context.vars_override.get(name).or_else(|| self.row.and_then(|row| row.get(name)));
        let value = value.or_else(|| layer.given.get(name)).cloned();
        // One that lacks something still is as good as not set.
        let value = value.or_else(|| self.pending.get(name).and_then(|it| it.fill(self).ok()));
        value.or_else(|| context.vars.get(name).cloned())
    }
}

/// Fills in a case's `vars` and its `base_url`, each of which may use the others, in whatever order that needs.
struct Filling<'f> {
    builtin: &'f Builtin<'f>,
    case: &'f Case,
    row: Option<&'f Row>,
    base_url: Option<ValueTemplate>,
    done: RefCell<Variables>,
    /// Being filled, outermost first.
    open: RefCell<Vec<String>>,
    /// The first error: a lookup can only say that there is nothing.
    error: RefCell<Option<FillError>>,
}

/// What it comes to.
struct Filled {
    given: Variables,
    /// Those that use what is not set yet.
    pending: BTreeMap<String, ValueTemplate>,
    base_url: Option<String>,
}

const BASE_URL: &str = "base_url";

impl<'f> Filling<'f> {
    fn new(builtin: &'f Builtin<'f>, case: &'f Case, row: Option<&'f Row>) -> Self {
        let settled = builtin.context.base_url_override.is_some();
        let base_url = case.base_url.clone().filter(|_| !settled).map(ValueTemplate::Text);
        Self {
            builtin,
            case,
            row,
            base_url,
            done: RefCell::default(),
            open: RefCell::default(),
            error: RefCell::default(),
        }
    }

    fn all(self) -> Result<Filled, FillError> {
        let mut pending = BTreeMap::new();
        for (name, template) in &self.case.vars {
            match self.value(name) {
                Ok(_) => {}
                Err(error) if unset(&error.message).is_some() => {
                    pending.insert(name.clone(), template.clone());
                }
                Err(error) => return Err(error),
            }
        }
        let base_url = match self.base_url {
            Some(_) => match self.value(BASE_URL)? {
                Some(Value::String(url)) => Some(url),
                Some(other) => Some(other.to_string()),
                None => None,
            },
            None => self.builtin.base_url.clone(),
        };
        let mut given = self.done.into_inner();
        given.remove(BASE_URL);
        Ok(Filled { given, pending, base_url })
    }

    fn template(&self, name: &str) -> Option<&ValueTemplate> {
        if name == BASE_URL { self.base_url.as_ref() } else { self.case.vars.get(name) }
    }

    fn value(&self, name: &str) -> Result<Option<Value>, FillError> {
        if let Some(value) = self.done.borrow().get(name) {
            return Ok(Some(value.clone()));
        }
        let Some(template) = self.template(name) else { return Ok(None) };
        if self.open.borrow().iter().any(|it| it == name) {
            let circle = self.open.borrow().join("` uses `");
            let message = format!("variables go in a circle: `{circle}` uses `{name}`");
            return Err(FillError { message, span: self.case.span });
        }
        self.open.borrow_mut().push(name.to_owned());
        let filled = template.fill(self);
        self.open.borrow_mut().pop();
        if let Some(deeper) = self.error.borrow_mut().take() {
            return Err(deeper);
        }
        let value = filled?;
        self.done.borrow_mut().insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }
}

impl Lookup for Filling<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        let context = self.builtin.context;
        if name == BASE_URL && self.base_url.is_none() {
            return self.builtin.get(name, self.row);
        }
        if name != BASE_URL {
            let above = context.vars_override.get(name).or_else(|| self.row.and_then(|row| row.get(name)));
            if let Some(value) = self.builtin.get(name, self.row).or_else(|| above.cloned()) {
                return Some(value);
            }
        }
        match self.value(name) {
            Ok(Some(value)) => Some(value),
            Ok(None) => context.vars.get(name).cloned(),
            Err(error) => {
                self.error.borrow_mut().get_or_insert(error);
                None
            }
        }
    }
}

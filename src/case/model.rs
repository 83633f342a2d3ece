//! What a case file means, as typed values: the output of parsing and the input of everything else.
//!
//! Nothing here is resolved: texts may hold variables ([`Template`]) until a step runs. Parsing lives beside this
//! file, running in `step`.

mod action;
mod condition;

pub use action::{
    Action, Button, Choice, Click, History, KeyChord, Modifier, Script, ScrollTo, Take, Until, ValueTest,
};
pub use condition::{Condition, Test};

use super::template::{Template, ValueTemplate};
use crate::id::CaseId;
use crate::source::{SourceFile, Span};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// One test case as written, with what its file's top says merged in.
#[derive(Debug)]
pub struct Case {
    /// Its id, without a row.
    pub id: CaseId,
    /// Its name, by default the file's stem.
    pub name: String,
    /// The file it stands in.
    pub source: Arc<SourceFile>,
    /// Where it begins: the `[[case]]` line, or the whole file.
    pub span: Span,
    /// SHA-256 of the file's bytes, in hex.
    pub content_hash: Arc<str>,
    /// Tags of the file and of the case, without duplicates, in order.
    pub tags: Vec<String>,
    /// -100..=100; higher starts first.
    pub priority: Option<i8>,
    /// Limit for one attempt.
    pub timeout: Option<Duration>,
    /// Default limit for one step.
    pub step_timeout: Option<Duration>,
    /// How often a failure is tried again.
    pub retries: Option<Retries>,
    /// Slots that it takes while it runs.
    pub slots: Option<u32>,
    /// Shares it needs while it runs.
    pub uses: Vec<Use>,
    /// Variables of the file and the case, the case's winning.
    pub vars: BTreeMap<String, ValueTemplate>,
    /// Its data rows (with a path that names one row, only that one); empty for a case without `rows`.
    pub rows: Vec<Row>,
    /// Steps before the case's own: the file's, then the case's.
    pub before: Arc<[Step]>,
    /// The case itself.
    pub steps: Vec<Step>,
    /// Steps that run whatever happened: the case's, then the file's.
    pub after: Arc<[Step]>,
    /// Why it is skipped.
    pub skip: Option<String>,
    /// The only browsers it may run in; empty for all.
    pub only_browsers: Vec<String>,
    /// The browser it asks for.
    pub browser: Option<String>,
    /// Size of the page's viewport in CSS pixels.
    pub viewport: Option<Viewport>,
    /// What relative URLs are joined to.
    pub base_url: Option<Template>,
    /// The signed-in state it starts with.
    pub state: Option<String>,
    /// HTTP authentication (RFC 9110 section 11).
    pub http_auth: Option<HttpAuth>,
    /// Runs and is reported, but does not decide the exit code.
    pub quarantine: Option<Quarantine>,
    /// Why it is expected to fail.
    pub expect_failure: Option<String>,
    /// Free texts for reports.
    pub meta: BTreeMap<String, Value>,
}

impl Case {
    /// One of its rows, by its place.
    pub fn row(&self, row: Option<u32>) -> Option<&Row> {
        self.rows.get(row? as usize)
    }
}

/// One data row of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What stands in the brackets of the id.
    pub name: String,
    /// The values behind `${row.x}`, in the order of the columns.
    pub values: Box<[(Arc<str>, Value)]>,
}

impl Row {
    /// The value of a column.
    pub fn get(&self, column: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| &**name == column).map(|(_, value)| value)
    }
}

/// Size of the viewport in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Viewport {
    /// CSS pixels, 1..=10000.
    pub width: u32,
    /// CSS pixels, 1..=10000.
    pub height: u32,
}

/// User and password for HTTP authentication.
#[derive(Clone, Debug)]
pub struct HttpAuth {
    /// User name.
    pub user: Template,
    /// Password.
    pub password: Template,
}

/// Why and until when a case does not count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quarantine {
    /// Who looks after it.
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day (UTC) on which it does not count.
    pub until: Option<jiff::civil::Date>,
}

impl Quarantine {
    /// `BUG-12 (ada, until 2027-12-31)`
    pub fn told(&self) -> String {
        let until = self.until.map(|last| format!("until {last}"));
        let more: Vec<_> = self.owner.iter().cloned().chain(until).collect();
        if more.is_empty() { self.reason.clone() } else { format!("{} ({})", self.reason, more.join(", ")) }
    }
}

/// How often a failed attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Further attempts after the first.
    pub count: u32,
}

/// A share that a case needs while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The share's name.
    pub share: String,
    /// Whether other readers may hold it, too.
    pub read: bool,
}

/// One line of a case.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it stands: the step's table.
    pub span: Span,
    /// The file it stands in (a flow's step stands in the flow's file).
    pub source: Arc<SourceFile>,
    /// What people see: its `name`, or the verb with its argument as written.
    pub title: Template,
    /// Its own limit.
    pub timeout: Option<Duration>,
    /// A failure is noted and the case goes on.
    pub soft: bool,
    /// No screenshot, values masked.
    pub sensitive: bool,
    /// Runs only where this holds.
    pub condition: Option<Condition>,
    /// What to do.
    pub action: Action,
}

/// Reusable steps with a scope of their own.
#[derive(Debug)]
pub struct Flow {
    /// The file.
    pub source: Arc<SourceFile>,
    /// Parameters that `with` must give.
    pub params: Vec<String>,
    /// Parameters that `with` may give, with their defaults.
    pub defaults: Vec<(String, ValueTemplate)>,
    /// The `row.x` and `share.x` that its steps and the flows in them read: what a case that uses it must have.
    pub needs: BTreeSet<String>,
    /// Variables that the caller gets.
    pub returns: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
}

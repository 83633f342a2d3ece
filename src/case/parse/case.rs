//! Reads one case: its keys, and what it takes over from the top of its file.

use super::cases::{Entries, FileFacts, Top};
use super::given::{Arguments, Given};
use super::reader::{Names, Reader};
use super::rows::RowTable;
use super::scope::{Known, check, check_cycles, check_flows, harvest};
use crate::case::model::{Case, Quarantine, Retries, Row, Step, Use};
use crate::case::spec::keys::CASE;
use crate::case::spec::verbs::viewport;
use crate::case::template::{Template, ValueTemplate};
use crate::id::CaseId;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads one case of a file.
pub(super) struct CaseReader<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) facts: &'r FileFacts<'r>,
    /// The whole case.
    pub(super) span: Span,
    /// The `[[case]]` line; empty in a file of one case.
    pub(super) header: Span,
    pub(super) top: &'r Top,
}

impl CaseReader<'_, '_> {
    /// `several`: in a file of several cases.
    pub(super) fn read(&mut self, table: &Entries<'_, '_>, several: Option<()>) -> Option<Case> {
        let before = self.reader.findings.len();
        let outer = self.reader.begin_scope();
        let arguments = self.reader.arguments(&[CASE], table, "a case");
        self.reader.missing(CASE, table, "a case", self.header);
        if several.is_some() && !table.iter().any(|(key, _, _)| *key == "name") {
            let help = Some("add `name = …`: it is part of the case's id");
            self.reader.error_with_help(self.header, "a case in a file of several needs `name`", help);
        }
        if self.reader.findings.len() > before {
            for (_, _, node) in table {
                harvest(node, &mut self.reader.names.defines);
            }
        }
        let names = self.reader.end_scope(outer);
        let mut arguments = arguments;
        let unread_rows = table.iter().any(|(key, _, _)| *key == "rows") && !arguments.has("rows");
        let rows = arguments.take::<RowTable>("rows");
        self.check_names(&arguments, &names, rows.as_ref(), unread_rows);
        self.refuse_other_browsers(&arguments);
        self.build(arguments.good()?, rows, several.is_some())
            .filter(|_| self.reader.findings.len() == before)
    }

    /// Whether everything that is read can be defined.
    fn check_names(
        &mut self,
        arguments: &Arguments,
        names: &Names,
        rows: Option<&RowTable>,
        unread_rows: bool,
    ) {
        let uses = self.uses(&mut arguments.clone());
        let columns = rows.map(RowTable::columns).unwrap_or_default();
        let mut known = Known { columns, ..Known::default() };
        known.plain.extend(known.columns.iter().copied());
        known.plain.extend(names.defines.iter().chain(&self.top.names.defines).map(String::as_str));
        known.shares.extend(uses.iter().map(|it| it.share.as_str()));
        // Rows that could not be read have columns that nobody knows.
        known.in_flow = unread_rows;
        known.any_plain = names.blind || self.top.names.blind;
        for names in [&self.top.names, names] {
            check(self.reader, &names.reads, &known, self.facts.settings);
            check_flows(self.reader, names, &known, self.facts.settings);
        }
    }

    fn build(&mut self, mut own: Arguments, rows: Option<RowTable>, several: bool) -> Option<Case> {
        let name: Option<String> = own.take("name");
        let id = match (&name, several) {
            (Some(name), true) => format!("{}::{name}", self.facts.id),
            _ => self.facts.id.to_owned(),
        };
        let row_name: Option<Template> = own.take("row_name");
        if rows.is_none() && row_name.is_some() {
            let span = row_name.as_ref().map(|template| template.span).unwrap_or_default();
            self.reader.error(span, "`row_name` without `rows`");
        }
        let rows = match rows {
            Some(table) => {
                let names = self.reader.row_names(&table, row_name.as_ref())?;
                names.into_iter().zip(table.rows).map(|(name, (values, _))| Row { name, values }).collect()
            }
            None => Vec::new(),
        };
        let vars = self.vars(&mut own);
        check_cycles(self.reader, &vars);
        let uses = self.uses(&mut own);
        let tags = self.tags(&mut own);
        // For everything else the case wins over the file.
        let mut both = Layered { own, top: self.top.arguments.clone() };
        let retries = both.whole("retries").and_then(|count| u32::try_from(count).ok());
        Some(Case {
            id: CaseId::new(&id),
            name: name.unwrap_or_else(|| self.facts.stem.to_owned()),
            source: Arc::clone(&self.reader.source),
            span: self.span,
            content_hash: Arc::clone(&self.facts.hash),
            tags,
            priority: both.whole("priority").and_then(|priority| i8::try_from(priority).ok()),
            timeout: both.take("timeout"),
            step_timeout: both.take("step_timeout"),
            retries: retries.map(|count| Retries { count }),
            slots: both.whole("slots").and_then(|slots| u32::try_from(slots).ok()),
            uses,
            vars,
            rows,
            before: chain(self.top.before.as_ref(), both.own.take("before")),
            steps: both.own.take("steps")?,
            after: chain_after(both.own.take("after"), self.top.after.as_ref()),
            skip: both.take("skip"),
            only_browsers: both.take("only_browsers").unwrap_or_default(),
            browser: both.take::<&'static str>("browser").map(str::to_owned),
            viewport: both.holder("viewport").and_then(|arguments| viewport(arguments, "viewport").ok()),
            base_url: both.take("base_url"),
            state: None,
            http_auth: None,
            quarantine: both.take::<Arguments>("quarantine").and_then(quarantine),
            expect_failure: both.take("expect_failure"),
            meta: self.meta(&mut both),
        })
    }

    /// Tags of the file, then of the case, each once.
    fn tags(&self, own: &mut Arguments) -> Vec<String> {
        let mut tags: Vec<String> = self.top.arguments.clone().take("tags").unwrap_or_default();
        for tag in own.take::<Vec<String>>("tags").unwrap_or_default() {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let mut seen = BTreeSet::new();
        tags.retain(|tag| seen.insert(tag.clone()));
        tags
    }

    /// Shares of the file and of the case; where both name one, the case says how.
    fn uses(&self, own: &mut Arguments) -> Vec<Use> {
        let mut uses: Vec<Use> = Vec::new();
        for mut arguments in [self.top.arguments.clone(), std::mem::take(own)] {
            for given in arguments.take::<Vec<Given>>("uses").unwrap_or_default() {
                let new = match given {
                    Given::Plain(share) => Use { share, read: false },
                    Given::Table(mut table) => Use {
                        share: table.take("share").unwrap_or_default(),
                        read: table.take::<&'static str>("mode") == Some("read"),
                    },
                    _ => continue,
                };
                match uses.iter_mut().find(|it| it.share == new.share) {
                    Some(known) => *known = new,
                    None => uses.push(new),
                }
            }
            *own = arguments;
        }
        uses
    }

    fn vars(&self, own: &mut Arguments) -> BTreeMap<String, ValueTemplate> {
        let mut vars: BTreeMap<String, ValueTemplate> = BTreeMap::new();
        for given in [self.top.arguments.clone().take("vars"), own.take("vars")] {
            let given: Option<Vec<(String, ValueTemplate)>> = given;
            vars.extend(given.into_iter().flatten());
        }
        vars
    }

    fn meta(&mut self, both: &mut Layered) -> BTreeMap<String, serde_json::Value> {
        let meta: Vec<(String, ValueTemplate)> = both.take("meta").unwrap_or_default();
        let span = Span::default();
        meta.into_iter()
            .filter_map(|(key, value)| match value.fill(&crate::case::template::Empty) {
                Ok(value) => Some((key, value)),
                Err(error) => {
                    let place = if error.span == span { self.header } else { error.span };
                    self.reader.error(place, "`meta` cannot hold variables");
                    None
                }
            })
            .collect()
    }

    fn refuse_other_browsers(&mut self, own: &Arguments) {
        for word in ["browser", "only_browsers"] {
            for arguments in [own, &self.top.arguments] {
                let named = match arguments.clone().take::<Given>(word) {
                    Some(Given::Word(name)) => vec![name.to_owned()],
                    Some(list) => super::given::FromGiven::from_given(list).unwrap_or_default(),
                    None => Vec::new(),
                };
                for name in named.iter().filter(|name| *name != "chrome") {
                    let span = arguments.value_span(word).unwrap_or_default();
                    self.reader.error(span, format!("the browser `{name}` is not supported yet"));
                }
            }
        }
    }
}

/// The case's own keys over the file's.
struct Layered {
    own: Arguments,
    top: Arguments,
}

impl Layered {
    fn holder(&mut self, word: &str) -> Option<&mut Arguments> {
        if self.own.has(word) { Some(&mut self.own) } else { Some(&mut self.top).filter(|top| top.has(word)) }
    }

    fn take<T: super::given::FromGiven>(&mut self, word: &str) -> Option<T> {
        self.holder(word)?.take(word)
    }

    fn whole(&mut self, word: &str) -> Option<i64> {
        self.take(word)
    }
}

fn quarantine(mut arguments: Arguments) -> Option<Quarantine> {
    Some(Quarantine {
        owner: arguments.take("owner"),
        reason: arguments.take("reason")?,
        until: arguments.take("until"),
    })
}

/// The file's steps, then the case's. Most cases have none of their own and share the file's.
fn chain(file: Option<&Arc<[Step]>>, own: Option<Vec<Step>>) -> Arc<[Step]> {
    match (file, own) {
        (Some(file), None) => Arc::clone(file),
        (Some(file), Some(own)) => file.iter().cloned().chain(own).collect(),
        (None, own) => own.unwrap_or_default().into(),
    }
}

/// The case's steps, then the file's.
fn chain_after(own: Option<Vec<Step>>, file: Option<&Arc<[Step]>>) -> Arc<[Step]> {
    match (own, file) {
        (None, Some(file)) => Arc::clone(file),
        (Some(own), Some(file)) => own.into_iter().chain(file.iter().cloned()).collect(),
        (own, None) => own.unwrap_or_default().into(),
    }
}

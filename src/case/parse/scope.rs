//! Which variables there can be: a name that nothing can define is told before anything runs.

use super::reader::{Names, Node, Reader, Reference, entries};
use crate::case::suggest;
use crate::case::template::ValueTemplate;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeValue;

/// The names that settings give, whatever the case says.
#[derive(Clone, Debug, Default)]
pub struct SettingNames {
    /// Variables of runner.toml and of the command line.
    pub vars: BTreeSet<String>,
    /// Names of environment variables that cases may read.
    pub env: BTreeSet<String>,
    /// Names of secrets.
    pub secrets: BTreeSet<String>,
    /// Names of shares that runner.toml declares.
    pub shares: BTreeSet<String>,
    /// Whether there is a `[server]`.
    pub server: bool,
    /// The settings could not be read as a whole: they may give any name.
    pub uncertain: bool,
}

/// The names that can be read at some place.
#[derive(Default)]
pub(in crate::case) struct Known<'a> {
    /// Names without a dot.
    pub(in crate::case) plain: BTreeSet<&'a str>,
    /// Columns of the rows.
    pub(in crate::case) columns: BTreeSet<&'a str>,
    /// Shares that the case uses.
    pub(in crate::case) shares: BTreeSet<&'a str>,
    /// Whether a flow that could not be read may return anything.
    pub(in crate::case) any_plain: bool,
    /// Whether rows and shares are the business of whoever uses the flow.
    pub(in crate::case) in_flow: bool,
}

const FIXED: [(&str, &[&str]); 4] = [
    ("case", &["id", "attempt"]),
    ("batch", &["id"]),
    ("random", &["uuid", "int", "hex"]),
    ("now", &["iso", "date", "unix"]),
];

/// What is wrong with a name, and what to do.
struct Unknown {
    message: String,
    help: Option<String>,
}

impl Known<'_> {
    fn look(&self, name: &str, settings: &SettingNames) -> Option<Unknown> {
        let has = |name: &str| self.plain.contains(name) || settings.vars.contains(name);
        let Some((space, member)) = name.split_once('.') else {
            return (name != "base_url" && !self.any_plain && !settings.uncertain && !has(name))
                .then(|| self.unknown(name, settings));
        };
        let found = match space {
            "env" => settings.uncertain || settings.env.contains(member),
            "secret" => settings.uncertain || settings.secrets.contains(member),
            "row" => self.in_flow || self.columns.contains(member),
            "share" => {
                let declared = settings.uncertain || settings.shares.contains(member);
                self.in_flow || self.shares.contains(member) || declared
            }
            "server" => (settings.uncertain || settings.server) && member == "url",
            _ => FIXED.iter().any(|(fixed, members)| *fixed == space && members.contains(&member)),
        };
        let ours = FIXED.iter().map(|(fixed, _)| *fixed).chain(["env", "secret", "row", "share", "server"]);
        // A variable that holds a table: `${order.id}`.
        let table =
            has(space) || (self.any_plain || settings.uncertain) && !ours.into_iter().any(|it| it == space);
        (!found && !table).then(|| self.unknown_member(space, member, settings))
    }

    fn unknown_member(&self, space: &str, member: &str, settings: &SettingNames) -> Unknown {
        let near = |members: &mut dyn Iterator<Item = &str>| {
            suggest::one_of(member, members).map(|near| format!("did you mean `${{{space}.{near}}}`?"))
        };
        let (message, help) = match space {
            "env" => (
                format!("cases may not read the environment variable `{member}`"),
                near(&mut settings.env.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("allow it in runner.toml: env = [\"{member}\"]")),
            ),
            "secret" => (
                format!("there is no secret `{member}`"),
                near(&mut settings.secrets.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("name it in runner.toml: [secrets] env = [\"{member}\"]")),
            ),
            "row" if self.columns.is_empty() => {
                ("the case has no rows".to_owned(), "give it some: rows = [{ … }]".to_owned())
            }
            "row" => (
                format!("the rows have no `{member}`"),
                near(&mut self.columns.iter().copied())
                    .unwrap_or_else(|| format!("they have {}", suggest::list(self.columns.iter().copied()))),
            ),
            "share" => (
                format!("the case does not use the share `{member}`"),
                near(&mut self.shares.iter().copied())
                    .unwrap_or_else(|| format!("add uses = [\"{member}\"]")),
            ),
            "server" if member == "url" => {
                ("there is no server".to_owned(), "runner.toml starts one by [server]".to_owned())
            }
            _ => match FIXED.iter().find(|(fixed, _)| *fixed == space) {
                Some((_, members)) => (
                    format!("`{space}` has no `{member}`"),
                    near(&mut members.iter().copied())
                        .unwrap_or_else(|| format!("it has {}", suggest::list(members.iter().copied()))),
                ),
                None => return self.unknown(&format!("{space}.{member}"), settings),
            },
        };
        Unknown { message, help: Some(help) }
    }

    fn unknown(&self, name: &str, settings: &SettingNames) -> Unknown {
        let mut names: Vec<String> = self.plain.iter().map(|name| (*name).to_owned()).collect();
        names.extend(settings.vars.iter().cloned());
        names.extend(self.columns.iter().map(|column| format!("row.{column}")));
        names.extend(settings.env.iter().map(|name| format!("env.{name}")));
        names.extend(settings.secrets.iter().map(|name| format!("secret.{name}")));
        names.extend(
            FIXED
                .iter()
                .flat_map(|(space, members)| members.iter().map(move |member| format!("{space}.{member}"))),
        );
        names.extend(["base_url".to_owned(), "server.url".to_owned()]);
        let near = suggest::one_of(name, names.iter().map(String::as_str));
        // `${USER}` where `secret.USER` or `row.USER` is meant.
        let member =
            names.iter().find(|known| known.rsplit_once('.').is_some_and(|(_, member)| member == name));
        let help = match near.or(member.map(String::as_str)) {
            Some(near) => format!("did you mean `${{{near}}}`?"),
            None => format!("give it a value: by `set`, `save`, `vars`, or `--var {name}=…`"),
        };
        Unknown { message: format!("nothing defines `${{{name}}}`"), help: Some(help) }
    }
}

/// Reports every name in `reads` that cannot be known. A name is told once a place.
pub(in crate::case) fn check(
    reader: &mut Reader<'_>,
    reads: &[Reference],
    known: &Known<'_>,
    settings: &SettingNames,
) {
    for Reference { name, span } in reads {
        if let Some(Unknown { message, help }) = known.look(name, settings) {
            let place = place(&reader.source.text, *span, name);
            if reader.told.insert((place.start, name.clone())) {
                reader.error_with_help(place, message, help);
            }
        }
    }
}

/// Reports what the flows that a case uses read and the case does not have.
pub(in crate::case) fn check_flows(
    reader: &mut Reader<'_>,
    names: &Names,
    known: &Known<'_>,
    settings: &SettingNames,
) {
    for (flow, span) in &names.flows {
        for need in &flow.needs {
            if let Some(Unknown { message, help }) = known.look(need, settings) {
                reader.error_with_help(*span, format!("the flow reads `${{{need}}}`, and {message}"), help);
            }
        }
    }
}

/// Reports variables whose values need each other.
pub(in crate::case) fn check_cycles(reader: &mut Reader<'_>, vars: &BTreeMap<String, ValueTemplate>) {
    let mut done = BTreeSet::new();
    for name in vars.keys() {
        let mut path: Vec<&str> = Vec::new();
        if let Some(cycle) = follow(name, vars, &mut path, &mut done) {
            let mut span = Span::default();
            if let Some(value) = vars.get(cycle[0].as_str()) {
                value.templates(&mut |template| span = template.span);
            }
            let chain = cycle.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
            reader.error(span, format!("the variable `{}` needs itself: {chain}", cycle[0]));
        }
    }
}

/// The first cycle that `name` leads to. Names in `done` lead to none, or to one that has been told.
fn follow<'a>(
    name: &'a str,
    vars: &'a BTreeMap<String, ValueTemplate>,
    path: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|it| *it == name) {
        return Some(path[start..].iter().chain([&name]).map(|name| (*name).to_owned()).collect());
    }
    let value = vars.get(name).filter(|_| done.insert(name))?;
    path.push(name);
    let mut next = Vec::new();
    value.templates(&mut |template| next.extend(template.variables()));
    let cycle = next.into_iter().find_map(|next| follow(next, vars, path, done));
    path.pop();
    cycle
}

/// Where `${name}` stands in a value, as far as that can be seen.
fn place(source: &str, span: Span, name: &str) -> Span {
    let Some(text) = source.get(span.start..span.end) else { return span };
    let written = format!("${{{name}}}");
    match text.find(&written) {
        Some(at) => Span { start: span.start + at, end: span.start + at + written.len() },
        None => span,
    }
}

/// Names that a table may define although something in it is wrong, so that one mistake is not told twice.
pub(in crate::case) fn harvest(node: &Node<'_>, names: &mut BTreeSet<String>) {
    match node.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| harvest(item, names)),
        DeValue::Table(table) => {
            for (key, _, value) in entries(table) {
                match (key, value.get_ref()) {
                    ("as", DeValue::String(name)) => {
                        names.insert(name.clone().into_owned());
                    }
                    ("set" | "vars", DeValue::Table(set)) => {
                        names.extend(entries(set).into_iter().map(|(name, _, _)| name.to_owned()));
                    }
                    _ => harvest(value, names),
                }
            }
        }
        _ => {}
    }
}

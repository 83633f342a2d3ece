//! Secrets: values that are known to cases by name and shown by nobody.
//!
//! A [`Secret`] has neither `Debug` nor `Display`; whoever calls [`Secret::expose`] answers for where it goes.

use super::reading::{self, Given, Reading};
use super::{Environment, Settings};
use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value that must not be written anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A shorter one would mask half of every text.
const FEWEST_CHARACTERS: usize = 4;

impl Secret {
    /// A secret of at least four characters.
    pub fn new(text: impl Into<String>) -> Result<Self, TooShort> {
        let text = text.into();
        if text.chars().count() < FEWEST_CHARACTERS { Err(TooShort) } else { Ok(Self(text)) }
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A secret of fewer than four characters, which cannot be masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooShort;

impl std::fmt::Display for TooShort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "must have at least {FEWEST_CHARACTERS} characters, or it could not be masked")
    }
}

impl std::error::Error for TooShort {}

/// The secrets of a project.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeMap<String, Secret>,
    missing: Vec<String>,
}

impl Secrets {
    /// The value behind `${secret.name}`.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.values.get(name)
    }

    /// Every secret with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.values.iter().map(|(name, secret)| (name.as_str(), secret))
    }

    /// All names that cases may use, whether they have a value here or not.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().chain(&self.missing).map(String::as_str)
    }

    /// Names from `secrets.env` that the environment has no value for.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }
}

/// Collects the secrets that the settings name. The environment wins over the file.
pub(super) fn load(
    settings: &Settings,
    environment: &Environment,
    findings: &mut Vec<Diagnostic>,
) -> Secrets {
    let mut secrets = Secrets::default();
    if let Some(file) = settings.secrets_file.value.as_ref() {
        match super::project::read_text(file.as_path(), &settings.project.shown(file.as_path())) {
            Ok(source) => read_file(&source, &mut secrets, findings),
            // Where secrets come from the environment, the file need not be there; a name that then has no value is an
            // error of whoever uses it.
            Err(error) if error.is_missing() => {
                let shown = settings.project.shown(file.as_path());
                findings.push(Diagnostic::warning(format!("the file of secrets `{shown}` is not there")));
            }
            Err(error) => findings.push(error.diagnostic()),
        }
    }
    for name in settings.secrets_env.as_slice() {
        match environment.variables.get(name).map(|value| Secret::new(value.clone())) {
            Some(Ok(secret)) => {
                secrets.values.insert(name.clone(), secret);
            }
            Some(Err(error)) => {
                findings.push(Diagnostic::error(format!("the secret in the variable `{name}` {error}")));
            }
            None if secrets.values.contains_key(name) => {}
            None => secrets.missing.push(name.clone()),
        }
    }
    secrets
}

/// Reads `NAME = "value"` lines. A finding about this file never shows its text.
fn read_file(source: &Arc<SourceFile>, secrets: &mut Secrets, findings: &mut Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let table = reading::parse(source, &mut faults);
    for (name, given) in table.as_ref().map_or_else(Vec::new, reading::in_order) {
        match read_secret(given) {
            Ok(secret) => {
                secrets.values.insert(name.get_ref().to_string(), secret);
            }
            Err(why) => faults.push(Diagnostic::error(format!("the secret `{}` {why}", name.get_ref())).at(
                source,
                name.span(),
                "",
            )),
        }
    }
    // The line around the place could be a secret: say where, without the text.
    findings.extend(faults.into_iter().map(|fault| {
        let at = fault.location().map(|at| format!("{at}: ")).unwrap_or_default();
        Diagnostic::error(format!("{at}{}", fault.message))
    }));
}

fn read_secret(given: &Given<'_>) -> Result<Secret, String> {
    let text = given.get_ref().as_str().ok_or("must be a string")?;
    Secret::new(text).map_err(|error| error.to_string())
}

/// A text with `${secret.X}` and `${env.X}` in it, for runner.toml only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Secret(String),
    Variable(String),
}

impl Blank {
    /// As written; a text without variables is a credential itself and not shown.
    pub(super) fn shown(&self) -> &str {
        if self.parts.iter().all(|part| matches!(part, Part::Text(_))) { "***" } else { &self.text }
    }

    /// Reads the text and its variables.
    pub(super) fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let text = reading.text("a string", given)?;
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            parts.push(Part::Text(rest[..start].to_owned()));
            let Some(length) = rest[start..].find('}') else {
                reading.bad_value("has a `${` without `}`", given);
                return None;
            };
            let name = &rest[start + 2..start + length];
            match name.split_once('.') {
                Some(("secret", name)) => parts.push(Part::Secret(name.to_owned())),
                Some(("env", name)) => parts.push(Part::Variable(name.to_owned())),
                _ => {
                    reading.bad_value(
                        format!("may use `${{secret.X}}` and `${{env.X}}`, found `${{{name}}}`"),
                        given,
                    );
                    return None;
                }
            }
            rest = &rest[start + length + 1..];
        }
        parts.push(Part::Text(rest.to_owned()));
        Some(Self { text: text.to_owned(), parts })
    }

    /// The text with its variables filled in, or the first that has no value.
    pub fn fill(&self, secrets: &Secrets, environment: &Environment) -> Result<String, NoValue> {
        let fill = |part: &Part| match part {
            Part::Text(text) => Ok(text.clone()),
            Part::Secret(name) => secrets
                .get(name)
                .map(|secret| secret.expose().to_owned())
                .ok_or_else(|| NoValue(format!("${{secret.{name}}}"))),
            Part::Variable(name) => {
                environment.variables.get(name).cloned().ok_or_else(|| NoValue(format!("${{env.{name}}}")))
            }
        };
        self.parts.iter().map(fill).collect()
    }
}

/// Something that has no value in this environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoValue(pub String);

impl std::fmt::Display for NoValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` has no value here", self.0)
    }
}

impl std::error::Error for NoValue {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_cannot_be_masked_is_refused() {
        assert_eq!(Secret::new("1234").map_or(0, |secret| secret.expose().len()), 4);
        assert_eq!(
            Secret::new("äöü").err().map(|error| error.to_string()).unwrap(),
            "must have at least 4 characters, or it could not be masked"
        );
    }

    #[test]
    fn a_fault_in_the_secrets_file_does_not_show_it() {
        let read = |text: &str| {
            let (mut secrets, mut findings) = (Secrets::default(), Vec::new());
            read_file(&SourceFile::new("s.toml", text), &mut secrets, &mut findings);
            assert!(findings.iter().all(|finding| finding.labels.is_empty()));
            let shown: Vec<_> = findings.into_iter().map(|finding| finding.message).collect();
            (secrets.get("GOOD").map(|secret| secret.expose().len()), shown.join("; "))
        };
        let short = "the secret `A` must have at least 4 characters, or it could not be masked";
        assert_eq!(
            read("GOOD = \"hunter22\"\nA = \"abc\"\nC = 4\n"),
            (Some(8), format!("s.toml:2:1: {short}; s.toml:3:1: the secret `C` must be a string"))
        );
        let (_, broken) = read("B = hunter33\n");
        assert!(broken.starts_with("s.toml:1:5: not TOML") && !broken.contains("hunter"), "{broken}");
    }
}

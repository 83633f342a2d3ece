//! `--report KIND=PATH`: what is written, and where to. Opens the report; writes nothing.

use super::draft::Draft;
use super::github::Github;
use super::html::Html;
use super::json::Json;
use super::jsonl::JsonLines;
use super::junit::Junit;
use super::markdown::Markdown;
use super::tap::Tap;
use super::trace::Trace;
use crate::event::reporter::{ReportError, Reporter};
use crate::suggestion::closest;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// One report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSpec {
    /// Its kind.
    pub kind: ReportKind,
    /// Where it goes.
    pub target: Target,
}

/// A kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// `JUnit` XML, the dialect of Jenkins and Surefire.
    Junit,
    /// One JSON document with everything.
    Json,
    /// The events as they happen, one JSON object a line.
    JsonLines,
    /// TAP version 14.
    Tap,
    /// Annotations of GitHub Actions.
    Github,
    /// A summary for pull requests.
    Markdown,
    /// A page for a browser: one file, or a folder.
    Html,
    /// What ran when, for Perfetto and `chrome://tracing`.
    Trace,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `-`
    Stdout,
    /// A file; its folder is made if it is missing.
    File(PathBuf),
}

impl ReportKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Junit,
        Self::Json,
        Self::JsonLines,
        Self::Tap,
        Self::Github,
        Self::Markdown,
        Self::Html,
        Self::Trace,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Tap => "tap",
            Self::Github => "github",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Trace => "trace",
        }
    }

    /// The kind that others call so.
    fn named_elsewhere(word: &str) -> Option<Self> {
        Some(match word {
            "xml" | "xunit" => Self::Junit,
            "ndjson" => Self::JsonLines,
            "md" => Self::Markdown,
            "perfetto" | "chrome" => Self::Trace,
            _ => return None,
        })
    }
}

impl ReportSpec {
    /// Opens the report of the project at `root` for writing; a place that cannot be written to is told of now and not
    /// after the batch.
    pub fn open(&self, root: &Path) -> Result<Box<dyn Reporter>, ReportError> {
        let name = self.to_string();
        let draft = || Draft::open(&self.target);
        Ok(match self.kind {
            ReportKind::Junit => Box::new(Junit::new(name, draft()?)),
            ReportKind::Json => Box::new(Json::new(name, draft()?)),
            ReportKind::JsonLines => Box::new(JsonLines::new(name, draft()?)),
            ReportKind::Tap => Box::new(Tap::new(name, draft()?)),
            ReportKind::Github => Box::new(Github::new(name, draft()?, root)),
            ReportKind::Markdown => Box::new(Markdown::new(name, draft()?)),
            ReportKind::Html => Box::new(Html::open(name, &self.target)?),
            ReportKind::Trace => Box::new(Trace::new(name, draft()?)),
        })
    }

    /// Refuses reports that would get into each other's way.
    pub fn check(specs: &[Self]) -> Result<(), SpecError> {
        for (i, spec) in specs.iter().enumerate() {
            if specs[..i].iter().any(|other| other.target == spec.target) {
                return Err(SpecError::SameTarget(spec.target.clone()));
            }
        }
        Ok(())
    }
}

impl fmt::Display for ReportSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Stdout => write!(f, "{}=-", self.kind.as_str()),
            Target::File(path) => write!(f, "{}={}", self.kind.as_str(), path.display()),
        }
    }
}

/// Why a report cannot be what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecError {
    /// There is no such kind.
    UnknownKind {
        /// What stands there.
        found: String,
        /// What may have been meant.
        near: Option<&'static str>,
    },
    /// There is no place.
    NoTarget(ReportKind),
    /// Two reports go to the same place.
    SameTarget(Target),
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind { found, near } => {
                let known: Vec<_> =
                    ReportKind::ALL.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
                write!(f, "found report `{found}`, expected one of {}, then `=FILE`", known.join(", "))?;
                near.map_or(Ok(()), |near| write!(f, "; did you mean `{near}`?"))
            }
            Self::NoTarget(kind) => {
                let kind = kind.as_str();
                write!(
                    f,
                    "found report `{kind}` without a place, expected `{kind}=FILE`, or `{kind}=-` for stdout"
                )
            }
            Self::SameTarget(Target::Stdout) => f.write_str("only one report can go to stdout"),
            Self::SameTarget(Target::File(path)) => {
                write!(f, "only one report can go to `{}`", path.display())
            }
        }
    }
}

impl std::error::Error for SpecError {}

impl FromStr for ReportSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (word, place) = text.split_once('=').map_or((text, None), |(word, place)| (word, Some(place)));
        let Some(kind) = ReportKind::ALL.iter().copied().find(|kind| kind.as_str() == word) else {
            let near = ReportKind::named_elsewhere(word).map(ReportKind::as_str);
            let near = near.or_else(|| closest(word, ReportKind::ALL.iter().map(|kind| kind.as_str())));
            return Err(SpecError::UnknownKind { found: word.to_owned(), near });
        };
        match place {
            None | Some("") => Err(SpecError::NoTarget(kind)),
            Some("-") => Ok(Self { kind, target: Target::Stdout }),
            Some(path) => Ok(Self { kind, target: Target::File(path.into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_kind_and_a_place() {
        let shown = |text: &str| match text.parse::<ReportSpec>() {
            Ok(spec) => spec.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown("junit=out/a=b.xml"), "junit=out/a=b.xml");
        assert_eq!("jsonl=-".parse::<ReportSpec>().unwrap().target, Target::Stdout);
        let expected = "expected one of `junit`, `json`, `jsonl`, `tap`, `github`, `markdown`, `html`, `trace`, then `=FILE`";
        assert_eq!(shown("junt=x"), format!("found report `junt`, {expected}; did you mean `junit`?"));
        assert_eq!(shown("xml=x"), format!("found report `xml`, {expected}; did you mean `junit`?"));
        assert_eq!(shown("pdf=x"), format!("found report `pdf`, {expected}"));
        let place = "found report `json` without a place, expected `json=FILE`, or `json=-` for stdout";
        assert_eq!([shown("json"), shown("json=")], [place, place]);
    }

    #[test]
    fn two_reports_need_two_places() {
        let check = |texts: &[&str]| {
            let specs: Vec<ReportSpec> = texts.iter().map(|text| text.parse().unwrap()).collect();
            ReportSpec::check(&specs).map_err(|error| error.to_string())
        };
        assert_eq!(check(&["json=-", "junit=a.xml", "jsonl=b"]), Ok(()));
        assert_eq!(check(&["json=-", "jsonl=-"]), Err("only one report can go to stdout".to_owned()));
        assert_eq!(check(&["json=a", "jsonl=a"]), Err("only one report can go to `a`".to_owned()));
    }
}

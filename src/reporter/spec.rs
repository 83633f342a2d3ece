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
    /// A folder's page holds all of it.
    pub single_file: bool,
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
    /// Annotations of GitHub Actions; without a place, with a summary of the job.
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
    /// The end of a file, which others write to as well.
    Appended(PathBuf),
    /// No place was given: where GitHub's runner looks for what a job has to say, its output and its summary.
    Job,
}

/// Names the file of a job's summary ("Adding a job summary", docs.github.com).
pub const JOB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

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

    /// The kind of that name.
    fn named(word: &str) -> Option<Self> {
        let kind = Self::ALL.iter().copied().find(|kind| kind.as_str() == word);
        kind.or_else(|| (word == "md").then_some(Self::Markdown))
    }

    /// The kind that others call so.
    fn named_elsewhere(word: &str) -> Option<Self> {
        Some(match word {
            "xml" | "xunit" => Self::Junit,
            "ndjson" => Self::JsonLines,
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
            ReportKind::Html => Box::new(Html::open(name, &self.target, self.single_file)?),
            ReportKind::Trace => Box::new(Trace::new(name, draft()?)),
        })
    }

    /// The reports that `specs` ask for, each with a place; `summary` is where that of the job goes. Refuses those that
    /// would get into each other's way, and a `single_file` of no page.
    pub fn resolve(
        specs: &[Self],
        single_file: bool,
        summary: Option<&Path>,
    ) -> Result<Vec<Self>, SpecError> {
        if single_file && !specs.iter().any(|spec| spec.kind == ReportKind::Html) {
            return Err(SpecError::NoPage);
        }
        let mut resolved: Vec<Self> = Vec::new();
        for spec in specs {
            let mut add = |kind, target: Target| {
                if resolved.iter().any(|other| other.target == target) {
                    return Err(SpecError::SameTarget(target));
                }
                resolved.push(Self { kind, target, single_file });
                Ok(())
            };
            if spec.target == Target::Job {
                add(spec.kind, Target::Stdout)?;
                if let Some(summary) = summary {
                    add(ReportKind::Markdown, Target::Appended(summary.to_owned()))?;
                }
            } else {
                add(spec.kind, spec.target.clone())?;
            }
        }
        Ok(resolved)
    }
}

impl fmt::Display for ReportSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Stdout => write!(f, "{}=-", self.kind.as_str()),
            Target::File(path) | Target::Appended(path) => {
                write!(f, "{}={}", self.kind.as_str(), path.display())
            }
            Target::Job => f.write_str(self.kind.as_str()),
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
    /// There is no page for `--single-file` to be about.
    NoPage,
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
            Self::NoPage => f.write_str(
                "found `--single-file` without an HTML report, expected `--report html=FOLDER`, too",
            ),
            Self::SameTarget(Target::Stdout | Target::Job) => f.write_str("only one report can go to stdout"),
            Self::SameTarget(Target::File(path) | Target::Appended(path)) => {
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
        let Some(kind) = ReportKind::named(word) else {
            let near = ReportKind::named_elsewhere(word).map(ReportKind::as_str);
            let near = near.or_else(|| closest(word, ReportKind::ALL.iter().map(|kind| kind.as_str())));
            return Err(SpecError::UnknownKind { found: word.to_owned(), near });
        };
        match place {
            None if kind == ReportKind::Github => Ok(Self { kind, target: Target::Job, single_file: false }),
            None | Some("") => Err(SpecError::NoTarget(kind)),
            Some("-") => Ok(Self { kind, target: Target::Stdout, single_file: false }),
            Some(path) => Ok(Self { kind, target: Target::File(path.into()), single_file: false }),
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
        let told = |texts: &[&str]| match resolved(texts, None) {
            Ok(specs) => specs.join(" "),
            Err(error) => error,
        };
        assert_eq!(told(&["json=-", "junit=a.xml", "jsonl=b"]), "json=- junit=a.xml jsonl=b");
        assert_eq!(told(&["json=-", "jsonl=-"]), "only one report can go to stdout");
        assert_eq!(told(&["json=-", "github"]), "only one report can go to stdout");
        assert_eq!(told(&["json=a", "jsonl=a"]), "only one report can go to `a`");
    }

    #[test]
    fn a_single_file_is_one_of_a_page() {
        let specs = ["html=report", "json=a"].map(|text| text.parse::<ReportSpec>().unwrap());
        assert!(ReportSpec::resolve(&specs, true, None).unwrap()[0].single_file);
        let told = ReportSpec::resolve(&specs[1..], true, None).unwrap_err().to_string();
        assert_eq!(
            told,
            "found `--single-file` without an HTML report, expected `--report html=FOLDER`, too"
        );
    }

    #[test]
    fn github_without_a_place_is_annotations_and_the_summary_of_the_job() {
        let summary = Some(Path::new("/job/summary"));
        assert_eq!(resolved(&["github"], None).unwrap(), ["github=-"]);
        assert_eq!(
            resolved(&["github", "md=a"], summary).unwrap(),
            ["github=-", "markdown=/job/summary", "markdown=a"]
        );
        assert_eq!(resolved(&["github=-"], summary).unwrap(), ["github=-"]);
    }

    fn resolved(texts: &[&str], summary: Option<&Path>) -> Result<Vec<String>, String> {
        let specs: Vec<ReportSpec> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let resolved = ReportSpec::resolve(&specs, false, summary).map_err(|error| error.to_string())?;
        Ok(resolved.iter().map(ToString::to_string).collect())
    }
}

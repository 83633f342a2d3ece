//! What is written besides the database, and what is shown while it runs.

use clap::{Args, ValueEnum};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What is written besides the database, and what is shown while it runs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct RecordArguments {
    /// Write a report: `junit=FILE` or `json=FILE`, `-` for stdout; repeatable
    #[arg(long = "report", value_name = "KIND=FILE")]
    pub(crate) reports: Vec<Report>,

    /// What is shown while it runs [default: auto]
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub(crate) progress: Progress,

    /// Write the log to this file, too
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) log: Option<PathBuf>,
}

/// What is shown while a batch runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// Bars at a terminal, lines elsewhere and where `CI` is set
    #[default]
    Auto,
    /// A bar for the batch and one for each running case
    Bars,
    /// A line for each finished case
    Lines,
    /// Nothing
    None,
}

/// One `--report`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// In which format.
    pub(crate) kind: ReportKind,
    /// Where to.
    pub(crate) target: ReportTarget,
}

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportKind {
    /// `JUnit` XML as Jenkins and GitLab read it.
    Junit,
    /// One JSON document with all counts.
    Json,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReportTarget {
    /// Standard output.
    Stdout,
    /// A file, relative to the working directory.
    File(PathBuf),
}

/// Why a text is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReportError {
    /// No `=`, or nothing on one of its sides.
    Form,
    /// A format that does not work yet.
    NotSupportedYet(String),
    /// No format.
    Unknown(String),
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => write!(f, "expected `KIND=FILE`, such as `junit=report.xml`"),
            Self::NotSupportedYet(kind) => write!(f, "`{kind}` is not supported yet; `junit` and `json` are"),
            Self::Unknown(kind) => write!(f, "unknown report `{kind}`; there are `junit` and `json`"),
        }
    }
}

impl std::error::Error for ReportError {}

impl FromStr for Report {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        let (kind, target) = text.split_once('=').unwrap_or((text, ""));
        let kind = match kind {
            "junit" => ReportKind::Junit,
            "json" => ReportKind::Json,
            "jsonl" | "html" | "tap" | "github" | "md" | "trace" => {
                return Err(ReportError::NotSupportedYet(kind.to_owned()));
            }
            _ if text.contains('=') => return Err(ReportError::Unknown(kind.to_owned())),
            _ => return Err(ReportError::Form),
        };
        match target {
            "" => Err(ReportError::Form),
            "-" => Ok(Self { kind, target: ReportTarget::Stdout }),
            path => Ok(Self { kind, target: ReportTarget::File(path.into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_name_their_format_and_their_file() {
        let report: Report = "junit=a=b.xml".parse().unwrap();
        assert_eq!(report, Report { kind: ReportKind::Junit, target: ReportTarget::File("a=b.xml".into()) });
        assert_eq!("json=-".parse::<Report>().unwrap().target, ReportTarget::Stdout);
        let wrong = |text: &str| text.parse::<Report>().unwrap_err().to_string();
        assert_eq!(wrong("junit"), "expected `KIND=FILE`, such as `junit=report.xml`");
        assert_eq!(wrong("html=out"), "`html` is not supported yet; `junit` and `json` are");
        assert_eq!(wrong("xml=out"), "unknown report `xml`; there are `junit` and `json`");
    }
}

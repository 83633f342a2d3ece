//! Annotations for GitHub Actions, as workflow commands: an error at the line of the step that failed, a warning where a
//! case was flaky or is in quarantine.

use super::collected::{Case, Collected};
use super::draft::Draft;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::JobId;
use crate::outcome::Verdict;
use crate::text::Untrusted;
use std::path::{Path, PathBuf};

/// Collects events, writes one command for each job that is worth it at the end.
pub(super) struct Github {
    name: String,
    draft: Draft,
    /// Where the project lies in its repository, to which paths are relative.
    folder: PathBuf,
    collected: Collected,
    /// Jobs that did not simply pass.
    notable: Vec<JobId>,
}

impl Github {
    pub(super) fn new(name: String, draft: Draft, root: &Path) -> Self {
        Self {
            name,
            draft,
            folder: in_repository(root),
            collected: Collected::default(),
            notable: Vec::new(),
        }
    }
}

impl Reporter for Github {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        if let Event::CaseFinished(finished) = &event.event
            && matches!(finished.verdict, Verdict::Failed | Verdict::Errored | Verdict::Flaky)
            && !self.notable.contains(&finished.job)
        {
            self.notable.push(finished.job);
        }
        self.collected.add(event).map_err(|cause| self.draft.error(cause))
    }

    fn finish(&mut self, _: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        for &job in &self.notable {
            let case = self.collected.case(job).map_err(|cause| self.draft.error(cause))?;
            if let Some(line) = annotation(&case, &tally.title(job), &self.folder) {
                self.draft.write(line.as_bytes())?;
            }
        }
        Ok(self.draft.publish()?.map(|path| Artifact { kind: "github", path }))
    }
}

/// Where a folder lies below the one that holds `.git`; nowhere if there is none.
fn in_repository(root: &Path) -> PathBuf {
    let repository = root.ancestors().find(|it| it.join(".git").exists());
    repository.and_then(|it| root.strip_prefix(it).ok()).map(Path::to_owned).unwrap_or_default()
}

fn annotation(case: &Case, title: &Untrusted, folder: &Path) -> Option<String> {
    let finished = case.finished.as_ref()?;
    let failure = case.last_failure();
    let (level, what) = match finished.verdict {
        Verdict::Failed if case.queued.quarantined => ("warning", "failed, in quarantine"),
        Verdict::Errored if case.queued.quarantined => ("warning", "errored, in quarantine"),
        Verdict::Failed => ("error", "failed"),
        Verdict::Errored => ("error", "errored: the infrastructure, not the product"),
        Verdict::Flaky => ("warning", "flaky: it failed, then it passed"),
        _ => return None,
    };
    let place = failure.and_then(|it| it.location.as_ref()).unwrap_or(&case.queued.location);
    let mut lines = Vec::new();
    if let Some(failure) = failure {
        lines.push(failure.message.terminal());
        lines.extend(failure.step.as_ref().map(|step| format!("step: {}", step.line())));
        lines.extend(failure.more().map(|(word, text)| format!("{word}: {}", text.terminal())));
    } else {
        lines.extend(finished.message.as_ref().map(Untrusted::terminal));
    }
    let why = case.queued.quarantine.as_ref().filter(|_| case.queued.quarantined);
    let why = why.map(|it| format!(": {}", it.line())).unwrap_or_default();
    let title = format!("{} {what}{why}", title.line());
    Some(format!(
        "::{level} file={},line={},col={},title={}::{}\n",
        property(&Untrusted::from(folder.join(&place.file).to_string_lossy().into_owned()).line()),
        place.line,
        place.column,
        property(&title),
        data(&lines.join("\n")),
    ))
}

/// The text of a command (docs.github.com, "Workflow commands for GitHub Actions"): one line, whatever is in it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a value before it, which ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

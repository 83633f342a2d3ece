//! The HTML report: the dashboard's page with all that it shows in it, so that it opens from disk. One file, or a folder
//! with the pictures beside the page. It is made from the record once the batch is over.
//!
//! ```text
//! document::head()                        the policy, the styles, the page's elements
//! <script type="application/json" …>      the snapshot, as the live view sends it; then one for each case in full
//! document::foot()                        the scripts
//! ```
//!
//! Cases in full are elements of their own, written one by one and parsed when they are opened: never all of them are in
//! memory, neither here nor in the browser.

mod document;
mod folder;
mod kept;

use super::draft::Draft;
use super::past::Past;
use super::spec::Target;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::{BatchId, JobId};
use crate::outcome::Verdict;
use crate::store::{BatchRow, CaseDetail, CaseRow, QueryError, Reader, Which, json};
use folder::Folder;
use kept::Keeper;
use std::collections::HashSet;
use std::io;
use std::path::Path;

/// Cases that a batch may have for all of them to be there in full. In a larger one, what passed at once and in its usual
/// time has no steps: it is most of the page and explains nothing.
const ALL_IN_FULL: usize = 1_000;

/// Waits for the end of the batch, and writes the report from its record.
pub(super) struct Html {
    name: String,
    draft: Draft,
    /// Where the page lies, if not in a place of its own.
    folder: Option<Folder>,
    /// Pictures go into the page.
    single_file: bool,
    batch: Option<BatchId>,
    /// Those that passed and took long.
    slow: HashSet<JobId>,
}

impl Html {
    /// Opens the page: what ends in `.html` is one file, everything else a folder, which may have all in its page, too.
    pub(super) fn open(name: String, target: &Target, single_file: bool) -> Result<Self, ReportError> {
        let folder = match target {
            Target::File(path) if !is_page(path) => Some(Folder::open(path)?),
            Target::Stdout | Target::Job | Target::File(_) | Target::Appended(_) => None,
        };
        let page = folder.as_ref().map(|folder| Target::File(folder.page()));
        let draft = Draft::open(page.as_ref().unwrap_or(target))?;
        let single_file = single_file || folder.is_none();
        Ok(Self { name, draft, folder, single_file, batch: None, slow: HashSet::new() })
    }
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("html") || it.eq_ignore_ascii_case("htm"))
}

impl Reporter for Html {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        match &event.event {
            Event::BatchStarted(batch) => self.batch = Some(batch.batch.clone()),
            Event::CaseFinished(case) if case.slow_after_ms.is_some() => {
                self.slow.insert(case.job);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, closing: &Closing, _: &Tally) -> Result<Option<Artifact>, ReportError> {
        let Some(batch) = self.batch.take() else { return Ok(None) };
        if !closing.saved {
            let why = "the batch is not in the database, which this report is made from";
            return Err(self.draft.error(io::Error::other(why)));
        }
        let reader = Reader::open(&closing.database).map_err(|error| self.broken(&error))?;
        reader.hold().map_err(|error| self.broken(&error))?;
        let row = reader.batch(&Which::Prefix(batch.to_string())).map_err(|error| self.broken(&error))?;
        let folder = self.folder.as_ref().filter(|_| !self.single_file);
        let beside = folder.map(Folder::beside).transpose()?;
        let mut keeper = Keeper::new(reader.place(), &row.id, beside.as_ref());
        self.write(&reader, &row, &mut keeper)?;
        let path = self.draft.publish()?;
        if let Some(folder) = &self.folder {
            folder.keep_only(beside)?;
        }
        Ok(path.map(|path| Artifact { kind: "html", path }))
    }
}

impl Html {
    fn broken(&self, error: &QueryError) -> ReportError {
        self.draft.error(io::Error::other(error.to_string()))
    }

    fn write(&mut self, reader: &Reader, batch: &BatchRow, keeper: &mut Keeper) -> Result<(), ReportError> {
        let mut past = Past::read(reader, batch).map_err(|error| self.broken(&error))?;
        let cases = reader.case_runs(&batch.id).map_err(|error| self.broken(&error))?;
        self.draft.write(document::head(!self.single_file).as_bytes())?;
        self.draft.write(document::data("snapshot", &past.json()).as_bytes())?;
        let all = cases.len() <= ALL_IN_FULL;
        for (job, case) in (0..).map(JobId).zip(cases) {
            if !all && !self.slow.contains(&job) && explains_nothing(&case) {
                continue;
            }
            let failure = |attempt: u32| past.failures.remove(&(job, attempt));
            let detail = CaseDetail::read(reader, job, case, failure).map_err(|error| self.broken(&error))?;
            let mut shown = json::case_in_full(&detail);
            shown["kept"] = keeper.keep(&detail);
            self.draft.write(document::data(&format!("data-{}", job.0), &shown.to_string()).as_bytes())?;
        }
        self.draft.write(document::foot().as_bytes())
    }
}

/// Of what passed at once, or never began, its line in the list says everything.
fn explains_nothing(case: &CaseRow) -> bool {
    case.attempts < 2 && matches!(case.verdict, Some(Verdict::Passed | Verdict::NotRun | Verdict::Skipped))
}

#[cfg(test)]
mod tests;

//! What is kept of an attempt: screenshots, the page's source, its console, a trace. Files get names of ours, never names from
//! a page or a case, and lie beneath the batch's own folder, readable by their owner only.

use super::trace::Recording;
use super::witness::Masking;
use crate::browser::page::Page;
use crate::config::{Keep, Trace};
use crate::deadline::Deadline;
use crate::event::Evidence;
use crate::outcome::AttemptVerdict;
use crate::step::{Ended, EvidenceSink, Finished, Happened, Moment, PageLeft, Screenshot};
use crate::text::Untrusted;
use async_trait::async_trait;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long all evidence of one moment may take.
const EVIDENCE_TIMEOUT: Duration = Duration::from_secs(3);

/// The largest file that is kept, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// What is kept, and when.
#[derive(Clone, Copy, Debug)]
pub struct EvidenceRules {
    /// Pictures of the page.
    pub screenshot: Keep,
    /// Its markup.
    pub source: Keep,
    /// Its console.
    pub console: Keep,
    /// What each step saw and did.
    pub trace: Trace,
}

/// Where the evidence of one attempt goes.
pub(super) struct AttemptEvidence {
    /// The database's folder, which stored paths are relative to.
    pub(super) base: PathBuf,
    /// The batch's folder, beneath it.
    pub(super) folder: PathBuf,
    /// `JOB-ATTEMPT`, with which every file of the attempt begins.
    pub(super) stem: String,
    pub(super) rules: EvidenceRules,
    pub(super) masking: Masking,
    pub(super) kept: Vec<Evidence>,
    /// What is traced of the attempt, if it is.
    pub(super) recording: Option<Recording>,
}

#[async_trait]
impl EvidenceSink for AttemptEvidence {
    async fn begin(&mut self, page: &mut dyn Page) {
        if let Some(recording) = &mut self.recording {
            recording.begin(page).await;
        }
    }

    fn step_finished(&mut self, step: &Finished) {
        if let Some(recording) = &mut self.recording {
            recording.step_finished(step);
        }
    }

    async fn catch_up(&mut self, page: &mut dyn Page) {
        if let Some(recording) = &mut self.recording {
            recording.catch_up(page).await;
        }
    }

    async fn look(&mut self, page: &mut dyn Page, sensitive: bool) {
        if let Some(recording) = &mut self.recording {
            recording.look(page, sensitive).await;
        }
    }

    async fn screenshot(&mut self, shot: Screenshot) {
        let name = self.masking.untrusted(&shot.name);
        let piece = Piece { note: Some(name), ..Piece::new("screenshot", "png", Some(shot.position)) };
        self.keep(&piece, &shot.png);
    }

    async fn moment(&mut self, page: &mut dyn Page, moment: Moment<'_>) {
        let failed = !matches!(moment.happened, Happened::Passed);
        let wanted = |keep: Keep| match keep {
            Keep::Off => false,
            Keep::OnFailure => failed,
        };
        let position = Some(moment.position);
        if wanted(self.rules.console) {
            self.keep_console(page, position);
        }
        if moment.sensitive {
            if wanted(self.rules.screenshot) || wanted(self.rules.source) {
                self.note("screenshot", position, "not taken: the page shows a sensitive step's text");
            }
            return;
        }
        if moment.page != PageLeft::Sound {
            let why = match moment.page {
                PageLeft::Crashed => "not taken: the page crashed",
                _ => "not taken: the page does not answer",
            };
            if wanted(self.rules.screenshot) {
                self.note("screenshot", position, why);
            }
            return;
        }
        let deadline = Deadline::after("evidence timeout", EVIDENCE_TIMEOUT);
        if wanted(self.rules.screenshot) {
            match page.screenshot(None, deadline).await {
                Ok(png) => self.keep(&Piece::new("screenshot", "png", position), &png),
                Err(fault) => self.note("screenshot", position, &format!("not taken: {fault}")),
            }
        }
        if wanted(self.rules.source) {
            match page.source(deadline).await {
                Ok(source) => {
                    let masked = self.masking.mask(&source);
                    self.keep(&Piece::new("source", "html", position), masked.as_bytes());
                }
                Err(fault) => self.note("source", position, &format!("not taken: {fault}")),
            }
        }
    }
}

impl AttemptEvidence {
    /// The attempt has ended; its page is still there. Keeps the trace, if it is wanted of one that ended so.
    pub(super) async fn end(&mut self, page: &mut dyn Page, ended: &Ended) {
        let Some(recording) = self.recording.take() else { return };
        let went_well = matches!(ended.verdict, AttemptVerdict::Passed | AttemptVerdict::Skipped);
        if self.rules.trace == Trace::OnFailure && went_well {
            return;
        }
        let trace = recording.end(page, ended.page, &self.masking).await;
        self.keep(&Piece::new("trace", "json", None), &trace);
    }

    fn keep_console(&mut self, page: &dyn Page, position: Option<u32>) {
        let lines = page.console();
        if lines.is_empty() {
            return;
        }
        let mut text = String::new();
        for line in lines {
            text.extend(["[", &line.level, "] ", &line.text.terminal(), "  ", &line.from.line(), "\n"]);
        }
        let masked = self.masking.mask(&text);
        self.keep(&Piece::new("console", "log", position), masked.as_bytes());
    }

    fn keep(&mut self, piece: &Piece, bytes: &[u8]) {
        let Piece { kind, extension, position, note } = piece;
        if bytes.len() > LARGEST {
            self.note(kind, *position, &format!("skipped: too large ({} bytes)", bytes.len()));
            return;
        }
        let path = self.folder.join(format!("{}-{}-{kind}.{extension}", self.stem, self.kept.len() + 1));
        match write(&path, bytes) {
            Ok(()) => self.kept.push(Evidence {
                kind: (*kind).to_owned(),
                position: *position,
                path: path.strip_prefix(&self.base).ok().map(|path| path.to_string_lossy().into_owned()),
                bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                note: note.clone(),
            }),
            // Evidence never breaks a run: the attempt says that it is missing, and why.
            Err(error) => self.note(kind, *position, &format!("could not be written: {error}")),
        }
    }

    fn note(&mut self, kind: &str, position: Option<u32>, note: &str) {
        self.kept.push(Evidence {
            kind: kind.to_owned(),
            position,
            path: None,
            bytes: 0,
            note: Some(Untrusted::from(self.masking.mask(note))),
        });
    }
}

/// A piece of evidence, but for its bytes.
struct Piece {
    kind: &'static str,
    extension: &'static str,
    position: Option<u32>,
    /// Its name, where the case gave it one.
    note: Option<Untrusted>,
}

impl Piece {
    fn new(kind: &'static str, extension: &'static str, position: Option<u32>) -> Self {
        Self { kind, extension, position, note: None }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)
}

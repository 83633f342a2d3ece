//! The trace of an attempt: what each step saw and did. It is collected while the attempt runs and written when that has
//! ended, as one JSON file, if it is wanted then.

use super::witness::{Masking, milliseconds};
use crate::browser::film::{self, Document, Film, Picture, Request};
use crate::browser::page::{ConsoleLine, Page};
use crate::deadline::Deadline;
use crate::step::{Finished, PageLeft};
use base64::Engine as _;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// The version of the file's form.
const VERSION: u32 = 1;

/// How long the browser may take for a trace at one moment. What it does not tell in that time is missing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Steps that a trace has.
const STEPS: usize = 5_000;

/// A browser draws what a step has done a frame or two later.
const DRAWING: f64 = 60.0;

/// What is drawn later than this was not the step's doing.
const LATE: f64 = 150.0;

/// A trace that is being made.
pub(super) struct Recording {
    /// When it began, by both clocks: steps are told by one, browsers tell by the other.
    began: Instant,
    began_at: Timestamp,
    steps: VecDeque<Step>,
    looks: u32,
}

/// A step that ended.
struct Step {
    finished: Finished,
    /// The look at what it left.
    look: Option<u32>,
}

/// The whole file.
#[derive(Serialize)]
struct File<'a> {
    version: u32,
    started_at: String,
    steps: Vec<StepEntry>,
    pictures: Vec<PictureEntry<'a>>,
    documents: Vec<String>,
    console: Vec<ConsoleEntry>,
    requests: Vec<RequestEntry>,
}

#[derive(Serialize)]
struct StepEntry {
    position: u32,
    depth: u32,
    title: String,
    file: String,
    line: usize,
    verdict: &'static str,
    message: Option<String>,
    start_ms: u64,
    duration_ms: u64,
    find_ms: u64,
    wait_ms: u64,
    act_ms: u64,
    before: Option<usize>,
    after: Option<usize>,
    document: Option<usize>,
}

#[derive(Serialize)]
struct PictureEntry<'a> {
    at_ms: u64,
    #[serde(rename = "type")]
    media_type: &'static str,
    #[serde(serialize_with = "base64")]
    data: &'a [u8],
}

#[derive(Serialize)]
struct ConsoleEntry {
    at_ms: Option<u64>,
    level: String,
    text: String,
    from: String,
}

#[derive(Serialize)]
struct RequestEntry {
    at_ms: u64,
    duration_ms: Option<u64>,
    method: String,
    url: String,
    #[serde(rename = "type")]
    kind: String,
    status: Option<u16>,
    bytes: Option<u64>,
    error: Option<String>,
}

impl Recording {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), began_at: Timestamp::now(), steps: VecDeque::new(), looks: 0 }
    }

    /// The attempt begins. A browser that fails at this fails at whatever comes next, with better words.
    pub(super) async fn begin(&mut self, page: &mut dyn Page) {
        let _ = page.begin_film(Deadline::after("trace", PATIENCE)).await;
    }

    /// A step ended.
    pub(super) fn step_finished(&mut self, step: &Finished) {
        if self.steps.len() >= STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(Step { finished: step.clone(), look: None });
    }

    /// Looks at the page as the step left it that ended last.
    pub(super) async fn look(&mut self, page: &mut dyn Page) {
        self.looks += 1;
        page.look(self.looks, Deadline::after("trace", PATIENCE)).await;
        if let Some(step) = self.steps.back_mut() {
            step.look = Some(self.looks);
        }
    }

    /// The file. Nothing is waited for from a page that is spent.
    pub(super) async fn end(mut self, page: &mut dyn Page, left: PageLeft, masking: &Masking) -> Vec<u8> {
        let patience = if left == PageLeft::Sound { PATIENCE } else { Duration::ZERO };
        let film = page.end_film(Deadline::after("trace", patience)).await;
        self.steps.make_contiguous().sort_by_key(|step| step.finished.step.position);
        let mut steps = self.step_entries(&film, masking);
        let shown = keep_what_is_shown(&mut steps);
        let trace = File {
            version: VERSION,
            started_at: format!("{:.3}", self.began_at),
            steps,
            pictures: shown.iter().map(|&at| self.picture_entry(&film.pictures[at])).collect(),
            documents: film.documents.iter().map(|it| masked(masking, &it.markup, film::MARKUP)).collect(),
            console: page.console().iter().map(|line| self.console_entry(line, masking)).collect(),
            requests: film.requests.iter().map(|request| self.request_entry(request, masking)).collect(),
        };
        serde_json::to_vec(&trace).expect("strings and numbers")
    }

    fn step_entries(&self, film: &Film, masking: &Masking) -> Vec<StepEntry> {
        let times: Vec<f64> = film.pictures.iter().map(|picture| self.since_began(picture.at_ms)).collect();
        let mut entries: Vec<StepEntry> = Vec::new();
        // Nothing lies between two steps: one begins with what the one before left.
        let mut before = None;
        for (at, Step { finished: step, look }) in self.steps.iter().enumerate() {
            // Blocks are shown by the steps that they are made of.
            let next = self.steps.range(at + 1..).find(|it| it.look.is_some() || it.finished.acted.is_some());
            let next = next.map(|step| self.moment(&step.finished));
            let after = look.map_or(before, |_| drawn_after(&times, self.moment(step), next).max(before));
            let spent = step.spent;
            entries.push(StepEntry {
                position: step.step.position,
                depth: step.step.depth,
                title: masking.untrusted(&step.step.title).line(),
                file: step.step.location.file.clone(),
                line: step.step.location.line,
                verdict: step.verdict.as_str(),
                message: step.message.as_ref().map(|it| masking.untrusted(it).terminal()),
                start_ms: milliseconds(step.began.saturating_duration_since(self.began)),
                duration_ms: milliseconds(step.took),
                find_ms: milliseconds(spent.finding),
                wait_ms: milliseconds(spent.waiting),
                act_ms: milliseconds(step.took.saturating_sub(spent.finding + spent.waiting)),
                before: look.and(before),
                after: look.and(after),
                document: look.and_then(|look| newest(&film.documents, |it: &Document| it.look <= look)),
            });
            before = after;
        }
        entries
    }

    fn moment(&self, step: &Finished) -> Moment {
        let since = |at: Instant| at.saturating_duration_since(self.began).as_secs_f64() * 1000.0;
        let Finished { began, took, acted, .. } = *step;
        Moment { began: since(began), acted: acted.map(since), ended: since(began + took) }
    }

    fn picture_entry<'a>(&self, picture: &'a Picture) -> PictureEntry<'a> {
        PictureEntry {
            at_ms: whole(self.since_began(picture.at_ms)),
            media_type: picture.format.media_type(),
            data: &picture.bytes,
        }
    }

    fn console_entry(&self, line: &ConsoleLine, masking: &Masking) -> ConsoleEntry {
        ConsoleEntry {
            at_ms: line.at_ms.map(|at| whole(self.since_began(at))),
            level: line.level.clone(),
            text: masking.mask(line.text.raw()),
            from: masking.mask(line.from.raw()),
        }
    }

    fn request_entry(&self, request: &Request, masking: &Masking) -> RequestEntry {
        RequestEntry {
            at_ms: whole(self.since_began(request.at_ms)),
            duration_ms: request.took_ms.map(whole),
            method: masking.mask(request.method.raw()),
            url: masked(masking, request.url.raw(), film::URL),
            kind: masking.mask(request.kind.raw()),
            status: request.status,
            bytes: request.bytes.map(whole),
            error: request.error.as_ref().map(|it| masking.mask(it.raw())),
        }
    }

    /// Milliseconds since the attempt began, of milliseconds since 1970.
    fn since_began(&self, at: f64) -> f64 {
        at - film::milliseconds(self.began_at)
    }
}

/// The places of the pictures that steps show, in order; from then on those count as the only ones. What was drawn
/// meanwhile is nobody's, and may be what a `sensitive` step has typed.
fn keep_what_is_shown(steps: &mut [StepEntry]) -> Vec<usize> {
    let places = steps.iter().flat_map(|step| [step.before, step.after]).flatten();
    let shown: Vec<usize> = places.collect::<BTreeSet<usize>>().into_iter().collect();
    for place in steps.iter_mut().flat_map(|step| [&mut step.before, &mut step.after]) {
        *place = place.and_then(|place| shown.binary_search(&place).ok());
    }
    shown
}

/// A text without secrets, about as long as `most` if it was longer. What goes is cut off behind the masking: a secret that
/// it was filmed a part of lies in there.
fn masked(masking: &Masking, text: &str, most: usize) -> String {
    let mut masked = masking.mask(text);
    let rest = masked.len().saturating_sub(text.len().saturating_sub(most));
    masked.truncate((0..=rest).rev().find(|end| masked.is_char_boundary(*end)).unwrap_or(0));
    masked
}

/// When a step began, did something to the page and ended, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Moment {
    began: f64,
    acted: Option<f64>,
    ended: f64,
}

/// The picture that shows what a step left, by its place. Pictures come when the browser has drawn a change, and nobody
/// waits for them: which of them it is tell the times at which they were drawn.
fn drawn_after(times: &[f64], step: Moment, next: Option<Moment>) -> Option<usize> {
    let since = step.acted.unwrap_or(step.began);
    let before = newest(times, |&at| at <= since);
    // What the next step does is not to be seen here, nor what it waits for.
    let until =
        next.map_or(f64::INFINITY, |next| (next.began + DRAWING).min(next.acted.unwrap_or(f64::INFINITY)));
    let latest = newest(times, |&at| at <= until.max(step.ended));
    match step.acted {
        // Nothing was drawn in time, though something was done: what was drawn first after it shows it, too.
        Some(acted) if latest == before => {
            let first = before.map_or(0, |it| it + 1);
            times.get(first).filter(|&&at| at >= acted && at <= step.ended + LATE).map(|_| first).or(before)
        }
        _ => latest,
    }
}

/// The place of the last of these for which that holds; it holds up to there.
fn newest<T>(all: &[T], holds: impl Fn(&T) -> bool) -> Option<usize> {
    all.partition_point(holds).checked_sub(1)
}

/// A whole number of what a browser tells, which may be anything.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

fn base64<S: Serializer>(data: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Masker;

    #[test]
    fn a_secret_that_was_cut_in_two_is_not_shown_in_part() {
        let mut masker = Masker::default();
        masker.add("hunter22hunter22");
        let masking = Masking::new(&masker);
        let film = "é".repeat(500) + &"x".repeat(film::MARGIN - 4) + "hunt";
        let shown = masked(&masking, &film, 1_000);
        assert_eq!(shown, "é".repeat(500));
        let film = "hunter22hunter22 ".repeat(300) + &"x".repeat(film::MARGIN) + "hunter22h";
        assert!(!masked(&masking, &film, 17 * 300).contains("hunter"));
        assert_eq!(masked(&masking, "a hunter22hunter22 b", 1_000), "a *** b");
    }

    fn moment(began: f64, acted: Option<f64>, ended: f64) -> Moment {
        Moment { began, acted, ended }
    }

    #[test]
    fn a_step_is_shown_by_what_was_drawn_after_it() {
        let click = moment(100.0, Some(120.0), 130.0);
        let look = moment(131.0, None, 400.0);
        assert_eq!(drawn_after(&[50.0, 146.0], click, Some(look)), Some(1), "drawn while the next one looks");
        assert_eq!(
            drawn_after(&[50.0, 146.0, 300.0], click, Some(look)),
            Some(1),
            "what that waits for is its own"
        );
        assert_eq!(drawn_after(&[50.0, 146.0, 300.0], look, None), Some(2));
        assert_eq!(drawn_after(&[50.0], click, Some(look)), Some(0), "nothing was to be seen of it");
        assert_eq!(drawn_after(&[], click, Some(look)), None);
        assert_eq!(drawn_after(&[150.0], moment(0.0, Some(1.0), 90.0), None), Some(0), "the first page");
    }

    #[test]
    fn what_the_next_step_does_at_once_is_seen_only_where_nothing_else_was_drawn() {
        let fill = moment(100.0, Some(104.0), 106.0);
        let next = moment(106.0, Some(110.0), 112.0);
        assert_eq!(drawn_after(&[50.0, 120.0], fill, Some(next)), Some(1), "both in one frame");
        assert_eq!(drawn_after(&[50.0, 108.0, 120.0], fill, Some(next)), Some(1));
        assert_eq!(drawn_after(&[50.0, 108.0, 120.0], next, None), Some(2));
        assert_eq!(drawn_after(&[50.0, 400.0], fill, Some(next)), Some(0), "too late to be its doing");
    }
}

//! The trace of an attempt: what each step saw and did. It is collected while the attempt runs and written when that has
//! ended, as one JSON file, if it is wanted then.

mod pictures;

use self::pictures::{Left, Pictures};
use super::witness::{Masking, milliseconds};
use crate::browser::film::{self, Document, Film, Look, Picture, Request};
use crate::browser::page::{ConsoleLine, Page};
use crate::deadline::Deadline;
use crate::step::{Finished, PageLeft};
use base64::Engine as _;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// The version of the file's form.
const VERSION: u32 = 1;

/// How long the browser may take for a trace at one moment. What it does not tell in that time is missing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Steps that a trace has.
const STEPS: usize = 5_000;

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
    pub(super) async fn look(&mut self, page: &mut dyn Page, sensitive: bool) {
        self.looks += 1;
        let Some(step) = self.steps.back_mut() else { return };
        step.look = Some(self.looks);
        let look = Look { number: self.looks, changed: step.finished.acted.is_some(), sensitive };
        page.look(look, Deadline::after("trace", PATIENCE)).await;
    }

    /// Waits until a picture surely shows what the last step left.
    pub(super) async fn catch_up(&mut self, page: &mut dyn Page) {
        page.catch_up(Deadline::after("trace", PATIENCE)).await;
    }

    /// The file. Nothing is waited for from a page that is spent.
    pub(super) async fn end(mut self, page: &mut dyn Page, left: PageLeft, masking: &Masking) -> Vec<u8> {
        let patience = if left == PageLeft::Sound { PATIENCE } else { Duration::ZERO };
        let film = page.end_film(Deadline::after("trace", patience)).await;
        self.steps.make_contiguous().sort_by_key(|step| step.finished.step.position);
        let mut steps = self.step_entries(&film, masking);
        let shown = keep_what_is_shown(&mut steps, &film.pictures);
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
        let pictures = Pictures::of(film);
        let mut entries: Vec<StepEntry> = Vec::new();
        // Nothing lies between two steps: one begins with what the one before left.
        let mut before = None;
        // Of a sensitive step nothing is shown, nor of what was drawn until a picture surely shows what it left.
        let mut since = f64::NEG_INFINITY;
        for (at, Step { finished: step, look }) in self.steps.iter().enumerate() {
            let mut later = self.steps.range(at + 1..);
            if step.sensitive {
                since = pictures.surely_after(*look, self.moment(step.began + step.took));
            }
            let look = look.filter(|_| !step.sensitive);
            let after = if let Some(look) = look {
                let until = later.clone().find(|it| it.finished.sensitive);
                // Blocks are shown by the steps that they are made of.
                let next = later.find(|it| it.look.is_some() || it.finished.acted.is_some());
                pictures.showing(&Left {
                    look,
                    next: next.and_then(|next| next.finished.acted).map(|acted| self.moment(acted)),
                    is_last: next.is_none(),
                    allowed: since..until.map_or(f64::INFINITY, |step| self.moment(step.finished.began)),
                })
            } else {
                before.filter(|_| !step.sensitive)
            };
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

    /// A time of ours as browsers tell it.
    fn moment(&self, at: Instant) -> f64 {
        film::milliseconds(self.began_at) + at.saturating_duration_since(self.began).as_secs_f64() * 1000.0
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

/// The places of the pictures that steps show, in order, of those that are the same the first; from then on those count as
/// the only ones. What was drawn meanwhile is nobody's, and may be what a `sensitive` step has typed.
fn keep_what_is_shown(steps: &mut [StepEntry], pictures: &[Picture]) -> Vec<usize> {
    let places: BTreeSet<usize> = steps.iter().flat_map(|step| [step.before, step.after]).flatten().collect();
    let mut shown: Vec<usize> = Vec::new();
    let mut new_places = BTreeMap::new();
    for place in places {
        if shown.last().is_none_or(|last| pictures[*last].bytes != pictures[place].bytes) {
            shown.push(place);
        }
        new_places.insert(place, shown.len() - 1);
    }
    for place in steps.iter_mut().flat_map(|step| [&mut step.before, &mut step.after]) {
        *place = place.map(|place| new_places[&place]);
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

    #[test]
    fn of_pictures_only_those_stay_that_are_shown_and_what_is_the_same_once() {
        let picture = |at: u8, byte: u8| Picture {
            at_ms: f64::from(at),
            until_ms: f64::from(at),
            timing: film::Timing::Frame,
            format: film::PictureFormat::Jpeg,
            bytes: vec![byte],
        };
        let pictures = [(1, 1), (2, 1), (3, 2), (4, 1), (5, 4)].map(|(at, byte)| picture(at, byte));
        let step = |before, after| StepEntry {
            position: 1,
            depth: 0,
            title: String::new(),
            file: String::new(),
            line: 1,
            verdict: "passed",
            message: None,
            start_ms: 0,
            duration_ms: 0,
            find_ms: 0,
            wait_ms: 0,
            act_ms: 0,
            before,
            after,
            document: None,
        };
        let mut steps =
            [step(None, Some(0)), step(Some(0), Some(1)), step(Some(1), Some(3)), step(None, None)];
        assert_eq!(keep_what_is_shown(&mut steps, &pictures), [0]);
        let places = |steps: &[StepEntry]| steps.iter().map(|it| (it.before, it.after)).collect::<Vec<_>>();
        assert_eq!(places(&steps), [(None, Some(0)), (Some(0), Some(0)), (Some(0), Some(0)), (None, None)]);
        let mut steps = [step(None, Some(1)), step(Some(1), Some(2)), step(Some(2), Some(4))];
        assert_eq!(keep_what_is_shown(&mut steps, &pictures), [1, 2, 4]);
        assert_eq!(places(&steps), [(None, Some(0)), (Some(0), Some(1)), (Some(1), Some(2))]);
    }
}

//! Which picture shows what a step left. Pictures come when the browser has drawn a change, and nobody waits for them: which
//! frame each of them is, its time tells, and the page tells in which frames it drew what it changed.

use crate::browser::film::{self, BLUR, FRAME, Film, Frame, Picture, Timing};
use std::ops::Range;

/// By how much the time of a picture may differ from a whole number of frames after a change was drawn, in milliseconds.
const SLIP: f64 = 0.3;

/// A frame this far away in time tells nothing of where others lie, in milliseconds.
const FAR: f64 = 500.0;

/// How many delays there are.
const LATE: usize = 4;

/// How many frames after the page began to draw it a picture was to be seen. It is one, or two where the browser is late
/// (measured: 16.6 or 33.3 ms); more where it has left one out and makes up for that.
const DELAYS: [f64; LATE] = [1.0, 2.0, 3.0, 4.0];

/// How unlikely it is that the first picture is late by a frame, or one by a frame more or less than the one before it: most
/// often all of them are late, or none.
const UNSTEADY: f64 = 0.4;

/// How unlikely it is that a picture shows no change that the page has told of,
const ODD: f64 = 1.0;

/// that a change is in no picture,
const UNSEEN: f64 = 1.0;

/// and that one is not that can hardly be seen.
const HARDLY_SEEN: f64 = 0.25;

/// How long after its frame began a picture surely shows what was drawn in it, in milliseconds.
const SURELY: f64 = 2.0 * FRAME - 2.0 * BLUR;

/// The pictures of a film, in the order in which they were drawn.
pub(super) struct Pictures<'f> {
    film: &'f Film,
    /// When the page began to draw what each of them shows; at the latest, where that is not known.
    began: Vec<f64>,
}

/// What is to be shown.
#[derive(Clone, Debug)]
pub(super) struct Left {
    /// The look at what a step left.
    pub(super) look: u32,
    /// When the next step that is shown did something to the page, in milliseconds since 1970.
    pub(super) next: Option<f64>,
    /// No other step is shown after it.
    pub(super) is_last: bool,
    /// Whose pictures may be shown: those after the last sensitive step, and before the next.
    pub(super) allowed: Range<f64>,
}

impl<'f> Pictures<'f> {
    pub(super) fn of(film: &'f Film) -> Self {
        Self { film, began: begins(film) }
    }

    /// The picture that shows what a step left, by its place.
    pub(super) fn showing(&self, left: &Left) -> Option<usize> {
        let mut allowed = self.film.pictures.iter().enumerate().filter(|(_, picture)| {
            picture.at_ms >= left.allowed.start && picture.until_ms <= left.allowed.end
        });
        if left.is_last {
            return allowed.next_back().map(|(place, _)| place);
        }
        if let Some(newest) = self.film.awaited.get(&left.look) {
            return allowed.rfind(|(_, picture)| picture.at_ms <= *newest).map(|(place, _)| place);
        }
        let (first, _) = allowed.clone().next()?;
        // What is drawn in the same frame is seen together. What the page does by itself afterwards comes later, as does
        // what the next step does, whether or not the page has told of it.
        let (own, others) = self.frames_of(left.look);
        let next = others.map_or(f64::INFINITY, |frame| frame.at_ms).min(left.next.unwrap_or(f64::INFINITY));
        let until = own.map_or(next, |own| next.max(own.at_ms + 2.0 * BLUR));
        let before = allowed.clone().rfind(|(place, _)| self.began[*place] < until - BLUR);
        // The first one of all may have been taken late.
        let late =
            || left.next.is_none_or(|next| self.film.pictures[first].until_ms <= next).then_some(first);
        before.map(|(place, _)| place).or_else(late)
    }

    /// From when on no picture can show what was there before a look; never where the browser tells when a picture was ready and
    /// not of which frame it is (up to Chromium 150 at least). `ended`: when its step had ended.
    pub(super) fn surely_after(&self, look: Option<u32>, ended: f64) -> f64 {
        if self.film.pictures.iter().all(|it| it.timing == Timing::Asked) {
            return ended;
        }
        if !self.tell_their_frames() {
            return f64::INFINITY;
        }
        let own = look.and_then(|look| self.frames_of(look).0);
        own.map_or(ended + FRAME, |frame| frame.at_ms) + SURELY
    }

    /// Whether the pictures' times are those of frames.
    fn tell_their_frames(&self) -> bool {
        let slips = self.film.pictures.iter().filter(|it| it.is_timed()).filter_map(|picture| {
            let distances = self.film.frames.iter().map(|frame| (picture.at_ms - frame.at_ms).abs());
            let nearest = distances.min_by(f64::total_cmp).filter(|distance| *distance < FAR)?;
            Some((nearest - (nearest / FRAME).round() * FRAME).abs())
        });
        let worst = slips.max_by(f64::total_cmp);
        worst.is_some_and(|slip| slip < SLIP)
    }

    /// The frame that drew last what a look found, if it had yet to be drawn; and the first one with something newer.
    fn frames_of(&self, look: u32) -> (Option<&Frame>, Option<&Frame>) {
        let frames = &self.film.frames;
        let mut later = frames[frames.partition_point(|frame| frame.look <= look)..].iter();
        // A document that goes away takes along what it knows.
        let undrawn = self.film.undrawn.get(&look);
        let own = later.clone().next().filter(|it| undrawn == Some(&it.document));
        if own.is_some() {
            later.next();
        }
        (own, later.next())
    }
}

/// When the page began to draw what each picture shows. A picture that comes two frames after a change was drawn may show
/// that, late, or what was drawn a frame later, in time. Of all ways to understand them that counts which leaves fewest
/// changes without a picture and fewest pictures without a change; but of what a document drew last, when it was left, and of
/// what the next one drew first, while it was read, nobody tells.
fn begins(film: &Film) -> Vec<f64> {
    let Film { pictures, frames, .. } = film;
    // What it costs if the frames up to each of them are in no picture.
    let filmed = film::filmed_since(pictures.iter(), frames.first(), film.opened);
    let costs = frames.iter().scan(0.0, |sum, frame| {
        if frame.at_ms >= filmed {
            *sum += if frame.is_seen { UNSEEN } else { HARDLY_SEEN };
        }
        Some(*sum)
    });
    let costs: Vec<f64> = std::iter::once(0.0).chain(costs).collect();
    let place = |time: f64| frames.partition_point(|it| it.at_ms < time);
    let unseen = |from: f64, until: f64| (costs[place(until - BLUR)] - costs[place(from + BLUR)]).max(0.0);
    let is_between_documents = |began: f64| {
        let (before, after) = frames.split_at(place(began));
        let pair = before.last().zip(after.first());
        pair.is_some_and(|(before, after)| before.document.total_cmp(&after.document).is_ne())
    };
    let is_odd = |began: f64| place(began - BLUR) == place(began + BLUR) && !is_between_documents(began);
    let odd = |began: f64| if is_odd(began) { ODD } else { 0.0 };
    let unsteady = |before: usize, late: usize| (DELAYS[before] - DELAYS[late]).abs() * UNSTEADY;
    let timed: Vec<f64> = pictures.iter().filter(|it| it.is_timed()).map(|it| it.at_ms).collect();
    let began = |picture: usize, late: usize| timed[picture] - DELAYS[late] * FRAME;

    // The best way to each picture, by how late that is: its cost, and how late the picture before is then.
    let mut ways: Vec<[(f64, usize); LATE]> = Vec::with_capacity(timed.len());
    for picture in 0..timed.len() {
        let way = std::array::from_fn(|late| {
            let began_now = began(picture, late);
            let best = match ways.last() {
                None => (unseen(f64::NEG_INFINITY, began_now) + unsteady(0, late), 0),
                Some(last) => cheapest(|before| {
                    let began_before = began(picture - 1, before);
                    // No frame is drawn twice.
                    let is_possible = began_now > began_before + BLUR;
                    let cost = last[before].0 + unseen(began_before, began_now) + unsteady(before, late);
                    if is_possible { cost } else { f64::INFINITY }
                }),
            };
            (best.0 + odd(began_now), best.1)
        });
        ways.push(way);
    }
    let mut found = vec![0.0; timed.len()];
    // What was drawn last may be in a picture that is not timed.
    let end = pictures.last().filter(|it| !it.is_timed()).map_or(f64::INFINITY, |it| it.at_ms);
    let left = |late| unseen(began(timed.len() - 1, late), end - DELAYS[late] * FRAME);
    let mut late = match ways.last() {
        Some(last) => cheapest(|late| last[late].0 + left(late)).1,
        None => 0,
    };
    for picture in (0..timed.len()).rev() {
        found[picture] = began(picture, late);
        late = ways[picture][late].1;
    }
    let mut found = found.into_iter();
    let began = |it: &Picture| it.is_timed().then(|| found.next()).flatten().unwrap_or(it.until_ms);
    pictures.iter().map(began).collect()
}

/// The delay with the least cost, and that.
fn cheapest(cost: impl Fn(usize) -> f64) -> (f64, usize) {
    (0..LATE)
        .map(|late| (cost(late), late))
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::film::{Opened, PictureFormat};

    /// A film with frames at these looks, and pictures that were to be seen at these times, in frames.
    fn film(frames: &[(u32, u32)], undrawn: &[u32], pictures: &[u32]) -> Film {
        Film {
            frames: frames
                .iter()
                .map(|&(look, at)| Frame { at_ms: f64::from(at) * FRAME, is_seen: true, look, document: 1.0 })
                .collect(),
            undrawn: undrawn.iter().map(|&look| (look, 1.0)).collect(),
            pictures: pictures.iter().map(|&at| picture(f64::from(at) * FRAME, Timing::Frame)).collect(),
            ..Film::default()
        }
    }

    fn picture(at_ms: f64, timing: Timing) -> Picture {
        Picture { at_ms, until_ms: at_ms - 5.0, timing, format: PictureFormat::Jpeg, bytes: Vec::new() }
    }

    fn left(look: u32, next: Option<u32>) -> Left {
        let next = next.map(|next| f64::from(next) * FRAME);
        Left { look, next, is_last: false, allowed: f64::NEG_INFINITY..f64::INFINITY }
    }

    /// When the page began to draw what each picture shows, in frames.
    fn began_in(film: &Film) -> Vec<f64> {
        Pictures::of(film).began.iter().map(|began| (began / FRAME).round()).collect()
    }

    fn began(frames: &[(u32, u32)], pictures: &[u32]) -> Vec<f64> {
        began_in(&film(frames, &[], pictures))
    }

    #[test]
    fn a_picture_that_is_late_is_known_by_what_comes_before_and_after() {
        assert_eq!(began(&[(1, 10)], &[11]), [10.0]);
        assert_eq!(began(&[(1, 10)], &[12]), [10.0], "late: nothing else was drawn");
        assert_eq!(began(&[(1, 10), (2, 11)], &[11, 12]), [10.0, 11.0]);
        assert_eq!(began(&[(1, 10), (2, 11)], &[12, 13]), [10.0, 11.0], "both are late");
        assert_eq!(began(&[(1, 10), (2, 11)], &[12]), [11.0], "of the first nothing was to be seen");
        assert_eq!(began(&[(1, 10), (2, 13)], &[13, 14]), [10.0, 13.0], "one was left out, and made up for");
        assert_eq!(began(&[(1, 10), (2, 11), (3, 12)], &[12, 13, 14]), [10.0, 11.0, 12.0]);
        assert_eq!(began(&[(1, 10), (2, 12)], &[11, 14]), [10.0, 12.0], "it began to be late");
        let mut film = film(&[(1, 10), (2, 11)], &[], &[12]);
        film.frames[1].is_seen = false;
        assert_eq!(began_in(&film), [10.0], "of the second, most probably");
        assert_eq!(began(&[], &[11, 12]), [10.0, 11.0], "what moves by itself");
        assert_eq!(began(&[(1, 10)], &[]), [0.0; 0]);
    }

    #[test]
    fn what_is_drawn_between_two_documents_nobody_tells() {
        let mut film = film(&[(1, 10), (2, 14)], &[], &[11, 13, 14]);
        film.pictures[0].timing = Timing::Sent;
        film.opened = Some(Opened { document: 1.0, painted_ms: Some(10.0 * FRAME) });
        film.frames[1].is_seen = false;
        assert_eq!(began_in(&film)[1..], [10.0, 11.0], "late, as it seems");
        film.frames[1].document = 2.0;
        assert_eq!(began_in(&film)[1..], [12.0, 13.0]);
    }

    #[test]
    fn a_step_is_shown_by_the_frame_that_draws_what_it_did() {
        // Three quick clicks, each drawn in its own frame just after the look, and pictures that are late.
        let quick = film(&[(1, 9), (2, 10), (3, 11), (4, 12)], &[1, 2, 3], &[10, 12, 13, 14]);
        let shown = |film: &Film, look, next| Pictures::of(film).showing(&left(look, next));
        assert_eq!(shown(&quick, 1, Some(10)), Some(1));
        assert_eq!(shown(&quick, 2, Some(11)), Some(2));
        assert_eq!(shown(&quick, 3, None), Some(3));
        // The next step acts in the same frame: both are seen in one picture.
        let together = film(&[(1, 9), (3, 10)], &[1], &[10, 11]);
        assert_eq!(shown(&together, 1, Some(9)), Some(1));
        // Of the step nothing is to be seen: it left what was there.
        let nothing = film(&[(1, 9), (2, 20), (3, 30)], &[], &[10, 31]);
        assert_eq!(shown(&nothing, 2, Some(29)), Some(0));
        // What the page does by itself later is not what the step left, though no other step acted.
        let later = film(&[(1, 9), (2, 15)], &[], &[10, 16]);
        assert_eq!(shown(&later, 1, None), Some(0));
        // Nor is what the next step did where the page tells of nothing.
        let unknown = film(&[(1, 9)], &[], &[10, 16]);
        assert_eq!(shown(&unknown, 1, Some(14)), Some(0));
        assert_eq!(shown(&film(&[(1, 9)], &[], &[]), 1, None), None);
    }

    #[test]
    fn a_document_that_went_away_has_drawn_nothing_later() {
        let mut film = film(&[(1, 9), (2, 20)], &[1], &[10, 21]);
        film.frames[1].document = 2.0;
        assert_eq!(Pictures::of(&film).showing(&left(1, Some(15))), Some(0));
    }

    #[test]
    fn the_first_picture_of_all_may_come_late() {
        let mut film = film(&[(1, 9), (2, 20)], &[], &[15, 21]);
        film.pictures[0].timing = Timing::Sent;
        let shown = |next| Pictures::of(&film).showing(&left(1, Some(next)));
        assert_eq!(shown(18), Some(0));
        assert_eq!(shown(12), None, "it may show what the next one did");
    }

    #[test]
    fn the_last_step_is_shown_as_the_page_stays() {
        let film = film(&[(1, 9)], &[], &[10, 40]);
        let last = Left { is_last: true, ..left(1, None) };
        assert_eq!(Pictures::of(&film).showing(&last), Some(1));
    }

    #[test]
    fn pictures_of_a_sensitive_step_are_nobody_s() {
        // It types in frame 20, and has done so at its look.
        let film = film(&[(1, 9), (2, 20), (3, 40)], &[2], &[10, 21, 22, 41]);
        let pictures = Pictures::of(&film);
        let typed = 20.0 * FRAME - 5.0;
        let shown = |look, is_last, allowed: Range<f64>| {
            pictures.showing(&Left { look, next: None, is_last, allowed })
        };
        assert_eq!(shown(1, true, f64::NEG_INFINITY..typed), Some(0));
        assert_eq!(shown(1, false, f64::NEG_INFINITY..typed), Some(0));
        let after = pictures.surely_after(Some(2), typed);
        assert!(after > 41.0 * FRAME, "the page may have shown it until it drew the next change: {after}");
        assert_eq!(shown(3, true, after..f64::INFINITY), None);
        let mut asked = film.clone();
        asked.pictures = vec![picture(typed + 5.0, Timing::Asked)];
        let since = Pictures::of(&asked).surely_after(Some(2), typed);
        assert!(since <= typed + 5.0, "a page that was asked later shows what it showed then: {since}");
        let mut old = film.clone();
        old.pictures[2].at_ms += 4.0;
        assert!(Pictures::of(&old).surely_after(Some(2), typed).is_infinite(), "it does not tell of frames");
        let awaited = Film { awaited: [(1, 21.0 * FRAME)].into(), ..film.clone() };
        let shown = Pictures::of(&awaited).showing(&Left {
            look: 1,
            next: None,
            is_last: false,
            allowed: 0.0..30.0 * FRAME,
        });
        assert_eq!(shown, Some(1), "what the page did by itself until then is seen, too");
        let unknown = pictures.surely_after(None, 20.0 * FRAME);
        assert!(unknown > 22.5 * FRAME, "{unknown}");
    }
}

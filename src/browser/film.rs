//! What a page looked like and asked for during an attempt, for its trace. Of a very long attempt these are the last pictures
//! and documents, which are what explains it, and the first requests.

use crate::text::Untrusted;
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// Bytes of pictures that are kept, as files.
const PICTURES: usize = 8 << 20;

/// Bytes of markup that are kept.
const DOCUMENTS: usize = 4 << 20;

/// Looks, and frames, of which it is known what they are.
const MOMENTS: usize = 5_000;

/// Bytes of the markup of one look that are wanted.
pub const MARKUP: usize = 512 << 10;

/// Bytes of a URL that are wanted.
pub const URL: usize = 2_000;

/// What is too long is filmed this much longer, and cut where it is masked: a secret that is cut in two would not be found.
pub const MARGIN: usize = 4 << 10;

/// Milliseconds between two frames. A picture's time is when it was to be seen: one frame after the page began to draw it,
/// or two where it was late (measured, also with all processors busy: 16.6 or 33.3 ms).
pub const FRAME: f64 = 1000.0 / 60.0;

/// By how much two times of the browser may differ that mean the same, in milliseconds.
pub const BLUR: f64 = 1.0;

/// What was filmed of an attempt.
#[derive(Clone, Debug, Default)]
pub struct Film {
    /// In the order in which they were taken.
    pub pictures: Vec<Picture>,
    /// The looks after which the page had yet to draw a change, and in which document: when that began.
    pub undrawn: BTreeMap<u32, f64>,
    /// The looks whose step was waited for until a picture showed what it left, and when the newest of them was drawn.
    pub awaited: BTreeMap<u32, f64>,
    /// The frames in which the page drew changes, in their order, as far as it has told.
    pub frames: Vec<Frame>,
    /// The first document that was looked at.
    pub opened: Option<Opened>,
    /// What the looks found, where that was another thing than before.
    pub documents: Vec<Document>,
    /// In the order in which they began.
    pub requests: Vec<Request>,
}

/// A look at the page when a step has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// From 1.
    pub number: u32,
    /// The step did something to the page, or waited for something that came true.
    pub changed: bool,
    /// Nothing of what the page shows is to be kept, only from when on a picture shows what comes next.
    pub sensitive: bool,
}

/// A frame in which a page drew something that had changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// When the page began to draw it, in milliseconds since 1970.
    pub at_ms: f64,
    /// What had changed can probably be seen.
    pub is_seen: bool,
    /// The first look that knew of it.
    pub look: u32,
    /// When its document began, which tells it from others.
    pub document: f64,
}

/// A document that was opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opened {
    /// When it began, which tells it from others, in milliseconds since 1970.
    pub document: f64,
    /// When something of it was to be seen first (Paint Timing, `first-paint`), if there was.
    pub painted_ms: Option<f64>,
}

/// A picture of the viewport.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// When it was drawn, in milliseconds since 1970 by the machine's clock.
    pub at_ms: f64,
    /// Nothing that was done later can be seen in it.
    pub until_ms: f64,
    /// What `at_ms` tells.
    pub timing: Timing,
    /// What kind of file.
    pub format: PictureFormat,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What the time of a picture tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// When the frame was to be seen: which one it is.
    Frame,
    /// When it was sent, which may be long after it was drawn.
    Sent,
    /// When the page was asked for it: so it stood then.
    Asked,
}

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Quick to make and small.
    Jpeg,
    /// Exact.
    Png,
}

impl Picture {
    /// Whether its time tells which frame it is.
    pub fn is_timed(&self) -> bool {
        self.timing == Timing::Frame
    }
}

impl PictureFormat {
    /// Its media type (RFC 6838).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// The markup of the top document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The first look that found it so, from 1.
    pub look: u32,
    /// As it stood; at least [`MARKUP`] and [`MARGIN`] of it, if it is that long.
    pub markup: String,
}

/// A request of the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// When it began, in milliseconds since 1970 by the machine's clock.
    pub at_ms: f64,
    /// `GET`.
    pub method: Untrusted,
    /// Where to; [`URL`] and [`MARGIN`] of it, if it is that long.
    pub url: Untrusted,
    /// What for, in the browser's words: `Document`, `Script`, `Fetch`.
    pub kind: Untrusted,
    /// The status of HTTP; none where there was no answer.
    pub status: Option<u16>,
    /// How long until its last byte; none where it had not ended.
    pub took_ms: Option<f64>,
    /// Bytes that came over the network, headers included, as the browser counts them.
    pub bytes: Option<f64>,
    /// Why it failed: `net::ERR_CONNECTION_REFUSED`.
    pub error: Option<Untrusted>,
}

/// From when on frames have pictures of their own: what was drawn until a camera was on is in the picture that it began with,
/// unless nothing of the page was to be seen then. The first frame of all only tells that there is a document.
pub fn filmed_since<'p>(
    mut pictures: impl Iterator<Item = &'p Picture>,
    first: Option<&Frame>,
    opened: Option<Opened>,
) -> f64 {
    let painted_ms = opened.and_then(|it| it.painted_ms).unwrap_or(f64::INFINITY);
    // That time and those of pictures differ by less than half a frame.
    let sent = pictures.find(|it| !it.is_timed()).filter(|it| painted_ms < it.at_ms + FRAME / 2.0);
    let Some(sent) = sent else { return f64::NEG_INFINITY };
    let drawn = sent.at_ms - FRAME + BLUR;
    first.filter(|it| it.at_ms < sent.at_ms).map_or(drawn, |first| drawn.max(first.at_ms + BLUR))
}

/// A time as browsers tell it: milliseconds since 1970.
pub fn milliseconds(at: Timestamp) -> f64 {
    at.duration_since(Timestamp::UNIX_EPOCH).as_millis_f64()
}

/// Pictures and documents that come one after the other, of which the newest stay.
#[derive(Debug, Default)]
pub(in crate::browser) struct Reel {
    pictures: VecDeque<Picture>,
    picture_bytes: usize,
    undrawn: BTreeMap<u32, f64>,
    awaited: BTreeMap<u32, f64>,
    frames: VecDeque<Frame>,
    opened: Option<Opened>,
    documents: VecDeque<Document>,
    document_bytes: usize,
}

impl Reel {
    /// Takes a picture.
    pub(in crate::browser) fn picture(&mut self, picture: Picture) {
        self.picture_bytes += picture.bytes.len();
        self.pictures.push_back(picture);
        while self.picture_bytes > PICTURES
            && let Some(oldest) = self.pictures.pop_front()
        {
            self.picture_bytes -= oldest.bytes.len();
        }
    }

    /// Notes whether the page had yet to draw a change at a look, and in which document.
    pub(in crate::browser) fn look(&mut self, look: u32, undrawn: Option<f64>) {
        self.undrawn.extend(undrawn.map(|document| (look, document)));
        if self.undrawn.len() > MOMENTS {
            self.undrawn.pop_first();
        }
    }

    /// Whether the page had yet to draw a change at a look.
    pub(in crate::browser) fn is_pending(&self, look: u32) -> bool {
        self.undrawn.contains_key(&look)
    }

    /// The newest picture shows what a look found.
    pub(in crate::browser) fn caught_up(&mut self, look: u32) {
        self.awaited.extend(self.pictures.back().map(|newest| (look, newest.at_ms)));
        if self.awaited.len() > MOMENTS {
            self.awaited.pop_first();
        }
    }

    /// Takes a frame.
    pub(in crate::browser) fn frame(&mut self, frame: Frame) {
        self.frames.push_back(frame);
        if self.frames.len() > MOMENTS {
            self.frames.pop_front();
        }
    }

    /// Takes what is known of a document.
    pub(in crate::browser) fn opened(&mut self, opened: Opened) {
        match &mut self.opened {
            // It went away before it told when: long after the camera was on.
            Some(first) if first.document.total_cmp(&opened.document).is_ne() => {
                first.painted_ms.get_or_insert(first.document);
            }
            first => *first = Some(opened),
        }
    }

    /// [`filmed_since`] a camera was on last.
    pub(in crate::browser) fn filmed_since(&self) -> f64 {
        filmed_since(self.pictures.iter().rev(), self.frames.front(), self.opened)
    }

    /// The frames that are known.
    pub(in crate::browser) fn frames(&self) -> impl DoubleEndedIterator<Item = &Frame> {
        self.frames.iter()
    }

    /// The pictures that are there.
    pub(in crate::browser) fn pictures(&self) -> impl DoubleEndedIterator<Item = &Picture> {
        self.pictures.iter()
    }

    /// Takes what a look found, unless the newest is the same.
    pub(in crate::browser) fn document(&mut self, look: u32, markup: String) {
        if self.documents.back().is_some_and(|newest| newest.markup == markup) {
            return;
        }
        self.document_bytes += markup.len();
        self.documents.push_back(Document { look, markup });
        while self.document_bytes > DOCUMENTS
            && let Some(oldest) = self.documents.pop_front()
        {
            self.document_bytes -= oldest.markup.len();
        }
    }

    /// All of it, which is gone then.
    pub(in crate::browser) fn film(&mut self, requests: Vec<Request>) -> Film {
        let Self { pictures, undrawn, awaited, frames, opened, documents, .. } = std::mem::take(self);
        let (pictures, frames, documents) = (pictures.into(), frames.into(), documents.into());
        Film { pictures, undrawn, awaited, frames, opened, documents, requests }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stay_and_a_document_that_is_the_same_is_kept_once() {
        let mut reel = Reel::default();
        for look in 1..=12 {
            reel.document(look, "x".repeat(DOCUMENTS / 8 + look as usize / 2));
        }
        let picture = |at: u8, byte: u8| Picture {
            at_ms: f64::from(at),
            until_ms: f64::from(at),
            timing: Timing::Frame,
            format: PictureFormat::Jpeg,
            bytes: vec![byte; PICTURES / 3],
        };
        for (at, byte) in [(1, 1), (3, 2), (4, 1), (5, 4)] {
            reel.picture(picture(at, byte));
        }
        let film = reel.film(Vec::new());
        let looks: Vec<u32> = film.documents.iter().map(|it| it.look).collect();
        assert_eq!(looks, [1, 2, 4, 6, 8, 10, 12]);
        let pictures: Vec<f64> = film.pictures.iter().map(|it| it.at_ms).collect();
        assert_eq!(pictures, [3.0, 4.0, 5.0]);
        assert!(reel.film(Vec::new()).pictures.is_empty());
    }

    #[test]
    fn what_was_drawn_until_the_camera_was_on_has_no_picture_of_its_own_if_the_page_was_seen_then() {
        let sent = Picture {
            at_ms: 1_000.0,
            until_ms: 1_000.0,
            timing: Timing::Sent,
            format: PictureFormat::Jpeg,
            bytes: Vec::new(),
        };
        let since = |first: f64, painted_ms| {
            let first = Frame { at_ms: first, is_seen: true, look: 1, document: 1.0 };
            let opened = Opened { document: 1.0, painted_ms };
            filmed_since([&sent].into_iter(), Some(&first), Some(opened))
        };
        let own = |first, painted_ms, at: f64| at >= since(first, painted_ms);
        assert!(!own(900.0, Some(950.0), 983.0) && own(900.0, Some(950.0), 985.0), "a frame takes that long");
        assert!(!own(995.0, Some(950.0), 995.0), "the first one of all tells nothing new");
        assert!(own(995.0, Some(1_020.0), 995.0) && own(960.0, None, 960.0), "the page was still white");
        assert!(!own(995.0, Some(1_005.0), 995.0), "the two clocks are not exact");
    }
}

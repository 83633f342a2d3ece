//! What a page looked like and asked for during an attempt, for its trace. Of a very long attempt these are the last pictures
//! and documents, which are what explains it, and the first requests.

use crate::text::Untrusted;
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// Bytes of pictures that are kept, as files.
const PICTURES: usize = 8 << 20;

/// Bytes of markup that are kept.
const DOCUMENTS: usize = 4 << 20;

/// Looks of which it is kept when they were drawn.
const LOOKS: usize = 5_000;

/// Bytes of the markup of one look that are wanted.
pub const MARKUP: usize = 512 << 10;

/// Bytes of a URL that are wanted.
pub const URL: usize = 2_000;

/// What is too long is filmed this much longer, and cut where it is masked: a secret that is cut in two would not be found.
pub const MARGIN: usize = 4 << 10;

/// What was filmed of an attempt.
#[derive(Clone, Debug, Default)]
pub struct Film {
    /// In the order in which they were taken.
    pub pictures: Vec<Picture>,
    /// From when on a picture shows what a look found, by its number, in milliseconds since 1970.
    pub looks: BTreeMap<u32, f64>,
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
    /// The step did something to the page.
    pub acted: bool,
    /// Nothing of what the page shows is to be kept, only from when on a picture shows what comes next.
    pub sensitive: bool,
}

/// A picture of the viewport.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// When it was drawn, in milliseconds since 1970 by the machine's clock.
    pub at_ms: f64,
    /// Nothing that was done later can be seen in it.
    pub until_ms: f64,
    /// What kind of file.
    pub format: PictureFormat,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Quick to make and small.
    Jpeg,
    /// Exact.
    Png,
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

/// A time as browsers tell it: milliseconds since 1970.
pub fn milliseconds(at: Timestamp) -> f64 {
    at.duration_since(Timestamp::UNIX_EPOCH).as_millis_f64()
}

/// Pictures and documents that come one after the other, of which the newest stay.
#[derive(Debug, Default)]
pub(in crate::browser) struct Reel {
    pictures: VecDeque<Picture>,
    picture_bytes: usize,
    looks: BTreeMap<u32, f64>,
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

    /// Notes from when on a picture shows what a look found.
    pub(in crate::browser) fn look(&mut self, look: u32, from: f64) {
        self.looks.insert(look, from);
        if self.looks.len() > LOOKS {
            self.looks.pop_first();
        }
    }

    /// From when on a picture shows what a look found.
    pub(in crate::browser) fn shown_from(&self, look: u32) -> Option<f64> {
        self.looks.get(&look).copied()
    }

    /// Takes what a look found, unless the newest is the same. Says whether it was another thing.
    pub(in crate::browser) fn document(&mut self, look: u32, markup: String) -> bool {
        if self.documents.back().is_some_and(|newest| newest.markup == markup) {
            return false;
        }
        self.document_bytes += markup.len();
        self.documents.push_back(Document { look, markup });
        while self.document_bytes > DOCUMENTS
            && let Some(oldest) = self.documents.pop_front()
        {
            self.document_bytes -= oldest.markup.len();
        }
        true
    }

    /// All of it, which is gone then.
    pub(in crate::browser) fn film(&mut self, requests: Vec<Request>) -> Film {
        let Self { pictures, looks, documents, .. } = std::mem::take(self);
        Film { pictures: pictures.into(), looks, documents: documents.into(), requests }
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
}

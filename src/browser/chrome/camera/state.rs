//! What a camera has seen so far, and whether that is enough.

use crate::browser::chrome::network::Requests;
use crate::browser::film::{BLUR, FRAME, Frame, Opened, Reel};
use serde::Deserialize;

/// What changed so long ago, in milliseconds, has been drawn by now if it is anything that is seen.
const LONG_AGO: f64 = 500.0;

/// How late a picture may be of a change, in milliseconds (measured, with all processors busy).
const LATE: f64 = 6.0 * FRAME;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) reel: Reel,
    pub(super) requests: Requests,
    /// The number of the last look.
    pub(super) look: u32,
    /// That of the last one at what a sensitive step left.
    pub(super) sensitive: Option<u32>,
    /// The last one whose changes were waited for to be drawn.
    pub(super) drawn: u32,
    /// Pictures that came since the last look; `None` while the camera is off.
    pub(super) pictures: Option<u32>,
    /// When it was switched on, in milliseconds since 1970, if it has not sent since how the page looks. What it sends first
    /// was drawn some time before.
    pub(super) warming_up: Option<f64>,
    /// That was waited for in vain: nobody waits again until it comes.
    pub(super) is_stuck: bool,
}

/// What the page knows of its changes since it was asked last.
#[derive(Deserialize)]
pub(super) struct News {
    /// When its document began, which names it.
    pub(super) document: f64,
    /// When something of it was to be seen first.
    pub(super) painted: Option<f64>,
    /// When they began, and whether what has changed can probably be seen.
    pub(super) frames: Vec<(f64, bool)>,
    pub(super) pending: bool,
    #[serde(default)]
    pub(super) markup: Option<String>,
}

impl State {
    /// Takes what the page has told, of which a look was the first to know.
    pub(super) fn take(&mut self, look: u32, news: &News) {
        self.reel.opened(Opened { document: news.document, painted_ms: news.painted });
        for &(at_ms, is_seen) in &news.frames {
            self.reel.frame(Frame { at_ms, is_seen, look, document: news.document });
        }
    }

    /// Whether nothing of what the last look found is to be shown.
    pub(super) fn is_hidden(&self) -> bool {
        self.sensitive == Some(self.look)
    }

    /// Whether there surely is a picture of what has changed last, or nothing to be seen of that.
    pub(super) fn is_up_to_date(&self, now: f64) -> bool {
        let Some(changed) = self.reel.frames().next_back() else { return true };
        // Pictures that may show what a sensitive step has typed are nobody's.
        let hidden = self.sensitive.and_then(|look| self.reel.frames().find(|it| it.look > look));
        let shown = self.reel.pictures().next_back();
        if hidden.is_some_and(|it| shown.is_none_or(|shown| shown.at_ms < it.at_ms + 2.0 * FRAME - BLUR)) {
            return false;
        }
        if now > changed.at_ms + LONG_AGO {
            return true;
        }
        let timed = self.reel.pictures().rev().take_while(|it| it.is_timed()).map(|it| it.at_ms);
        let mut shown: Vec<f64> = timed.collect();
        shown.reverse();
        let since = self.reel.filmed_since().max(changed.at_ms - LONG_AGO).min(changed.at_ms);
        let frames = self.reel.frames().map(|it| it.at_ms).filter(|at| *at >= since);
        // Pictures come in the order of what they show. Where there is one for each change, the newest is of the last one.
        let Some(odd) = without_one_each(frames, shown) else { return false };
        // Of a page that changes by itself nobody knows which picture is late.
        let unsure = changed.at_ms - LATE..changed.at_ms + FRAME - BLUR;
        !odd.iter().any(|at| unsure.contains(at))
    }
}

/// The times of these pictures without one for each of these changes; nothing if there are too few.
fn without_one_each(mut changes: impl Iterator<Item = f64>, mut pictures: Vec<f64>) -> Option<Vec<f64>> {
    changes
        .all(|changed| {
            let own = pictures.iter().position(|at| *at >= changed + FRAME - BLUR);
            own.is_some_and(|own| pictures.remove(own) <= changed + LATE + BLUR)
        })
        .then_some(pictures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::film::{Picture, PictureFormat, Timing};

    /// Whether a picture of the last change is there, with changes drawn and pictures seen at these times, in frames.
    fn is_up_to_date(frames: &[f64], pictures: &[f64]) -> bool {
        let mut state = State::default();
        let first = Picture {
            at_ms: 0.0,
            until_ms: 0.0,
            timing: Timing::Sent,
            format: PictureFormat::Jpeg,
            bytes: Vec::new(),
        };
        state.reel.picture(first.clone());
        for at in pictures {
            let at_ms = at * FRAME;
            state.reel.picture(Picture { at_ms, until_ms: at_ms, timing: Timing::Frame, ..first.clone() });
        }
        let frames = frames.iter().map(|at| (at * FRAME, true)).collect();
        state.take(1, &News { document: 1.0, painted: Some(0.0), frames, pending: false, markup: None });
        state.is_up_to_date(20.0 * FRAME)
    }

    #[test]
    fn a_picture_that_may_show_what_is_hidden_does_not_count() {
        let picture = |at: f64| Picture {
            at_ms: at * FRAME,
            until_ms: at * FRAME,
            timing: Timing::Frame,
            format: PictureFormat::Jpeg,
            bytes: Vec::new(),
        };
        let mut state = State { sensitive: Some(1), ..State::default() };
        state.take(
            2,
            &News {
                document: 1.0,
                painted: None,
                frames: vec![(10.0 * FRAME, true)],
                pending: false,
                markup: None,
            },
        );
        state.reel.picture(picture(11.0));
        assert!(!state.is_up_to_date(11.0 * FRAME) && !state.is_up_to_date(500.0 * FRAME));
        state.reel.picture(picture(12.0));
        assert!(state.is_up_to_date(12.0 * FRAME));
    }

    #[test]
    fn a_picture_is_of_the_last_change_if_it_can_be_of_no_other() {
        assert!(is_up_to_date(&[], &[]), "nothing has changed");
        assert!(!is_up_to_date(&[10.0], &[]) && !is_up_to_date(&[10.0], &[9.0]));
        assert!(is_up_to_date(&[10.0], &[11.0]) && is_up_to_date(&[10.0], &[12.0]));
        assert!(is_up_to_date(&[5.0, 10.0], &[6.0, 11.0]));
        assert!(!is_up_to_date(&[9.0, 10.0], &[11.0]), "it may be that of the frame before, late");
        assert!(is_up_to_date(&[9.0, 10.0], &[11.0, 12.0]) && is_up_to_date(&[9.0, 10.0], &[10.0, 11.0]));
        assert!(
            !is_up_to_date(&[9.99, 10.0], &[11.0]),
            "two changes at once may be drawn one after the other"
        );
        assert!(!is_up_to_date(&[10.0], &[10.0, 11.0]), "all may be late");
        assert!(!is_up_to_date(&[7.0, 10.0], &[12.0]), "it may be the first one, very late");
        assert!(!is_up_to_date(&[7.0, 10.0], &[13.0]));
        assert!(is_up_to_date(&[7.0, 10.0], &[10.0, 13.0]), "all are late");
        assert!(!is_up_to_date(&[4.0, 7.0, 8.0, 9.0], &[5.0, 9.0, 11.0]), "one picture is not that of two");
        assert!(is_up_to_date(&[-50.0], &[]), "so long ago it is drawn if it is seen");
    }
}

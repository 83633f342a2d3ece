//! Texts cut to a number of columns. A wide character counts two, and is never cut in half.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns that a text without control characters takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The beginning of a text, in at most `room` columns, with an ellipsis where it was cut.
pub(super) fn head(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let mut kept: String = text
        .chars()
        .take_while(|c| {
            let fits = c.width().unwrap_or(0) <= left;
            left = left.saturating_sub(c.width().unwrap_or(0));
            fits
        })
        .collect();
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// The end of a text, likewise: of a path the end says most.
pub(super) fn tail(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        start = at;
    }
    if room == 0 { String::new() } else { format!("…{}", &text[start..]) }
}

/// A text and as many blanks as make it `room` columns wide.
pub(super) fn padded(text: &str, room: usize) -> String {
    format!("{text}{}", " ".repeat(room.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_too_long_is_cut_with_an_ellipsis() {
        assert_eq!(
            [head("testcases/login", 15), head("testcases/login", 8)],
            ["testcases/login", "testcas…"]
        );
        assert_eq!(
            [tail("testcases/login", 15), tail("testcases/login", 8)],
            ["testcases/login", "…s/login"]
        );
        assert_eq!([head("购物车", 6), head("购物车", 5), head("购物车", 4)], ["购物车", "购物…", "购…"]);
        assert_eq!([tail("购物车", 5), tail("购物车", 4), tail("购物车", 0)], ["…物车", "…车", ""]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_wider_than_its_room(text in "\\PC{0,40}", room in 0_usize..30) {
            prop_assert!(columns(&head(&text, room)) <= room);
            prop_assert!(columns(&tail(&text, room)) <= room);
        }
    }
}

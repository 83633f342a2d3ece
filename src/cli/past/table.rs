//! Columns of text: numbers to the right, words to the left.

use crate::reporter::terminal::Paint;
use unicode_width::UnicodeWidthStr as _;

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Rows below a line of headings, each column as wide as its widest cell.
pub(super) fn table(columns: &[(&str, Side)], rows: &[Vec<String>], paint: Paint) -> String {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
        cells.chain([columns[at].0.width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(columns).zip(&widths).map(|((cell, (_, side)), width)| {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            match side {
                Side::Left => format!("{cell}{blanks}"),
                Side::Right => format!("{blanks}{cell}"),
            }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut text = paint.faint(&line(&mut columns.iter().map(|(name, _)| *name)));
    text.push('\n');
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1", "a"], ["200", "wörtlich"]].map(|row| row.map(str::to_owned).to_vec());
        let text = table(&[("n", Side::Right), ("Name", Side::Left)], &rows, Paint::new(false));
        assert_eq!(text, "  n  Name\n  1  a\n200  wörtlich\n");
    }
}

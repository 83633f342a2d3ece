//! Findings as people read them in a terminal: message, place, the line with a caret, help. The only place that knows
//! how; whatever stands in a file comes out without control characters.

use super::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, Span};
use crate::text::Untrusted;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Findings of one file that are shown in full; the rest is counted.
const MOST_OF_A_FILE: usize = 100;
/// Lines between two places that are still shown in one piece.
const NEAR: usize = 100;
/// Bytes of a line that are shown whole, and on either side of a place in a longer one.
const LONG_LINE: usize = 4_000;

/// All findings, with a blank line between them. `width` is that of the terminal, in columns.
pub fn render(diagnostics: &[Diagnostic], color: bool, width: usize) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(width.max(40));
    let mut lines = Lines::default();
    let mut shown: HashMap<&str, usize> = HashMap::new();
    let mut reports: Vec<String> = Vec::new();
    for diagnostic in diagnostics {
        let count = match diagnostic.labels.first() {
            Some(label) => shown.entry(&label.source.path).or_default(),
            None => &mut 0,
        };
        *count += 1;
        if *count <= MOST_OF_A_FILE {
            reports.push(one(diagnostic, &renderer, &mut lines));
        }
    }
    let mut more: Vec<_> = shown.into_iter().filter(|(_, count)| *count > MOST_OF_A_FILE).collect();
    more.sort_unstable();
    for (path, count) in more {
        let path = Untrusted::from(path).line();
        reports.push(format!("… and {} more in {path}", count - MOST_OF_A_FILE));
    }
    let mut text = reports.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Where the lines of each file begin: found once a file, however many findings it has.
#[derive(Default)]
struct Lines(HashMap<*const SourceFile, Vec<usize>>);

impl Lines {
    fn of(&mut self, source: &Arc<SourceFile>) -> &[usize] {
        self.0.entry(Arc::as_ptr(source)).or_insert_with(|| {
            std::iter::once(0).chain(source.text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        })
    }
}

fn one(diagnostic: &Diagnostic, renderer: &Renderer, lines: &mut Lines) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(Untrusted::from(diagnostic.message.as_str()).line());
    let mut elements: Vec<Element<'_>> = Vec::new();
    for labels in pieces(&diagnostic.labels, lines) {
        piece(&labels, lines, &mut elements);
    }
    let help = diagnostic.help.as_ref().map(|help| Untrusted::from(help.as_str()).line());
    if elements.is_empty() {
        // Without lines above it, help would hang on a rule that leads nowhere.
        let title = renderer.render(&[Group::with_title(title)]);
        let help = help.map(|help| renderer.render(&[Group::with_title(Level::HELP.primary_title(help))]));
        return [Some(title), help].into_iter().flatten().collect::<Vec<_>>().join("\n");
    }
    elements.extend(help.map(|help| Element::from(Level::HELP.message(help))));
    renderer.render(&[title.elements(elements)])
}

/// A label with its line, from 0, and whether it is the first one.
struct Placed<'d> {
    label: &'d Label,
    line: usize,
    primary: bool,
}

/// The labels, those near each other in one file together.
fn pieces<'d>(labels: &'d [Label], lines: &mut Lines) -> Vec<Vec<Placed<'d>>> {
    let mut pieces: Vec<Vec<Placed<'d>>> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let line =
            lines.of(&label.source).partition_point(|start| *start <= label.span.start).saturating_sub(1);
        let placed = Placed { label, line, primary: index == 0 };
        let near = pieces.iter_mut().find(|piece| {
            piece.iter().all(|other| {
                Arc::ptr_eq(&other.label.source, &label.source) && other.line.abs_diff(line) <= NEAR
            })
        });
        match near {
            Some(piece) => piece.push(placed),
            None => pieces.push(vec![placed]),
        }
    }
    pieces
}

/// Shows the lines of some labels of one file.
fn piece(labels: &[Placed<'_>], lines: &mut Lines, elements: &mut Vec<Element<'_>>) {
    let Some(first) = labels.first() else { return };
    let source = &first.label.source;
    let starts = lines.of(source);
    let line_of = |line: usize| -> Range<usize> {
        let start = starts.get(line).copied().unwrap_or(source.text.len());
        let end = starts.get(line + 1).map_or(source.text.len(), |next| next - 1);
        start..end.max(start)
    };
    let top = labels.iter().map(|it| it.line).min().unwrap_or(0);
    let bottom = labels.iter().map(|it| it.line).max().unwrap_or(0);
    let mut range = line_of(top).start..line_of(bottom).end;
    let path = Untrusted::from(source.path.as_str()).line();
    let long = (top..=bottom).any(|line| line_of(line).len() > LONG_LINE);
    let mut origin = None;
    if long {
        // Only the neighbourhood of the first place, so that a file in one line costs no more than any other.
        let span = first.label.span;
        let line = line_of(first.line);
        let start = floor(&source.text, span.start.saturating_sub(LONG_LINE / 2).max(line.start));
        let end = floor(&source.text, (span.start + LONG_LINE / 2).min(line.end));
        range = start..end.max(start);
        let column =
            source.text[line.start..floor(&source.text, span.start.min(line.end))].chars().count() + 1;
        origin = Some(Origin::path(path.clone()).line(first.line + 1).char_column(column));
    }
    let text = harmless(&source.text[range.clone()]);
    let mut snippet = Snippet::source(text).line_start(if long { first.line } else { top } + 1);
    if !long {
        snippet = snippet.path(path);
    }
    for placed in labels {
        if long && !std::ptr::eq(placed, first) {
            continue;
        }
        let span = clip(placed.label.span, &line_of(placed.line), &range);
        let kind = if placed.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let words = Untrusted::from(placed.label.text.as_str()).line();
        let annotation = kind.span(span);
        snippet = snippet.annotation(if words.is_empty() { annotation } else { annotation.label(words) });
    }
    elements.push(snippet.into());
    // The renderer would count columns in the piece that is shown.
    elements.extend(origin.map(Element::from));
}

/// The span within its first line, relative to the text that is shown.
fn clip(span: Span, line: &Range<usize>, shown: &Range<usize>) -> Range<usize> {
    let end = span.end.min(line.end).min(shown.end).max(span.start);
    let start = span.start.clamp(shown.start, shown.end);
    start - shown.start..end.clamp(start, shown.end) - shown.start
}

/// The last character boundary up to `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The text without what a terminal would obey, byte for byte as long, so that places stay right. What the renderer
/// itself makes visible (C0, most bidirectional controls) is left to it.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{80}'..='\u{9f}' | '\u{61c}' => '·',
            '\u{200e}' | '\u{200f}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Arc<SourceFile> {
        SourceFile::new("testcases/a.toml", text)
    }

    fn at(source: &Arc<SourceFile>, part: &str) -> Span {
        let start = source.text.find(part).unwrap();
        Span { start, end: start + part.len() }
    }

    #[test]
    fn a_finding_reads_like_a_compilers() {
        let file = source("steps = [\n  { goto = \"/\" },\n  { clik = \"#save\" },\n]\n");
        let found = Diagnostic::error("unknown verb `clik`")
            .at(&file, at(&file, "clik"), "")
            .help("did you mean `click`?");
        insta::assert_snapshot!(render(&[found], false, 80), @r##"
        error: unknown verb `clik`
         --> testcases/a.toml:3:5
          |
        3 |   { clik = "#save" },
          |     ^^^^
          |
          = help: did you mean `click`?
        "##);
    }

    #[test]
    fn places_far_apart_and_in_other_files_are_shown_each() {
        let far = source(&format!("name = \"a\"\n{}\nname = \"b\"\n", "# \n".repeat(300)));
        let found = Diagnostic::error("given twice").at(&far, at(&far, "name = \"b\""), "the second").at(
            &far,
            at(&far, "name = \"a\""),
            "the first",
        );
        let near = source("a = 1\nb = 2\n\n\na = 3\n");
        let two = Diagnostic::warning("both").at(&near, at(&near, "a = 3"), "here").at(
            &near,
            at(&near, "a = 1"),
            "there",
        );
        let bare = Diagnostic::error("cannot read `x`: permission denied");
        insta::assert_snapshot!(render(&[found, two, bare], false, 80), @r#"
        error: given twice
           --> testcases/a.toml:303:1
            |
        303 | name = "b"
            | ^^^^^^^^^^ the second
            |
           ::: testcases/a.toml:1:1
            |
          1 | name = "a"
            | ---------- the first

        warning: both
         --> testcases/a.toml:5:1
          |
        1 | a = 1
          | ----- there
        ...
        5 | a = 3
          | ^^^^^ here

        error: cannot read `x`: permission denied
        "#);
    }

    #[test]
    fn nothing_in_a_file_reaches_the_terminal_raw() {
        let hostile = source("a = '\u{1b}[31m\u{9b}2J\u{202e}\u{200f}\u{61c}\u{7f}' # \r\n");
        let found = Diagnostic::error("bad \u{1b}[2J\nvalue\u{9b}")
            .at(&hostile, at(&hostile, "'"), "\u{1b}]0;x\u{7}")
            .help("\u{202e}no");
        let text = render(&[found], false, 80);
        let harmful = |c: char| {
            c != '\n'
                && (c.is_control()
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200e}' | '\u{200f}' | '\u{61c}'))
        };
        assert!(!text.contains(harmful), "{text:?}");
    }

    #[test]
    fn spans_over_lines_long_lines_and_ends_are_shown_short() {
        let block = source("[[case]]\nname = 'a'\nsteps = [\n]\n");
        let whole = Diagnostic::error("no steps").at(&block, Span { start: 0, end: block.text.len() }, "");
        let end = Diagnostic::error("unclosed").at(
            &block,
            Span { start: block.text.len(), end: block.text.len() },
            "",
        );
        let long = source(&format!(
            "a = '{}'\nb = [{}, x, {}]\n",
            "-",
            "1, ".repeat(100_000),
            "2, ".repeat(100_000)
        ));
        let mid = Diagnostic::error("bad value").at(&long, at(&long, "x"), "here");
        let text = render(&[whole, end, mid], false, 80);
        insta::assert_snapshot!(text, @r#"
        error: no steps
         --> testcases/a.toml:1:1
          |
        1 | [[case]]
          | ^^^^^^^^

        error: unclosed
         --> testcases/a.toml:5:1
          |
        5 |
          | ^

        error: bad value
          |
        2 | ...1, 1, 1, 1, 1, 1, 1, 1, 1, 1, , x, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,...
          |                                    ^ here
         ::: testcases/a.toml:2:300008
        "#);
    }

    #[test]
    fn a_flood_is_counted() {
        let file = source(&"x = 1\n".repeat(5_000));
        let found: Vec<_> = (0..5_000)
            .map(|line| Diagnostic::error("no").at(&file, Span { start: line * 6, end: line * 6 + 1 }, ""))
            .collect();
        let text = render(&found, false, 80);
        assert!(text.ends_with("… and 4900 more in testcases/a.toml\n"));
        assert_eq!(text.matches("error: no").count(), 100);
    }
}

//! Findings as people read them: the message, the line with a caret under it, what to do. Finds nothing itself.

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::text::Untrusted;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Write as _;

/// More than anyone reads; a generated file of a million mistakes must not print for minutes.
const MOST_SHOWN: usize = 200;

/// All findings as one text, then how many there are.
pub(crate) fn render(findings: &[Diagnostic], colored: bool) -> String {
    let renderer = if colored { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in findings.iter().take(MOST_SHOWN) {
        let _ = writeln!(text, "{}\n", one(finding, &renderer));
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if findings.len() > MOST_SHOWN {
        let _ = writeln!(text, "… and {} more\n", findings.len() - MOST_SHOWN);
    }
    if errors > 1 {
        let _ = writeln!(text, "{errors} errors");
    } else {
        text.pop();
    }
    text
}

fn one(finding: &Diagnostic, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = Untrusted::from(finding.message.as_str()).terminal();
    let excerpts: Vec<_> = finding.labels.iter().map(Excerpt::of).collect();
    let mut group = Group::with_title(level.primary_title(message));
    for (index, excerpt) in excerpts.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let mut annotation = kind.span(excerpt.span.clone());
        if !excerpt.label.is_empty() {
            annotation = annotation.label(excerpt.label.as_str());
        }
        let snippet = Snippet::source(excerpt.line.as_str())
            .line_start(excerpt.number)
            .path(excerpt.path.as_str())
            .annotation(annotation);
        group = group.element(snippet);
    }
    let help = finding.help.as_ref().map(|help| Untrusted::from(help.as_str()).terminal());
    match help {
        Some(help) if excerpts.is_empty() => {
            let help = Group::with_title(Level::HELP.primary_title(help));
            format!("{}\n{}", renderer.render(&[group]), renderer.render(&[help]))
        }
        Some(help) => renderer.render(&[group.element(Level::HELP.message(help))]),
        None => renderer.render(&[group]),
    }
}

/// The one line of a source that a label points to, made safe for a terminal.
struct Excerpt {
    path: String,
    line: String,
    number: usize,
    span: std::ops::Range<usize>,
    label: String,
}

impl Excerpt {
    fn of(label: &Label) -> Self {
        let text = &label.source.text;
        let start = floor(text, label.span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor(text, label.span.end).clamp(start, line_end);
        let safe = |part: &str| Untrusted::from(part).terminal().replace('\t', "    ");
        let before = safe(&text[line_start..start]);
        let marked = safe(&text[start..end]);
        let after = safe(text[end..line_end].trim_end_matches('\r'));
        Self {
            path: Untrusted::from(label.source.path.as_str()).line(),
            number: label.source.line(start),
            span: before.len()..before.len() + marked.len(),
            line: format!("{before}{marked}{after}"),
            label: Untrusted::from(label.text.as_str()).line(),
        }
    }
}

/// The byte, or the end, moved back to where a character begins.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[test]
    fn a_finding_shows_its_line_and_what_to_do() {
        let source = SourceFile::new("runner.toml", "retries = 1\n\ttimout = \"é\u{1b}[31m\" # x\n");
        let at = source.text.find("timout").unwrap();
        let finding = Diagnostic::error("unknown key `timout`")
            .at(&source, at..at + 6, "here")
            .help("did you mean `timeout`?");
        insta::assert_snapshot!(render(&[finding], false), @r#"
        error: unknown key `timout`
         --> runner.toml:2:5
          |
        2 |     timout = "é\u{1b}[31m" # x
          |     ^^^^^^ here
          |
          = help: did you mean `timeout`?
        "#);
    }

    #[test]
    fn a_place_at_the_end_of_a_text_is_shown() {
        let source = SourceFile::new("--filter", "tag(a) &");
        let finding = Diagnostic::error("the filter lacks a test here").at(&source, 8..8, "expected a test");
        insta::assert_snapshot!(render(&[finding.clone(), finding], false), @"
        error: the filter lacks a test here
         --> --filter:1:9
          |
        1 | tag(a) &
          |         ^ expected a test

        error: the filter lacks a test here
         --> --filter:1:9
          |
        1 | tag(a) &
          |         ^ expected a test

        2 errors
        ");
    }
}

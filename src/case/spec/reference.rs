//! The reference of the case format in Markdown, made from the tables.

use super::conditions::{COMMON as CONDITION_COMMON, CONDITIONS};
use super::flows::FLOW;
use super::keys::{CASE, ONLY_IN_CASE};
use super::matchers::{MATCHERS, TESTS};
use super::verbs::{COMMON, SECTIONS};
use super::{Argument, Form};
use std::fmt::Write as _;

const LOCATORS: &str = include_str!("locators.md");
const VARIABLES: &str = include_str!("variables.md");

/// The whole reference.
pub fn reference() -> String {
    let mut page = String::new();
    page.push_str("# Case files\n\n## Keys of a case\n\n");
    let _ = writeln!(
        page,
        "A file holds one case, or several in `[[case]]` tables. All keys but {} may then also stand at the top, before \
         the first `[[case]]`: `tags` and `uses` add up, `vars` merge, for the rest the case wins.\n",
        crate::case::suggest::list(ONLY_IN_CASE)
    );
    arguments(&mut page, "key", CASE.iter());
    page.push_str("\n## Keys of a flow (`*.flow.toml`)\n\n");
    arguments(&mut page, "key", FLOW.iter());
    page.push('\n');
    page.push_str(LOCATORS);
    page.push_str("\n## Steps\n\nA step is a table with one verb and its arguments. Any step may have:\n\n");
    arguments(&mut page, "argument", COMMON.iter());
    for section in SECTIONS {
        let _ = writeln!(page, "\n### {}\n\n{}\n", section.title, section.doc);
        page.push_str("| verb | | what it does | arguments (**needed**) |\n|---|---|---|---|\n");
        for verb in section.verbs {
            form(&mut page, verb);
        }
    }
    page.push_str(
        "\n## Matchers\n\nBeside `expect`, in `not`, and beside `element` in a condition. A yes/no matcher ",
    );
    page.push_str("`= false` is its opposite. Texts are normalised and case-sensitive.\n\n");
    arguments(&mut page, "matcher", MATCHERS.iter());
    page.push_str("\n## Text tests (STR)\n\nA text (the whole must be so), or a table with one of these; `min` and `max` go together.\n\n");
    arguments(&mut page, "test", TESTS.iter());
    page.push_str("\n## Conditions (COND)\n\nA table with one of these, looked at once, now.\n\n");
    page.push_str("| condition | | holds when | arguments (**needed**) |\n|---|---|---|---|\n");
    for condition in CONDITIONS {
        form(&mut page, condition);
    }
    page.push('\n');
    arguments(&mut page, "beside any", CONDITION_COMMON.iter());
    page.push('\n');
    page.push_str(VARIABLES);
    page
}

fn arguments<'a>(page: &mut String, heading: &str, all: impl Iterator<Item = &'a Argument>) {
    let _ = writeln!(page, "| {heading} | | |\n|---|---|---|");
    for argument in all {
        let word = if argument.required {
            format!("**`{}`**", argument.word)
        } else {
            format!("`{}`", argument.word)
        };
        let later = if argument.runs { "" } else { " *Not supported yet.*" };
        let _ =
            writeln!(page, "| {word} | {} | {}{later} |", cell(&argument.kind.name()), cell(argument.doc));
    }
}

fn form<T>(page: &mut String, form: &Form<T>) {
    let mut list: Vec<String> = form
        .arguments
        .iter()
        .map(|argument| {
            let word = if argument.required {
                format!("**`{}`**", argument.word)
            } else {
                format!("`{}`", argument.word)
            };
            let later = if argument.runs { "" } else { " *Not supported yet.*" };
            format!("{word} {}: {}{later}", argument.kind.name(), argument.doc)
        })
        .collect();
    if form.matchers {
        list.push("matchers".to_owned());
    }
    let later = if form.build.is_some() { "" } else { " *Not supported yet.*" };
    let subject = cell(&form.subject.name());
    let _ = writeln!(
        page,
        "| `{}` | {subject} | {}{later} | {} |",
        form.word,
        cell(form.doc),
        cell(&list.join("<br>"))
    );
}

/// Text in a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_format_is_in_the_reference() {
        let page = reference();
        let verbs = super::super::verbs::verbs()
            .flat_map(|verb| std::iter::once(verb.word).chain(verb.all_arguments().map(|it| it.word)));
        let words = verbs
            .chain(CASE.iter().chain(FLOW).chain(MATCHERS).chain(TESTS).map(|it| it.word))
            .chain(CONDITIONS.iter().map(|it| it.word));
        for word in words {
            assert!(page.contains(&format!("`{word}`")), "{word}");
        }
        assert!(page.lines().filter(|line| line.starts_with('|')).all(|line| line.ends_with('|')));
    }
}

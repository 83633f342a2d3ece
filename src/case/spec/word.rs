//! What one word of the case format means, for people at a terminal: the lines of the reference that are about it.

use super::conditions::CONDITIONS;
use super::flows::FLOW;
use super::keys::CASE;
use super::matchers::{MATCHERS, TESTS};
use super::verbs::{COMMON, verbs};
use super::{Argument, Form};
use crate::case::suggest;
use std::fmt;

/// A word that the format does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// As it was asked for.
    pub word: String,
    /// What was probably meant.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "case files know no word `{}`", self.word)
    }
}

impl std::error::Error for UnknownWord {}

/// The lists in which a word may stand, and what it is there.
const LISTS: [(&str, &[Argument]); 6] = [
    ("a key of a case", CASE),
    ("a key of a flow", FLOW),
    ("an argument of any step", COMMON),
    ("a matcher", MATCHERS),
    ("a text test", TESTS),
    ("an argument of any condition", super::conditions::COMMON),
];

/// Everything that a word means, a paragraph each.
///
/// # Errors
///
/// When it is none of the format's, with the one that was probably meant.
pub fn meaning(word: &str) -> Result<String, UnknownWord> {
    let steps = verbs().filter(|it| it.word == word).map(|it| form("a step", it));
    let conditions = CONDITIONS.iter().filter(|it| it.word == word).map(|it| form("a condition", it));
    let arguments = LISTS.iter().flat_map(|(what, list)| {
        list.iter().filter(|it| it.word == word).map(move |it| format!("{what}:\n{}", line(it)))
    });
    let meanings: Vec<String> = steps.chain(conditions).chain(arguments).collect();
    if !meanings.is_empty() {
        return Ok(meanings.join("\n"));
    }
    let all = verbs().map(|it| it.word).chain(CONDITIONS.iter().map(|it| it.word));
    let all = all.chain(LISTS.iter().flat_map(|(_, list)| list.iter().map(|it| it.word)));
    Err(UnknownWord { word: word.to_owned(), nearest: suggest::one_of(word, all) })
}

fn form<T>(what: &str, form: &Form<T>) -> String {
    let mut text = format!("{what}: {}{}\n", form.doc, later(form.build.is_some()));
    text.push_str(&format_line(form.word, &form.subject.name(), "", true));
    for argument in form.arguments {
        text.push_str(&line(argument));
    }
    if form.matchers {
        text.push_str("  and matchers, all of which must hold\n");
    }
    text
}

fn line(argument: &Argument) -> String {
    let doc = format!("{}{}", argument.doc, later(argument.runs));
    format_line(argument.word, &argument.kind.name(), &doc, argument.required)
}

fn format_line(word: &str, kind: &str, doc: &str, required: bool) -> String {
    let needed = if required { "" } else { " (optional)" };
    let doc = if doc.is_empty() { String::new() } else { format!("\n      {doc}") };
    format!("  {word} = {}{needed}{doc}\n", kind.replace("` `", " | ").replace('`', ""))
}

fn later(runs: bool) -> &'static str {
    if runs { "" } else { " Not supported yet." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_told_in_all_its_meanings() {
        insta::assert_snapshot!([meaning("type").unwrap(), meaning("name").unwrap()].join("---\n"), @r###"
        a step: Types a text key by key, as a person does.
          type = LOC
          value = text
              The text.
          delay = duration (optional)
              Pause between keys.
        ---
        a key of a case:
          name = text (optional)
              Its name; by default the file's stem. Needed in `[[case]]`.

        an argument of any step:
          name = text (optional)
              Its title in reports.
        "###);
    }

    #[test]
    fn an_unknown_word_comes_with_the_nearest() {
        let error = meaning("clik").unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.nearest),
            ("case files know no word `clik`", Some("click"))
        );
        assert_eq!(meaning("zzzzzz").unwrap_err().nearest, None);
    }
}

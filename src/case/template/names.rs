//! Finds the variables in a text, and says what may be one.

use super::{Part, TemplateError};

/// The parts of a text that holds `${`.
pub(super) fn split(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        if text[at..start].ends_with('$') {
            literal.push_str(&text[at..start - 1]);
            literal.push_str("${");
            at = start + 2;
            continue;
        }
        literal.push_str(&text[at..start]);
        let (name, end) = variable(text, start)?;
        if !literal.is_empty() {
            parts.push(Part::Literal(std::mem::take(&mut literal)));
        }
        parts.push(Part::Variable(name.to_owned()));
        at = end;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    parts.shrink_to_fit();
    Ok(parts)
}

/// The name of the variable that begins at `start`, and where it ends.
fn variable(text: &str, start: usize) -> Result<(&str, usize), TemplateError> {
    let Some(length) = text[start..].find('}') else {
        return Err(TemplateError {
            message: "`${` is not closed".to_owned(),
            at: start..text.len(),
            help: "write `${name}` for a variable, `$${` for the two characters themselves",
        });
    };
    let end = start + length + 1;
    let name = &text[start + 2..end - 1];
    if is_name(name) {
        return Ok((name, end));
    }
    Err(TemplateError {
        message: format!("`{}` is not a variable", &text[start..end]),
        at: start..end,
        help: "a name is made of letters, digits, `_` and `-`, with dots between its parts: `${row.user}`; nothing is calculated",
    })
}

/// Whether a name may stand in `${…}`. Only what comes after a dot may hold spaces (columns of a CSV file).
fn is_name(name: &str) -> bool {
    let mut parts = name.split('.');
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    parts.next().is_some_and(|first| !first.is_empty() && first.chars().all(plain))
        && parts
            .all(|part| !part.is_empty() && part.trim() == part && part.chars().all(|c| plain(c) || c == ' '))
}

/// Whether a variable may be called so: what comes before the first dot of a name.
pub fn is_variable_name(name: &str) -> bool {
    is_name(name) && !name.contains('.')
}

//! What a script of a case threw, with its places told in the lines of the script: the browser counts those of the
//! function that the script became. Runs nothing.

use crate::browser::page::Fault;

/// How V8 calls what has no file.
const NAMELESS: &str = "<anonymous>:";

/// The fault of a script whose first line is the second one of its function.
pub(super) fn in_its_own_lines(fault: Fault, body: &str) -> Fault {
    let Fault::Script { message } = fault else { return fault };
    let last = body.lines().count();
    let lines: Vec<String> = message.lines().filter_map(|line| in_own_lines(line, last)).collect();
    Fault::Script { message: lines.join("\n") }
}

/// One line of it; `None` where it is about the function around the script.
fn in_own_lines(line: &str, last: usize) -> Option<String> {
    let place = |line: &str| {
        let (before, place) = line.trim_start().starts_with("at ").then(|| line.split_once(NAMELESS))??;
        let closing = if place.ends_with(')') { ")" } else { "" };
        let (row, column) = place.trim_end_matches(')').split_once(':')?;
        Some((before.to_owned(), row.parse::<usize>().ok()?, column.parse::<usize>().ok()?, closing))
    };
    let Some((before, row, column, closing)) = place(line) else { return Some(line.to_owned()) };
    let row = row.checked_sub(1).filter(|row| (1..=last).contains(row))?;
    Some(format!("{before}line {row}, column {column} of the script{closing}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_script() {
        let message = "TypeError: it is at <anonymous>:2:1\n    at inner (<anonymous>:3:5)\n    at <anonymous>:2:39\n    \
            at shop (http://shop.test/app.js:3:7)\n    at <anonymous>:4:3";
        let fault = Fault::Script { message: message.to_owned() };
        let Fault::Script { message } = in_its_own_lines(fault, "inner();\nfunction inner() { throw 1 }")
        else {
            panic!("it is another fault now")
        };
        insta::assert_snapshot!(message, @r"
        TypeError: it is at <anonymous>:2:1
            at inner (line 2, column 5 of the script)
            at line 1, column 39 of the script
            at shop (http://shop.test/app.js:3:7)
        ");
        assert_eq!(in_its_own_lines(Fault::Crashed, ""), Fault::Crashed);
    }
}

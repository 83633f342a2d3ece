//! Texts for people: durations, and text that nobody vouches for.
//!
//! [`Untrusted`] has one sink per medium and no `Display`, so that a page's title cannot reach a terminal raw.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::{Display, Write as _};
use std::time::Duration;

/// `3 cases`, `1 case`.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(number: N, what: &str) -> String {
    if number == N::from(1) { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A duration as a person writes it: `250ms`, `1.5s`, `30s`, `2m`, `1m 30s`, `1h 5m`.
pub fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        1_000..60_000 => {
            let text = format!("{:.3}", duration.as_secs_f64());
            format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => {
            let s = duration.as_secs();
            let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
            let parts = [(h, "h"), (m, "m"), (s, "s")];
            parts
                .iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, unit)| format!("{n}{unit}"))
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

/// An amount of memory as a person writes it: `800 KiB`, `64 MiB`, `24 GiB`.
pub fn bytes(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mib if mib < 10 * 1024 => format!("{mib} MiB"),
        mib => format!("{} GiB", mib / 1024),
    }
}

/// Text from a page, a driver, a file name or a case: anything that may hold escape codes, markup or commands.
/// It is shown only through a sink of the medium it goes to. Serialization to JSON is a sink of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl<T: Into<String>> From<T> for Untrusted {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl Untrusted {
    /// The text as it came, for comparing and storing; never for showing.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For a terminal: ESC, C0 but newline and tab, C1 and bidirectional controls are shown as `\u{…}`.
    pub fn terminal(&self) -> String {
        let mut safe = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            if (c.is_control() && c != '\n' && c != '\t') || is_bidi_control(c) {
                let _ = write!(safe, "{}", c.escape_unicode());
            } else {
                safe.push(c);
            }
        }
        safe
    }

    /// Like [`Untrusted::terminal`], on one line: newlines and tabs become spaces.
    pub fn line(&self) -> String {
        self.terminal().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// For what a CI system reads along, and for terminals, too: like [`Untrusted::terminal`], and nothing in it is a
    /// command to GitHub (`::` at the start of a line, `##[`), Azure (`##vso[`) or `TeamCity` (`##teamcity[`).
    pub fn ci_log(&self) -> String {
        let lines = self.terminal();
        let disarmed = lines.split('\n').map(|line| {
            let text = line.trim_start();
            let indent = &line[..line.len() - text.len()];
            match text.strip_prefix("::") {
                Some(rest) => format!("{indent}: :{}", disarm(rest)),
                None => format!("{indent}{}", disarm(text)),
            }
        });
        disarmed.collect::<Vec<_>>().join("\n")
    }

    /// For HTML, between tags and in quoted attributes. Control characters are shown as on a terminal.
    pub fn html(&self) -> String {
        let mut safe = String::with_capacity(self.0.len());
        for c in self.terminal().chars() {
            match c {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                _ => safe.push(c),
            }
        }
        safe
    }

    /// For a writer of XML, which escapes: without the characters that XML 1.0 cannot hold even escaped (section 2.2), and
    /// with bidirectional controls as on a terminal.
    pub fn xml(&self) -> String {
        let is_char = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
        let mut safe = String::with_capacity(self.0.len());
        for c in self.0.chars().filter(is_char) {
            if is_bidi_control(c) {
                let _ = write!(safe, "{}", c.escape_unicode());
            } else {
                safe.push(c);
            }
        }
        safe
    }

    /// For a cell that a writer of CSV quotes: a spreadsheet does not take it for a formula, nor a terminal for a command.
    pub fn csv(&self) -> String {
        let text = self.terminal();
        let formula =
            self.0.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']);
        if formula { format!("'{text}") } else { text }
    }

    /// For one part of a path: ASCII letters, digits, `.`, `-` and `_`, at most 80 bytes, never empty or hidden. Texts
    /// that had to be changed end with a digest of the whole, so that two texts never get the same name.
    pub fn file_name(&self) -> String {
        const LONGEST: usize = 80;
        let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
        let name: String = self.0.chars().map(keep).collect();
        if name == self.0 && !name.is_empty() && name.len() <= LONGEST && !name.starts_with('.') {
            return name;
        }
        let digest = Sha256::digest(self.0.as_bytes());
        let mut tail = String::new();
        for byte in &digest[..6] {
            let _ = write!(tail, "{byte:02x}");
        }
        let head: String = name.trim_start_matches('.').chars().take(LONGEST - tail.len() - 1).collect();
        if head.is_empty() { tail } else { format!("{head}-{tail}") }
    }
}

/// One word of a POSIX shell's command line, quoted where it must be.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Puts a space into each `##[`, `##vso[` and `##teamcity[`: the systems that know them look for them anywhere in a line.
fn disarm(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        safe.push(c);
        if let Some(word) = text[at..].strip_prefix("##") {
            let word = word.split_inclusive('[').next().unwrap_or_default();
            if ["[", "vso[", "teamcity["].iter().any(|command| word.eq_ignore_ascii_case(command)) {
                safe.push(' ');
            }
        }
    }
    safe
}

/// The characters that change the direction of the text around them (Unicode UAX #9).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_they_are_written() {
        let shown = |ms| duration(Duration::from_millis(ms));
        assert_eq!(
            [shown(0), shown(250), shown(1_000), shown(1_500), shown(59_999)].join(" "),
            "0ms 250ms 1s 1.5s 59.999s"
        );
        assert_eq!([shown(120_000), shown(90_000), shown(3_900_000)].join(", "), "2m, 1m 30s, 1h 5m");
    }

    #[test]
    fn amounts_have_the_unit_that_says_most() {
        let shown = [(1 << 20) - 1, 1 << 20, (10 << 30) - 1, 10 << 30].map(bytes);
        assert_eq!(shown.join(", "), "1023 KiB, 1 MiB, 10239 MiB, 10 GiB");
    }

    #[test]
    fn f83_a_terminal_gets_no_control_characters() {
        let hostile = Untrusted::from("a\x1b[31mred\u{9b}2J\r\n\u{202e}b");
        assert_eq!(hostile.terminal(), "a\\u{1b}[31mred\\u{9b}2J\\u{d}\n\\u{202e}b");
        assert_eq!(hostile.line(), "a\\u{1b}[31mred\\u{9b}2J\\u{d} \\u{202e}b");
    }

    #[test]
    fn f81_html_gets_no_markup() {
        let hostile = Untrusted::from("<script>alert('x')</script> \"a\" & b\x1b\u{202e}");
        let safe = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;a&quot; &amp; b\\u{1b}\\u{202e}";
        assert_eq!(hostile.html(), safe);
    }

    #[test]
    fn f82_xml_gets_no_characters_it_cannot_hold() {
        let hostile = Untrusted::from("a\0\x08\x0b\x1b\t\n\u{7f}\u{fffe}\u{ffff}😀<&");
        assert_eq!(hostile.xml(), "a\t\n\u{7f}😀<&");
    }

    #[test]
    fn f84_a_ci_log_gets_no_commands() {
        let safe = |text: &str| Untrusted::from(text).ci_log();
        assert_eq!(safe("::error::x\n  ::add-mask::y"), ": :error::x\n  : :add-mask::y");
        assert_eq!(
            safe("a ##vso[task.setvariable] ##[error] ##teamcity[x"),
            "a # #vso[task.setvariable] # #[error] # #teamcity[x"
        );
        assert_eq!(safe("\r::error::x"), "\\u{d}::error::x");
        assert_eq!(safe("::##[x"), ": :# #[x");
        assert_eq!(safe("###[x ##VSO[y"), "## #[x # #VSO[y");
        assert_eq!(safe("testcases/cart::remove #1, ## x [y"), "testcases/cart::remove #1, ## x [y");
    }

    #[test]
    fn f85_a_spreadsheet_gets_no_formulas() {
        let safe = |text: &str| Untrusted::from(text).csv();
        assert_eq!(
            ["=1+1", "+1", "-1", "@x", "\t=1", " =1"].map(safe),
            ["'=1+1", "'+1", "'-1", "'@x", "'\t=1", "' =1"]
        );
        assert_eq!(safe("a=1"), "a=1");
        assert_eq!(safe("\r=1\u{1b}[2J\n"), "'\\u{d}=1\\u{1b}[2J\n", "a table may be printed to a terminal");
    }

    #[test]
    fn f80_file_names_stay_in_their_folder_and_apart() {
        let name = |text: &str| Untrusted::from(text).file_name();
        assert_eq!(name("nightly-1.2"), "nightly-1.2");
        for hostile in ["", ".", "..", "../../etc/passwd", "/", "a/b", "a\0b", "ü", &"x".repeat(300)] {
            let safe = name(hostile);
            assert!(
                !safe.is_empty() && safe.len() <= 80 && !safe.starts_with('.') && !safe.contains(['/', '\0']),
                "{safe}"
            );
        }
        assert_ne!(name("a/b"), name("a:b"));
        assert!(name("a/b").starts_with("a-b-"));
    }

    #[test]
    fn shell_words_are_quoted_where_they_must_be() {
        assert_eq!(
            ["testcases/login", "a b", "it's", "", "a[1]", "$x"].map(shell_word),
            ["testcases/login", "'a b'", r"'it'\''s'", "''", "'a[1]'", "'$x'"]
        );
    }
}

//! Patterns: regular expressions as JavaScript writes them (ECMA-262), checked when a case is loaded.
//!
//! The page matches them with its own engine; [`matches()`] is for texts that are not in a page. Both see the same
//! source and flags.

use super::template::{FillError, Lookup, Template, value_as_text};
use serde_json::{Value, json};
use std::fmt::{self, Write as _};

/// A pattern, unanchored. Boxed: few matchers have one, and all of them are as large as the largest.
#[derive(Clone, Debug)]
pub struct Pattern(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    /// What stands between the slashes, or the whole text. A variable that is the whole pattern is itself a pattern;
    /// one within it is a text that is looked for as it is.
    source: Template,
    /// A subset of `imsuv`.
    flags: String,
    /// Whether the pattern was written with slashes, so that a variable in it is always text.
    slashed: bool,
}

/// A text that is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It holds a control character.
    Control(char),
    /// A flag that patterns do not have here.
    Flag(char),
    /// The rest: what the compiler says.
    Syntax(String),
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(c) => write!(f, "it holds the control character {}", c.escape_unicode()),
            Self::Flag(flag) => write!(f, "the flag `{flag}` is not one of `i`, `m`, `s`, `u`, `v`"),
            Self::Syntax(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for PatternError {}

impl PatternError {
    /// What to do.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Control('\u{8}') => {
                Some("in double quotes `\\b` is a backspace; write it in single quotes: '\\b'")
            }
            Self::Control(_) => Some("write it as an escape, in single quotes: '\\t', '\\n'"),
            Self::Flag(_) => None,
            Self::Syntax(_) => Some("patterns are JavaScript's regular expressions"),
        }
    }
}

impl Pattern {
    /// A pattern as a matcher takes it: the whole text, or `/…/flags`.
    pub fn parse(template: &Template) -> Result<Self, PatternError> {
        let text = template.text.as_str();
        match slashed(text) {
            Some((source, flags)) => {
                let source = Template::parse(source, template.span)
                    .map_err(|error| PatternError::Syntax(error.message))?;
                Self::between_slashes(source, flags)
            }
            None => Self::checked(Parts { source: template.clone(), flags: String::new(), slashed: false }),
        }
    }

    /// A pattern of which the slashes have been taken off.
    pub fn between_slashes(source: Template, flags: &str) -> Result<Self, PatternError> {
        if let Some(flag) = flags.chars().find(|flag| !"imsuv".contains(*flag)) {
            return Err(PatternError::Flag(flag));
        }
        Self::checked(Parts { source, flags: flags.to_owned(), slashed: true })
    }

    fn checked(parts: Parts) -> Result<Self, PatternError> {
        // The parts that are known are checked for control characters even when the rest is not known yet.
        if let Some(c) = parts.source.text.chars().find(|c| c.is_control()) {
            return Err(PatternError::Control(c));
        }
        if let Some(source) = parts.source.plain() {
            check(&source, &parts.flags)?;
        }
        Ok(Self(Box::new(parts)))
    }

    /// The templates in it.
    pub fn template(&self) -> &Template {
        &self.0.source
    }

    /// Its JSON: `{"pattern":p,"flags":f}`.
    pub fn fill(&self, scope: &dyn Lookup) -> Result<Value, FillError> {
        if !self.0.slashed && self.0.source.single().is_some() {
            let text = self.0.source.fill(scope)?;
            let (source, flags) = slashed(&text).unwrap_or((&text, ""));
            check(source, flags).map_err(|error| self.0.source.error(format!("`{text}`: {error}")))?;
            return Ok(json!({"pattern": source, "flags": flags}));
        }
        let source = self.0.source.fill_with(scope, |name, value, text| {
            text.push_str(&escape(&value_as_text(name, value)?));
            Ok(())
        })?;
        if !self.0.source.is_plain() {
            check(&source, &self.0.flags)
                .map_err(|error| self.0.source.error(format!("`{source}`: {error}")))?;
        }
        Ok(json!({"pattern": source, "flags": self.0.flags}))
    }
}

/// Source and flags of `/source/flags`.
fn slashed(text: &str) -> Option<(&str, &str)> {
    let (source, flags) = text.strip_prefix('/')?.rsplit_once('/')?;
    (!source.is_empty() && flags.chars().all(|c| c.is_ascii_lowercase())).then_some((source, flags))
}

fn check(source: &str, flags: &str) -> Result<(), PatternError> {
    regress::Regex::with_flags(source, flags)
        .map(|_| ())
        .map_err(|error| PatternError::Syntax(lower(&error.text)))
}

/// Messages of ours begin in lower case.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// A text as the pattern that finds just it.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            let _ = write!(escaped, "\\x{:02x}", u32::from(c));
            continue;
        }
        if matches!(
            c,
            '\\' | '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' | '/'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Whether a filled pattern (`{"pattern","flags"}`) is found in `text`. A pattern that does not compile is not found.
pub fn matches(pattern: &Value, text: &str) -> bool {
    let part = |key| pattern.get(key).and_then(Value::as_str).unwrap_or_default();
    regress::Regex::with_flags(part("pattern"), part("flags")).is_ok_and(|regex| regex.find(text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    struct One(&'static str);
    impl Lookup for One {
        fn get(&self, name: &str) -> Option<Value> {
            (name == "x").then(|| json!(self.0))
        }
    }

    fn parse(text: &str) -> Result<Pattern, PatternError> {
        Pattern::parse(&Template::parse(text, Span::default()).unwrap())
    }

    #[test]
    fn slashes_carry_flags_and_variables_within_are_text() {
        let filled = |text: &str, x| parse(text).unwrap().fill(&One(x)).unwrap();
        assert_eq!(filled(r"^\d+$", ""), json!({"pattern": r"^\d+$", "flags": ""}));
        assert_eq!(filled("/a b/i", ""), json!({"pattern": "a b", "flags": "i"}));
        assert_eq!(filled("^${x}$", "1.5"), json!({"pattern": r"^1\.5$", "flags": ""}));
        assert_eq!(filled("/${x}/", "a|b"), json!({"pattern": r"a\|b", "flags": ""}));
        assert_eq!(filled("${x}", "/a|b/i"), json!({"pattern": "a|b", "flags": "i"}));
        assert_eq!(filled("/home/", ""), json!({"pattern": "home", "flags": ""}));
        assert_eq!(filled("/home", ""), json!({"pattern": "/home", "flags": ""}));
    }

    #[test]
    fn what_is_not_javascript_is_refused_at_load() {
        let error = |text| parse(text).unwrap_err().to_string();
        assert_eq!(error("/a/g"), "the flag `g` is not one of `i`, `m`, `s`, `u`, `v`");
        assert_eq!(error("(a"), "unbalanced parenthesis");
        assert_eq!(error("\u{8}"), "it holds the control character \\u{8}");
        assert!(parse("${x}").unwrap().fill(&One("(")).unwrap_err().message.starts_with("`(`: "));
    }

    #[test]
    fn an_escaped_text_finds_itself() {
        for text in ["a.b", "a\nb", "(x)", "[y]{2}", "$^|?*+/\\", "ü €"] {
            for flags in ["", "u", "v"] {
                assert!(matches(&json!({"pattern": escape(text), "flags": flags}), text), "{text} {flags}");
            }
        }
    }
}

//! What stands in the brackets of a test: a glob, a pattern, or an exact text.

use super::error::Problem;
use globset::{GlobBuilder, GlobMatcher};

/// Decides whether a text fits.
#[derive(Clone)]
pub(super) enum Pattern {
    /// Exactly this text.
    Exact(String),
    /// The whole text; exactly the glob's own text fits too, so that ids with `[row]` can be pasted.
    Glob { text: String, anywhere: GlobMatcher, within_folder: GlobMatcher },
    /// Some part of the text.
    Regex(Box<regress::Regex>),
}

impl Pattern {
    pub(super) fn glob(text: &str) -> Result<Self, Problem> {
        let compile = |separate: bool| {
            GlobBuilder::new(text)
                .literal_separator(separate)
                .backslash_escape(true)
                .build()
                .map(|glob| glob.compile_matcher())
                .map_err(|error| Problem::Glob(error.kind().to_string()))
        };
        Ok(Self::Glob { text: text.to_owned(), anywhere: compile(false)?, within_folder: compile(true)? })
    }

    pub(super) fn regex(pattern: &str, flags: &str) -> Result<Self, Problem> {
        let known = |flag: char| "imsuv".contains(flag);
        if let Some(unknown) = flags.chars().find(|flag| !known(*flag)) {
            return Err(Problem::Pattern(format!("unknown flag `{unknown}`")));
        }
        regress::Regex::with_flags(pattern, flags)
            .map(|regex| Self::Regex(Box::new(regex)))
            .map_err(|error| Problem::Pattern(error.to_string()))
    }

    /// Whether `text` fits; `*` stands for any characters.
    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Glob { text: glob, anywhere, .. } => glob == text || anywhere.is_match(text),
            Self::Regex(regex) => regex.find(text).is_some(),
        }
    }

    /// Whether a path fits as `.gitignore` would have it: itself or one of its folders, from any folder on; `*` stops
    /// at `/`. A pattern looks at the path as it is.
    pub(super) fn fits_path(&self, path: &str) -> bool {
        if let Self::Regex(regex) = self {
            return regex.find(path).is_some();
        }
        let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
        starts.flat_map(|start| heads(&path[start..])).any(|part| match self {
            Self::Exact(exact) => exact == part,
            Self::Glob { text, within_folder, .. } => text == part || within_folder.is_match(part),
            Self::Regex(_) => false,
        })
    }
}

/// The path itself and every folder it lies in.
fn heads(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(move |(at, _)| &path[..at]).chain(std::iter::once(path))
}

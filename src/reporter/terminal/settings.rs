//! How things are shown: what was asked for and what the surroundings allow, resolved once. Shows nothing.

use std::path::PathBuf;

/// Resolved settings of the terminal reporter.
#[derive(Clone, Debug)]
pub struct TerminalSettings {
    /// What stands on the screen while the batch runs.
    pub shape: Shape,
    /// Whether to paint.
    pub color: bool,
    /// How much is told.
    pub verbosity: Verbosity,
    /// The words before the id in the command that reruns a case: `batchrun`, and what it needs to find the same
    /// configuration.
    pub rerun: Vec<String>,
    /// Paths below it are shown relative to it.
    pub working_directory: PathBuf,
}

/// `--progress`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Bars at a terminal, else lines.
    #[default]
    Auto,
    /// Bars; lines where there is no terminal, since bars are nothing else.
    Bars,
    /// One line a finished case.
    Lines,
    /// Only messages, failures and the summary.
    None,
}

/// What stands on the screen while the batch runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Finished cases scroll above bars.
    Bars,
    /// One line a finished case, a heartbeat a minute.
    Lines,
    /// Nothing.
    Nothing,
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// As the surroundings say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `-q`, `-v`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// What went wrong, and the summary.
    Quiet,
    /// The default.
    #[default]
    Normal,
    /// Failed tries that are followed by another, too.
    Verbose,
}

/// What the process finds around it.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Whether stderr is a terminal.
    pub is_terminal: bool,
    /// Environment variables.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Surroundings<'_> {
    fn has(&self, name: &str) -> bool {
        (self.variable)(name).is_some_and(|value| !value.is_empty())
    }

    /// Whether a variable says yes: it is there, and neither empty nor `0` nor `false`.
    fn says(&self, name: &str) -> bool {
        (self.variable)(name)
            .is_some_and(|value| !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "false"))
    }

    fn is_dumb(&self) -> bool {
        !self.is_terminal || (self.variable)("TERM").is_some_and(|term| term == "dumb")
    }
}

impl Progress {
    /// What it means here.
    pub fn resolve(self, around: Surroundings<'_>) -> Shape {
        match self {
            Self::None => Shape::Nothing,
            Self::Lines => Shape::Lines,
            Self::Auto if around.says("CI") => Shape::Lines,
            Self::Auto | Self::Bars if around.is_dumb() => Shape::Lines,
            Self::Auto | Self::Bars => Shape::Bars,
        }
    }
}

impl ColorChoice {
    /// Whether it means colours here: `--color`, then `NO_COLOR` (no-color.org), then `FORCE_COLOR`, then the terminal.
    pub fn resolve(self, around: Surroundings<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if around.has("NO_COLOR") => false,
            Self::Auto if around.has("FORCE_COLOR") => around.says("FORCE_COLOR"),
            Self::Auto => !around.is_dumb(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks with stderr being a terminal, or not, and with these variables.
    fn around<T>(
        is_terminal: bool,
        variables: &[(&str, &str)],
        ask: impl FnOnce(Surroundings<'_>) -> T,
    ) -> T {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        ask(Surroundings { is_terminal, variable: &variable })
    }

    #[test]
    fn bars_need_a_terminal_and_no_ci() {
        let auto =
            |is_terminal, variables: &[_]| around(is_terminal, variables, |it| Progress::Auto.resolve(it));
        assert_eq!(auto(true, &[]), Shape::Bars);
        assert_eq!(auto(false, &[]), Shape::Lines);
        assert_eq!(auto(true, &[("CI", "true")]), Shape::Lines);
        assert_eq!(auto(true, &[("CI", "0")]), Shape::Bars);
        assert_eq!(auto(true, &[("CI", "False")]), Shape::Bars);
        assert_eq!(auto(true, &[("TERM", "dumb")]), Shape::Lines);
        let bars =
            |is_terminal, variables: &[_]| around(is_terminal, variables, |it| Progress::Bars.resolve(it));
        assert_eq!(bars(true, &[("CI", "1")]), Shape::Bars);
        assert_eq!(bars(false, &[]), Shape::Lines);
    }

    #[test]
    fn colours_follow_the_option_then_the_variables_then_the_terminal() {
        let auto =
            |is_terminal, variables: &[_]| around(is_terminal, variables, |it| ColorChoice::Auto.resolve(it));
        assert!(auto(true, &[]));
        assert!(!auto(false, &[]));
        assert!(!auto(true, &[("NO_COLOR", "1")]));
        assert!(auto(true, &[("NO_COLOR", "")]));
        assert!(auto(false, &[("FORCE_COLOR", "1")]));
        assert!(!auto(true, &[("FORCE_COLOR", "0")]));
        assert!(!auto(false, &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
        assert!(around(false, &[("NO_COLOR", "1")], |it| ColorChoice::Always.resolve(it)));
        assert!(!around(true, &[("FORCE_COLOR", "1")], |it| ColorChoice::Never.resolve(it)));
    }
}

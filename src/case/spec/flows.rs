//! The keys of a flow.

use super::{Argument, Kind, optional, required};

/// The keys of a `*.flow.toml` file.
pub(in crate::case) static FLOW: &[Argument] = &[
    optional("params", Kind::List(&Kind::Plain), "Parameters that `with` must give."),
    optional("defaults", Kind::Variables, "Parameters that `with` may give, with their defaults."),
    optional("returns", Kind::List(&Kind::Plain), "Variables that whoever uses it gets."),
    required("steps", Kind::Steps, "What it does."),
];

//! The interpreter: carries out one case on one page and says how it ended. It sees of a browser what
//! [`crate::browser::page::Page`] shows, knows of no batch, and starts nothing that outlives it.
//!
//! | file | what |
//! |---|---|
//! | `run` | an attempt from its first step to its verdict: `before`, `steps`, `after` |
//! | `walk` | one step: when it runs, what it is told to do, how it ends |
//! | `block`, `flow`, `condition` | steps in steps, and whether they run |
//! | `go`, `click`, `check`, `input`, `expect`, `take`, `dialog` | the verbs |
//! | `wait`, `hand` | asking the engine with what is left of the time; the page with a look at its prompts |
//! | `scope`, `builtin` | what `${…}` means |
//! | `address`, `limit` | where a case may go, and how long things may take |
//! | `problem`, `explain`, `failure`, `trail` | what went wrong, where, in words |
//! | `witness` | whoever watches, and whoever keeps evidence |
//!
//! The round trips of a passing step are a promise that tests keep: `expect` 1, `fill` 2, `goto` 2, `click` 3.

mod address;
mod block;
mod builtin;
mod check;
mod click;
mod condition;
mod dialog;
mod expect;
mod explain;
mod failure;
mod flow;
mod go;
mod hand;
mod input;
mod limit;
mod problem;
mod run;
mod scope;
mod take;
mod trail;
mod wait;
mod walk;
mod witness;

#[cfg(test)]
mod tests;

pub use failure::masked;
pub use run::{Context, Ended, Run, run};
pub use witness::{EvidenceSink, Finished, Happened, Moment, PageLeft, Screenshot, Spent, Started, Witness};

use run::Interpreter;

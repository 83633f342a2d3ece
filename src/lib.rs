//! # How batchrun is built
//!
//! This page is the architecture; the README is for users.
//!
//! ```text
//! paths ─ case::load ─▶ cases ─ plan ─▶ Plan{jobs} ─▶ runner ─▶ attempt ─▶ step::run(case, &mut dyn Page)
//!                                                      │  ▲                       │
//!            signals, keys, ctl ── control::Command ───┘  └── what ended, and how ┘
//!                                                      │
//!                                                      ▼ Event (one enum, owned, Serialize), in seq order
//!                                     store: SQLite ─ commit ─▶ reporters: terminal · junit · json · log
//! ```
//!
//! ## Floors
//!
//! A module may use modules of strictly lower floors only; `tests/floors.rs` reads every `use crate::…` and says so.
//!
//! | floor | modules |
//! |---|---|
//! | 7 | `cli` |
//! | 6 | `runner` |
//! | 5 | `step`, `reporter` |
//! | 4 | `browser`, `store`, `plan`, `serve` |
//! | 3 | `case`, `config`, `event` (with its tally and the trait of reporters) |
//! | 2 | `custody`, `load`, `filter` |
//! | 1 | `diagnostic`, `outcome`, `control`, `deadline` |
//! | 0 | `text`, `id`, `source`, `suggestion` |
//! | 0 | `text`, `id`, `source`, `mask` |

pub mod browser;
pub mod case;
pub mod cli;
pub mod config;
pub mod control;
pub mod custody;
pub mod deadline;
pub mod diagnostic;
pub mod event;
pub mod filter;
pub mod id;
pub mod load;
pub mod mask;
pub mod outcome;
pub mod plan;
pub mod reporter;
pub mod runner;
pub mod serve;
pub mod source;
pub mod step;
pub mod store;
pub mod suggestion;
pub mod text;

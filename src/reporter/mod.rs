//! The witnesses of a batch: each takes in events and shows or writes them. They hold the policy of what is shown; they
//! decide nothing about the run. See [`crate::event::reporter`] for the trait, `store` for who calls it.
//!
//! ```text
//! Terminal::new(TerminalSettings { … })    bars or lines on stderr, then failures and the summary: given last
//! Log::create(path)                        always
//! ReportSpec::parse("junit=out.xml")?.open()?
//! ```

pub mod terminal;

//! The commands that start no browser, as a user sees them.

#[path = "../support/mod.rs"]
mod support;

mod help;
mod init;
mod machine;
mod recorded;
mod report;
mod schema;
mod selection;
mod settings;
mod show;

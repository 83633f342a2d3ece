//! Browsers: starting them, talking to them, lending out their pages.

pub mod chrome;
pub mod engine;
pub mod film;
pub mod lease;
pub mod local;
pub mod page;
pub mod remote;
pub mod webdriver;

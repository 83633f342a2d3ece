//! The in-page engine in a real Chromium: what it finds, what it waits for, what it says when it gives up.

mod acts;
#[path = "../support/cdp.rs"]
mod cdp;
mod documents;
mod frames;
mod hostile;
mod lab;
mod locators;
mod matchers;
mod near;
mod needs;
mod roles;

//! What happens when something breaks: the whole binary, real signals, real processes, a remote end that misbehaves on
//! demand and a real Chromium. A test's name begins with the number of the fault that it makes happen.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test, in functions beside it, too")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/scripted_driver.rs"]
mod scripted_driver;

mod chromium;
mod endpoint;
mod hostile;
mod killed;
mod messages;
mod notify;
mod record;
mod refused;
mod running;
mod secrets;
mod signals;
mod site;
mod start;

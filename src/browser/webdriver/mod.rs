//! WebDriver (W3C, level 2): the wire, and the two kinds of pages behind it. fantoccini is named here only.

mod actions;
mod classify;
mod connector;
mod devtools;
pub mod driver;
mod keys;
mod standard;
mod thrown;
mod watch;
pub mod wire;

pub use classify::WireError;
pub use connector::ConnectorError;
pub(super) use devtools::DevToolsPage;
pub(super) use standard::StandardPage;

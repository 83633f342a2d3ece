//! Cases: from files to typed values. Knows nothing of browsers, settings or how anything is run.

pub mod locator;
pub mod matcher;
pub mod model;
pub mod template;

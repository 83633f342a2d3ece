//! Cases: from files to typed values. Knows nothing of browsers, settings or how anything is run.

pub mod convert;
pub mod keys;
pub mod load;
pub mod locator;
pub mod matcher;
pub mod model;
pub mod pattern;
pub mod template;
pub mod text_test;
pub mod url;

pub use load::{CaseKey, Library, LoadOptions, Loaded, STACK, SettingNames, Unreadable, load, load_each};
pub use spec::{UnknownWord, meaning, reference, schema};

mod parse;
mod spec;
mod suggest;

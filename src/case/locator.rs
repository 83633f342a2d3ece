//! Locators: how a case names elements. Parsing, and filling in variables to a [`crate::browser::engine::Query`].
//! This file finds nothing: the engine in the page does.

//! From the text of a case file to typed values, with every finding and its place. Opens no files: rows and flows
//! are asked for by [`reader::Files`].

mod case;
pub(super) mod cases;
pub(super) mod document;
pub(super) mod flow;
mod forms;
pub(super) mod given;
mod kinds;
mod places;
pub(super) mod reader;
pub(super) mod rows;
mod scalars;
pub(super) mod scope;
mod steps;
mod values;

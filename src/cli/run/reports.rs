//! Who is told of a batch: the log, the reports that were asked for, and the terminal last.

use super::super::arguments::RunArguments;
use super::super::console::Console;
use super::super::failure::Failure;
use super::super::prepare::Prepared;
use crate::event::reporter::Reporter;
use crate::id::BatchId;
use crate::store::Place;

/// The reporters, in the order in which they are told.
pub(super) fn reporters(
    _arguments: &RunArguments,
    _console: &mut Console,
    _prepared: &Prepared,
    _place: &Place,
    _batch: &BatchId,
) -> Result<Vec<Box<dyn Reporter>>, Failure> {
    Ok(Vec::new())
}

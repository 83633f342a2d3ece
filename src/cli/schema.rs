//! `schema`: JSON Schemas for editors.

use super::arguments::{SchemaArguments, SchemaOf};
use super::console::Console;
use super::failure::Failure;
use crate::outcome::ExitCode;
use crate::{case, config};

/// Prints the schema.
pub(crate) fn run(arguments: &SchemaArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let schema = match arguments.of {
        SchemaOf::Cases => case::schema(),
        SchemaOf::Runner => config::schema(),
    };
    console.json(&schema)?;
    Ok(ExitCode::Success)
}

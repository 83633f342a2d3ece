//! The commands that keep the record in order: what is old goes, what other machines recorded comes, all of it can be
//! taken elsewhere.

mod export;
mod merge;
mod prune;

pub(crate) use export::run as export;
pub(crate) use merge::run as merge;
pub(crate) use prune::run as prune;

use super::arguments::ProjectArguments;
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use super::record::unreadable;
use crate::store::{QueryError, Store};
use std::path::PathBuf;

/// The database of the project.
fn database(project: &ProjectArguments, console: &mut Console) -> Result<PathBuf, Failure> {
    let environment = prepare::environment()?;
    let settings = prepare::settings(project, None, None, &environment, console)?;
    Ok(settings.database.value.as_path().to_owned())
}

/// The same, open to write.
fn open(path: &std::path::Path, console: &mut Console) -> Result<Store, Failure> {
    let store = Store::open(path).map_err(|error| unreadable(QueryError::Open(error)))?;
    store.warnings().iter().for_each(|warning| console.say(warning));
    Ok(store)
}

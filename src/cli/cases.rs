//! Stand-in until the loader of case files is merged.
use super::failure::Failure;
use crate::case::model::Case;
use crate::config::{Environment, Settings};
use crate::diagnostic::Diagnostic;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) fn load(
    _paths: &[PathBuf],
    _settings: &Settings,
    _environment: &Environment,
) -> Result<(Vec<Arc<Case>>, Vec<Diagnostic>), Failure> {
    Ok((Vec::new(), Vec::new()))
}

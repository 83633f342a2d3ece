//! Where settings come from besides flags of their own.

use crate::config::{self, Environment, FilePath, Layer, Origin, Request, Sourced, is_variable_name};
use clap::Args;
use std::path::PathBuf;

/// Where settings come from besides flags of their own.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct ProjectArguments {
    /// Use `[profile.NAME]` of runner.toml
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Any key of runner.toml, such as `--set evidence.source=off`
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// A variable for cases: `${K}`
    #[arg(long = "var", value_name = "K=V", value_parser = parse_variable)]
    pub(crate) variables: Vec<(String, String)>,

    /// The settings file [default: runner.toml, here or in a folder above]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) config: Option<PathBuf>,

    /// The database [default: .batchrun/batchrun.db]
    #[arg(long = "db", value_name = "FILE", hide_short_help = true)]
    pub(crate) database: Option<PathBuf>,
}

/// `K=V`; the value is a text as it stands.
fn parse_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected `K=V`")?;
    if !is_variable_name(name) {
        return Err(format!("`{name}` is no name for a variable"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

impl ProjectArguments {
    /// Takes the settings of the project that cases are named in, as if they had been named, too.
    pub(crate) fn belong_to(&mut self, paths: &[PathBuf], environment: &Environment) {
        if self.config.is_none() && !config::is_named(environment) {
            self.config = config::above(paths, environment);
        }
    }

    /// The words of a command that finds the same configuration and the same record again.
    pub(crate) fn rerun(&self) -> Vec<String> {
        let mut words = vec!["batchrun".to_owned()];
        if let Some(config) = &self.config {
            words.extend(["--config".to_owned(), config.display().to_string()]);
        }
        if let Some(profile) = &self.profile {
            words.extend(["--profile".to_owned(), profile.clone()]);
        }
        if let Some(database) = &self.database {
            words.extend(["--db".to_owned(), database.display().to_string()]);
        }
        words
    }

    /// The request for settings, together with what other flags have written into `layer`.
    pub(crate) fn request(&self, mut layer: Layer, environment: &Environment) -> Request {
        if let Some(database) = &self.database {
            let path = FilePath::new(&environment.working_directory, database);
            layer.database = Some(Sourced::flag("--db", path));
        }
        for (name, value) in &self.variables {
            let value = Sourced { value: value.as_str().into(), origin: Origin::Flag("--var") };
            layer.vars.insert(name.clone(), value);
        }
        Request {
            config: self.config.clone(),
            profile: self.profile.clone(),
            set: self.set.clone(),
            flags: layer,
        }
    }
}

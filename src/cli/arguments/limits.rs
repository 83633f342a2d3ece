//! How many at once, how long, how often.

use crate::config::{Concurrency, Layer, Retries, Sourced, TimeLimit};
use clap::Args;
use std::num::NonZeroU32;

/// How many at once, how long, how often.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArguments {
    /// How many cases run at once [default: 5]
    #[arg(short, long, value_name = "N")]
    pub(crate) concurrency: Option<Concurrency>,

    /// How often a failed case is tried again [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<Retries>,

    /// Limit for one attempt of a case [default: 60s]
    ///
    /// Durations have units: `500ms`, `30s`, `2m`, `1h`.
    #[arg(long, value_name = "D")]
    pub(crate) timeout: Option<TimeLimit>,

    /// Limit for a step that has none of its own [default: 10s]
    #[arg(long, value_name = "D", hide_short_help = true)]
    pub(crate) step_timeout: Option<TimeLimit>,

    /// Limit for the whole batch; what has not run by then is left
    #[arg(long, value_name = "D", hide_short_help = true)]
    pub(crate) batch_timeout: Option<TimeLimit>,

    /// Start nothing more after N failed cases; without N, after the first
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub(crate) fail_fast: Option<NonZeroU32>,
}

impl LimitArguments {
    /// Writes what was typed into a layer.
    pub(crate) fn write_to(&self, layer: &mut Layer) {
        layer.concurrency = self.concurrency.map(|value| Sourced::flag("--concurrency", value));
        layer.retries = self.retries.map(|value| Sourced::flag("--retries", value));
        layer.timeout = self.timeout.map(|value| Sourced::flag("--timeout", value));
        layer.step_timeout = self.step_timeout.map(|value| Sourced::flag("--step-timeout", value));
        layer.batch_timeout = self.batch_timeout.map(|value| Sourced::flag("--batch-timeout", Some(value)));
    }
}

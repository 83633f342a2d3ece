//! How many at once, how long, how often.

use crate::config::{Concurrency, Layer, Order, Pause, Retries, Sourced, TimeLimit};
use crate::runner::core::{Chunks, FailFast};
use clap::Args;
use std::num::NonZeroU32;
use std::time::Duration;

/// How many at once, how long, how often.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArguments {
    /// How many cases run at once: a number, `auto` or `A..B` [default: 5]
    ///
    /// `auto` fits the number to the machine while cases run, `A..B` does so within bounds.
    #[arg(short, long, value_name = "N")]
    pub(crate) concurrency: Option<Concurrency>,

    /// Which start first: smart, file, random, random:SEED, longest or failed [default: smart]
    ///
    /// `smart`: what failed last time or is new, then what takes longest. Higher priorities always come first.
    #[arg(long, value_name = "ORDER")]
    pub(crate) order: Option<Order>,

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
    ///
    /// `N:now` also interrupts those that run.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1",
          value_parser = fail_fast)]
    pub(crate) fail_fast: Option<FailFast>,

    /// N cases at a time: all of them finish before the next ones start
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) chunk: Option<NonZeroU32>,

    /// A pause between two chunks
    #[arg(long, value_name = "D", hide_short_help = true, requires = "chunk")]
    pub(crate) chunk_pause: Option<Pause>,

    /// From one case at a time to all in this time
    #[arg(long, value_name = "D", hide_short_help = true)]
    pub(crate) ramp: Option<TimeLimit>,
}

/// How the starts of a batch are spread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    pub(crate) fail_fast: Option<FailFast>,
    pub(crate) chunks: Option<Chunks>,
    pub(crate) ramp: Option<Duration>,
}

/// Reads `N`, `N:wait` or `N:now`.
fn fail_fast(text: &str) -> Result<FailFast, String> {
    let (number, how) = text.split_once(':').unwrap_or((text, "wait"));
    let after = number.parse().map_err(|_| format!("expected a number from 1, found `{number}`"))?;
    match how {
        "wait" => Ok(FailFast { after, now: false }),
        "now" => Ok(FailFast { after, now: true }),
        other => Err(format!("expected `{number}:wait` or `{number}:now`, found `{number}:{other}`")),
    }
}

impl LimitArguments {
    /// What is no setting.
    pub(crate) fn pace(&self) -> Pace {
        let pause = self.chunk_pause.map_or(Duration::ZERO, Pause::get);
        Pace {
            fail_fast: self.fail_fast,
            chunks: self.chunk.map(|size| Chunks { size, pause }),
            ramp: self.ramp.map(TimeLimit::get),
        }
    }

    /// Writes what was typed into a layer.
    pub(crate) fn write_to(&self, layer: &mut Layer) {
        layer.concurrency = self.concurrency.map(|value| Sourced::flag("--concurrency", value));
        layer.order = self.order.map(|value| Sourced::flag("--order", value));
        layer.retries = self.retries.map(|value| Sourced::flag("--retries", value));
        layer.timeout = self.timeout.map(|value| Sourced::flag("--timeout", value));
        layer.step_timeout = self.step_timeout.map(|value| Sourced::flag("--step-timeout", value));
        layer.batch_timeout = self.batch_timeout.map(|value| Sourced::flag("--batch-timeout", Some(value)));
    }
}

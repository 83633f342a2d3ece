//! What is written besides the database, and what is shown while it runs.

use crate::reporter::ReportSpec;
use clap::{Args, ValueEnum};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// What is written besides the database, and what is shown while it runs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct RecordArguments {
    /// Write a report: junit, html, json, jsonl, tap, github, md or trace, as in `junit=FILE`; `-` for stdout; repeatable
    #[arg(long = "report", value_name = "KIND=FILE")]
    pub(crate) reports: Vec<ReportSpec>,

    /// Put everything of the HTML report into its page, pictures too, for mail and artifacts
    #[arg(long, hide_short_help = true)]
    pub(crate) single_file: bool,

    /// What is shown while it runs [default: auto]
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub(crate) progress: Progress,

    /// Show the run in a browser while it lasts; ADDR is a port or an address [default: a free port of 127.0.0.1]
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub(crate) live: Option<LiveAddress>,

    /// Show the run in the browser of this desktop: `--live`, opened
    #[arg(long, hide_short_help = true)]
    pub(crate) open: bool,

    /// Let other machines see and steer the run, unencrypted (with --live=ADDR)
    #[arg(long, hide_short_help = true, requires = "live")]
    pub(crate) live_allow_remote: bool,

    /// Write the log to this file, too
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) log: Option<PathBuf>,
}

impl RecordArguments {
    /// Where the dashboard is to be served, if it is.
    pub(crate) fn dashboard(&self) -> Option<LiveAddress> {
        self.live.or(self.open.then(LiveAddress::default))
    }
}

/// Where the dashboard is served: `PORT`, `IP` or `IP:PORT`; port 0 is a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LiveAddress(pub(crate) SocketAddr);

impl fmt::Display for LiveAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Default for LiveAddress {
    fn default() -> Self {
        Self((Ipv4Addr::LOCALHOST, 0).into())
    }
}

impl FromStr for LiveAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.replacen("localhost", "127.0.0.1", 1);
        let port = || named.parse::<u16>().ok().map(|port| (Ipv4Addr::LOCALHOST, port).into());
        let ip = || named.parse::<IpAddr>().ok().map(|ip| (ip, 0).into());
        let address = named.parse::<SocketAddr>().ok().or_else(port).or_else(ip).map(Self);
        address.ok_or_else(|| "expected a port, an IP address, or both as in `127.0.0.1:8080`".to_owned())
    }
}

/// What is shown while a batch runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// Bars at a terminal, lines elsewhere and where `CI` is set
    #[default]
    Auto,
    /// A bar for the batch and one for each running case
    Bars,
    /// A line for each finished case
    Lines,
    /// Nothing
    None,
}

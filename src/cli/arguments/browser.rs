//! In which browser, and against what.

use crate::config::{Address, Browser, Browsers, Layer, Sourced};
use clap::Args;

/// In which browser, and against what.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Browser")]
pub(crate) struct BrowserArguments {
    /// The browser to run in: chrome
    #[arg(short, long = "browser", value_name = "BROWSER", value_delimiter = ',')]
    pub(crate) browsers: Vec<Browser>,

    /// Show the browser's window
    #[arg(long)]
    pub(crate) headed: bool,

    /// What relative URLs are joined to
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<Address>,
}

impl BrowserArguments {
    /// Writes what was typed into a layer.
    pub(crate) fn write_to(&self, layer: &mut Layer) {
        if !self.browsers.is_empty() {
            layer.browsers = Some(Sourced::flag("--browser", Browsers::new(self.browsers.iter().copied())));
        }
        if self.headed {
            layer.headless = Some(Sourced::flag("--headed", false));
        }
        if let Some(url) = &self.base_url {
            layer.base_url = Some(Sourced::flag("--base-url", Some(url.clone())));
        }
    }
}

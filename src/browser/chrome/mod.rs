//! A local Chromium: started by batchrun itself, reached through a pipe, shared by several slots.
//!
//! ```text
//! slot 1 ── chromedriver session ── gate 1 ─┐
//! slot 2 ── chromedriver session ── gate 2 ─┼── pipe ── browser ─┬─ context of slot 1 ─ page
//! our own commands (contexts, is it alive?) ┘                    └─ context of slot 2 ─ page
//! ```
//!
//! Each gate shows its driver the contexts of its own slot and nothing else, so that a page that hangs, prompts or
//! crashes is trouble for one slot only. The WebDriver side is not in here.

mod camera;
mod console;
mod context;
mod door;
mod error;
pub mod find;
mod flags;
mod framing;
mod gate;
mod launch;
mod link;
mod message;
mod navigations;
mod network;
mod pipe;
mod sequence;
mod tap;
mod worlds;

pub use console::Console;
pub use context::{Context, Placing};
pub use error::CdpError;
pub use gate::Gate;
pub use launch::{LaunchError, LaunchOptions, NotUp, Silence, last_lines, likely_causes};
pub(in crate::browser) use sequence::{Carried, SEQUENCE, Sequence};
pub use tap::Signs;
pub(in crate::browser) use worlds::{ENGINE, WORLD};

use crate::custody::{Custody, Exit, Folder, Process};
use crate::deadline::Deadline;
use find::Browser;
use gate::Version;
use pipe::Pipe;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A running browser. Dropping it kills it; [`Chrome::end`] also removes its folder.
#[derive(Debug)]
pub struct Chrome {
    pipe: Pipe,
    process: Process,
    /// Gone once it was removed.
    folder: Mutex<Option<Folder>>,
    browser: Browser,
    version: Arc<Version>,
    notices: Vec<String>,
}

impl Chrome {
    /// What a person should know about how it was started, once per run.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Which program it is.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Its name and version as it says itself: `HeadlessChrome/156.0.8078.79`.
    pub fn product(&self) -> &str {
        &self.version.product
    }

    /// The number of its process in the system.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Opens a gate for one slot.
    pub async fn gate(&self) -> io::Result<Gate> {
        Gate::open(self.pipe.clone(), Arc::clone(&self.version), self.browser.flavor).await
    }

    /// Whether the browser itself answers, whatever its pages do.
    pub async fn is_responsive(&self, deadline: Deadline) -> bool {
        self.pipe.call::<Value>(None, "Browser.getVersion", &json!({}), deadline).await.is_ok()
    }

    /// Completes when the browser is gone: its process ended or its end of the pipe is closed.
    pub async fn closed(&self) {
        tokio::select! {
            () = self.pipe.closed() => {}
            _ = self.process.exited() => {}
        }
    }

    /// How its process ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        self.process.exit()
    }

    /// Commands sent to the browser so far, those of drivers included.
    pub fn commands(&self) -> u64 {
        self.pipe.commands()
    }

    /// Ends it and removes its folder. Nothing of a browser is worth waiting for: its profile is thrown away.
    /// The second call finds nothing to do.
    pub async fn end(&self, custody: &Custody) -> io::Result<()> {
        self.process.end(Duration::ZERO).await;
        let folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner).take();
        match folder {
            Some(folder) => custody.remove(folder).await,
            None => Ok(()),
        }
    }
}

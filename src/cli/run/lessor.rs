//! Where pages come from: the endpoints of runner.toml, or else local Chromium.

use super::super::failure::Failure;
use super::super::prepare::Prepared;
use super::NotBegun;
use super::rules::Limits;
use crate::browser::chrome::find::{self, Mode};
use crate::browser::chrome::{LaunchOptions, Placing};
use crate::browser::lease::{Lessor, NoLease};
use crate::browser::local::{LocalBrowsers, LocalOptions};
use crate::browser::remote::RemoteEnds;
use crate::browser::webdriver::wire::Remote;
use crate::case::model::Viewport;
use crate::config::{Login, Program, Settings};
use crate::custody::Custody;
use crate::event::{Event, Level};
use crate::outcome::ExitCode;
use crate::runner::dispatcher::Sink;
use crate::text::Untrusted;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::Duration;

/// What a page measures before a case says otherwise, in CSS pixels.
pub(super) const VIEWPORT: Viewport = Viewport { width: 1280, height: 720 };

/// How long a remote end may take to say that it is there.
const STATUS_TIMEOUT: Duration = Duration::from_secs(5);

/// What is known of browsers before anything is started.
pub(super) enum Pages {
    /// Endpoints, with what of their credentials must be masked.
    Remote(RemoteEnds, Vec<String>),
    /// A browser and a driver of this machine.
    Local(Box<LocalOptions>),
}

/// Finds out where pages are to come from. Starts nothing and connects to nothing.
pub(super) fn find(prepared: &Prepared) -> Result<Pages, Failure> {
    let settings = &prepared.settings;
    let endpoints = settings.endpoints.value.as_slice();
    if endpoints.is_empty() {
        return local(settings);
    }
    let mut ends = Vec::new();
    let mut to_mask = Vec::new();
    for endpoint in endpoints {
        let login =
            endpoint.credentials.login(&settings.secrets, &prepared.environment).map_err(|error| {
                Failure::input(format!(
                    "the credentials of endpoint `{}` are missing: {error}",
                    endpoint.url.as_str()
                ))
            })?;
        to_mask.extend(login.to_mask().into_iter().map(|secret| secret.expose().to_owned()));
        let (url, headers) = address(endpoint.url.url().clone(), login);
        let remote = Remote::new(url, &headers)
            .with_context(|| format!("endpoint `{}`", endpoint.url.as_str()))
            .map_err(|error| Failure::Other(ExitCode::Usage, error))?;
        ends.push((remote, endpoint.capacity));
    }
    Ok(Pages::Remote(RemoteEnds::new(ends, "chrome"), to_mask))
}

/// The browser and the driver of this machine.
fn local(settings: &Settings) -> Result<Pages, Failure> {
    let mode = if settings.headless.value { Mode::Headless } else { Mode::Headed };
    let asked = |program: &Option<Program>| program.as_ref().map(|it| it.as_path().to_owned());
    let missing = |error: find::NotFound| {
        let install = error.install;
        Failure::Other(ExitCode::Usage, anyhow::anyhow!("{error}\nthis installs one: {install}"))
    };
    let browser = find::browser(asked(&settings.chrome_binary.value).as_deref(), mode).map_err(missing)?;
    let driver = find::driver(asked(&settings.chrome_driver.value).as_deref(), &browser).map_err(missing)?;
    let launch = LaunchOptions {
        binary: asked(&settings.chrome_binary.value),
        mode,
        args: settings.chrome_args.value.as_slice().to_vec(),
        viewport: VIEWPORT,
        ..LaunchOptions::default()
    };
    let slots = Limits::new(settings, u32::MAX).start as usize;
    let is_filmed = settings.evidence_trace.value.covers(1);
    let placing = if is_filmed { Placing::OffScreen } else { Placing::OnScreen };
    Ok(Pages::Local(Box::new(LocalOptions { launch, driver, slots, viewport: VIEWPORT, placing })))
}

/// Why there is no page, with what to do about it.
fn told(error: NoLease) -> anyhow::Error {
    match &error.hint {
        Some(hint) => anyhow::anyhow!("{error}\n{hint}"),
        None => error.into(),
    }
}

fn address(mut url: url::Url, login: Login) -> (url::Url, Vec<(String, String)>) {
    match login {
        Login::None => (url, Vec::new()),
        Login::Basic { username, password } => {
            // Both fail only for URLs without a host, which the settings refuse.
            let _ = url.set_username(&username);
            let _ = url.set_password(Some(&password));
            (url, Vec::new())
        }
        Login::Header(headers) => (url, headers),
    }
}

impl Pages {
    /// What is secret about them.
    pub(super) fn to_mask(&self) -> Vec<String> {
        match self {
            Self::Remote(_, to_mask) => to_mask.clone(),
            Self::Local(_) => Vec::new(),
        }
    }

    /// How many cases can run at once: endpoints take no more than they say.
    pub(super) fn capacity(&self) -> u32 {
        match self {
            Self::Remote(ends, _) => ends.capacity(),
            Self::Local(_) => u32::MAX,
        }
    }

    /// Starts what is needed, or asks whether it is there.
    pub(super) async fn open(
        self,
        custody: &Arc<Custody>,
        jobs: usize,
        sink: &dyn Sink,
    ) -> Result<Arc<dyn Lessor>, NotBegun> {
        match self {
            Self::Remote(ends, _) => {
                ends.check(STATUS_TIMEOUT).await.map_err(|error| {
                    let exit = if error.unauthorized { ExitCode::Usage } else { ExitCode::Errored };
                    NotBegun::because(exit, told(error.why))
                })?;
                Ok(Arc::new(ends))
            }
            Self::Local(mut options) => {
                // No more sessions than there is work for.
                options.slots = options.slots.min(jobs.saturating_sub(1));
                let browsers = LocalBrowsers::start(Arc::clone(custody), *options)
                    .await
                    .map_err(|error| NotBegun::because(ExitCode::Errored, told(error)))?;
                for notice in browsers.notices().await {
                    sink.send(Event::Message { level: Level::Info, text: Untrusted::from(notice) });
                }
                Ok(Arc::new(browsers))
            }
        }
    }
}

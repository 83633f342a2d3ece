//! Where pages come from: the endpoints of runner.toml, or else local Chromium.

use super::super::console::Console;
use super::super::failure::Failure;
use super::super::prepare::Prepared;
use crate::browser::lease::Lessor;
use crate::browser::remote::RemoteEnds;
use crate::browser::webdriver::wire::Remote;
use crate::case::model::Viewport;
use crate::config::Login;
use crate::custody::Custody;
use crate::outcome::ExitCode;
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
}

/// Finds out where pages are to come from. Starts nothing and connects to nothing.
pub(super) fn find(prepared: &Prepared, _console: &mut Console) -> Result<Pages, Failure> {
    let settings = &prepared.settings;
    let endpoints = settings.endpoints.value.as_slice();
    let mut ends = Vec::new();
    let mut to_mask = Vec::new();
    for endpoint in endpoints {
        let login = endpoint.credentials.login(&settings.secrets, &prepared.environment).map_err(|error| {
            Failure::input(format!("the credentials of endpoint `{}` are missing: {error}", endpoint.url.as_str()))
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
        }
    }

    /// Starts what is needed, or asks whether it is there.
    pub(super) async fn open(self, _custody: &Arc<Custody>, _prepared: &Prepared) -> anyhow::Result<Arc<dyn Lessor>> {
        match self {
            Self::Remote(ends, _) => {
                ends.check(STATUS_TIMEOUT).await?;
                Ok(Arc::new(ends))
            }
        }
    }
}

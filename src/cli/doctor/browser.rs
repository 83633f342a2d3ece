//! Whether there are a browser and a driver, and whether they fit together.

use super::{Sign, State};
use crate::browser::chrome::find::{self, Mode, NotFound};
use crate::cli::failure::Failure;
use crate::config::{Program, Settings};
use crate::outcome::ExitCode;
use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// A browser and a driver with what they say of themselves.
pub(in crate::cli) struct Pair {
    pub(in crate::cli) browser: Version,
    pub(in crate::cli) driver: Version,
}

/// A program with its version, or why that is not known.
pub(in crate::cli) struct Version {
    pub(in crate::cli) path: PathBuf,
    pub(in crate::cli) version: Result<String, std::io::Error>,
}

impl Pair {
    /// Finds both and asks them.
    pub(in crate::cli) fn find(
        binary: Option<&Path>,
        driver: Option<&Path>,
        mode: Mode,
    ) -> Result<Self, Missing> {
        let browser = find::browser(binary, mode).map_err(Missing::NotFound)?;
        let driver = find::driver(driver, &browser).map_err(Missing::NotFound)?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Missing::Runtime)?;
        let (browser, driver) = runtime.block_on(async { (ask(browser.path).await, ask(driver).await) });
        Ok(Self { browser, driver })
    }
}

async fn ask(path: PathBuf) -> Version {
    let version = find::version(&path).await;
    Version { path, version }
}

/// Why there is no pair.
pub(in crate::cli) enum Missing {
    NotFound(NotFound),
    Runtime(std::io::Error),
}

/// What is to be said about browser and driver.
pub(super) fn signs(settings: &Settings) -> Result<Vec<Sign>, Failure> {
    let endpoints = settings.endpoints.value.as_slice();
    if !endpoints.is_empty() {
        let found = format!("none is used here: runner.toml names {} endpoint(s)", endpoints.len());
        return Ok(vec![Sign::well("browser", found)]);
    }
    let mode = if settings.headless.value { Mode::Headless } else { Mode::Headed };
    let path = |program: &Option<Program>| program.as_ref().map(|program| program.as_path().to_owned());
    let (binary, driver) = (path(&settings.chrome_binary.value), path(&settings.chrome_driver.value));
    match Pair::find(binary.as_deref(), driver.as_deref(), mode) {
        Ok(pair) => Ok(vec![sign("browser", &pair.browser), sign("driver", &pair.driver), fit(&pair)]),
        Err(Missing::NotFound(error)) => {
            let what = if error.what == "chromedriver" { "driver" } else { "browser" };
            let sign = Sign::new(what, State::Unwell, error.to_string());
            Ok(vec![if error.asked.is_none() {
                sign.help("`batchrun setup chrome` installs both")
            } else {
                sign
            }])
        }
        Err(Missing::Runtime(error)) => {
            let error = Err(error).context("the runtime cannot be started");
            error.map_err(|error| Failure::Other(ExitCode::Bug, error))
        }
    }
}

fn sign(what: &'static str, program: &Version) -> Sign {
    let path = program.path.display();
    match &program.version {
        Ok(version) => Sign::well(what, format!("{version} ({path})")),
        Err(error) => Sign::new(what, State::Unwell, format!("`{path} --version` gives no answer: {error}")),
    }
}

fn fit(pair: &Pair) -> Sign {
    let (Ok(browser), Ok(driver)) = (&pair.browser.version, &pair.driver.version) else {
        return Sign::new("versions", State::Doubtful, "not known");
    };
    match find::same_major(browser, driver) {
        Ok(()) => Sign::well("versions", "browser and driver fit together"),
        Err(error) => Sign::new("versions", State::Unwell, error.to_string())
            .help("install both in the same major version: `batchrun setup chrome`"),
    }
}

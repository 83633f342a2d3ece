//! Finding the browser and its driver on this machine, and their versions. Starts nothing but `--version`.

use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long `--version` may take; the full browser reads 300 MB from disk for it.
const VERSION_TIMEOUT: Duration = Duration::from_secs(20);

/// Headless runs start several times faster with these, and show pages alike.
const SHELLS: &[&str] = &["chromium-headless-shell", "chrome-headless-shell", "headless_shell"];

/// The full browsers.
const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "google-chrome-for-testing",
];

const DRIVERS: &[&str] = &["chromedriver", "chromium.chromedriver"];

/// Where packages put them when PATH does not lead there.
const PLACES: &[&str] = &[
    "/usr/bin",
    "/usr/local/bin",
    "/usr/lib/chromium",
    "/usr/lib64/chromium",
    "/usr/lib/chromium-browser",
    "/usr/lib64/chromium-browser",
    "/opt/google/chrome",
    "/opt/chrome",
    "/snap/bin",
    "/opt/homebrew/bin",
    "/Applications/Google Chrome.app/Contents/MacOS",
    "/Applications/Chromium.app/Contents/MacOS",
];

/// Names inside macOS bundles.
const BUNDLED: &[&str] = &["Google Chrome", "Chromium"];

/// Whether there will be a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// No window.
    #[default]
    Headless,
    /// A window on the display.
    Headed,
}

/// Which build of the browser it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// The small one without any window: `browserName` is `chrome-headless-shell`.
    HeadlessShell,
    /// The full one: `browserName` is `chrome`.
    Full,
}

impl Flavor {
    /// The `browserName` that chromedriver wants for it.
    pub fn browser_name(self) -> &'static str {
        match self {
            Self::HeadlessShell => "chrome-headless-shell",
            Self::Full => "chrome",
        }
    }
}

/// A browser on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// The program itself where a wrapper script could be seen through.
    pub path: PathBuf,
    /// Which build.
    pub flavor: Flavor,
}

/// A program that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// `a browser` or `chromedriver`.
    pub what: &'static str,
    /// The path that was asked for, if one was.
    pub asked: Option<PathBuf>,
    /// Names that were looked for.
    pub names: Vec<&'static str>,
    /// Folders in which they were looked for.
    pub places: Vec<PathBuf>,
    /// Commands that install it.
    pub install: &'static str,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(asked) = &self.asked {
            return write!(f, "`{}` is not a program that can be executed", asked.display());
        }
        let names: Vec<_> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let places: Vec<_> = self.places.iter().map(|place| place.display().to_string()).collect();
        write!(f, "{} not found: none of {} in {}", self.what, names.join(", "), places.join(", "))
    }
}

impl std::error::Error for NotFound {}

/// Where to look: the folders of PATH, then [`PLACES`].
fn places(path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    places.retain(|place| place.is_absolute());
    for place in PLACES {
        if !places.iter().any(|known| known == Path::new(place)) {
            places.push(PathBuf::from(place));
        }
    }
    places
}

/// Finds the browser: the one asked for, else the best there is for the mode.
pub fn browser(asked: Option<&Path>, mode: Mode) -> Result<Browser, NotFound> {
    let names: Vec<&'static str> = match mode {
        Mode::Headless => SHELLS.iter().chain(BROWSERS).chain(BUNDLED).copied().collect(),
        Mode::Headed => BROWSERS.iter().chain(BUNDLED).copied().collect(),
    };
    let install =
        "apt-get install chromium-headless-shell, or `npx @puppeteer/browsers install chrome-headless-shell`";
    let path = program("a browser", asked, names, install)?;
    let real = see_through(&path);
    let name = real.file_name().unwrap_or_default().to_string_lossy().replace(['-', '_'], "");
    let flavor = if name.contains("headlessshell") { Flavor::HeadlessShell } else { Flavor::Full };
    Ok(Browser { path: real, flavor })
}

/// Finds chromedriver: the one asked for, else beside the browser, else in the usual places.
pub fn driver(asked: Option<&Path>, browser: &Browser) -> Result<PathBuf, NotFound> {
    if asked.is_none()
        && let Some(beside) = browser.path.parent().map(|folder| folder.join("chromedriver"))
        && is_program(&beside)
    {
        return Ok(beside);
    }
    let install = "apt-get install chromium-driver, or `npx @puppeteer/browsers install chromedriver`";
    program("chromedriver", asked, DRIVERS.to_vec(), install)
}

fn program(
    what: &'static str,
    asked: Option<&Path>,
    names: Vec<&'static str>,
    install: &'static str,
) -> Result<PathBuf, NotFound> {
    let places = places(std::env::var_os("PATH").as_deref());
    let found = match asked {
        // A bare name is looked up like the shell would.
        Some(asked) if asked.components().count() == 1 => in_places(&places, &[asked.as_os_str()]),
        Some(asked) => Some(asked.to_owned()).filter(|path| is_program(path)),
        None => in_places(&places, &names.iter().map(OsStr::new).collect::<Vec<_>>()),
    };
    found.ok_or_else(|| NotFound { what, asked: asked.map(Path::to_owned), names, places, install })
}

/// The first name that is anywhere: a better program in a worse place wins.
fn in_places(places: &[PathBuf], names: &[&OsStr]) -> Option<PathBuf> {
    let paths = names.iter().flat_map(|name| places.iter().map(move |place| place.join(name)));
    paths.into_iter().find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// The program that a wrapper script starts. Distributions wrap browsers in `sh` scripts, some without `exec`: then
/// the browser is not the process that was started, and outlives it. A script that stays opaque is used as it is.
fn see_through(path: &Path) -> PathBuf {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let Some(script) = script(&real) else { return real };
    let words = script.split(|c: char| c.is_whitespace() || "\"'`;&|()<>=".contains(c));
    let named = words.filter(|word| word.starts_with('/')).map(PathBuf::from);
    let name = path.file_name().unwrap_or_default();
    let folders = real
        .parent()
        .into_iter()
        .map(Path::to_owned)
        .chain(PLACES.iter().map(PathBuf::from))
        .chain(["/usr/lib", "/usr/lib64"].iter().map(|lib| Path::new(lib).join(name)));
    let known = SHELLS.iter().chain(BROWSERS).map(OsStr::new);
    let usual: Vec<PathBuf> = folders
        .flat_map(|folder| known.clone().filter(|it| stem(it) == stem(name)).map(move |it| folder.join(it)))
        .collect();
    named
        .chain(usual)
        .find(|it| {
            let same = it.file_name().is_some_and(|it| stem(it) == stem(name));
            same && is_program(it) && script_free(it)
        })
        .unwrap_or(real)
}

/// What names of one program share: `google-chrome-stable` starts `chrome`, `chromium-browser` starts `chromium`.
fn stem(name: &OsStr) -> String {
    let name =
        name.to_string_lossy().replace("google-", "").replace("-stable", "").replace("-for-testing", "");
    name.replace("-browser", "")
}

fn script_free(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| script(&path).is_none())
}

/// The text of a file that begins like a script.
fn script(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(64 << 10).read_to_end(&mut bytes).ok()?;
    bytes.starts_with(b"#!").then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// What a program answers to `--version`, its first line.
pub async fn version(program: &Path) -> Result<String, std::io::Error> {
    let mut command = tokio::process::Command::new(program);
    command.arg("--version").stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(VERSION_TIMEOUT, command.output()).await??;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    if line.is_empty() { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(line) }
}

/// Browser and driver of different major versions do not understand each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionMismatch {
    /// What the browser says: `Chromium 156.0.8078.79`.
    pub browser: String,
    /// What the driver says: `ChromeDriver 150.0.1.2 (…)`.
    pub driver: String,
}

impl fmt::Display for VersionMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the versions do not match: browser `{}`, driver `{}`", self.browser, self.driver)
    }
}

impl std::error::Error for VersionMismatch {}

/// Compares the major versions in two texts. One without a number is no mismatch: it is not known to be one.
pub fn same_major(browser: &str, driver: &str) -> Result<(), VersionMismatch> {
    match (major(browser), major(driver)) {
        (Some(one), Some(other)) if one != other => {
            Err(VersionMismatch { browser: browser.to_owned(), driver: driver.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The first number that is followed by a dot.
fn major(text: &str) -> Option<u32> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    words.filter_map(|word| word.split_once('.')).find_map(|(major, _)| major.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn wrappers_are_seen_through() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, bin) = (folder.path().join("lib"), folder.path().join("bin"));
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::create_dir_all(&bin).unwrap();
        let real = inner.join("chrome");
        file(&real, "\u{7f}ELF");
        // Google's package: a link to a script beside the program.
        file(&inner.join("google-chrome"), "#!/bin/bash\nexec \"$HERE/chrome\" \"$@\"\n");
        std::os::unix::fs::symlink(inner.join("google-chrome"), bin.join("google-chrome-stable")).unwrap();
        assert_eq!(see_through(&bin.join("google-chrome-stable")), real.canonicalize().unwrap());
        // Debian's headless shell: the path stands in the script.
        let shell = inner.join("chromium-headless-shell");
        file(&shell, "\u{7f}ELF");
        let wrapper = bin.join("chromium-headless-shell");
        file(&wrapper, &format!("#!/bin/sh -e\n\n{} \"$@\"\n", shell.display()));
        assert_eq!(see_through(&wrapper), shell);
        // A script that says nothing.
        let opaque = bin.join("opaque");
        file(&opaque, "#!/bin/sh\nexec \"$(cat /nowhere)\"\n");
        assert_eq!(see_through(&opaque), opaque.canonicalize().unwrap());
    }

    #[test]
    fn f19_what_is_missing_is_named_with_places_and_a_remedy() {
        let error = browser(Some(Path::new("/nowhere/chrome")), Mode::Headless).unwrap_err();
        assert_eq!(error.to_string(), "`/nowhere/chrome` is not a program that can be executed");
        let error = program("a browser", None, vec!["no-such-browser"], "").unwrap_err().to_string();
        assert!(error.starts_with("a browser not found: none of `no-such-browser` in /"), "{error}");
        assert!(error.contains(", /usr/lib/chromium,"), "{error}");
    }

    #[test]
    fn f20_versions_are_compared_by_their_first_number() {
        let driver = "ChromeDriver 156.0.8078.79 (a21ce95c24ce3964416f09ae1862f53f319eb4d0-refs/branch-heads/8078@{#1704})";
        assert_eq!(same_major("HeadlessChrome/156.0.1.2", driver), Ok(()));
        let error = same_major("Chromium 149.0.7700.1 built on Debian", driver).unwrap_err().to_string();
        let expected = "the versions do not match: browser `Chromium 149.0.7700.1 built on Debian`, driver `ChromeDriver 156";
        assert!(error.starts_with(expected), "{error}");
    }
}

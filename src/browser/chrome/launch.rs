//! Starting the browser, in custody and with a pipe instead of a port; and telling why it did not start.

use super::Chrome;
use super::find::{self, Browser, Mode, NotFound};
use super::flags::{self, Machine};
use super::gate::Version;
use super::pipe::Pipe;
use crate::case::model::Viewport;
use crate::custody::{Custody, Exit, Kind, Spawn, SpawnError};
use crate::deadline::{Deadline, Missed};
use crate::text::Untrusted;
use serde_json::json;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::unix::pipe;

/// How many lines of a log say why something did not start.
const LOG_LINES: usize = 20;

/// How to start the browser.
#[derive(Clone, Debug)]
pub struct LaunchOptions {
    /// The program, when not the best one that is found.
    pub binary: Option<PathBuf>,
    /// With a window or without.
    pub mode: Mode,
    /// Further switches.
    pub args: Vec<String>,
    /// The size of windows that no context asks for.
    pub viewport: Viewport,
    /// How long it may take until it answers.
    pub timeout: Duration,
}

impl Default for LaunchOptions {
    fn default() -> Self {
        Self {
            binary: None,
            mode: Mode::Headless,
            args: Vec::new(),
            viewport: Viewport { width: 1280, height: 720 },
            timeout: Duration::from_secs(30),
        }
    }
}

/// Why there is no browser.
#[derive(Debug)]
pub enum LaunchError {
    /// It is not on this machine.
    NotFound(NotFound),
    /// A switch was given that batchrun sets itself.
    Reserved(String),
    /// The system refused a folder, a pipe or a socket.
    System(io::Error),
    /// The program could not be executed.
    NotExecuted {
        /// The program.
        program: PathBuf,
        /// Why.
        error: SpawnError,
    },
    /// It was executed and did not come up.
    NotUp(Box<NotUp>),
}

/// See [`LaunchError::NotUp`].
#[derive(Debug)]
pub struct NotUp {
    /// The program.
    pub program: PathBuf,
    /// What happened.
    pub what: Silence,
    /// The last lines that it wrote.
    pub log: Vec<Untrusted>,
    /// What people have found behind such lines.
    pub causes: Vec<&'static str>,
}

/// How a browser did not come up.
#[derive(Debug, PartialEq, Eq)]
pub enum Silence {
    /// It ended at once.
    Ended(Exit),
    /// It closed its debugging pipe.
    Closed,
    /// It runs and does not answer.
    Missed(Missed),
    /// It answers something else.
    Nonsense(String),
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(error) => error.fmt(f),
            Self::Reserved(arg) => write!(f, "the browser's switch `{arg}` is set by batchrun itself"),
            Self::System(error) => write!(f, "cannot prepare the browser's start: {error}"),
            Self::NotExecuted { program, error } => {
                write!(f, "cannot execute `{}`: {error}", program.display())
            }
            Self::NotUp(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for LaunchError {}

impl fmt::Display for NotUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.display();
        match &self.what {
            Silence::Ended(exit) => write!(f, "the browser `{program}` ended at start with {exit}"),
            Silence::Closed => write!(f, "the browser `{program}` closed its debugging pipe at start"),
            Silence::Missed(missed) => write!(f, "the browser `{program}` does not answer: {missed}"),
            Silence::Nonsense(message) => {
                write!(f, "the browser `{program}` is none that batchrun knows: {message}")
            }
        }
    }
}

impl From<io::Error> for LaunchError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Chrome {
    /// Starts a browser and waits until it answers.
    pub async fn launch(custody: &Custody, options: LaunchOptions) -> Result<Self, LaunchError> {
        if let Some(arg) = flags::reserved(&options.args) {
            return Err(LaunchError::Reserved(arg.to_owned()));
        }
        let browser =
            find::browser(options.binary.as_deref(), options.mode).map_err(LaunchError::NotFound)?;
        let folder = custody.folder("chrome")?;
        let profile = folder.path().join("profile");
        // Drivers tell browsers to save downloads in ".": that shall be a place that is removed.
        let work = folder.path().join("work");
        std::fs::create_dir(&work)?;
        let log_path = folder.path().join("log");
        let log = File::create(&log_path)?;
        let (args, notices) = flags::all(&options, browser.flavor, machine(), &profile);

        let (to_browser, its_input) = pipe::pipe()?;
        let (its_output, from_browser) = pipe::pipe()?;
        let mut spawn = Spawn::new(Kind::Browser, &browser.path).args(args);
        spawn.cwd = Some(work);
        spawn.log = Some(log.into());
        spawn.fds = vec![(its_input.into_blocking_fd()?, 3), (its_output.into_blocking_fd()?, 4)];
        let process = match custody.spawn(spawn).await {
            Ok(process) => process,
            Err(error) => {
                let _ = custody.remove(folder).await;
                return Err(LaunchError::NotExecuted { program: browser.path, error });
            }
        };
        let pipe = Pipe::new(to_browser, from_browser);
        match greet(&pipe, &process, options.timeout).await {
            Ok(version) => {
                let folder = Mutex::new(Some(folder));
                Ok(Self { pipe, process, folder, browser, version: Arc::new(version), notices })
            }
            Err(what) => {
                process.end(Duration::ZERO).await;
                let failure = not_up(&browser, what, &log_path);
                let _ = custody.remove(folder).await;
                Err(LaunchError::NotUp(Box::new(failure)))
            }
        }
    }
}

/// Waits until the browser answers, or its end.
async fn greet(
    pipe: &Pipe,
    process: &crate::custody::Process,
    timeout: Duration,
) -> Result<Version, Silence> {
    use super::error::CdpError;
    let deadline = Deadline::after("browser start", timeout);
    let error = match pipe.call::<Version>(None, "Browser.getVersion", &json!({}), deadline).await {
        Ok(version) => return Ok(version),
        Err(error) => error,
    };
    Err(match error {
        CdpError::Missed { missed, .. } => Silence::Missed(missed),
        // The pipe closes a moment before the end is reported.
        CdpError::Closed { .. } => {
            match tokio::time::timeout(Duration::from_secs(1), process.exited()).await {
                Ok(exit) => Silence::Ended(exit),
                Err(_) => Silence::Closed,
            }
        }
        other => Silence::Nonsense(other.to_string()),
    })
}

fn not_up(browser: &Browser, what: Silence, log: &Path) -> NotUp {
    let lines = last_lines(log);
    let causes = likely_causes(&lines);
    NotUp {
        program: browser.path.clone(),
        what,
        log: lines.into_iter().map(Untrusted::from).collect(),
        causes,
    }
}

/// The last lines of a log, of at most its last 16 KiB.
pub fn last_lines(path: &Path) -> Vec<String> {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(path) {
        let length = file.metadata().map_or(0, |it| it.len());
        // A log that cannot be read says nothing; the failure itself is told anyway.
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(16 << 10)));
        let _ = file.take(16 << 10).read_to_end(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].iter().map(|&line| line.to_owned()).collect()
}

/// What is known to be behind some lines of a browser's log.
pub fn likely_causes(lines: &[String]) -> Vec<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        ("without --no-sandbox", "it runs as root: give it `--no-sandbox`, or better, run as another user"),
        (
            "No usable sandbox",
            "the system forbids its sandbox: allow user namespaces, or give it `--no-sandbox`",
        ),
        ("Missing X server", "there is no display: leave out `--headed`, or run under `xvfb-run`"),
        ("cannot open display", "there is no display: leave out `--headed`, or run under `xvfb-run`"),
        (
            "error while loading shared libraries",
            "a system library is missing: install the one that the log names",
        ),
        ("/dev/shm", "shared memory is too small: in Docker, `--shm-size=1g` gives more"),
        (
            "No space left on device",
            "the disk that holds the temporary folder is full (TMPDIR chooses another)",
        ),
        ("ProcessSingleton", "another browser uses the same profile"),
        ("GLIBC", "it was built for a newer system"),
        ("Too many open files", "the limit of open files is too low (`ulimit -n`)"),
        (
            "Resource temporarily unavailable",
            "the limit of processes is too low (`ulimit -u`, or the container's)",
        ),
        ("Cannot allocate memory", "there is not enough memory"),
    ];
    let mut causes: Vec<&'static str> = Vec::new();
    for (sign, cause) in KNOWN {
        if lines.iter().any(|line| line.contains(sign)) && !causes.contains(cause) {
            causes.push(cause);
        }
    }
    causes
}

fn machine() -> Machine {
    #[cfg(target_os = "linux")]
    let shared_memory =
        rustix::fs::statvfs("/dev/shm").ok().map(|it| it.f_blocks.saturating_mul(it.f_frsize));
    #[cfg(not(target_os = "linux"))]
    let shared_memory = None;
    Machine { root: rustix::process::geteuid().is_root(), shared_memory }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_a_log_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let lines: Vec<String> = (1..=50).map(|n| format!("line {n}\n")).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let lines = last_lines(&path);
        assert_eq!((lines.len(), lines[0].as_str(), lines[19].as_str()), (20, "line 31", "line 50"));
        assert_eq!(last_lines(&folder.path().join("none")), [""; 0]);
    }

    #[test]
    fn f24_likely_causes_are_named_once() {
        let lines = [
            "[1:1] ERROR:zygote_host_impl_linux.cc(101)] Running as root without --no-sandbox is not supported.",
            "Missing X server or $DISPLAY",
            "cannot open display: ",
        ];
        let causes = likely_causes(&lines.map(str::to_owned));
        assert_eq!(
            causes,
            [
                "it runs as root: give it `--no-sandbox`, or better, run as another user",
                "there is no display: leave out `--headed`, or run under `xvfb-run`",
            ]
        );
    }
}

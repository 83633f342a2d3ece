//! A project in a folder of its own, and the binary run in it as a user would: cleared environment, exact stdout,
//! stderr and status. Knows nothing of what any command does.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A project's folder and the environment that commands see in it.
pub(crate) struct Project {
    folder: TempDir,
    working_directory: PathBuf,
    variables: BTreeMap<String, String>,
}

/// What a command printed, with the project's folder shown as `[PROJECT]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// The exit code; `None` when a signal ended it.
    pub(crate) status: Option<i32>,
}

impl Project {
    /// An empty folder. Of the environment only `PATH` is left; `HOME` is in the folder's own parent.
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("batchrun-test-").expect("a temporary folder");
        let root = folder.path().join("project");
        std::fs::create_dir(&root).expect("a folder for the project");
        let mut variables = BTreeMap::new();
        variables.insert("PATH".to_owned(), std::env::var("PATH").unwrap_or_default());
        variables.insert("HOME".to_owned(), folder.path().display().to_string());
        Self { folder, working_directory: root, variables }
    }

    /// The project's folder.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Writes a file below the project's folder, with the folders it needs.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("files lie in folders")).expect("folders can be made");
        std::fs::write(path, text).expect("files can be written");
        self
    }

    /// Sets a variable for all commands.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs later commands in a folder below the project's.
    pub(crate) fn inside(mut self, folder: &str) -> Self {
        self.working_directory = self.root().join(folder);
        self
    }

    /// The command with everything set, for tests that need the process itself.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_batchrun"));
        command
            .args(arguments)
            .current_dir(&self.working_directory)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Output {
        let ended = self.command(arguments).output().expect("the binary can be started");
        Output {
            stdout: self.shown(&ended.stdout),
            stderr: self.shown(&ended.stderr),
            status: ended.status.code(),
        }
    }

    fn shown(&self, bytes: &[u8]) -> String {
        let root = self.root();
        let text = String::from_utf8_lossy(bytes).replace(&real(&root), "[PROJECT]");
        text.replace(&root.display().to_string(), "[PROJECT]")
    }
}

/// The path without links, as `getcwd` gives it.
fn real(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => writeln!(f, "exit {status}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "--- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

/// Uses everything above, in every test program that includes this file.
#[test]
fn a_project_is_a_folder_with_an_environment() {
    let project = Project::new().file("a/b.txt", "").variable("BATCHRUN_X", "1").inside("a");
    let output = project.run(["--version"]);
    assert_eq!(output.to_string(), format!("exit 0\n--- stdout\nbatchrun {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""));
    assert!(output.stdout.starts_with("batchrun") && project.root().join("a/b.txt").exists());
}

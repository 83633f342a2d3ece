//! The binary under way: started in a project, watched, signalled and ended as a user or the system would. Knows
//! processes and the record, nothing of what any test wants.

use crate::support::Project;
use batchrun::outcome::{AttemptVerdict, BatchStatus, FailureKind, Verdict};
use batchrun::store::{BatchRow, Reader, StepRow, Which};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a condition may take to come true on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until `look` finds something; says `what` it waited for when patience is over.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A run of the binary.
pub(crate) struct Running {
    child: Child,
    /// Its temporary files are in here, and so is everything that it starts: by that it is found.
    temporary: PathBuf,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code or signal.
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The exit code; fails with everything that was printed when it is another.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    /// The signal that ended it, likewise.
    #[track_caller]
    pub(crate) fn died_of(&self, signal: i32) -> &Self {
        assert_eq!(self.status.signal(), Some(signal), "{self}");
        self
    }

    /// Whether all of these stand on stderr.
    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in:\n{self}");
        }
        self
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n--- stdout\n{}--- stderr\n{}", self.status, self.stdout, self.stderr)
    }
}

impl Running {
    /// Starts the binary; its output goes into files.
    pub(crate) fn start(project: &Project, arguments: &[&str]) -> Self {
        Self::start_with(project, arguments, |_| {})
    }

    /// The same with something changed about the command.
    pub(crate) fn start_with(
        project: &Project,
        arguments: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Self {
        Self::launch(project, project.command(arguments.iter().copied()), change)
    }

    /// Started by another program that becomes the binary: by none where the wrapper is empty.
    pub(crate) fn start_by(project: &Project, wrapper: &[&str], arguments: &[&str]) -> Self {
        let plain = project.command(arguments.iter().copied());
        let Some((program, rest)) = wrapper.split_first() else {
            return Self::launch(project, plain, |_| {});
        };
        let mut command = Command::new(program);
        command.args(rest).arg(plain.get_program()).args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(plain.get_current_dir().unwrap());
        Self::launch(project, command, |_| {})
    }

    fn launch(project: &Project, mut command: Command, change: impl FnOnce(&mut Command)) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let around = project.root().parent().unwrap().to_owned();
        let temporary = around.join(format!("tmp-{number}"));
        std::fs::create_dir(&temporary).unwrap();
        let (stdout, stderr) = (around.join(format!("out-{number}")), around.join(format!("err-{number}")));
        command
            .env("TMPDIR", &temporary)
            .stdin(Stdio::null())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap());
        change(&mut command);
        let child = command.spawn().unwrap();
        Self { child, temporary, stdout, stderr }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> i32 {
        self.child.id().try_into().unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// What it has printed for people so far.
    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Ended {
        let status = until("the end of the run", || self.child.try_wait().unwrap());
        let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        Ended { status, stdout: text(&self.stdout), stderr: text(&self.stderr) }
    }

    /// Waits for its end and that nothing is left of it after five seconds.
    pub(crate) fn wait_clean(&mut self) -> Ended {
        let ended = self.wait();
        self.is_gone_within(Duration::from_secs(5), &[]);
        ended
    }

    /// Fails when processes or temporary folders of the run are there after `patience`, those among them that were
    /// `seen` earlier: who is about to be gone has no command line any more to be known by.
    #[track_caller]
    pub(crate) fn is_gone_within(&mut self, patience: Duration, seen: &[Process]) {
        let end = Instant::now() + patience;
        loop {
            let _ = self.child.try_wait();
            let (mut processes, folders) = (self.processes(), names(&self.temporary));
            processes.extend(seen.iter().filter(|it| it.is_alive()).cloned());
            if processes.is_empty() && folders.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "left after {patience:?}: {processes:?}, {folders:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Everything alive that was started by the run, itself included.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let mark = self.temporary.display().to_string();
        let all = all_processes();
        let mut known: BTreeSet<i32> = BTreeSet::from([self.pid()]);
        // Parents may have greater numbers than children: again until nothing is added.
        loop {
            let before = known.len();
            known.extend(
                all.iter().filter(|it| known.contains(&it.parent)).map(|it| it.pid).collect::<Vec<_>>(),
            );
            if known.len() == before {
                break;
            }
        }
        all.into_iter().filter(|it| known.contains(&it.pid) || it.mentions(&mark)).collect()
    }

    /// The only process of the run that fits, once it is there.
    pub(crate) fn process(&self, what: &str, fits: impl Fn(&Process) -> bool) -> Process {
        until(what, || {
            let mut found: Vec<Process> = self.processes().into_iter().filter(&fits).collect();
            if found.len() == 1 { found.pop() } else { None }
        })
    }

    /// chromedriver.
    pub(crate) fn driver(&self) -> Process {
        self.process("the driver", |it| it.program().ends_with("chromedriver"))
    }

    /// The browser's main process.
    pub(crate) fn browser(&self) -> Process {
        self.process("the browser", |it| {
            it.command_line.contains("--remote-debugging-pipe") && !it.command_line.contains("--type=")
        })
    }

    /// The watcher, a child of the runner.
    pub(crate) fn watcher(&self) -> Process {
        self.process("the watcher", |it| it.parent == self.pid() && it.is_guard())
    }

    /// The guard, a child of the watcher.
    pub(crate) fn guard(&self) -> Process {
        let watcher = self.watcher();
        self.process("the guard", |it| it.parent == watcher.pid && it.is_guard())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let left = self.processes();
        let _ = self.child.kill();
        let _ = self.child.wait();
        for process in left {
            send(process.pid, Signal::KILL);
        }
    }
}

/// Sends a signal; who is gone already does not get it.
pub(crate) fn send(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// A process, as `/proc` shows it.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) command_line: String,
}

impl Process {
    fn program(&self) -> &str {
        self.command_line.split(' ').next().unwrap_or_default()
    }

    fn is_guard(&self) -> bool {
        self.command_line.contains("__guard")
    }

    fn mentions(&self, mark: &str) -> bool {
        let environment = std::fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        self.command_line.contains(mark) || String::from_utf8_lossy(&environment).contains(mark)
    }

    /// Memory that it has in RAM, in pages.
    pub(crate) fn resident(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.pid)).unwrap_or_default();
        text.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default()
    }

    /// Whether it is there and no zombie.
    pub(crate) fn is_alive(&self) -> bool {
        state(self.pid).is_some_and(|(state, _)| state != 'Z')
    }

    /// Whether it is stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        state(self.pid).is_some_and(|(state, _)| state == 'T')
    }
}

fn state(pid: i32) -> Option<(char, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn all_processes() -> Vec<Process> {
    let numbers = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let (state, parent) = state(pid)?;
        let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command_line = String::from_utf8_lossy(&bytes).replace('\0', " ");
        (state != 'Z').then_some(Process { pid, parent, command_line })
    })
    .collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// What the database says of a batch.
pub(crate) struct Record {
    pub(crate) batch: BatchRow,
    /// By the case's id without `testcases/`.
    pub(crate) cases: BTreeMap<String, Case>,
}

/// A case in it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) verdict: Option<Verdict>,
    pub(crate) message: String,
    pub(crate) attempts: Vec<Attempt>,
}

/// An attempt of it.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) verdict: Option<AttemptVerdict>,
    pub(crate) kind: Option<FailureKind>,
    pub(crate) steps: Vec<StepRow>,
}

impl Record {
    /// The last batch of a project.
    #[track_caller]
    pub(crate) fn last(project: &Project) -> Self {
        Self::of(project, &Which::Last)
    }

    /// One batch of a project.
    #[track_caller]
    pub(crate) fn of(project: &Project, which: &Which) -> Self {
        let reader = Reader::open(&database(project)).unwrap();
        let batch = reader.batch(which).unwrap();
        let mut cases = BTreeMap::new();
        for row in reader.case_runs(&batch.id).unwrap() {
            let attempts = reader.attempts(row.id).unwrap().into_iter().map(|it| Attempt {
                verdict: it.verdict,
                kind: it.failure_kind,
                steps: reader.steps(it.id).unwrap(),
            });
            let attempts = attempts.collect();
            let id = row.case_id.as_str().trim_start_matches("testcases/").to_owned();
            let message = row.message.map(|it| it.raw().to_owned()).unwrap_or_default();
            cases.insert(id, Case { verdict: row.verdict, message, attempts });
        }
        Self { batch, cases }
    }

    #[track_caller]
    pub(crate) fn case(&self, name: &str) -> &Case {
        self.cases.get(name).unwrap_or_else(|| panic!("no case `{name}` in {:?}", self.cases))
    }

    /// How each case ended, in the order of their names.
    pub(crate) fn verdicts(&self) -> Vec<(&str, Option<Verdict>)> {
        self.cases.iter().map(|(name, case)| (name.as_str(), case.verdict)).collect()
    }

    /// Fails unless the database is whole, the batch ended so, and the counts are those of its cases.
    #[track_caller]
    pub(crate) fn is_whole(&self, project: &Project, status: BatchStatus, exit: Option<u8>) {
        let connection = rusqlite::Connection::open(database(project)).unwrap();
        let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        assert_eq!((self.batch.status, self.batch.exit_code), (status, exit));
        let of = |verdict| self.cases.values().filter(|it| it.verdict == Some(verdict)).count();
        let batch = &self.batch;
        let counts = [
            (Verdict::Passed, batch.passed),
            (Verdict::Flaky, batch.flaky),
            (Verdict::Failed, batch.failed),
            (Verdict::Errored, batch.errored),
            (Verdict::Interrupted, batch.interrupted),
            (Verdict::NotRun, batch.not_run),
        ];
        for (verdict, count) in counts {
            assert_eq!(of(verdict), count as usize, "{verdict}: {:?}", self.cases);
        }
    }
}

impl Case {
    /// Verdict and kind of each attempt.
    pub(crate) fn ends(&self) -> Vec<(Option<AttemptVerdict>, Option<FailureKind>)> {
        self.attempts.iter().map(|it| (it.verdict, it.kind)).collect()
    }
}

/// Where a project's database is.
pub(crate) fn database(project: &Project) -> PathBuf {
    project.root().join(".batchrun/batchrun.db")
}

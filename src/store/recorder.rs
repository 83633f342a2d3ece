//! The recorder: one thread and one connection, which write down whatever queued and only then tell the reporters.
//! Whoever sends an event never waits for it.

use super::begin::Begun;
use super::fan::Fan;
use super::open::{BUSY_TIMEOUT, Store};
use super::sender::{EventSender, Inbox, Letter};
use super::spool::Spool;
use super::write::{WriteError, Writer};
use crate::event::reporter::{Closing, FailureCause, Reporter, ReporterFailure};
use crate::event::tally::Tally;
use crate::event::{Event, Level, Stamped};
use crate::outcome::ExitCode;
use rusqlite::ErrorCode;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often reporters are refreshed when nothing happens.
const PULSE: Duration = Duration::from_secs(1);

/// The most events that one transaction takes, so that neither verdicts nor memory wait behind a long queue.
pub(super) const GROUP: usize = 1_000;

/// Writes a batch down and tells the reporters. Dropped without [`Recorder::finish`], it still writes what was sent, but
/// nobody waits for that.
#[derive(Debug)]
pub struct Recorder {
    sender: EventSender,
    thread: Option<JoinHandle<Recorded>>,
}

/// What became of a batch's record and reports.
#[derive(Debug)]
pub struct Recorded {
    /// What the events amount to.
    pub tally: Tally,
    /// Whether all is saved, what was written, who failed.
    pub closing: Closing,
    /// Transactions that it took.
    pub commits: u64,
}

impl Recorded {
    /// What to exit with, given what the runner says.
    pub fn exit_code(&self, runner: ExitCode) -> ExitCode {
        self.closing.exit_code(runner)
    }
}

impl Recorder {
    /// Starts the thread. The first event must be `batch_started`, or `batch_resumed` where the batch has run before:
    /// then the tally and the reporters first learn what it came to. `reporters` are told, and ended, in this order.
    pub fn start(store: Store, begun: Begun, reporters: Vec<Box<dyn Reporter>>) -> std::io::Result<Self> {
        let (sender, inbox) = EventSender::new(begun.last);
        let desk = sender.clone();
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            let batch = begun.lock.batch().clone();
            let warnings = store.warnings().to_vec();
            let aborted = begun
                .aborted
                .iter()
                .map(|dead| format!("batch {dead} had died without saying so; it is marked as aborted"));
            let first_words = warnings
                .into_iter()
                .map(|it| (Level::Warning, it))
                .chain(aborted.map(|it| (Level::Info, it)))
                .collect();
            let closing =
                Closing { saved: true, database: store.place().database().to_owned(), ..Closing::default() };
            let loops = Loop {
                inbox,
                desk,
                spool_path: store.place().spool(&batch),
                writer: Writer::new(store, batch),
                fan: Fan::new(reporters),
                tally: Tally::default(),
                detour: None,
                closing,
                commits: 0,
                first_words,
            };
            let recorded = loops.run(begun.last.0 > 0);
            // Held to the very end: until here the batch is not over.
            drop(begun.lock);
            recorded
        })?;
        Ok(Self { sender, thread: Some(thread) })
    }

    /// Stamps an event and queues it. Never waits.
    pub fn send(&self, event: Event) {
        self.sender.send(event);
    }

    /// A handle for whoever else sends events.
    pub fn sender(&self) -> EventSender {
        self.sender.clone()
    }

    /// See [`EventSender::barrier`].
    pub fn barrier(&self) -> oneshot::Receiver<bool> {
        self.sender.barrier()
    }

    /// Writes what is left, ends the reporters and the thread. Blocks until then: what is sent later is lost.
    pub fn finish(mut self) -> Recorded {
        self.sender.close();
        if let Some(Ok(recorded)) = self.thread.take().map(JoinHandle::join) {
            return recorded;
        }
        let failure = ReporterFailure {
            reporter: "recorder".to_owned(),
            message: "it panicked".to_owned(),
            cause: FailureCause::Panic,
        };
        let closing = Closing { failures: vec![failure], ..Closing::default() };
        Recorded { tally: Tally::default(), closing, commits: 0 }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.sender.close();
        }
    }
}

/// The thread's state.
struct Loop {
    inbox: Inbox,
    desk: EventSender,
    writer: Writer,
    spool_path: std::path::PathBuf,
    fan: Fan,
    tally: Tally,
    /// Set while the database does not take anything.
    detour: Option<Detour>,
    closing: Closing,
    commits: u64,
    /// Messages that are due as soon as the batch has begun.
    first_words: Vec<(Level, String)>,
}

/// Around the database.
struct Detour {
    /// `None` when not even that could be written.
    spool: Option<Spool>,
    back: Back,
}

/// When to try the database again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Back {
    /// With each group: somebody else holds it.
    WhenFree,
    /// Once more, when the batch ends.
    AtEnd,
    /// It is gone.
    Never,
}

impl Loop {
    fn run(mut self, resumes: bool) -> Recorded {
        if resumes {
            self.recall();
        }
        let mut closing = false;
        loop {
            let mut events = Vec::new();
            let mut barriers = Vec::new();
            let mut newcomers = Vec::new();
            for letter in self.inbox.receive(if closing { Duration::ZERO } else { PULSE }, GROUP) {
                match letter {
                    Letter::Event(event) => events.push(event),
                    Letter::Reporter(reporter) => newcomers.push(reporter),
                    Letter::Barrier(answer) => barriers.push(answer),
                    Letter::Close => closing = true,
                }
            }
            // What the recorder itself has to say about these comes in the next round.
            let quiet = events.is_empty();
            self.take_in(&events);
            for reporter in newcomers {
                self.welcome(reporter);
            }
            for answer in barriers {
                let _ = answer.send(self.detour.is_none() && self.closing.saved);
            }
            if closing && quiet {
                return self.close();
            }
        }
    }

    /// Learns what the batch came to before it was resumed.
    fn recall(&mut self) {
        let Self { writer, fan, tally, .. } = self;
        let mut failed = Vec::new();
        let told = writer.recall(|event| {
            tally.apply(&event);
            failed.extend(fan.recall(&event, tally));
        });
        self.note(failed);
        if let Err(error) = told {
            self.first_words
                .push((Level::Error, format!("what the batch came to before cannot be read: {error}")));
        }
    }

    /// Tells a reporter that comes later what is recorded of the batch, and from now on everything.
    fn welcome(&mut self, reporter: Box<dyn Reporter>) {
        let mut newcomer = Fan::new(vec![reporter]);
        let mut failed = Vec::new();
        let told = self.retell(|event, tally| failed.extend(newcomer.recall(event, tally)));
        failed.extend(newcomer.refresh(&self.tally, self.desk.elapsed_ms()));
        self.fan.join(newcomer);
        self.note(failed);
        match told {
            Ok(()) if self.detour.as_ref().is_some_and(|detour| detour.spool.is_none()) => self.say(
                Level::Warning,
                "what came before the live view is not all recorded: in it, cases that have ended may seem to wait",
            ),
            Ok(()) => {}
            Err(error) => {
                self.say(Level::Warning, format!("what the batch came to so far cannot be read: {error}"));
            }
        }
    }

    /// Hands over what is recorded, wherever it is, in order: all but steps and samples.
    fn retell(&self, mut each: impl FnMut(&Stamped, &Tally)) -> Result<(), WriteError> {
        let mut last = 0;
        self.writer.past(|event| {
            last = event.seq;
            each(&event, &self.tally);
        })?;
        let Some(Detour { spool: Some(spool), .. }) = &self.detour else { return Ok(()) };
        for event in spool.read().map_err(WriteError::Spool)? {
            let event = event.map_err(WriteError::Spool)?;
            if event.seq > last && !event.event.is_detail() {
                each(&event, &self.tally);
            }
        }
        Ok(())
    }

    /// Writes a group, then tells of it.
    fn take_in(&mut self, events: &[Stamped]) {
        if !events.is_empty() {
            self.write(events);
            for (level, text) in std::mem::take(&mut self.first_words) {
                self.say(level, text);
            }
        }
        for event in events {
            self.tally.apply(event);
            let failed = self.fan.on(event, &self.tally);
            self.note(failed);
        }
        let failed = self.fan.refresh(&self.tally, self.desk.elapsed_ms());
        self.note(failed);
    }

    fn write(&mut self, events: &[Stamped]) {
        if self.detour.as_ref().is_some_and(|detour| detour.back == Back::WhenFree) {
            self.come_back(Duration::ZERO);
        }
        if self.detour.is_none() {
            match self.writer.write(events.iter()) {
                Ok(()) => {
                    self.commits += 1;
                    return;
                }
                Err(error) => self.leave(&error),
            }
        }
        self.spool(events);
    }

    /// Starts a detour.
    fn leave(&mut self, error: &WriteError) {
        let back = match error {
            WriteError::Replaced => Back::Never,
            WriteError::Database(cause) if is_busy(cause) => Back::WhenFree,
            WriteError::Database(_) | WriteError::Spool(_) => Back::AtEnd,
        };
        let database = self.closing.database.display();
        let text = match Spool::open(&self.spool_path) {
            Ok(spool) => {
                let text = format!(
                    "cannot write to the database `{database}`: {error}; the run goes on, its record goes to `{}`",
                    spool.path().display()
                );
                self.detour = Some(Detour { spool: Some(spool), back });
                text
            }
            Err(cause) => {
                self.detour = Some(Detour { spool: None, back });
                self.closing.saved = false;
                let spool = self.spool_path.display();
                format!(
                    "cannot write to the database `{database}`: {error}; nor to `{spool}`: {cause}; the run goes on without a record"
                )
            }
        };
        self.say(Level::Error, text);
    }

    fn spool(&mut self, events: &[Stamped]) {
        let Some(detour) = &mut self.detour else { return };
        let Some(spool) = &mut detour.spool else { return };
        if let Err(cause) = spool.add(events) {
            let text = format!(
                "cannot write to `{}`: {cause}; the run goes on without a record",
                spool.path().display()
            );
            detour.spool = None;
            self.closing.saved = false;
            self.say(Level::Error, text);
        }
    }

    /// Tries to bring what was spooled into the database, waiting for it for at most `wait`.
    fn come_back(&mut self, wait: Duration) {
        let Some(Detour { spool: Some(spool), .. }) = &self.detour else { return };
        let connection = &self.writer.store().connection;
        let result = connection
            .busy_timeout(wait)
            .map_err(WriteError::from)
            .and_then(|()| spool.read().map_err(WriteError::Spool))
            .and_then(|events| self.writer.replay(events));
        let _ = self.writer.store().connection.busy_timeout(BUSY_TIMEOUT);
        match result {
            Ok(()) => {
                self.commits += 1;
                if let Some(Detour { spool: Some(spool), .. }) = self.detour.take() {
                    let events = spool.events;
                    spool.remove();
                    self.say(
                        Level::Info,
                        format!("the database is free again: {events} events were brought in"),
                    );
                }
            }
            Err(WriteError::Database(cause)) if is_busy(&cause) => {}
            Err(error) => {
                // Whatever it is, trying again with each group would read the spool each time.
                let back = if matches!(error, WriteError::Replaced) { Back::Never } else { Back::AtEnd };
                if let Some(detour) = &mut self.detour {
                    detour.back = back;
                }
            }
        }
    }

    fn note(&mut self, failed: Vec<ReporterFailure>) {
        for failure in failed {
            self.say(Level::Error, failure.to_string());
            self.closing.failures.push(failure);
        }
    }

    /// Sends a message of the recorder's own, in its place among the others. After the batch's last event there are none:
    /// whoever closes is told by [`Closing`].
    fn say(&self, level: Level, text: impl Into<String>) {
        let text: String = text.into();
        if self.tally.finished.is_none() {
            self.desk.send(Event::Message { level, text: text.into() });
        }
    }

    fn close(mut self) -> Recorded {
        if self.detour.as_ref().is_some_and(|detour| detour.back != Back::Never) {
            self.come_back(BUSY_TIMEOUT);
        }
        if let Some(detour) = &self.detour {
            self.closing.saved = false;
            self.closing.spool = detour.spool.as_ref().map(|spool| spool.path().to_owned());
        } else if !self.writer.store().is_in_place() {
            self.closing.saved = false;
        }
        self.fan.finish(&mut self.closing, &self.tally);
        let said = self.tally.finished.as_ref().map(|finished| finished.exit);
        if let Some(said) = said {
            let exit = self.closing.exit_code(said);
            if exit != said && self.closing.saved && self.writer.set_exit_code(exit).is_err() {
                self.closing.saved = false;
            }
        }
        Recorded { tally: self.tally, closing: self.closing, commits: self.commits }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

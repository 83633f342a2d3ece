//! The log that every batch keeps: start and end of every case with its time, how many run, and every message. For
//! whoever looks into an old batch with `less` and `grep`.

use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{BatchStarted, Event, Level, Stamped, millis};
use crate::text::{Untrusted, duration};
use jiff::Timestamp;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Appends a line an event. What is in it is on its way to the disk with each group of events.
pub struct Log {
    path: PathBuf,
    file: File,
    pending: String,
}

impl Log {
    /// Makes the file, for its owner only.
    pub fn create(path: &Path) -> Result<Self, ReportError> {
        match OpenOptions::new().append(true).create(true).mode(0o600).open(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file, pending: String::new() }),
            Err(cause) => Err(ReportError { target: path.display().to_string(), cause }),
        }
    }

    fn add(&mut self, at: Timestamp, level: Level, text: String) {
        let line = format!("{} {:<7} {}\n", millis::text(at), level.as_str(), Untrusted::from(text).line());
        self.pending.push_str(&line);
    }

    fn send(&mut self) -> Result<(), ReportError> {
        let text = std::mem::take(&mut self.pending);
        self.file
            .write_all(text.as_bytes())
            .map_err(|cause: io::Error| ReportError { target: self.path.display().to_string(), cause })
    }
}

impl Reporter for Log {
    fn name(&self) -> String {
        "log".to_owned()
    }

    fn on(&mut self, stamped: &Stamped, tally: &Tally) -> Result<(), ReportError> {
        if let Some((level, text)) = words(&stamped.event, tally) {
            self.add(stamped.at, level, text);
        }
        Ok(())
    }

    fn recall(&mut self, _: &Stamped, _: &Tally) -> Result<(), ReportError> {
        // It is in the file already.
        Ok(())
    }

    fn refresh(&mut self, _: &Tally, _: u64) -> Result<(), ReportError> {
        if self.pending.is_empty() { Ok(()) } else { self.send() }
    }

    fn finish(&mut self, closing: &Closing, _: &Tally) -> Result<Option<Artifact>, ReportError> {
        for failure in &closing.failures {
            self.add(Timestamp::now(), Level::Error, failure.to_string());
        }
        self.send()?;
        Ok(Some(Artifact { kind: "log", path: self.path.clone() }))
    }
}

/// What is logged of an event, if anything is.
fn words(event: &Event, tally: &Tally) -> Option<(Level, String)> {
    let info = |text: String| Some((Level::Info, text));
    match event {
        Event::BatchStarted(batch) => info(begins(batch, &format!("starts: {} cases", batch.total))),
        Event::BatchResumed(resumed) => {
            let batch = &resumed.started;
            info(begins(batch, &format!("is resumed: {} of {} cases", resumed.left, batch.total)))
        }
        Event::AttemptStarted(started) => info(format!(
            "start {} attempt {} in slot {}, {} of {} run",
            tally.title(started.job).raw(),
            started.attempt,
            started.slot,
            started.running,
            started.limit
        )),
        Event::AttemptFinished(finished) => {
            let failure = finished.failure.as_ref()?;
            let level = if failure.kind.is_infrastructure() { Level::Warning } else { Level::Info };
            let place = failure.location.as_ref().map_or_else(String::new, |place| format!(" at {place}"));
            let (title, attempt, kind) = (tally.title(finished.job), finished.attempt, failure.kind);
            Some((
                level,
                format!("{} attempt {attempt}: {kind}{place}: {}", title.raw(), failure.message.raw()),
            ))
        }
        Event::CaseFinished(finished) => {
            let time = duration(Duration::from_millis(finished.duration_ms));
            let why = finished.message.as_ref().map_or_else(String::new, |why| format!(": {}", why.raw()));
            let (title, verdict, attempts) = (tally.title(finished.job), finished.verdict, finished.attempts);
            let (running, limit) = (tally.running.len(), tally.limit);
            info(format!(
                "end {} {verdict} in {time}, attempts {attempts}, {running} of {limit} run{why}",
                title.raw()
            ))
        }
        Event::ConcurrencyChanged { from, to, why } => info(format!("slots {from} -> {to}: {why}")),
        Event::Paused { why } => info(format!("paused: {why}")),
        Event::Resumed => info("resumed".to_owned()),
        Event::Message { level, text } => Some((*level, text.raw().to_owned())),
        Event::BatchFinished(finished) => {
            let time = duration(Duration::from_millis(finished.duration_ms));
            info(format!("batch ends: {} in {time}, exit code {}", finished.status, finished.exit.code()))
        }
        // That it stops, a message tells in more words.
        Event::Stopping { .. }
        | Event::CaseQueued(_)
        | Event::StepStarted(_)
        | Event::StepFinished(_)
        | Event::Sample(_) => None,
    }
}

/// A batch that begins, or goes on: how, by whom and where.
fn begins(batch: &BatchStarted, how: &str) -> String {
    let BatchStarted { batch: id, concurrency, seed, version, host, .. } = batch;
    let command: Vec<&str> = batch.command_line.iter().map(Untrusted::raw).collect();
    let command = command.join(" ");
    format!("batch {id} {how}, {concurrency} slots, seed {seed}, batchrun {version} on {host}: {command}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::story::Story;

    #[test]
    fn a_log_tells_of_each_start_end_and_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batch.log");
        let mut log = Log::create(&path).unwrap();
        let mut tally = Tally::default();
        for event in Story::mixed().events() {
            tally.apply(&event);
            log.on(&event, &tally).unwrap();
        }
        log.finish(&Closing::default(), &tally).unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r###"
        2027-01-02T03:04:05.678Z info    batch 20270102-030405-7k2m9qxd starts: 9 cases, 3 slots, seed 18446744073709551615, batchrun 0.1.0 on build-7: batchrun -c 3 my cases
        2027-01-02T03:04:05.678Z info    start testcases/login[alice] attempt 1 in slot 1, 1 of 3 run
        2027-01-02T03:04:05.678Z info    start testcases/cart::remove an item attempt 1 in slot 2, 2 of 3 run
        2027-01-02T03:04:05.678Z info    start testcases/search attempt 1 in slot 3, 3 of 3 run
        2027-01-02T03:04:06.882Z info    end testcases/login[alice] passed in 1.204s, attempts 1, 2 of 3 run
        2027-01-02T03:04:06.882Z info    start testcases/home attempt 1 in slot 1, 3 of 3 run
        2027-01-02T03:04:09.569Z info    testcases/cart::remove an item attempt 1: assertion at testcases/cart.toml:14:3: `#count` does not have the text it should
        2027-01-02T03:04:09.569Z info    end testcases/cart::remove an item failed in 3.891s, attempts 1, 2 of 3 run: `#count` does not have the text it should
        2027-01-02T03:04:09.569Z info    testcases/search attempt 1: timeout at testcases/cart.toml:14:3: `#count` does not have the text it should
        2027-01-02T03:04:10.798Z info    start testcases/search attempt 2 in slot 3, 2 of 3 run
        2027-01-02T03:04:10.798Z info    end testcases/search flaky in 5.12s, attempts 2, 1 of 3 run
        2027-01-02T03:04:10.798Z warning `/dev/shm` has only 64 MiB the switch `--disable-dev-shm-usage` is used
        2027-01-02T03:04:10.798Z info    start testcases/pay attempt 1 in slot 2, 2 of 3 run
        2027-01-02T03:04:10.838Z warning testcases/pay attempt 1: browser_crash: the browser exited with signal 11
        2027-01-02T03:04:10.838Z info    end testcases/pay errored in 40ms, attempts 1, 1 of 3 run: the browser exited with signal 11
        2027-01-02T03:04:10.838Z info    end testcases/old skipped in 0ms, attempts 0, 1 of 3 run: not on this browser
        2027-01-02T03:04:10.838Z info    start testcases/beta attempt 1 in slot 2, 2 of 3 run
        2027-01-02T03:04:11.148Z info    testcases/beta attempt 1: script at testcases/cart.toml:14:3: `#count` does not have the text it should
        2027-01-02T03:04:11.148Z info    end testcases/beta failed in 310ms, attempts 1, 1 of 3 run: `#count` does not have the text it should
        2027-01-02T03:04:11.148Z info    end testcases/home passed in 4.266s, attempts 1, 0 of 3 run
        2027-01-02T03:04:11.148Z info    start testcases/slow attempt 1 in slot 1, 1 of 3 run
        2027-01-02T03:04:13.148Z info    end testcases/slow interrupted in 2s, attempts 1, 0 of 3 run
        2027-01-02T03:04:13.148Z info    end testcases/later not_run in 0ms, attempts 0, 0 of 3 run: stopped by Ctrl-C
        2027-01-02T03:04:13.148Z info    batch ends: interrupted in 7.47s, exit code 1
        "###);
    }

    #[test]
    fn f83_a_log_has_one_line_an_event_whatever_stands_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::create(&folder.path().join("batch.log")).unwrap();
        let mut story = Story::new(1, 1);
        story.message(Level::Error, "a\n2027-01-02T03:04:05.678Z info forged\x1b[2J");
        story.events().iter().for_each(|event| log.on(event, &Tally::default()).unwrap());
        assert_eq!(log.pending.lines().count(), 2);
        assert!(!log.pending.contains('\x1b'));
    }
}

//! What a person at a terminal, or reading a CI log, sees: finished cases as they end, then each failure in full, then
//! the summary. Bars and lines differ only in what stands on the screen meanwhile. Writes to stderr, which may be closed
//! at any time without harm.

mod bars;
mod failure;
mod fit;
mod line;
mod output;
mod paint;
mod settings;
mod summary;
#[cfg(test)]
mod tests;

pub use failure::{FailureView, below, failure_block, failure_text};
pub use line::{label, seconds, shown, tinted, word, word_of_count};
pub use output::{Output, Width};
pub use paint::Paint;
pub use settings::{ColorChoice, Progress, Shape, Surroundings, TerminalSettings, Verbosity};

use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Event, Level, Stamped};
use crate::outcome::Verdict;
use bars::Bars;

/// Milliseconds between two signs of life on a plain screen.
const HEARTBEAT_MS: u64 = 60_000;

/// The reporter for people. Give it last: its summary tells what became of the others.
pub struct Terminal {
    settings: TerminalSettings,
    paint: Paint,
    screen: Screen,
    next_beat_ms: u64,
}

/// What is written on.
enum Screen {
    Plain(Output),
    Bars(Box<Bars>),
}

impl Terminal {
    /// Writes to stderr.
    pub fn new(settings: TerminalSettings) -> Self {
        Self::on(Output::stderr(), settings)
    }

    /// Writes to something else.
    pub fn on(output: Output, settings: TerminalSettings) -> Self {
        let paint = Paint::new(settings.color);
        let screen = match settings.shape {
            Shape::Bars => Screen::Bars(Box::new(Bars::new(output, paint))),
            Shape::Lines | Shape::Nothing => Screen::Plain(output),
        };
        Self { settings, paint, screen, next_beat_ms: HEARTBEAT_MS }
    }

    /// Prints one or more lines, above the bars where there are any.
    fn print(&mut self, text: &str) {
        match &mut self.screen {
            Screen::Plain(output) => output.line(text),
            Screen::Bars(bars) => bars.print(text),
        }
    }

    fn shows(&self, event: &Event) -> bool {
        let quiet = self.settings.verbosity == Verbosity::Quiet;
        let progress = self.settings.shape != Shape::Nothing;
        match event {
            // A job that never started has nothing to tell; the summary counts it.
            Event::CaseFinished(finished) => {
                let bad = matches!(finished.verdict, Verdict::Failed | Verdict::Errored | Verdict::Flaky);
                progress && finished.verdict != Verdict::NotRun && (bad || !quiet)
            }
            Event::AttemptFinished(finished) => {
                progress && finished.will_retry && self.settings.verbosity == Verbosity::Verbose
            }
            Event::Message { level, .. } => *level > Level::Info || !quiet,
            Event::BatchStarted(_)
            | Event::BatchResumed(_)
            | Event::ConcurrencyChanged { .. }
            | Event::Paused { .. }
            | Event::Stopping { .. }
            | Event::Resumed => progress && !quiet,
            Event::CaseQueued(_)
            | Event::AttemptStarted(_)
            | Event::StepStarted(_)
            | Event::StepFinished(_)
            | Event::Sample(_)
            | Event::BatchFinished(_) => false,
        }
    }
}

impl Reporter for Terminal {
    fn name(&self) -> String {
        "terminal".to_owned()
    }

    fn on(&mut self, stamped: &Stamped, tally: &Tally) -> Result<(), ReportError> {
        if self.shows(&stamped.event)
            && let Some(text) = line::of(&stamped.event, tally, self.paint)
        {
            self.print(&text);
        }
        Ok(())
    }

    fn recall(&mut self, _: &Stamped, _: &Tally) -> Result<(), ReportError> {
        Ok(())
    }

    fn refresh(&mut self, tally: &Tally, elapsed_ms: u64) -> Result<(), ReportError> {
        match &mut self.screen {
            Screen::Bars(bars) => bars.refresh(tally, elapsed_ms),
            Screen::Plain(output) if elapsed_ms >= self.next_beat_ms => {
                self.next_beat_ms = elapsed_ms + HEARTBEAT_MS;
                if self.settings.shape == Shape::Lines && tally.batch.is_some() && tally.finished.is_none() {
                    output.line(&line::heartbeat(tally, elapsed_ms, self.paint));
                }
            }
            Screen::Plain(_) => {}
        }
        Ok(())
    }

    fn finish(&mut self, closing: &Closing, tally: &Tally) -> Result<Option<Artifact>, ReportError> {
        if let Screen::Bars(bars) = &mut self.screen {
            bars.close();
        }
        let folder = closing.database.parent().unwrap_or(&closing.database).to_owned();
        let view = FailureView {
            paint: self.paint,
            rerun: &self.settings.rerun,
            folder: &folder,
            working_directory: &self.settings.working_directory,
        };
        let mut text = String::new();
        for failed in &tally.failures {
            text.push('\n');
            text.push_str(&failure_block(failed, tally, view));
        }
        text.push_str(&summary::of(tally, closing, &self.settings));
        match &mut self.screen {
            Screen::Plain(output) => output.write(&text),
            Screen::Bars(bars) => bars.output().write(&text),
        }
        Ok(None)
    }
}

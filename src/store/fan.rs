//! Hands events on to the reporters, each apart from the rest: one that fails or panics is dropped, the others go on.

use crate::event::Stamped;
use crate::event::reporter::{Closing, FailureCause, ReportError, Reporter, ReporterFailure};
use crate::event::tally::Tally;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The reporters of a batch.
pub(super) struct Fan {
    reporters: Vec<Box<dyn Reporter>>,
}

impl Fan {
    pub(super) fn new(reporters: Vec<Box<dyn Reporter>>) -> Self {
        Self { reporters }
    }

    /// Takes in others, before those that are here.
    pub(super) fn join(&mut self, others: Self) {
        self.reporters.splice(..0, others.reporters);
    }

    /// Tells all of one event; answers who failed.
    pub(super) fn on(&mut self, event: &Stamped, tally: &Tally) -> Vec<ReporterFailure> {
        self.each(|reporter| reporter.on(event, tally))
    }

    /// Whether somebody wants steps and samples of an old batch.
    pub(super) fn wants_rows(&self) -> bool {
        self.reporters.iter().any(|it| it.wants_rows())
    }

    /// Tells those that want it of a step or a sample of an old batch; answers who failed.
    pub(super) fn retell(&mut self, event: &Stamped, tally: &Tally) -> Vec<ReporterFailure> {
        self.each(|reporter| if reporter.wants_rows() { reporter.on(event, tally) } else { Ok(()) })
    }

    /// Lets all know of an event from before the batch was resumed; answers who failed.
    pub(super) fn recall(&mut self, event: &Stamped, tally: &Tally) -> Vec<ReporterFailure> {
        self.each(|reporter| reporter.recall(event, tally))
    }

    /// Lets all show how things stand; answers who failed.
    pub(super) fn refresh(&mut self, tally: &Tally, elapsed_ms: u64) -> Vec<ReporterFailure> {
        self.each(|reporter| reporter.refresh(tally, elapsed_ms))
    }

    /// Ends all, in order; each one sees in `closing` what became of those before it.
    pub(super) fn finish(&mut self, closing: &mut Closing, tally: &Tally) {
        for mut reporter in self.reporters.drain(..) {
            match apart(&mut *reporter, |it| it.finish(closing, tally)) {
                Ok(artifact) => closing.artifacts.extend(artifact),
                Err(failure) => closing.failures.push(failure),
            }
        }
    }

    fn each(
        &mut self,
        mut tell: impl FnMut(&mut dyn Reporter) -> Result<(), ReportError>,
    ) -> Vec<ReporterFailure> {
        let mut failures = Vec::new();
        self.reporters.retain_mut(|reporter| match apart(&mut **reporter, &mut tell) {
            Ok(()) => true,
            Err(failure) => {
                failures.push(failure);
                false
            }
        });
        failures
    }
}

/// Calls one reporter. Its state may be broken after a panic; it is dropped then and never asked again.
fn apart<T>(
    reporter: &mut dyn Reporter,
    tell: impl FnOnce(&mut dyn Reporter) -> Result<T, ReportError>,
) -> Result<T, ReporterFailure> {
    let name = reporter.name();
    match catch_unwind(AssertUnwindSafe(|| tell(reporter))) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            Err(ReporterFailure { reporter: name, message: error.to_string(), cause: FailureCause::Output })
        }
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let message =
                words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned();
            Err(ReporterFailure { reporter: name, message, cause: FailureCause::Panic })
        }
    }
}

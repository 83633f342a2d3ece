//! Bars at the bottom of a terminal: one for the batch, one line for each running slot, finished cases above them. The
//! only place that knows `indicatif`, besides the terminal it draws on.

use super::fit;
use super::line::{shown, tinted, word_of_count};
use super::output::Output;
use super::paint::Paint;
use crate::event::Eta;
use crate::event::tally::{Running, Tally};
use crate::outcome::Verdict;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Running slots that get a line of their own.
const SLOTS: usize = 8;

/// Lines are drawn anew at most so often; a finished case is shown at once.
const REDRAW_MS: u64 = 100;

/// The bars.
pub(super) struct Bars {
    output: Output,
    paint: Paint,
    multi: MultiProgress,
    overall: ProgressBar,
    slots: Vec<Slot>,
    /// Printed above the bars with the next refresh.
    pending: Vec<String>,
    drawn_ms: Option<u64>,
}

/// A line below the overall bar.
struct Slot {
    bar: ProgressBar,
    text: String,
}

impl Bars {
    pub(super) fn new(output: Output, paint: Paint) -> Self {
        let multi = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(output.clone())));
        let overall = multi.add(ProgressBar::new(0).with_style(style("{prefix}[{wide_bar}] {msg}")));
        Self { output, paint, multi, overall, slots: Vec::new(), pending: Vec::new(), drawn_ms: None }
    }

    /// Prints lines above the bars, with the next refresh.
    pub(super) fn print(&mut self, text: &str) {
        self.pending.push(text.to_owned());
    }

    /// Shows how things stand, in one piece.
    pub(super) fn refresh(&mut self, tally: &Tally, elapsed_ms: u64) {
        self.output.hold();
        self.print_pending();
        let fresh = self.drawn_ms.is_some_and(|drawn| elapsed_ms < drawn + REDRAW_MS);
        if !fresh && tally.batch.is_some() {
            self.drawn_ms = Some(elapsed_ms);
            self.draw(tally, elapsed_ms);
        }
        self.output.release();
    }

    /// Takes the bars away; what is pending stays.
    pub(super) fn close(&mut self) {
        self.print_pending();
        // It cannot fail: `Output` never does.
        let _ = self.multi.clear();
    }

    /// `MultiProgress::println` would fill each line with blanks up to the edge, and people copy these lines.
    fn print_pending(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.pending).join("\n");
        let output = &mut self.output;
        self.multi.suspend(|| output.line(&text));
    }

    fn draw(&mut self, tally: &Tally, elapsed_ms: u64) {
        let columns = usize::from(self.output.size().0);
        let word = match (&tally.stopping, &tally.paused) {
            (Some(_), _) => "Stopping",
            (None, Some(_)) => "Paused",
            (None, None) => "Running",
        };
        let time = clock(elapsed_ms);
        // Brackets, blanks and a bar of some use; what does not fit beside them is left out, the least important first.
        let room = columns.saturating_sub(1 + 12);
        let label = if room >= 40 { format!("{word:>12} {time} ") } else { String::new() };
        let mut counts = counts(tally, elapsed_ms);
        let wide = |counts: &[(String, Option<Verdict>)]| {
            counts.iter().map(|(plain, _)| fit::columns(plain) + 2).sum::<usize>()
        };
        while counts.len() > 1 && fit::columns(&label) + wide(&counts) > room {
            counts.pop();
        }
        let counts: Vec<String> = counts
            .into_iter()
            .map(|(plain, verdict)| match verdict {
                Some(Verdict::Passed) | None => plain,
                Some(verdict) => tinted(verdict, &plain, self.paint),
            })
            .collect();
        self.overall.set_length(u64::from(tally.total));
        self.overall.set_position(u64::from(tally.verdicts.ended.sum()));
        self.overall.set_prefix(self.paint.strong(&label));
        self.overall.set_message(counts.join("  "));
        self.show(lines(tally, elapsed_ms, columns, self.paint));
    }

    /// Where to write once the bars are gone.
    pub(super) fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Brings the lines below the overall bar to these texts; only what has changed is drawn.
    fn show(&mut self, texts: Vec<String>) {
        while self.slots.len() > texts.len() {
            if let Some(slot) = self.slots.pop() {
                self.multi.remove(&slot.bar);
            }
        }
        for (i, text) in texts.into_iter().enumerate() {
            if i == self.slots.len() {
                let bar = self.multi.add(ProgressBar::new_spinner().with_style(style("{msg}")));
                self.slots.push(Slot { bar, text: String::new() });
            }
            let slot = &mut self.slots[i];
            if slot.text != text {
                slot.bar.set_message(text.clone());
                slot.text = text;
            }
        }
    }
}

/// `13/340`, `11 passed`, `1 failed`, `1:02 left`, `3.4/s`: each text with the verdict it is about, if it is about one.
fn counts(tally: &Tally, elapsed_ms: u64) -> Vec<(String, Option<Verdict>)> {
    let done = tally.verdicts.ended.sum();
    let mut parts = vec![(format!("{done}/{}", tally.total), None)];
    for verdict in [Verdict::Passed, Verdict::Failed, Verdict::Errored, Verdict::Flaky] {
        let number = tally.verdicts.ended.of(verdict);
        if number > 0 || verdict == Verdict::Passed {
            parts.push((format!("{number} {}", word_of_count(verdict)), Some(verdict)));
        }
    }
    if let Some(eta) = tally.eta.filter(|_| done < tally.total) {
        parts.push((left(eta), None));
    }
    if elapsed_ms >= 1000 {
        parts.push((rate(done, elapsed_ms), None));
    }
    parts
}

fn style(template: &'static str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// The lines of running slots, each in at most `columns` - 1, so that no terminal wraps them.
fn lines(tally: &Tally, elapsed_ms: u64, columns: usize, paint: Paint) -> Vec<String> {
    let room = columns.saturating_sub(1);
    let rows: Vec<Row> =
        tally.running.iter().take(SLOTS).map(|(slot, it)| Row::new(*slot, it, tally, elapsed_ms)).collect();
    let steps = rows.iter().map(|row| row.steps.len()).max().unwrap_or(0);
    let time = rows.iter().map(|row| row.time.len()).max().unwrap_or(0);
    // Slot, blanks and the columns of fixed width; the case gets what it needs of half the rest, the step's title all else.
    let rest = room.saturating_sub(4 + 1 + 1 + steps + 1 + 1 + time);
    let widest = rows.iter().map(|row| fit::columns(&row.case)).max().unwrap_or(0);
    let titles = rows.iter().map(|row| fit::columns(&row.title)).max().unwrap_or(0);
    let case = widest.min((rest / 2).max(rest.saturating_sub(titles)));
    let title = rest - case.min(rest);
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let left = format!("{:>4} {}", row.slot, fit::padded(&fit::tail(&row.case, case), case));
            let right =
                format!("{:>steps$} {}", row.steps, fit::padded(&fit::head(&row.title, title), title));
            format!("{left} {} {:>time$}", paint.faint(&right), row.time)
        })
        .collect();
    if tally.running.len() > SLOTS {
        lines.push(fit::head(&format!("     … and {} more", tally.running.len() - SLOTS), room));
    }
    lines
}

/// One running slot as text.
struct Row {
    slot: u32,
    case: String,
    steps: String,
    title: String,
    time: String,
}

impl Row {
    fn new(slot: u32, running: &Running, tally: &Tally, elapsed_ms: u64) -> Self {
        let again = if running.attempt > 1 { format!(" (try {})", running.attempt) } else { String::new() };
        Self {
            slot,
            case: format!("{}{again}", shown(&tally.title(running.job))),
            steps: format!("{}/{}", running.reached, running.steps),
            title: running.titles.last().map(shown).unwrap_or_default(),
            time: clock(elapsed_ms.saturating_sub(running.started_ms)),
        }
    }
}

/// `0:07`, `12:34`, `1:02:03`
fn clock(ms: u64) -> String {
    let s = ms / 1000;
    let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// `0:12 left`, `0:12-0:18 left`
fn left(eta: Eta) -> String {
    let (least, most) = (clock(eta.least_ms), clock(eta.most_ms));
    if least == most { format!("{least} left") } else { format!("{least}-{most} left") }
}

#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
fn rate(done: u32, elapsed_ms: u64) -> String {
    let per_second = f64::from(done) * 1000.0 / elapsed_ms as f64;
    if per_second >= 1.0 { format!("{per_second:.1}/s") } else { format!("{:.1}/min", per_second * 60.0) }
}

//! What was wished for: by keys, signals, `ctl` or the live view.

use super::Dispatcher;
use crate::control::{Command, Limit, Stop};
use crate::event::{Event, Level};
use crate::outcome::BatchStatus;
use crate::runner::core::Input;

impl Dispatcher {
    pub(super) fn begin(&mut self, wishes: Vec<Command>) -> Option<BatchStatus> {
        self.remark_on(0, self.core.limit());
        if wishes.is_empty() {
            return self.perform(&Input::Begin, None);
        }
        // Nothing is started before all of them are known.
        self.perform(&Input::Pause, None);
        let mut finished = self.perform(&Input::Begin, None);
        let mut pause = None;
        for wish in wishes {
            match wish {
                Command::Pause { why } => pause = Some(why),
                Command::Resume { .. } => pause = None,
                wish => finished = finished.or(self.asked(wish)),
            }
        }
        if let Some(why) = pause {
            self.sink.send(Event::Paused { why });
            return finished;
        }
        finished.or_else(|| self.perform(&Input::Resume, None))
    }

    pub(super) fn asked(&mut self, command: Command) -> Option<BatchStatus> {
        match command {
            Command::Stop { how: Stop::Drain, .. } if self.core.is_stopping() => None,
            // Who asks again has waited enough, as with Ctrl-C.
            Command::Stop { how: Stop::Grace, why } if self.core.gives_grace() => {
                self.asked_to_stop(Stop::Now, &why)
            }
            Command::Stop { how, why } => self.asked_to_stop(how, &why),
            Command::Concurrency { limit, why } => {
                let now = self.core.limit();
                let input = match (limit.fixed(now), limit) {
                    (Some(to), _) => {
                        self.remark_on(now, to);
                        Input::Limit { to, why }
                    }
                    (None, Limit::Within { lowest, highest }) => {
                        Input::Adapt { range: self.machine.within(lowest, highest), why }
                    }
                    (None, _) => Input::Adapt { range: self.machine, why },
                };
                self.perform(&input, None)
            }
            Command::Pause { why } if !self.core.is_paused() && !self.core.is_stopping() => {
                self.sink.send(Event::Paused { why });
                self.perform(&Input::Pause, None)
            }
            Command::Resume { .. } if self.core.is_paused() => {
                self.sink.send(Event::Resumed);
                self.perform(&Input::Resume, None)
            }
            Command::Pause { .. } | Command::Resume { .. } => None,
        }
    }

    /// Warns of a limit that changes to more than the machine is thought to carry, as far as there are cases for it.
    fn remark_on(&self, from: u32, to: u32) {
        let cases = self.core.queued().len() + self.running.len();
        let at_once = |limit: u32| cases.min(limit as usize);
        let Some(ample) = self.ample.map(|it| it as usize) else { return };
        if at_once(to) > ample && at_once(from) <= ample {
            let (fit, many) = (self.machine.highest, at_once(to));
            let text = format!(
                "{many} cases at once are far more than the {fit} that this machine is thought to carry: they will be slow, and \
                 may end in timeouts; `auto` finds how many fit"
            );
            self.say(Level::Warning, &text);
        }
    }

    pub(super) fn asked_to_stop(&mut self, how: Stop, why: &str) -> Option<BatchStatus> {
        let running = self.core.running();
        let cases = |one: &str, several: &str| match running {
            1 => format!("1 running case {one}"),
            _ => format!("{running} running cases {several}"),
        };
        let text = match how {
            Stop::Drain => format!("{why}: {}, nothing more is started", cases("ends", "end")),
            Stop::Grace => {
                let grace = crate::text::duration(self.grace);
                format!("{why}: {} {grace}, nothing more is started", cases("gets", "get"))
            }
            // What has lines of its own, such as a server's last words, comes last.
            Stop::Now if why.contains('\n') => {
                format!("{}: {why}", cases("is interrupted", "are interrupted"))
            }
            Stop::Now => format!("{why}: {}", cases("is interrupted", "are interrupted")),
        };
        self.say(Level::Warning, &text);
        // Further lines say more than a word about the state of a batch may.
        self.perform_because(&Input::Stop(how), None, why.lines().next().unwrap_or_default())
    }
}

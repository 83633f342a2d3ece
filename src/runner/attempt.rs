//! One attempt: a page is leased, the case is carried out on it, what is left of it is kept, the page goes back.

use super::core::Pressure;
use super::core::Start;
use super::dispatcher::{Attempted, Sink, Work};
use super::evidence::{AttemptEvidence, EvidenceRules};
use super::stop::StopSignal;
use super::surroundings::Surroundings;
use super::trace::Recording;
use super::witness::{AttemptWitness, Masking};
use crate::browser::lease::{Lessor, NoLease, Supply};
use crate::case::Unreadable;
use crate::case::model::Case;
use crate::deadline::Deadline;
use crate::event::{AttemptStarted, Event, Failure};
use crate::id::JobId;
use crate::load::Sight;
use crate::mask::Masker;
use crate::outcome::{AttemptVerdict, FailureKind};
use crate::plan::Plan;
use crate::step::{self, Context, Run};
use crate::text::Untrusted;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// What all attempts of a batch share.
pub struct Attempts {
    /// The jobs, by their numbers.
    pub plan: Arc<Plan>,
    /// Where pages come from.
    pub lessor: Arc<dyn Lessor>,
    /// Where events go.
    pub sink: Arc<dyn Sink>,
    /// What variables mean.
    pub context: Context,
    /// What must not be written anywhere.
    pub masker: Masker,
    /// What is kept, and when.
    pub rules: EvidenceRules,
    /// What the machine is doing.
    pub sights: watch::Receiver<Sight>,
    /// Thresholds above which a failure mentions the load.
    pub pressure: Pressure,
    /// The database's folder.
    pub base: PathBuf,
    /// The batch's evidence folder, beneath it.
    pub evidence_folder: PathBuf,
    /// When the batch began.
    pub began: Instant,
    /// Attempts that wait for a page.
    pub asking: Asking,
    /// Set once the browsers were taken away from outside.
    pub lost: AtomicBool,
}

/// Since when attempts wait for a page.
#[derive(Debug, Default)]
pub struct Asking(Mutex<Vec<Instant>>);

/// An attempt that waits for a page, for as long as this lives.
struct Asks<'a>(&'a Asking, Instant);

impl Asking {
    fn begin(&self) -> Asks<'_> {
        let now = Instant::now();
        self.since().push(now);
        Asks(self, now)
    }

    /// How many wait, and how long the first of them has.
    fn look(&self) -> (u32, Duration) {
        let since = self.since();
        let longest = since.iter().min().map(Instant::elapsed).unwrap_or_default();
        (u32::try_from(since.len()).unwrap_or(u32::MAX), longest)
    }

    fn since(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asks<'_> {
    fn drop(&mut self) {
        let mut since = self.0.since();
        if let Some(at) = since.iter().position(|at| *at == self.1) {
            since.swap_remove(at);
        }
    }
}

/// What is said when the browsers were taken away from outside.
const LOST: &str = "the guard of this run was ended from outside";

#[async_trait]
impl Work for Attempts {
    fn skip_reason(&self, job: JobId) -> Option<Untrusted> {
        let skip = self.plan.job(job).terms.skip.as_deref();
        skip.map(|reason| Untrusted::from(self.masker.mask(reason)))
    }

    fn failure_reason(&self, job: JobId) -> Option<Untrusted> {
        let reason = self.plan.job(job).terms.expect_failure.as_deref();
        reason.map(|reason| Untrusted::from(self.masker.mask(reason)))
    }

    fn resize(&self, limit: u32) {
        self.lessor.resize(limit);
    }

    fn supply(&self) -> Supply {
        let (waiting, longest) = self.asking.look();
        Supply { waiting, longest, free: self.lessor.free() }
    }

    fn lost(&self) -> Option<String> {
        self.lost.load(Ordering::Relaxed).then(|| LOST.to_owned())
    }

    async fn attempt(&self, start: Start, mut stop: StopSignal) -> Attempted {
        let job = self.plan.job(start.job);
        let case = self.plan.case(job);
        let around = Surroundings::begin(&self.sights);
        if start.attempt > 1 {
            self.lessor.announce(1);
        }
        self.sink.send(Event::AttemptStarted(AttemptStarted {
            job: start.job,
            attempt: start.attempt,
            slot: start.slot,
            running: start.running,
            limit: start.limit,
            steps: case.as_ref().map_or(0, |case| steps(case)),
            load: around.load(),
        }));
        let case = match case {
            Ok(case) => case,
            Err(error) => return without_page(AttemptVerdict::Errored, Some(lost_case(&error))),
        };
        let asking = self.asking.begin();
        let leased = tokio::select! {
            lease = self.lessor.lease() => lease,
            () = stop.stopped() => return without_page(AttemptVerdict::Interrupted, None),
        };
        drop(asking);
        let mut lease = match leased {
            Ok(lease) => lease,
            Err(error) => {
                let failure = self.unless_lost(no_page(&error)).await;
                return without_page(AttemptVerdict::Errored, Some(failure));
            }
        };
        #[cfg(debug_assertions)]
        panic_on_demand(job);
        // The attempt's clock starts when its page is there.
        let began = Instant::now();
        let masking = Masking::new(&self.masker);
        let mut witness = self.witness(&start, &masking);
        let mut evidence = self.evidence(&start, &masking);
        let ended = step::run(
            lease.page(),
            Run {
                case: &case,
                row: case.row(job.row),
                attempt: start.attempt,
                context: &self.context,
                shares: &self.values(&start),
                step_timeout: job.terms.step_timeout,
                deadline: Deadline::after("timeout of the case", job.terms.timeout),
                stop: Box::pin(async move { stop.stopped().await }),
                witness: &mut witness,
                evidence: &mut evidence,
            },
        )
        .await;
        let duration = began.elapsed();
        evidence.end(lease.page(), &ended).await;
        lease.release().await;
        let failure = match ended.failure {
            Some(failure) if ended.verdict == AttemptVerdict::Errored => {
                Some(self.unless_lost(failure).await)
            }
            other => other,
        };
        let told = |failure: Failure| around.told_with(masking.failure(failure), &self.pressure);
        Attempted {
            verdict: ended.verdict,
            failure: failure.map(told),
            skipped: ended.skipped.map(|reason| Untrusted::from(masking.mask(&reason))),
            evidence: evidence.kept,
            duration,
            crashed_at: ended.crashed_at,
            cpu_mean: around.cpu_mean(),
        }
    }
}

impl Attempts {
    fn witness(&self, start: &Start, masking: &Masking) -> AttemptWitness {
        AttemptWitness {
            job: start.job,
            attempt: start.attempt,
            sink: Arc::clone(&self.sink),
            masking: masking.clone(),
            batch_began: self.began,
        }
    }

    fn evidence(&self, start: &Start, masking: &Masking) -> AttemptEvidence {
        AttemptEvidence {
            base: self.base.clone(),
            folder: self.evidence_folder.clone(),
            stem: format!("{}-{}", start.job.0 + 1, start.attempt),
            rules: self.rules,
            masking: masking.clone(),
            kept: Vec::new(),
            recording: self.rules.trace.covers(start.attempt).then(Recording::new),
        }
    }

    /// The values of the shares that an attempt holds, by the names that cases know them by.
    fn values(&self, start: &Start) -> BTreeMap<String, String> {
        let named = start.values.iter().map(|(share, value)| {
            let share = &self.plan.shares[share.index()];
            (share.name.clone(), share.values[*value].clone())
        });
        named.collect()
    }

    /// The failure, unless the browsers were taken away from outside: then that is what is told of it.
    async fn unless_lost(&self, failure: Failure) -> Failure {
        if !self.lessor.is_lost().await {
            return failure;
        }
        self.lost.store(true, Ordering::Relaxed);
        let message = format!("{LOST}, and the browsers with it ({})", failure.message.raw());
        Failure {
            kind: FailureKind::Internal,
            message: Untrusted::from(message),
            hints: Vec::new(),
            ..failure
        }
    }
}

/// The only way to see what a bug in batchrun does to a batch, for row 10 of the faults. Not in what is released.
#[cfg(debug_assertions)]
fn panic_on_demand(job: &crate::plan::Job) {
    let victim = std::env::var("__BATCHRUN_PANIC_IN").unwrap_or_default();
    assert!(victim != job.case_id.as_str(), "{victim} was asked to");
}

/// Steps at the top level of a case, with those before and after it.
fn steps(case: &Case) -> u32 {
    u32::try_from(case.before.len() + case.steps.len() + case.after.len()).unwrap_or(u32::MAX)
}

fn without_page(verdict: AttemptVerdict, failure: Option<Failure>) -> Attempted {
    Attempted {
        verdict,
        failure,
        skipped: None,
        evidence: Vec::new(),
        duration: Duration::ZERO,
        crashed_at: None,
        cpu_mean: None,
    }
}

fn no_page(error: &NoLease) -> Failure {
    let hints = error.hint.iter().map(|hint| Untrusted::from(hint.as_str())).collect();
    Failure { hints, ..Failure::new(error.kind, error.message.as_str()) }
}

fn lost_case(error: &Unreadable) -> Failure {
    Failure::new(FailureKind::Internal, error.to_string())
}

//! The record: one `SQLite` database for all batches, written by one thread a run, read by anybody.
//!
//! ```text
//! Store::open(path)?            the database as it must be: ours, new enough, writable; else a typed error, file untouched
//!   .begin(&batch)?             dead batches become `aborted`; the lock of this one, held for its life
//!   .resume(&batch, last)?      the same for a batch that has run before
//! Recorder::start(store, begun, reporters)
//!   .send(event)                stamped and queued; never waits
//!   .barrier().await            everything sent before is in the database
//!   .finish()                   joins the thread: what became of record and reports
//! Reader::open(path)?           batches, case runs, attempts, steps, evidence, events
//!   .replay(&batch, reporters)  the reports of an old batch
//! ```
//!
//! The recorder takes whatever queued while its last commit ran, writes it in one transaction, commits, and only then
//! tells the reporters: what is shown has been recorded. Recording never breaks a run: what the database does not take
//! goes to a spool beside it. This is the only module that knows `rusqlite`.

mod attempt_rows;
mod begin;
mod compare;
mod detail;
mod fan;
mod files;
mod join;
mod journal;
pub mod json;
mod keys;
mod lock;
mod merge;
mod open;
mod past;
mod place;
mod query;
mod recorder;
mod remove;
mod replay;
mod retold;
mod rows;
mod schema;
mod sender;
mod slots;
mod spool;
mod statements;
#[cfg(test)]
mod tests;
mod unspool;
mod unusable;
mod write;

pub use attempt_rows::{AttemptRow, EvidenceRow, StepRow};
pub use begin::{Begun, ResumeError};
pub use compare::{Differs, differences};
pub use detail::{AttemptDetail, CaseDetail};
pub use files::{Files, inside};
pub use join::{JoinError, Joined};
pub use lock::{BatchLock, LockError, NamedLock, RunningBatch, running_batches, say_where};
pub use merge::Merged;
pub use open::Store;
pub use past::CasePast;
pub use place::Place;
pub use query::{QueryError, Reader, Which};
pub use recorder::{Recorded, Recorder};
pub use remove::Removed;
pub use rows::{BatchRow, CaseRow, SampleRow};
pub use sender::EventSender;
pub use slots::Slots;
pub use unspool::{UnspoolError, Unspooled, spool_of};
pub use unusable::OpenError;

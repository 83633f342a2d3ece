//! A batch seen while it runs: an API on the loopback that pushes every event over a WebSocket, and the page that shows
//! them. The same wishes are taken by the socket that every run has.
//!
//! | request | answers |
//! |---|---|
//! | `GET /` | the dashboard; its URL carries the token behind `#`, so that it stays out of requests and logs |
//! | `GET /api/batch` | the snapshot: what the batch is at, with all its cases |
//! | `GET /api/cases/JOB` | one case with its attempts, steps and failures, as `show --format json` has it |
//! | `GET /api/cases/JOB/evidence/N` | the Nth thing kept of it, from 0, over all attempts |
//! | `GET /api/events?after=SEQ` | a WebSocket (RFC 6455): text messages, one JSON object each |
//! | `POST /api/concurrency` `{"limit": 8}` | how many run at once: a number, `"auto"` or `"2..8"` |
//! | `POST /api/pause`, `/api/resume`, `/api/cancel` | what they say; each takes `{}` |
//!
//! A WebSocket's first message is `{"event": "snapshot", "seq": N, …}`, the answer of `/api/batch`; then come the events
//! behind N, in order and without gaps, as the JSON lines report has them ([`crate::event::Stamped`]). With `?after=SEQ`
//! it goes on behind that event instead, where it is not too long ago. A client that is too slow for the events gets a
//! new snapshot in the place of those that it missed. The server closes it with 1000 once it has sent the last event.
//!
//! Every request to `/api` needs the token: `Authorization: Bearer TOKEN`, or, for the WebSocket, which browsers give no
//! such header, `{"token": "TOKEN"}` as its first message. `guard.rs` says what else is refused.

mod api;
mod archive;
mod feed;
mod guard;
mod page;
mod server;
mod socket;

pub use api::{Holding, Steer, Wanted, in_short};
pub use archive::{Archive, Serving};
pub use feed::Feed;
pub use guard::refuse;
pub use server::{Live, Record};

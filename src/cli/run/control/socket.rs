//! The socket of a run: HTTP over a Unix socket that only its owner can open.
//!
//! | request | does |
//! |---|---|
//! | `GET /api/batch` | answers what the batch is at, as JSON |
//! | `POST /api/concurrency` `{"limit": {"to": 8}}` | changes how many run at once (`to`, `more`, `fewer`) |
//! | `POST /api/pause`, `/api/resume`, `/api/cancel` | what they say |

use super::Desk;
use crate::control::{Command, Limit, Stop};
use crate::reporter::Standing;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

/// What asks, as the record names it.
const WHO: &str = "batchrun ctl";

/// What `POST /api/concurrency` takes.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Wanted {
    /// How many.
    pub(in crate::cli) limit: Limit,
}

/// Listens at `path`, in a folder that only the owner can enter.
pub(super) fn listen(path: &Path, desk: Desk) -> io::Result<(PathBuf, JoinHandle<()>)> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let router = Router::new()
        .route("/api/batch", get(standing))
        .route("/api/concurrency", post(concurrency))
        .route("/api/pause", post(pause))
        .route("/api/resume", post(resume))
        .route("/api/cancel", post(cancel))
        .with_state(desk);
    let task = tokio::spawn(async move {
        // It ends with the batch: an error of a single connection is that connection's own.
        let _ = axum::serve(listener, router).await;
    });
    Ok((path.to_owned(), task))
}

async fn standing(State(desk): State<Desk>) -> Json<Standing> {
    Json(desk.board.standing())
}

async fn concurrency(State(desk): State<Desk>, Json(wanted): Json<Wanted>) {
    desk.wish(Command::Concurrency { limit: wanted.limit, why: WHO.to_owned() }).await;
}

async fn pause(State(desk): State<Desk>) {
    desk.wish(Command::Pause { why: WHO.to_owned() }).await;
}

async fn resume(State(desk): State<Desk>) {
    desk.wish(Command::Resume { why: WHO.to_owned() }).await;
}

async fn cancel(State(desk): State<Desk>) {
    desk.wish(Command::Stop { how: Stop::Grace, why: WHO.to_owned() }).await;
}

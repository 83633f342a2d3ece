//! The socket of a run: the API of [`crate::live`] over a Unix socket that only its owner can open, and one request more,
//! `POST /api/live`, which serves the dashboard from then on and answers `{"url": …}`.

use super::super::dashboard::Dashboard;
use crate::live::{self, Steer};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

/// What `POST /api/live` answers.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Shown {
    /// Where the dashboard is, with its token.
    pub(in crate::cli) url: String,
}

/// Listens at `path`, in a folder that only the owner can enter.
pub(super) fn listen(
    path: &Path,
    steer: Steer,
    dashboard: Dashboard,
) -> io::Result<(PathBuf, JoinHandle<()>)> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let show = Router::new().route("/api/live", post(show)).with_state(dashboard);
    let router = live::in_short(steer).merge(show);
    let task = tokio::spawn(async move {
        // It ends with the batch: an error of a single connection is that connection's own.
        let _ = axum::serve(listener, router).await;
    });
    Ok((path.to_owned(), task))
}

async fn show(State(dashboard): State<Dashboard>) -> Result<Json<Shown>, Response> {
    match dashboard.switch_on().await {
        Ok(url) => Ok(Json(Shown { url })),
        Err(error) => Err(live::refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())),
    }
}
